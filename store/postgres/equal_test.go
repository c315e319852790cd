package postgres_test

import (
	"testing"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
	"github.com/checkstand/checkstand/store/storetest"
)

// The same random work leaves the same state in both engines.
func TestEqualToSQLite(t *testing.T) {
	storetest.Equal(t, open, openSQLite)
}

func openSQLite(t testing.TB) *store.Store {
	s, err := sqlite.Open(t.Context(), sqlitetest.File(t), sqlite.Options{})
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

// The same catalogue gives the same search results, in the same order.
func TestSearchEqualToSQLite(t *testing.T) {
	storetest.EqualSearch(t, open, openSQLite)
}
