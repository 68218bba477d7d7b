package boltstore

import "fmt"

// LockedError means that another process has the store open.
type LockedError struct{ Path string }

func (e *LockedError) Error() string {
	return e.Path + " is open in another process: stop it first"
}

// CorruptError means that the file cannot be what the store last wrote.
type CorruptError struct {
	Path string
	Err  error // what was found
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is damaged or no store of this program (%v): restore a backup of it", e.Path, e.Err)
}

// Unwrap returns what was found.
func (e *CorruptError) Unwrap() error { return e.Err }

// PermissionError means that the user may not open, or not make, the file.
type PermissionError struct {
	Path string
	Err  error
}

func (e *PermissionError) Error() string {
	return e.Path + " cannot be read and written by this user: check the owner and mode of the file and of its directory"
}

// Unwrap returns the error of the system.
func (e *PermissionError) Unwrap() error { return e.Err }
