//go:build !linux

package operators

// syncFiles makes sure that files stand on their disk.
func syncFiles(files []*outFile) error { return syncEach(files) }
