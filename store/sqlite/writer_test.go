package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/checkstand/checkstand/store"
)

// idleWriter makes a writer that nobody else uses, so that a test can run
// batches of its own choice while its loop waits, and a table t for them.
func idleWriter(t *testing.T) (*writer, *sql.DB) {
	t.Helper()
	source := dataSource(filepath.Join(t.TempDir(), "store.db"))
	db, err := sql.Open("sqlite", source)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER CHECK (n > 0), blob BLOB) STRICT"); err != nil {
		t.Fatal(err)
	}
	w, err := newWriter(db.Driver(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return w, db
}

func put(id string, n, size int) store.Op {
	return store.Op{SQL: "INSERT INTO t (id, n, blob) VALUES ($1, $2, $3)", Args: []any{id, n, make([]byte, size)}, Guard: true, What: "put " + id}
}

// stored lists the ids in the table.
func stored(t *testing.T, db *sql.DB) map[string]bool {
	t.Helper()
	rows, err := db.Query("SELECT id FROM t")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids[id] = true
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestABatchIsolatesItsUnits(t *testing.T) {
	w, db := idleWriter(t)
	miss := store.Op{SQL: "UPDATE t SET n = 5 WHERE id = $1", Args: []any{"absent"}, Guard: true, What: "miss"}
	tooFew := errors.New("too few")
	for name, tc := range map[string]struct {
		ops      []store.Op
		conflict bool
	}{
		"one write, refused by an index":      {[]store.Op{put("before", 1, 0)}, true},
		"several writes, refused by an index": {[]store.Op{put("x1", 1, 0), put("before", 1, 0)}, true},
		"one write that meets no row":         {[]store.Op{miss}, true},
		"several writes, one meets no row":    {[]store.Op{put("x2", 1, 0), miss}, true},
		"one write that breaks a check":       {[]store.Op{put("x3", 0, 0)}, false},
		"several writes, one breaks a check":  {[]store.Op{put("x4", 1, 0), put("x5", 0, 0)}, false},
		"one statement that is none":          {[]store.Op{{SQL: "NONSENSE", What: "nonsense"}}, false},
		"a result that its caller refuses": {[]store.Op{{SQL: "INSERT INTO t (id, n) VALUES ('x6', 1) RETURNING id", What: "put x6",
			Each: func(store.Row) error { return tooFew }}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := db.Exec("DELETE FROM t"); err != nil {
				t.Fatal(err)
			}
			before, bad, after := &unit{ops: []store.Op{put("before", 1, 0)}}, &unit{ops: tc.ops}, &unit{ops: []store.Op{put("after1", 1, 0), put("after2", 1, 0)}}
			if err := w.write([]*unit{before, bad, after}); err != nil {
				t.Fatal(err)
			}
			if before.err != nil || after.err != nil {
				t.Errorf("the others: %v, %v", before.err, after.err)
			}
			if bad.err == nil || errors.Is(bad.err, store.ErrConflict) != tc.conflict {
				t.Errorf("err = %v; a conflict: %t", bad.err, tc.conflict)
			}
			if got := stored(t, db); len(got) != 3 || !got["before"] || !got["after1"] || !got["after2"] {
				t.Errorf("stored %v", got)
			}
		})
	}
}

// SQLite ends the transaction by itself when the disk is full. Whoever shared
// it must not be told that it was written.
func TestAFullDiskIsReportedToEveryoneWhoLostByIt(t *testing.T) {
	w, db := idleWriter(t)
	if err := w.exec("PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	for _, ops := range [][]store.Op{{put("huge", 1, 1<<20)}, {put("beside", 1, 0), put("huge", 1, 1<<20)}} {
		units := []*unit{{ops: []store.Op{put("before", 1, 0)}}, {ops: ops}, {ops: []store.Op{put("after", 1, 0)}}}
		err := w.write(units)
		got := stored(t, db)
		if got["huge"] || got["beside"] {
			t.Errorf("stored %v", got)
		}
		for _, i := range []int{0, 2} {
			id := []string{"before", "", "after"}[i]
			if told := err == nil && units[i].err == nil; told != got[id] {
				t.Errorf("%s: reported as written: %t, written: %t (%v, %v)", id, told, got[id], err, units[i].err)
			}
		}
		if err == nil && units[1].err == nil {
			t.Error("the full disk was not reported")
		}
		if _, err := db.Exec("DELETE FROM t"); err != nil {
			t.Fatal(err)
		}
	}
	// The writer goes on once there is room.
	if err := w.commit(t.Context(), []store.Op{put("later", 1, 0)}); err != nil || !stored(t, db)["later"] {
		t.Errorf("err = %v", err)
	}
}
