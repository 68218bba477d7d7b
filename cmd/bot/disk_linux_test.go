package main

import (
	"maps"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStoriesOfTheDisk are stories whose verbs need Linux:
//
//	full [bytes]             the disk takes nothing any more, beyond so many bytes of a file
//	roomy                    it has room again
func TestStoriesOfTheDisk(t *testing.T) {
	p := stories()
	p.Dir = filepath.Join("testdata", "disk")
	maps.Copy(p.Cmds, map[string]func(*testscript.TestScript, bool, []string){
		"full": func(ts *testscript.TestScript, _ bool, args []string) {
			size := uint64(0)
			if len(args) > 0 {
				n, err := strconv.ParseUint(args[0], 10, 64)
				ts.Check(err)
				size = n
			}
			ts.Check(on(ts).filesAtMost(size))
		},
		"roomy": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(on(ts).filesAtMost(^uint64(0))) },
	})
	testscript.Run(t, p)
}

// filesAtMost bounds how large a file of the running bot may be; what it writes beyond
// fails as on a disk that is full.
func (s *stage) filesAtMost(size uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := syscall.Rlimit{Cur: size, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(s.bot.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0) //nolint:gosec // it is how the call is made
	if errno != 0 {
		return errno
	}
	return nil
}
