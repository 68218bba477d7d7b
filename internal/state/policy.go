package state

// PolicyVersion is the version of the policy that was in force last; empty when none
// was.
func PolicyVersion(tx Tx) (string, error) {
	v, err := Load[string](tx, "policy/version")
	if err != nil {
		return "", orNew(err)
	}
	return v, nil
}

// PutPolicyVersion records which policy is in force.
func PutPolicyVersion(tx Tx, version string) error {
	_, err := Save(tx, "policy/version", version)
	return err
}
