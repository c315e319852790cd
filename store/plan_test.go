package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
)

// No read of a purchase may cost more the longer a shop's history is: SQLite
// answers each from the index that was made for it, and sorts nothing.
func TestReadsAreAnsweredFromTheirIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
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
	for statement, index := range store.Lookups {
		plan := explain(t, db, statement)
		if len(plan) != 1 || !strings.Contains(plan[0], "SEARCH") && !strings.Contains(plan[0], "SCAN") || !strings.Contains(plan[0], "INDEX "+index+" ") {
			t.Errorf("%s\nis answered by %q; want the index %s alone", statement, plan, index)
		}
	}
}

func explain(t *testing.T, db *sql.DB, statement string) (plan []string) {
	t.Helper()
	args := make([]any, strings.Count(statement, "$"))
	for i := range args {
		args[i] = ""
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
