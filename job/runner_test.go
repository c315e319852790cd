package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/checkstand/checkstand/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// run starts a runner in the test's bubble; stop ends it and waits.
func run(t *testing.T, r *job.Runner) (stop func()) {
	t.Helper()
	r.Logger = quiet
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func handle(do func(context.Context, job.Job) error) map[string]job.Handler {
	return map[string]job.Handler{"k": {Do: do}}
}

func due(id, key string) job.Job {
	return job.Job{ID: id, MerchantID: "shop", Kind: "k", OrderKey: key, Due: time.Now()}
}

func TestRunDoesEachJobOnceAndRemovesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i := range 50 {
			m.enqueue(due(fmt.Sprintf("job_%02d", i), ""))
		}
		var calls sync.Map
		stop := run(t, &job.Runner{Store: m, Concurrency: 4, Handlers: handle(func(_ context.Context, j job.Job) error {
			if _, again := calls.LoadOrStore(j.ID, true); again {
				t.Errorf("%s was done twice", j.ID)
			}
			time.Sleep(time.Second)
			return nil
		})})
		start := time.Now()
		time.Sleep(13 * time.Second)
		synctest.Wait()
		if n := m.left(); n != 0 {
			t.Errorf("%d jobs left after %s; 50 jobs of 1 s, 4 at a time", n, time.Since(start))
		}
		stop()
	})
}

func TestWakeSparesThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var at atomic.Int64
		r := &job.Runner{Store: m, Poll: time.Hour, Handlers: handle(func(context.Context, job.Job) error {
			at.Store(time.Now().UnixNano())
			return nil
		})}
		stop := run(t, r)
		synctest.Wait()
		time.Sleep(time.Minute)
		m.enqueue(due("job_1", ""))
		woken := time.Now().UnixNano()
		r.Wake()
		synctest.Wait()
		if at.Load() != woken {
			t.Errorf("started at %d, woken at %d", at.Load(), woken)
		}
		stop()
	})
}

func TestFailuresBackOffAndThenPark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		var at []time.Duration
		start := time.Now()
		stop := run(t, &job.Runner{Store: m, Rand: func() float64 { return 0 }, Handlers: map[string]job.Handler{"k": {
			MaxAttempts: 5, First: time.Second, Longest: 4 * time.Second,
			Do: func(context.Context, job.Job) error {
				at = append(at, time.Since(start))
				return errors.New("the receiver said 500")
			},
		}}})
		time.Sleep(time.Hour)
		stop()
		want := "[0s 1s 3s 7s 11s]"
		if fmt.Sprint(at) != want {
			t.Errorf("tried at %v; want %s", at, want)
		}
		parked, _ := m.Parked(t.Context(), "shop", 10)
		if len(parked) != 1 || parked[0].LastError != "the receiver said 500" || parked[0].Attempt != 5 {
			t.Errorf("dead letters = %+v", parked)
		}
	})
}

func TestReplayGivesAFullSeriesOfTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		tries := 0
		stop := run(t, &job.Runner{Store: m, Handlers: map[string]job.Handler{"k": {MaxAttempts: 3, First: time.Second,
			Do: func(context.Context, job.Job) error { tries++; return errors.New("no") }}}})
		time.Sleep(time.Hour)
		if ok, err := m.Replay(t.Context(), "job_1", time.Now()); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(time.Hour)
		stop()
		if tries != 6 {
			t.Errorf("%d tries; want 3 and 3 again", tries)
		}
	})
}

func TestPermanentParksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		tries := 0
		stop := run(t, &job.Runner{Store: m, Handlers: handle(func(context.Context, job.Job) error {
			tries++
			return fmt.Errorf("deliver: %w", job.Permanent(errors.New("gone")))
		})})
		time.Sleep(time.Hour)
		stop()
		if parked, _ := m.Parked(t.Context(), "shop", 10); tries != 1 || len(parked) != 1 {
			t.Errorf("%d tries, dead letters %+v", tries, parked)
		}
	})
}

func TestRetryAfterReplacesTheBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		var at []time.Duration
		start := time.Now()
		stop := run(t, &job.Runner{Store: m, Handlers: handle(func(context.Context, job.Job) error {
			at = append(at, time.Since(start))
			if len(at) < 3 {
				return fmt.Errorf("busy: %w", job.RetryAfter(90*time.Second))
			}
			return nil
		})})
		time.Sleep(time.Hour)
		stop()
		if fmt.Sprint(at) != "[0s 1m30s 3m0s]" {
			t.Errorf("tried at %v", at)
		}
	})
}

func TestOneInFlightAndInOrderPerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i := range 12 {
			m.enqueue(due(fmt.Sprintf("job_%02d", i), fmt.Sprintf("order_%d", i%3)))
		}
		var mu sync.Mutex
		inFlight, done := map[string]int{}, map[string][]string{}
		failed := map[string]bool{}
		stop := run(t, &job.Runner{Store: m, Handlers: handle(func(_ context.Context, j job.Job) error {
			mu.Lock()
			if inFlight[j.OrderKey]++; inFlight[j.OrderKey] > 1 {
				t.Errorf("two jobs of %s at once", j.OrderKey)
			}
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			inFlight[j.OrderKey]--
			if !failed[j.ID] { // each fails once, and its followers wait
				failed[j.ID] = true
				return errors.New("not yet")
			}
			done[j.OrderKey] = append(done[j.OrderKey], j.ID)
			return nil
		})})
		time.Sleep(time.Hour)
		stop()
		for k := range 3 {
			key := fmt.Sprintf("order_%d", k)
			want := fmt.Sprintf("[job_%02d job_%02d job_%02d job_%02d]", k, k+3, k+6, k+9)
			if got := fmt.Sprint(done[key]); got != want {
				t.Errorf("%s: %s; want %s", key, got, want)
			}
		}
	})
}

func TestStopWaitsForRunningJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""), due("job_2", ""))
		stop := run(t, &job.Runner{Store: m, Concurrency: 1, Handlers: handle(func(ctx context.Context, _ job.Job) error {
			time.Sleep(5 * time.Second)
			return ctx.Err()
		})})
		synctest.Wait()
		start := time.Now()
		stop()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("stopped after %s", took)
		}
		if m.left() != 1 {
			t.Errorf("%d jobs left; the running one is finished and the other not begun", m.left())
		}
	})
}

func TestStopCancelsAfterTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		stop := run(t, &job.Runner{Store: m, Grace: 3 * time.Second, Handlers: handle(func(ctx context.Context, _ job.Job) error {
			<-ctx.Done()
			return ctx.Err()
		})})
		synctest.Wait()
		start := time.Now()
		stop()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("stopped after %s", took)
		}
		if m.left() != 1 {
			t.Error("a canceled job must be tried again")
		}
	})
}

func TestAPanicIsAFailureWithoutItsValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		stop := run(t, &job.Runner{Store: m, Handlers: map[string]job.Handler{"k": {MaxAttempts: 1,
			Do: func(context.Context, job.Job) error { panic("buyer@example.com") }}}})
		time.Sleep(time.Minute)
		stop()
		parked, _ := m.Parked(t.Context(), "shop", 1)
		if len(parked) != 1 || !strings.Contains(parked[0].LastError, "panic") || strings.Contains(parked[0].LastError, "example.com") {
			t.Errorf("dead letters = %+v", parked)
		}
	})
}

func TestAJobWhoseOutcomeWasNotStoredRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		m.broken = errors.New("disk full")
		tries := 0
		stop := run(t, &job.Runner{Store: m, Handlers: handle(func(context.Context, job.Job) error {
			if tries++; tries == 2 {
				m.mu.Lock()
				m.broken = nil
				m.mu.Unlock()
			}
			return nil
		})})
		time.Sleep(time.Hour)
		stop()
		if tries != 2 || m.left() != 0 {
			t.Errorf("%d tries, %d jobs left", tries, m.left())
		}
	})
}

func TestHandlersHaveATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(due("job_1", ""))
		stop := run(t, &job.Runner{Store: m, Handlers: map[string]job.Handler{"k": {Timeout: 7 * time.Second, MaxAttempts: 1,
			Do: func(ctx context.Context, _ job.Job) error { <-ctx.Done(); return ctx.Err() }}}})
		time.Sleep(8 * time.Second)
		if parked, _ := m.Parked(t.Context(), "shop", 1); len(parked) != 1 {
			t.Error("the handler was not ended")
		}
		stop()
	})
}

func TestRunRefusesARunnerThatCannotWork(t *testing.T) {
	for name, r := range map[string]*job.Runner{
		"no store":    {Handlers: handle(func(context.Context, job.Job) error { return nil })},
		"no handlers": {Store: newMemory()},
		"no function": {Store: newMemory(), Handlers: map[string]job.Handler{"k": {}}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := r.Run(t.Context()); err == nil {
				t.Error("Run = nil")
			}
		})
	}
}
