// Package sqlitetest makes database files for tests that are about something
// else than how a file comes to its schema: the migrations run once a test
// process, and each file is a copy of what they made.
package sqlitetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/enginetest"
	"github.com/checkstand/checkstand/store/sqlite"
)

// File makes a new file in a directory of the test, and returns its path.
func File(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.db")
	Create(t, path)
	return path
}

// Create makes a new file.
func Create(t testing.TB, path string) {
	t.Helper()
	content, err := migrated()
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Open opens the store in a file, and closes it after the test.
func Open(t testing.TB, path string, o sqlite.Options) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, o)
	return enginetest.Opened(t, s, err)
}

// migrated is a file with the newest schema and nothing else in it.
var migrated = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "checkstand-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "shop.db")
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil { // what is in the log goes to the file
		return nil, err
	}
	return os.ReadFile(path)
})
