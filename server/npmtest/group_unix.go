//go:build unix

package npmtest

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// apart gives a process a group of its own, which what it starts belongs to.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// end kills a process with its group.
func end(cmd *exec.Cmd) error {
	err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
