//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package operators

import (
	"os"
	"syscall"
)

// lock makes a file this run's own until it is closed; false if another has it.
func lock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != syscall.EWOULDBLOCK
}
