package operators

import (
	"errors"
	"os"
)

// syncEach makes sure that files stand on their disk.
func syncEach(files []*outFile) error {
	for _, o := range files {
		if o.claim == "" {
			continue // no regular file
		}
		f, err := os.OpenFile(o.partial(), os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
