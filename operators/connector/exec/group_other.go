//go:build !unix

package exec

import "os/exec"

// ownGroup leaves the program as it is: there are no process groups here, and it alone is killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return killGroup(cmd) }
}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
