package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Defaults and limits of a Runner.
const (
	DefaultConcurrency = 16
	DefaultPoll        = time.Second
	DefaultGrace       = 20 * time.Second

	// MinPoll is the shortest pause between two looks at the store that found
	// nothing to do.
	MinPoll = 20 * time.Millisecond
	// LeaseMargin is how much longer a claim lasts than the slowest handler
	// may take, for the write that ends it.
	LeaseMargin = 30 * time.Second
	// writeTimeout bounds the write that ends a claim. If it fails, the lease
	// runs out and the job is done again.
	writeTimeout = LeaseMargin / 2
)

// Runner does the jobs of a store: at least once each, one at a time and in
// order per order key. Any number of runners in any number of processes may
// share a store. The fields must not change once Run was called.
type Runner struct {
	Store    Store
	Handlers map[string]Handler // by kind; jobs of other kinds are left alone
	Logger   *slog.Logger       // slog.Default() by default

	// Clock is time.Now by default.
	Clock func() time.Time
	// Rand gives the jitter of the back-off in [0, 1); math/rand by default.
	Rand func() float64
	// Concurrency is how many jobs run at once, DefaultConcurrency by default.
	Concurrency int
	// Poll is how often the store is asked for jobs that another process
	// enqueued, DefaultPoll by default. Wake spares the wait for one's own.
	Poll time.Duration
	// Grace is how long running jobs may go on once Run's context has ended,
	// before their own contexts are canceled; DefaultGrace by default.
	Grace time.Duration

	once sync.Once
	wake chan struct{} // of capacity 1: something may have become due
	free chan struct{} // one token a job that may start now
	wg   sync.WaitGroup
}

func (r *Runner) prepare() {
	r.once.Do(func() {
		r.wake = make(chan struct{}, 1)
		if r.Logger == nil {
			r.Logger = slog.Default()
		}
		if r.Clock == nil {
			r.Clock = time.Now
		}
		if r.Concurrency <= 0 {
			r.Concurrency = DefaultConcurrency
		}
		if r.Poll <= 0 {
			r.Poll = DefaultPoll
		}
		if r.Grace <= 0 {
			r.Grace = DefaultGrace
		}
		r.free = make(chan struct{}, r.Concurrency)
		for range r.Concurrency {
			r.free <- struct{}{}
		}
	})
}

// Wake makes the runner look for due jobs now. It never blocks; call it after
// commits that enqueued a job.
func (r *Runner) Wake() {
	r.prepare()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run does jobs until ctx ends, then waits for the running ones. It returns
// an error only for a Runner that cannot work. Call it once.
func (r *Runner) Run(ctx context.Context) error {
	if r.Store == nil || len(r.Handlers) == 0 {
		return errors.New("job: a runner needs a store and at least one handler")
	}
	var longest time.Duration
	for kind, h := range r.Handlers {
		if h.Do == nil {
			return fmt.Errorf("job: kind %q has no function", kind)
		}
		longest = max(longest, h.timeout())
	}
	r.prepare()
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	kinds := slices.Sorted(maps.Keys(r.Handlers))
	for ctx.Err() == nil {
		pause := r.Poll
		jobs, next, err := r.claim(ctx, kinds, longest+LeaseMargin)
		switch {
		case err != nil && ctx.Err() == nil:
			r.Logger.ErrorContext(ctx, "claim jobs", "error", err)
		case len(jobs) > 0:
			for _, j := range jobs {
				r.start(running, j)
			}
			continue
		case !next.IsZero():
			pause = min(max(next.Sub(r.Clock()), MinPoll), r.Poll)
		}
		r.sleep(ctx, pause)
	}
	r.drain(cancel)
	return nil
}

// claim takes as many due jobs as may start now, and holds their tokens. When
// it takes none, next is the time of the next due job, zero if there is none.
func (r *Runner) claim(ctx context.Context, kinds []string, lease time.Duration) (jobs []Job, next time.Time, err error) {
	// Asking is a read; claiming is a write, and mostly there is nothing.
	next, err = r.Store.NextDue(ctx, kinds)
	if err != nil || next.IsZero() || next.After(r.Clock()) {
		return nil, next, err
	}
	tokens := 0
	select {
	case <-r.free:
		tokens++
	case <-ctx.Done():
		return nil, next, nil
	}
	for tokens < r.Concurrency {
		select {
		case <-r.free:
			tokens++
			continue
		default:
		}
		break
	}
	jobs, err = r.Store.Claim(ctx, kinds, r.Clock(), lease, tokens)
	for range tokens - len(jobs) {
		r.free <- struct{}{}
	}
	return jobs, next, err
}

func (r *Runner) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-t.C:
	}
}

// drain waits for the running jobs, and cancels them once the grace is over.
func (r *Runner) drain(cancel context.CancelFunc) {
	t := time.AfterFunc(r.Grace, cancel)
	defer t.Stop()
	r.wg.Wait()
}

// start does one claimed job in a goroutine of its own.
func (r *Runner) start(ctx context.Context, j Job) {
	r.wg.Go(func() {
		r.do(ctx, j)
		r.free <- struct{}{}
		r.Wake() // the next of its order key may be due
	})
}

func (r *Runner) do(ctx context.Context, j Job) {
	h := r.Handlers[j.Kind]
	err := h.call(ctx, j)
	log := r.Logger.With("job", j.ID, "kind", j.Kind, "attempt", j.Attempt)

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	now := r.Clock()
	var end error
	switch {
	case err == nil:
		end = r.Store.Finish(ctx, j)
	case h.gaveUp(j, err):
		log.ErrorContext(ctx, "job parked; it needs a person", "error", err)
		end = r.Store.Park(ctx, j, now, err.Error())
	default:
		delay := h.delay(j, err, r.Rand)
		level, text := slog.LevelWarn, "job failed; it will run again"
		if _, asked := err.(retryAfter); asked { //nolint:errorlint // one that is wrapped says what failed
			level, text = slog.LevelDebug, "job will run again"
		}
		log.Log(ctx, level, text, "error", err, "in", delay)
		end = r.Store.Retry(ctx, j, now.Add(delay), err.Error())
	}
	if end != nil {
		log.ErrorContext(ctx, "outcome of job not stored; it will run again when its lease ends", "error", end)
	}
}

// call runs a handler within its time. A panic is an error like any other; its
// value is left out, since it may quote what the job is about.
func (h Handler) call(ctx context.Context, j Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout())
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic (%T) in the handler of %s\n%s", p, j.Kind, debug.Stack())
		}
	}()
	return h.Do(ctx, j)
}
