package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// row is one line of the table: medians over the rounds.
type row struct {
	op          string
	shape       shape
	real, floor float64 // requests a second
	ratio       float64 // median of the rounds' real/floor, not the medians' ratio
	p50, p99    time.Duration
	cpu, least  time.Duration // of real and floor, for one request
}

// bench is the real server and the floors on one database engine.
type bench struct {
	options
	shop   *shop
	shapes map[string]shape
	floors map[string]*floor
	rate   map[string]float64 // highest seen of the real server

	standing [][]string // sessions that update and get use, by connection
}

const (
	sessionsPerConn = 64
	trial           = 500 * time.Millisecond
	trialRequests   = 3000
	completeTrial   = 800
)

// measure runs the rounds and gives the table.
func measure(ctx context.Context, kind, realDB, floorDB string, opts options) (_ []row, err error) {
	b := &bench{options: opts, shapes: map[string]shape{}, floors: map[string]*floor{}, rate: map[string]float64{}}
	progress("%s: preparing", kind)
	dir := filepath.Join(opts.dir, kind)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if b.shop, err = openShop(ctx, realDB, dir); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.shop.close()) }()
	if err := b.findShapes(ctx); err != nil {
		return nil, err
	}
	b.shop.serve()
	if opts.profile == "" {
		closeFloors, err := b.openFloors(ctx, kind, floorDB)
		defer func() { err = errors.Join(err, closeFloors()) }()
		if err != nil {
			return nil, err
		}
	}
	if b.standing, err = b.openSessions(b.conns * sessionsPerConn); err != nil {
		return nil, err
	}
	return b.allRounds(ctx, kind)
}

// findShapes calls the handler, before anything else uses the server.
func (b *bench) findShapes(ctx context.Context) (err error) {
	progress("what each operation does and allocates")
	var sessions []string
	const needed = calls + 2
	answers := &probe{header: http.Header{}}
	for n := range needed {
		r, err := parseRequest(b.shop.create(n))
		if err != nil {
			return err
		}
		answers.reset()
		b.shop.app.Handler().ServeHTTP(answers, r)
		id, err := sessionID(answers.body)
		if err != nil {
			return err
		}
		sessions = append(sessions, id)
	}
	requests := map[string]func(n int) ([]byte, error){
		opCreate: b.shop.create,
		opUpdate: func(n int) ([]byte, error) { return b.shop.update(n+1, sessions[n]) },
		opGet:    func(n int) ([]byte, error) { return b.shop.get(sessions[n]) },
		opComplete: func(n int) ([]byte, error) {
			token, err := b.shop.delegate(ctx, sessions[n])
			if err != nil {
				return nil, err
			}
			return b.shop.complete(sessions[n], token)
		},
	}
	for _, op := range []string{opCreate, opUpdate, opGet, opComplete} {
		if b.shapes[op], err = shapeOf(b.shop.app, requests[op]); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	return nil
}

// sessionID reads the id that a session's JSON begins with.
func sessionID(body []byte) (string, error) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"id":"`))
	id, _, quoted := bytes.Cut(rest, []byte(`"`))
	if !ok || !quoted {
		return "", fmt.Errorf("the answer is no session: %.200s", body)
	}
	return string(id), nil
}

// openFloors starts one floor for each operation, on one database.
func (b *bench) openFloors(ctx context.Context, kind, source string) (closeAll func() error, err error) {
	var opened []interface{ close() error }
	closeAll = func() error {
		var errs []error
		for _, o := range slices.Backward(opened) {
			errs = append(errs, o.close())
		}
		return errors.Join(errs...)
	}
	ledger, err := openSQLiteFloor(ctx, filepath.Join(b.dir, kind, "floor-psp.db"))
	if err != nil {
		return closeAll, err
	}
	opened = append(opened, ledger)
	psp, err := newFloor(ctx, ledger, "psp", pspShape(), nil)
	if err != nil {
		return closeAll, err
	}
	opened = append(opened, psp)
	var db floorDB
	if kind == onSQLite {
		db, err = openSQLiteFloor(ctx, source)
	} else {
		db, err = openPostgresFloor(ctx, source)
	}
	if err != nil {
		return closeAll, err
	}
	opened = append(opened, db)
	for _, op := range b.ops {
		f, err := newFloor(ctx, db, op, b.shapes[op], sessionDoc(b.shapes[opCreate]))
		if err != nil {
			return closeAll, fmt.Errorf("floor of %s: %w", op, err)
		}
		opened = append(opened, f)
		f.psp = "http://" + psp.address()
		if s, ok := db.(*sqliteFloor); ok && f.read != "" {
			if err := s.prepareRead(ctx, f.read); err != nil {
				return closeAll, err
			}
		}
		b.floors[op] = f
	}
	return closeAll, nil
}

// sessionDoc is what a create writes into the session's row.
func sessionDoc(s shape) []byte {
	for _, c := range s.commits {
		for _, w := range c {
			if w.table == "session" {
				return w.payload
			}
		}
	}
	return nil
}

// allRounds measures floor and real server in turns.
func (b *bench) allRounds(ctx context.Context, kind string) ([]row, error) {
	real, floors := map[string][]result{}, map[string][]result{}
	for round := 1; round <= b.rounds; round++ {
		for _, op := range b.ops {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if b.rate[op] == 0 {
				if err := b.tryOut(ctx, op); err != nil {
					return nil, fmt.Errorf("%s: %w", op, err)
				}
			}
			floor, seen, err := b.oneRound(ctx, op)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", op, err)
			}
			real[op], floors[op] = append(real[op], seen), append(floors[op], floor)
			progress("%s round %d of %d: %-8s real %6.0f/s  floor %6.0f/s  CPU us %d and %d", kind, round, b.rounds, op,
				seen.rate, floor.rate, seen.cpu.Microseconds(), floor.cpu.Microseconds())
		}
	}
	var rows []row
	for _, op := range b.ops {
		rows = append(rows, row{op: op, shape: b.shapes[op],
			real:  median(real[op], func(r result) float64 { return r.rate }),
			floor: median(floors[op], func(r result) float64 { return r.rate }),
			ratio: ratio(real[op], floors[op]),
			cpu:   median(real[op], func(r result) time.Duration { return r.cpu }),
			least: median(floors[op], func(r result) time.Duration { return r.cpu }),
			p50:   median(real[op], func(r result) time.Duration { return r.p50 }),
			p99:   median(real[op], func(r result) time.Duration { return r.p99 })})
	}
	return rows, nil
}

// ratio compares real and floor round by round: what disturbs the machine
// disturbs both of a round.
func ratio(real, floors []result) float64 {
	ratios := make([]float64, len(real))
	for i := range real {
		if floors[i].rate > 0 {
			ratios[i] = real[i].rate / floors[i].rate
		}
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func median[T float64 | time.Duration](results []result, of func(result) T) T {
	values := make([]T, len(results))
	for i, r := range results {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// tryOut learns how many requests an operation needs.
func (b *bench) tryOut(ctx context.Context, op string) error {
	n := trialRequests
	if op == opComplete {
		n = completeTrial
	}
	ts, err := b.prepare(ctx, op, n)
	if err != nil {
		return err
	}
	defer ts.close() //nolint:errcheck // files in a directory that is removed
	l := load{address: b.shop.agent.host, tapes: ts, measure: trial}
	r, err := l.run()
	b.rate[op] = r.rate
	return err
}

func (b *bench) oneRound(ctx context.Context, op string) (floor, real result, err error) {
	warmUp := b.duration / 10
	needed := b.rate[op] * 1.25 * (warmUp + b.duration).Seconds()
	if op == opGet {
		needed = trialRequests // they are played again
	}
	ts, err := b.prepare(ctx, op, int(needed))
	if err != nil {
		return floor, real, err
	}
	defer func() { err = errors.Join(err, ts.close()) }()
	if f := b.floors[op]; f != nil {
		l := load{address: f.address(), tapes: ts, again: true, warmUp: warmUp, measure: b.duration}
		runtime.GC()
		if floor, err = l.run(); err != nil {
			return floor, real, fmt.Errorf("floor: %w", err)
		}
	}
	l := load{address: b.shop.agent.host, tapes: ts, again: op == opGet, warmUp: warmUp, measure: b.duration}
	runtime.GC()
	stop, err := b.startProfile()
	if err != nil {
		return floor, real, err
	}
	real, err = l.run()
	b.rate[op] = max(b.rate[op], real.rate)
	return floor, real, errors.Join(err, stop())
}

// startProfile profiles one run; of several, the last one's profile stays.
func (b *bench) startProfile() (stop func() error, err error) {
	if b.profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(b.profile)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// writeAllocs writes what was allocated since the start, by place; nothing
// when path is "".
func writeAllocs(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// prepare makes the tapes for about n requests.
func (b *bench) prepare(ctx context.Context, op string, n int) (tapes, error) {
	n = max(n, b.conns)
	switch op {
	case opCreate:
		return record(b.dir, b.conns, n, func(c, i int) ([]byte, error) { return b.shop.create(i*b.conns + c) })
	case opUpdate:
		return record(b.dir, b.conns, n, func(c, i int) ([]byte, error) {
			return b.shop.update(i*b.conns+c, b.standing[c][i%len(b.standing[c])])
		})
	case opGet:
		return record(b.dir, b.conns, n, func(c, i int) ([]byte, error) { return b.shop.get(b.standing[c][i%len(b.standing[c])]) })
	}
	return b.prepareCompletes(ctx, n)
}

// prepareCompletes opens a session for each purchase and gets its token.
func (b *bench) prepareCompletes(ctx context.Context, n int) (tapes, error) {
	sessions, err := b.openSessions(n)
	if err != nil {
		return nil, err
	}
	requests := make([][][]byte, len(sessions))
	group, ctx := errgroup.WithContext(ctx)
	for conn, ids := range sessions {
		group.Go(func() error {
			for _, id := range ids {
				token, err := b.shop.delegate(ctx, id)
				if err != nil {
					return err
				}
				request, err := b.shop.complete(id, token)
				if err != nil {
					return err
				}
				requests[conn] = append(requests[conn], request)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return record(b.dir, b.conns, n, func(c, i int) ([]byte, error) { return requests[c][i], nil })
}

// openSessions makes about n sessions, by connection.
func (b *bench) openSessions(n int) (ids [][]string, err error) {
	ts, err := record(b.dir, b.conns, n, func(c, i int) ([]byte, error) { return b.shop.create(i*b.conns + c) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ts.close()) }()
	ids = make([][]string, b.conns)
	failed := make([]error, b.conns)
	l := load{address: b.shop.agent.host, tapes: ts, keep: func(c int, body []byte) {
		id, err := sessionID(body)
		failed[c] = errors.Join(failed[c], err)
		ids[c] = append(ids[c], id)
	}}
	_, err = l.run()
	return ids, errors.Join(append(failed, err)...)
}
