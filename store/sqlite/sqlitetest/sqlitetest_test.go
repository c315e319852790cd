package sqlitetest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

// A copied file is what a file becomes that is opened for the first time.
func TestFilesAreAsTheMigrationsMakeThem(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	if got, want := schema(t, sqlitetest.File(t)), schema(t, fresh); !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("%q; want %q", got, want)
	}
}

func TestFilesHaveNothingInCommon(t *testing.T) {
	one, other := sqlitetest.File(t), sqlitetest.File(t)
	before, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(one, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(other); err != nil || !slices.Equal(before, after) || len(after) == 0 {
		t.Error("writing to one file changed another", err)
	}
}

// schema opens a file as a server does, and lists what it has and its version.
func schema(t *testing.T, path string) (all []string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT coalesce(sql, name) FROM sqlite_master
		UNION ALL SELECT 'version ' || version_id FROM goose_db_version UNION ALL SELECT journal_mode FROM pragma_journal_mode ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
