package boltstore

// ReplaceReaching is [Replace], and tells of each step.
func ReplaceReaching(path, from string, o Replacing, reached func(step string)) error {
	return replace(path, from, o, reached)
}

// OpenLarge is [Open] of a file that counts as large.
func OpenLarge(path string) (*Store, error) {
	s, err := OpenUnread(path)
	if err != nil || s.proof.whole.Load() {
		return s, err
	}
	s.proof.ended = make(chan struct{})
	s.readRest()
	return s, nil
}

// OpenUnread does not go on reading it, so that every page is looked at on demand.
func OpenUnread(path string) (*Store, error) {
	s, err := open(&Store{path: path}, false)
	if err == nil && !s.proof.whole.Load() {
		close(s.proof.ended)
	}
	return s, err
}
