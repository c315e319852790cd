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
	return sqlitetest.Open(t, sqlitetest.File(t), sqlite.Options{})
}

// The same catalogue gives the same search results, in the same order.
func TestSearchEqualToSQLite(t *testing.T) {
	storetest.EqualSearch(t, open, openSQLite)
}
