package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// floor is the smallest program that does one operation's durable work: it
// reads the body, makes the commits that the real server was seen to make, in
// as many statements and with the same bytes, and answers with as many bytes.
// It knows no agents, signatures, prices or JSON, has no index but a key, and
// reads nothing back while it writes.
type floor struct {
	db      floorDB
	commits [][]floorWrite
	read    string // statement that reads a row; "" when the operation writes
	answer  []byte
	count   atomic.Int64 // requests

	// Between two commits, a payment is taken: one call of a stand-in for the
	// PSP, which commits once.
	psp    string
	client *http.Client

	server *http.Server
	ln     net.Listener
}

// floorDB makes durable commits, all statements of one or none.
type floorDB interface {
	commit(ctx context.Context, statements []statement) error
	read(ctx context.Context, sql, key string) ([]byte, error)
	close() error
}

type statement struct {
	sql  string
	args []any
}

// floorWrite is one statement as it is made for each request.
type floorWrite struct {
	sql     string
	payload []byte // nil for a DELETE
	fresh   bool   // the row is this request's own; else one that was there before
	ordinal int    // among the rows of the table that one request writes
}

// preloaded is how many rows stand in a table whose rows are only updated.
const preloaded = 1024

// newFloor makes the tables of an operation, named after it, and listens.
func newFloor(ctx context.Context, db floorDB, op string, s shape, sessionDoc []byte) (*floor, error) {
	f := &floor{db: db, answer: bytes.Repeat([]byte("x"), s.answer), client: &http.Client{
		Timeout: answerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	made, inserted := map[string]bool{}, map[string]int{}
	table := func(name string) error {
		if made[name] {
			return nil
		}
		made[name] = true
		return db.commit(ctx, []statement{{sql: "CREATE TABLE " + name + " (k TEXT PRIMARY KEY, v " + blobType(db) + " NOT NULL)"}})
	}
	updated := map[string]int{}
	for _, c := range s.commits {
		var writes []floorWrite
		for _, w := range c {
			name := op + "_" + w.table
			if err := table(name); err != nil {
				return nil, err
			}
			fw := floorWrite{payload: w.payload, fresh: true}
			switch {
			case w.verb == "INSERT":
				fw.sql = "INSERT INTO " + name + " (k, v) VALUES ($1, $2)"
				fw.ordinal = inserted[name]
				inserted[name]++
			case w.verb == "DELETE":
				fw.sql, fw.payload = "DELETE FROM "+name+" WHERE k = $1", nil
			default:
				fw.sql = "UPDATE " + name + " SET v = $2 WHERE k = $1"
				if inserted[name] == 0 {
					fw.fresh, fw.ordinal = false, updated[name]
					if fw.ordinal == 0 {
						if err := preload(ctx, db, name, w.payload); err != nil {
							return nil, err
						}
					}
					updated[name]++
				}
			}
			writes = append(writes, fw)
		}
		f.commits = append(f.commits, writes)
		clear(updated) // the next commit moves the same rows again
	}
	if len(s.commits) == 0 {
		name := op + "_session"
		if err := errors.Join(table(name), preload(ctx, db, name, sessionDoc)); err != nil {
			return nil, err
		}
		f.read = "SELECT v FROM " + name + " WHERE k = $1"
	}
	return f, f.listen()
}

func blobType(db floorDB) string {
	if _, ok := db.(*sqliteFloor); ok {
		return "BLOB"
	}
	return "BYTEA"
}

func preload(ctx context.Context, db floorDB, table string, payload []byte) error {
	rows := make([]statement, preloaded)
	for i := range rows {
		rows[i] = statement{"INSERT INTO " + table + " (k, v) VALUES ($1, $2) ON CONFLICT (k) DO NOTHING", []any{standing(int64(i)), payload}}
	}
	return db.commit(ctx, rows)
}

// standing is the key of a row that was there before.
func standing(n int64) string { return fmt.Sprintf("standing-%016d", n) }

func (f *floor) listen() (err error) {
	if f.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	f.server = &http.Server{Handler: f, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	go f.server.Serve(f.ln) //nolint:errcheck // ends with close; a failure shows at the client
	return nil
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(r.ContentLength, 0))
	if _, err := io.ReadFull(r.Body, body); err != nil && err != io.EOF {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := f.work(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(f.answer)))
	_, _ = w.Write(f.answer) // whoever hung up gets nothing
}

func (f *floor) work(ctx context.Context) error {
	n := f.count.Add(1)
	if f.read != "" {
		_, err := f.db.read(ctx, f.read, standing(n%preloaded))
		return err
	}
	fresh := strconv.FormatInt(1e12+n, 10) + "-"
	for i, writes := range f.commits {
		if i > 0 {
			if err := f.pay(ctx); err != nil {
				return err
			}
		}
		statements := make([]statement, len(writes))
		// Rows that stand are taken in ascending order, so that two requests
		// never wait for each other in a circle.
		base := n * 8 % (preloaded - 8)
		for j, w := range writes {
			key := fresh + strconv.Itoa(w.ordinal)
			if !w.fresh {
				key = standing(base + int64(w.ordinal))
			}
			statements[j] = statement{w.sql, []any{key}}
			if w.payload != nil {
				statements[j].args = append(statements[j].args, w.payload)
			}
		}
		if err := f.db.commit(ctx, statements); err != nil {
			return err
		}
	}
	return nil
}

// chargeBytes is the size of a charge, of its answer, and of the row that the
// stand-in for the PSP commits.
const chargeBytes = 500

func (f *floor) pay(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.psp, bytes.NewReader(make([]byte, chargeBytes)))
	if err != nil {
		return err
	}
	answer, err := f.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("the stand-in for the PSP answered %s", answer.Status))
	}
	return errors.Join(err, answer.Body.Close())
}

// pspShape is what the stand-in for the PSP does.
func pspShape() shape {
	return shape{answer: chargeBytes, commits: [][]write{{{verb: "INSERT", table: "charge", payload: make([]byte, chargeBytes)}}}}
}

func (f *floor) address() string { return f.ln.Addr().String() }

func (f *floor) close() error { f.client.CloseIdleConnections(); return f.server.Close() }
