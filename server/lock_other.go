//go:build !unix

package server

import (
	"errors"
	"os"
)

// errLocked is returned by lockProcess when another process holds the lock.
var errLocked = errors.New("locked by another process")

// processLock says that this is the only server on a SQLite file: the file is
// held open, and systems of this kind do not remove an open file.
type processLock struct {
	f    *os.File
	path string
}

func lockProcess(path string) (*processLock, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errLocked
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &processLock{f, path}, nil
}

func (l *processLock) release() error { return errors.Join(l.f.Close(), os.Remove(l.path)) }
