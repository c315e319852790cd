package postgres_test

import (
	"database/sql"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/postgres"
	"github.com/checkstand/checkstand/store/storetest"
)

func TestOpenTwiceKeepsWhatIsThere(t *testing.T) {
	url := pgtest.URL(t)
	first, second := openURL(t, url), openURL(t, url)
	ses := &checkout.Session{MerchantID: "shop", Session: acp.Session{ID: "cs_1"}}
	if err := first.Update(t.Context(), func(tx checkout.Tx) error { return tx.InsertSession(ses) }); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Reader(t.Context()).Session("shop", "cs_1"); err != nil {
		t.Error(err)
	}
}

func TestNodesThatStartAtOnceMigrateOnce(t *testing.T) {
	url := pgtest.URL(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 4})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	url := pgtest.URL(t)
	openURL(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), url, postgres.Options{}); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("Open = %v", err)
	}
}

// A key of a build before keys had windows has none of its own.
func TestKeysOfEarlierBuildsHaveNoWindow(t *testing.T) {
	url := pgtest.URL(t)
	before := openURL(t, url)
	c, _, err := credential.New(credential.Params{MerchantID: "shop", Agent: "agent"}, nil, time.Now())
	if err == nil {
		err = before.InsertCredential(t.Context(), c)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	if err == nil {
		_, err = p.DownTo(t.Context(), 14)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := openURL(t, url).CredentialByHash(t.Context(), c.Hash); err != nil || got == nil || got.SignatureWindow != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOpenErrorsKeepThePassword(t *testing.T) {
	for _, url := range []string{
		"postgres://user:hunter2@127.0.0.1:1/none?connect_timeout=1",
		"postgres://user:hunter2@127.0.0.1:port/none",
	} {
		_, err := postgres.Open(t.Context(), url, postgres.Options{})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open = %v", err)
		}
	}
}

func TestOpenSaysThatItCannotConnect(t *testing.T) {
	_, err := postgres.Open(t.Context(), "postgres://shop@127.0.0.1:1/shop?sslmode=disable", postgres.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "postgres: failed to connect to") {
		t.Errorf("Open = %v", err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	s, err := postgres.Open(t.Context(), pgtest.URL(t), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Ping = %v", err)
	}
	err = s.Update(t.Context(), func(tx checkout.Tx) error {
		return tx.InsertSession(&checkout.Session{MerchantID: "shop", Session: acp.Session{ID: "cs_1"}})
	})
	if !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update = %v", err)
	}
}

func TestCrash(t *testing.T) {
	url := ""
	if !storetest.Doomed() {
		url = pgtest.URL(t)
	}
	storetest.Crash(t, url, openURL)
}
