package store_test

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver

	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// No read of a purchase may cost more the longer a shop's history is: SQLite
// answers each from the index that was made for it, and sorts nothing. Nor may a
// change, or a sweep, look at more rows than it changes.
func TestStatementsFindTheirRowsByIndexesInSQLite(t *testing.T) {
	db := open(t, "sqlite", sqlitetest.File(t))
	explain := func(statement string) []string {
		return explained(t, db, "EXPLAIN QUERY PLAN "+statement, make([]any, params(statement))...)
	}
	for statement, index := range store.Lookups {
		if plan := explain(statement); len(plan) != 1 || !usesInSQLite(plan[0], index) {
			t.Errorf("%s\nis answered by %q; want the index %s alone", statement, plan, index)
		}
	}
	for statement, index := range with(store.Changes, store.Sorted) {
		plan := explain(statement)
		_, sorted := store.Sorted[statement]
		if !slices.ContainsFunc(plan, func(line string) bool { return usesInSQLite(line, index) }) ||
			slices.ContainsFunc(plan, looksThroughATable) ||
			slices.ContainsFunc(plan, func(line string) bool { return strings.Contains(line, "TEMP B-TREE") }) != sorted {
			t.Errorf("%s\nis carried out by %q; want the index %s, and rows sorted: %v", statement, plan, index, sorted)
		}
	}
}

// PostgreSQL can do so, too, and does in tables of some size. What a sweep has
// found is sorted, up to its limit.
func TestStatementsFindTheirRowsByIndexesInPostgreSQL(t *testing.T) {
	db := open(t, "pgx", pgtest.Migrated(t))
	db.SetMaxOpenConns(1) // settings and prepared statements are of a connection
	for _, setting := range []string{"plan_cache_mode = force_generic_plan", "enable_bitmapscan = off",
		"enable_seqscan = off", "enable_hashjoin = off", "enable_mergejoin = off"} {
		if _, err := db.ExecContext(t.Context(), "SET "+setting); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"session", "cart", "idempotency", "signature_replay", "discount_use", "discount_order", "past_price", "balance",
		"balance_request", "balance_entry", "saved_card", "attempt", "payment_op", "orders"} {
		fill(t, db, table)
	}
	n := 0
	for statement, index := range with(store.Lookups, store.Changes, store.Sorted) {
		n++
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("PREPARE plan_%d AS %s", n, statement)); err != nil {
			t.Errorf("%s\n%v", statement, err)
			continue
		}
		plan := strings.Join(explained(t, db, fmt.Sprintf("EXPLAIN EXECUTE plan_%d (NULL%s)", n, strings.Repeat(", NULL", params(statement)-1))), "\n")
		_, lookup := store.Lookups[statement]
		if !regexp.MustCompile(`Index (Only )?Scan (Backward )?using `+index+` `).MatchString(plan) || strings.Contains(plan, "Seq Scan") ||
			strings.Contains(plan, "Sort") && lookup {
			t.Errorf("%s\nis carried out so; want the index %s, and a lookup without sorting: %v\n%s", statement, index, lookup, plan)
		}
	}
}

// looksThroughATable reports whether a line of a plan of SQLite does; made is the
// rows of a day, which were found already.
func looksThroughATable(line string) bool {
	return strings.HasPrefix(line, "SCAN") && line != "SCAN made" && !strings.Contains(line, " USING ")
}

// fill makes many rows of one shop in a table of PostgreSQL, in which everything
// else differs from row to row, and has the planner look at them.
func fill(t *testing.T, db *sql.DB, table string) {
	t.Helper()
	const rows = 3000
	var columns, values []string
	for _, c := range explained(t, db, `SELECT column_name || ' ' || data_type FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = '`+table+`' AND is_generated = 'NEVER'`) {
		name, kind, _ := strings.Cut(c, " ")
		value := "i"
		switch {
		case name == "merchant_id":
			value = "'shop'"
		case name == "live":
			value = "i % 2"
		case name == "exp_month":
			value = "1"
		case name == "removed_at":
			value = "i % 2"
		case name == "provider" || name == "account":
			value = "'" + name + "'"
		case kind == "bytea":
			value = "decode(md5(i::text) || md5(i::text), 'hex')"
		case kind == "text":
			value = "'" + name + "_' || i"
		case kind == "jsonb" || kind == "json":
			value = "'{}'"
		}
		columns, values = append(columns, name), append(values, value)
	}
	for _, statement := range []string{
		fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM generate_series(1, %d) AS n(i)", table, strings.Join(columns, ", "), strings.Join(values, ", "), rows),
		"ANALYZE " + table,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
}

// usesInSQLite reports whether a line of a plan is answered from an index.
func usesInSQLite(line, index string) bool {
	if table, ok := strings.CutSuffix(index, "_pkey"); ok {
		return strings.Contains(line, " "+table+" USING PRIMARY KEY ") || strings.Contains(line, "INDEX sqlite_autoindex_"+table+"_1 ")
	}
	return strings.Contains(line, "INDEX "+index+" ") || strings.HasSuffix(line, "INDEX "+index)
}

func open(t *testing.T, driver, source string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func with(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, one := range all {
		maps.Copy(sum, one)
	}
	return sum
}

var param = regexp.MustCompile(`\$\d+`)

// params is how many parameters a statement has.
func params(statement string) int {
	different := map[string]bool{}
	for _, p := range param.FindAllString(statement, -1) {
		different[p] = true
	}
	return len(different)
}

// explained reads the last column of a plan.
func explained(t *testing.T, db *sql.DB, query string, args ...any) (plan []string) {
	t.Helper()
	for i := range args {
		args[i] = ""
	}
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var line string
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		into[len(into)-1] = &line
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
