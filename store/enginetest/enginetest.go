// Package enginetest is what the engines' support for tests has in common.
package enginetest

import (
	"testing"

	"github.com/checkstand/checkstand/store"
)

// Opened takes what opening a store returned: it fails the test when that did
// not succeed, and closes the store after the test. It is called in the test's
// goroutine.
func Opened(t testing.TB, s *store.Store, err error) *store.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
