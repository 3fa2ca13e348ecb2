//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package operators

import "os"

// lock would make a file this run's own, where the system can.
func lock(*os.File) bool { return true }
