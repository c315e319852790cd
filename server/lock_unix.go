//go:build unix

package server

import (
	"errors"
	"os"
	"syscall"
)

// errLocked is returned by lockProcess when another process holds the lock.
var errLocked = errors.New("locked by another process")

// processLock says that this is the only server on a SQLite file. The kernel
// gives it back when the process dies, however it dies.
type processLock struct{ f *os.File }

func lockProcess(path string) (*processLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return &processLock{f}, nil
}

func (l *processLock) release() error { return l.f.Close() }
