package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/storetest"
)

func TestCrash(t *testing.T) {
	storetest.Crash(t, filepath.Join(t.TempDir(), "store.db"), openFile)
}

func insert(t *testing.T, s *store.Store, id string) error {
	return s.Update(t.Context(), func(tx checkout.Tx) error {
		return tx.InsertSession(&checkout.Session{MerchantID: "shop", Session: acp.Session{ID: id}})
	})
}

func TestOpenAgainKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a shop?#%25.db") // nothing in a path is read as an option
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := insert(t, s, "cs_1"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(found) != 1 {
		t.Errorf("after Close there are %q, %v", found, err)
	}
	if _, err := openFile(t, path).Reader(t.Context()).Session("shop", "cs_1"); err != nil {
		t.Error(err)
	}
}

// Names and addresses of buyers are nobody's business but the owner's.
func TestNewFilesAreTheOwners(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := insert(t, openFile(t, path), "cs_1"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("there are %q, %v", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(file), mode)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, path := range []string{"", ":memory:", filepath.Join(t.TempDir(), "no", "such", "directory.db")} {
		if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
			t.Errorf("Open(%q) = nil", path)
		}
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if err := openFile(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("Open = %v", err)
	}
}

// A key of a build before keys had windows has none of its own.
func TestKeysOfEarlierBuildsHaveNoWindow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	before := openFile(t, path)
	c, _, err := credential.New(credential.Params{MerchantID: "shop", Agent: "agent"}, nil, time.Now())
	if err == nil {
		err = errors.Join(before.InsertCredential(t.Context(), c), before.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err == nil {
		_, err = p.DownTo(t.Context(), 14)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := openFile(t, path).CredentialByHash(t.Context(), c.Hash); err != nil || got == nil || got.SignatureWindow != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A command beside a running server, or two servers by mistake: they share the
// file, and wait for each other.
func TestSeveralStoresShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	const stores, callers, units = 3, 4, 25
	var wg sync.WaitGroup
	for n := range stores {
		wg.Go(func() {
			s := openFile(t, path) // all of them find an empty file
			for c := range callers {
				wg.Go(func() {
					for i := range units {
						if err := insert(t, s, fmt.Sprintf("cs_%d_%d_%d", n, c, i)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
		})
	}
	wg.Wait()
	s := openFile(t, path)
	for n := range stores * callers * units {
		id := fmt.Sprintf("cs_%d_%d_%d", n/(callers*units), n/units%callers, n%units)
		if _, err := s.Reader(t.Context()).Session("shop", id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "store.db"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := insert(t, s, "cs_1"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update = %v", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Ping = %v", err)
	}
}

// Units that were handed over when the store closes are answered, and those
// that were answered are there.
func TestCloseAnswersEveryone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openFile(t, path)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var acked []string
	for c := range 20 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("cs_%d_%d", c, i)
				err := insert(t, s, id)
				if errors.Is(err, store.ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked = append(acked, id)
				if len(acked) == 100 {
					wg.Go(func() {
						if err := s.Close(); err != nil {
							t.Error(err)
						}
					})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	again := openFile(t, path)
	for _, id := range acked {
		if _, err := again.Reader(t.Context()).Session("shop", id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
