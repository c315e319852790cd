//go:build !unix

package npmtest

import "os/exec"

func apart(*exec.Cmd) {}

func end(cmd *exec.Cmd) error { return cmd.Process.Kill() }
