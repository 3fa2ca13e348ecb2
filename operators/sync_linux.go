package operators

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// fewFiles is how many files are synced one by one, each in some milliseconds, rather than with all of their disk.
const fewFiles = 64

// syncFiles makes sure that files stand on their disk.
func syncFiles(files []*outFile) error {
	if len(files) <= fewFiles {
		return syncEach(files)
	}
	synced := map[uint64]bool{}
	for _, o := range files {
		info, err := os.Stat(o.partial())
		if err != nil {
			return err
		}
		disk := uint64(info.Sys().(*syscall.Stat_t).Dev)
		if synced[disk] {
			continue
		}
		synced[disk] = true
		f, err := os.Open(o.partial())
		if err != nil {
			return err
		}
		if err := errors.Join(unix.Syncfs(int(f.Fd())), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
