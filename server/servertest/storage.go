package servertest

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/checkstand/checkstand/server/config"
)

// Rows counts the rows of a table, past all of the shop's own code.
func (w *World) Rows(t testing.TB, table string) int {
	t.Helper()
	db := w.database(t)
	defer closed(t, db)
	var n int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Tables reads the whole database, past all of the shop's own code: every
// value of every row, by the table's name.
func (w *World) Tables(t testing.TB) map[string][]byte {
	t.Helper()
	db := w.database(t)
	defer closed(t, db)
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if w.blueprint.configuration().Database.Engine() == config.PostgreSQL {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false))`
	}
	var names []string
	for _, row := range rowsOf(t, db, list) {
		names = append(names, fmt.Sprint(row[0]))
	}
	tables := make(map[string][]byte, len(names))
	for _, name := range names {
		var all bytes.Buffer
		for _, row := range rowsOf(t, db, `SELECT * FROM `+name) {
			for _, v := range row {
				if raw, ok := v.([]byte); ok {
					all.Write(raw)
				} else {
					fmt.Fprint(&all, v)
				}
				all.WriteByte('\n')
			}
		}
		tables[name] = all.Bytes()
	}
	return tables
}

func rowsOf(t testing.TB, db *sql.DB, query string) (all [][]any) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *World) database(t testing.TB) *sql.DB {
	t.Helper()
	database, driver := w.blueprint.configuration().Database, "sqlite"
	if database.Engine() == config.PostgreSQL {
		driver = "pgx"
	}
	db, err := sql.Open(driver, database.Source())
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Files reads the files of the shop's database, with SQLite, and of the
// sandbox, with all that stands beside them.
func (w *World) Files(t testing.TB) map[string][]byte {
	t.Helper()
	patterns := []string{}
	if database := w.blueprint.configuration().Database; database.Engine() == config.SQLite {
		patterns = append(patterns, database.Source()+"*")
	}
	if w.sandboxFile != "" {
		patterns = append(patterns, w.sandboxFile+"*")
	}
	files := map[string][]byte{}
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.Base(name)] = content
		}
	}
	return files
}
