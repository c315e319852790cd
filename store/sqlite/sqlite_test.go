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

// openFile opens a store in a file and closes it after the test.
func openFile(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
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

func open(t testing.TB) *store.Store { return openFile(t, sqlitetest.File(t)) }

func TestStore(t *testing.T) { storetest.Run(t, open) }

func BenchmarkUpdate(b *testing.B) { storetest.BenchmarkUpdate(b, open) }
func BenchmarkImport(b *testing.B) { storetest.BenchmarkImport(b, open) }
func BenchmarkItems(b *testing.B)  { storetest.BenchmarkItems(b, open) }
