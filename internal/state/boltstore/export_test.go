package boltstore

// ReplaceReaching is [Replace], and tells of each step.
func ReplaceReaching(path, from string, o Replacing, reached func(step string)) error {
	return replace(path, from, o, reached)
}
