package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/store"
)

// write is one statement of a commit: what it does to which table, and the
// bytes of its arguments.
type write struct {
	verb, table string // INSERT, UPDATE or DELETE
	payload     []byte
}

// shape is what one operation of the real server costs: the commits that the
// floor has to make too, and what only the real server does.
type shape struct {
	commits [][]write
	queries int
	answer  int // bytes
	allocs  float64
	bytes   float64 // allocated
}

func (s *shape) statements() int {
	n := 0
	for _, c := range s.commits {
		n += len(c)
	}
	return n
}

// recorder is an engine that notes what goes through it. It is for one
// request at a time.
type recorder struct {
	store.Engine
	commits [][]write
	queries int
}

func (r *recorder) Query(ctx context.Context, sql string, args []any, each func(store.Row) error) error {
	r.queries++
	return r.Engine.Query(ctx, sql, args, each)
}

func (r *recorder) Commit(ctx context.Context, ops []store.Op) error {
	var writes []write
	for i := range ops {
		writes = append(writes, describe(&ops[i]))
	}
	r.commits = append(r.commits, writes)
	return r.Engine.Commit(ctx, ops)
}

// describe finds the verb and the table in a statement.
func describe(op *store.Op) write {
	words := strings.Fields(op.SQL)
	w := write{verb: words[0], table: words[1]}
	if w.verb != "UPDATE" {
		w.table = words[2]
	}
	for _, arg := range op.Args {
		switch v := arg.(type) {
		case []byte:
			w.payload = append(w.payload, v...)
		default:
			w.payload = fmt.Append(w.payload, v)
		}
	}
	return w
}

// calls is how many requests the allocations are averaged over.
const calls = 300

// shapeOf finds the shape of an operation by calling the server's handler,
// without network and client, one request at a time. The allocations are all
// of the process while the handler runs: its own, and those of the goroutines
// that commit for it.
func shapeOf(app *server.App, next func(n int) ([]byte, error)) (shape, error) {
	rec := &recorder{}
	app.Store().Wrap(func(e store.Engine) store.Engine { rec.Engine = e; return rec })
	s, err := callOnce(app.Handler(), rec, next)
	app.Store().Wrap(func(store.Engine) store.Engine { return rec.Engine })
	if err != nil {
		return shape{}, err
	}
	requests := make([]*http.Request, calls)
	for i := range requests {
		if requests[i], err = parseRequest(next(i + 2)); err != nil {
			return shape{}, err
		}
	}
	answers := &probe{header: http.Header{}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, r := range requests {
		answers.reset()
		app.Handler().ServeHTTP(answers, r)
		if answers.status >= 300 {
			return shape{}, fmt.Errorf("the handler answered %d: %s", answers.status, answers.body)
		}
	}
	runtime.ReadMemStats(&after)
	s.allocs = float64(after.Mallocs-before.Mallocs) / calls
	s.bytes = float64(after.TotalAlloc-before.TotalAlloc) / calls
	return s, nil
}

// callOnce records the second of two requests; the first fills the caches.
func callOnce(h http.Handler, rec *recorder, next func(n int) ([]byte, error)) (shape, error) {
	answers := &probe{header: http.Header{}}
	for i := range 2 {
		r, err := parseRequest(next(i))
		if err != nil {
			return shape{}, err
		}
		rec.commits, rec.queries = nil, 0
		answers.reset()
		h.ServeHTTP(answers, r)
		if answers.status >= 300 {
			return shape{}, fmt.Errorf("the handler answered %d: %s", answers.status, answers.body)
		}
	}
	return shape{commits: rec.commits, queries: rec.queries, answer: len(answers.body)}, nil
}

func parseRequest(raw []byte, err error) (*http.Request, error) {
	if err != nil {
		return nil, err
	}
	return http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
}

// probe is a ResponseWriter that is used again and again.
type probe struct {
	header http.Header
	status int
	body   []byte
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { p.body = append(p.body, b...); return len(b), nil }

func (p *probe) reset() {
	clear(p.header)
	p.status, p.body = 0, p.body[:0]
}
