package postgres_test

import (
	"os"
	"testing"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func openURL(t testing.TB, url string) *store.Store {
	t.Helper()
	return pgtest.Open(t, url, postgres.Options{})
}

func open(t testing.TB) *store.Store { return openURL(t, pgtest.Migrated(t)) }

func TestStore(t *testing.T) { storetest.Run(t, open) }

func BenchmarkUpdate(b *testing.B) { storetest.BenchmarkUpdate(b, open) }
func BenchmarkImport(b *testing.B) { storetest.BenchmarkImport(b, open) }
func BenchmarkItems(b *testing.B)  { storetest.BenchmarkItems(b, open) }
