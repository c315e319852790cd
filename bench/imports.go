package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"text/tabwriter"
	"time"

	"github.com/checkstand/checkstand/feed/feedtest"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/store/sqlite"
)

const (
	// upsertBatch is the number of rows of one transaction of the floor, and
	// of the real import.
	upsertBatch = 2000
	// sampledRows are rows of the real import that the floor writes again and
	// again, under other ids.
	sampledRows = 1000

	memoryEvery = 20 * time.Millisecond
)

// imported is one line of the table of imports.
type imported struct {
	variants      int
	fileBytes     int64
	took, least   time.Duration
	heap, process uint64 // peaks in bytes: Go's objects, live and dead; resident memory of the process, SQLite's included
}

// measureImports imports generated catalogues of several sizes into a fresh
// SQLite file each, and writes the same rows by bare upserts beside it.
func measureImports(ctx context.Context, opts options) error {
	fmt.Printf("%d CPUs, %s %s/%s; a generated Shopify export into a new SQLite file\n\n",
		runtime.GOMAXPROCS(0), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(t, "\tvariants\tfile MB\tseconds\tvariants/s\tbare upserts/s\treal/bare\tpeak Go heap MB\tpeak RSS MB\t")
	fmt.Fprintln(t, "\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t--:\t")
	for _, n := range opts.sizes {
		r, err := importOnce(ctx, filepath.Join(opts.dir, fmt.Sprint("import-", n)), n)
		if err != nil {
			return fmt.Errorf("%d variants: %w", n, err)
		}
		rate, floor := float64(n)/r.took.Seconds(), float64(n)/r.least.Seconds()
		fmt.Fprintf(t, "\t%d\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f %%\t%.0f\t%.0f\t\n", n, megabytes(uint64(r.fileBytes)), r.took.Seconds(),
			rate, floor, 100*rate/floor, megabytes(r.heap), megabytes(r.process))
	}
	return t.Flush()
}

func megabytes(n uint64) float64 { return float64(n) / (1 << 20) }

func importOnce(ctx context.Context, dir string, n int) (r imported, err error) {
	r.variants = n
	if err := os.Mkdir(dir, 0o700); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	progress("%d variants: writing the file", n)
	file := filepath.Join(dir, "products.csv")
	if r.fileBytes, err = writeExport(file, n); err != nil {
		return r, err
	}
	database := filepath.Join(dir, "shop.db")
	st, err := sqlite.Open(ctx, database, sqlite.Options{})
	if err != nil {
		return r, err
	}
	intake := server.Intake{Store: st, Merchant: merchantID, Replace: true,
		Progress: func(_ string, items int) { progress("%d variants: %d read", n, items) }}
	intake.Options.Currency, intake.Options.Country = "usd", "US"
	debug.FreeOSMemory()
	peaks := watchMemory()
	began := time.Now()
	reports, err := intake.Run(ctx, []string{file})
	r.took = time.Since(began)
	r.heap, r.process = peaks()
	if err = errors.Join(err, st.Close()); err != nil {
		return r, err
	}
	if got := reports[len(reports)-1].Written; got != int64(n) {
		return r, fmt.Errorf("the import wrote %d items", got)
	}
	progress("%d variants: bare upserts", n)
	r.least, err = bareUpserts(ctx, database, filepath.Join(dir, "bare.db"), n)
	return r, err
}

func writeExport(path string, n int) (size int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(feedtest.WriteShopify(f, n), f.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// watchMemory samples until the function it returns is called, which gives
// the peaks.
func watchMemory() func() (heap, process uint64) {
	stop, peaks := make(chan struct{}), make(chan [2]uint64)
	go func() {
		samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(memoryEvery)
		defer tick.Stop()
		var peak [2]uint64
		for {
			metrics.Read(samples)
			peak[0] = max(peak[0], samples[0].Value.Uint64())
			peak[1] = max(peak[1], resident())
			select {
			case <-stop:
				peaks <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() (heap, process uint64) {
		close(stop)
		peak := <-peaks
		return peak[0], peak[1]
	}
}

// resident is the memory of this process that is in RAM; 0 where the system
// has no /proc/self/statm.
func resident() uint64 {
	var total, pages uint64
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(text), &total, &pages); err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

const (
	bareTable = `CREATE TABLE item (merchant_id TEXT NOT NULL, generation INTEGER NOT NULL, id TEXT NOT NULL, product_id TEXT NOT NULL,
price INTEGER NOT NULL, currency TEXT NOT NULL, stock INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (merchant_id, generation, id)) STRICT`

	bareUpsert = `INSERT INTO item (merchant_id, generation, id, product_id, price, currency, stock, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (merchant_id, generation, id) DO UPDATE SET product_id = excluded.product_id, price = excluded.price, currency = excluded.currency,
stock = excluded.stock, doc = excluded.doc`
)

// bareUpserts writes n rows like those of an import, without reading or
// checking anything.
func bareUpserts(ctx context.Context, from, to string, n int) (_ time.Duration, err error) {
	rows, err := sampleRows(ctx, from)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", "file:"+to+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-32000)&_txlock=immediate")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, bareTable); err != nil {
		return 0, err
	}
	began := time.Now()
	for done := 0; done < n; {
		end := min(done+upsertBatch, n)
		if err := upsertRange(ctx, db, rows, done, end); err != nil {
			return 0, err
		}
		done = end
	}
	return time.Since(began), nil
}

// sampleRows reads some rows of an import, as arguments of bareUpsert.
func sampleRows(ctx context.Context, path string) (sample [][]any, err error) {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT merchant_id, generation, id, product_id, price, currency, stock, doc FROM item LIMIT ?", sampledRows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row := make([]any, 8)
		dest := make([]any, len(row))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		sample = append(sample, row)
	}
	return sample, rows.Err()
}

func upsertRange(ctx context.Context, db *sql.DB, rows [][]any, from, to int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has ended when all went well
	stmt, err := tx.PrepareContext(ctx, bareUpsert)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		row := append([]any{}, rows[i%len(rows)]...)
		row[2] = fmt.Sprintf("shirt-%09d", i)
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return errors.Join(stmt.Close(), tx.Commit())
}
