package sqlite_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
	"github.com/checkstand/checkstand/store/storetest"
)

// A store that is closed leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openFile(t testing.TB, path string) *store.Store {
	t.Helper()
	return sqlitetest.Open(t, path, sqlite.Options{})
}

func open(t testing.TB) *store.Store { return openFile(t, sqlitetest.File(t)) }

func TestStore(t *testing.T) { storetest.Run(t, open) }

func BenchmarkUpdate(b *testing.B) { storetest.BenchmarkUpdate(b, open) }
func BenchmarkImport(b *testing.B) { storetest.BenchmarkImport(b, open) }
func BenchmarkItems(b *testing.B)  { storetest.BenchmarkItems(b, open) }
