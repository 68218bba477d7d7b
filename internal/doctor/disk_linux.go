package doctor

import "syscall"

// magicOf is the kind of file system that a folder is on, as statfs(2) numbers them.
func magicOf(folder string) (uint32, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return uint32(s.Type), nil //nolint:gosec // the numbers have 32 bits
}

// writable reports whether this user may write there. Nothing is written.
func writable(path string) bool {
	const write = 2 // W_OK
	return syscall.Access(path, write) == nil
}
