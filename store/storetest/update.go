package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/store"
)

func testUpdate(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()

	t.Run("an error of the function is returned as it is and nothing is written", func(t *testing.T) {
		mine := errors.New("mine")
		ses := newSession(shop, "cs_error")
		err := s.Update(ctx, func(tx checkout.Tx) error {
			if err := tx.InsertSession(ses); err != nil {
				return err
			}
			return mine
		})
		if !errors.Is(err, mine) {
			t.Errorf("err = %v", err)
		}
		if _, err := s.Reader(ctx).Session(shop, "cs_error"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("Session = %v; want ErrNotFound", err)
		}
		if ses.Version != 0 {
			t.Errorf("version = %d; what was not stored has none", ses.Version)
		}
	})

	t.Run("an error that wraps a conflict is not run again", func(t *testing.T) {
		runs := 0
		err := s.Update(ctx, func(checkout.Tx) error { runs++; return fmt.Errorf("mine: %w", store.ErrConflict) })
		if runs != 1 || !errors.Is(err, store.ErrConflict) {
			t.Errorf("%d runs, err = %v", runs, err)
		}
	})

	t.Run("a write that could not be buffered stops the rest, even if its error is dropped", func(t *testing.T) {
		err := s.Update(ctx, func(tx checkout.Tx) error {
			_ = tx.Reserve(shop, "it", 0)
			return tx.InsertSession(newSession(shop, "cs_dropped"))
		})
		if err == nil {
			t.Error("err = nil")
		}
		if _, err := s.Reader(ctx).Session(shop, "cs_dropped"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("Session = %v", err)
		}
	})

	t.Run("rows without a merchant are refused", func(t *testing.T) {
		if err := s.Update(ctx, func(tx checkout.Tx) error { return tx.InsertSession(newSession("", "cs_x")) }); err == nil {
			t.Error("err = nil")
		}
	})

	t.Run("a missed guard takes back the whole unit and runs it again on the new state", func(t *testing.T) {
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_run")) })
		var runs []int
		err := s.Update(ctx, func(tx checkout.Tx) error {
			runs = append(runs, tx.Run())
			ses, err := tx.Session(shop, "cs_run")
			if err != nil {
				return err
			}
			if tx.Run() < 3 { // somebody else is faster
				holds(t, s, func(other *store.Tx) error {
					ses, err := other.Session(shop, "cs_run")
					if err != nil {
						return err
					}
					ses.OrderNotes += "o"
					return other.SaveSession(ses)
				})
			}
			ses.OrderNotes += "m"
			if err := tx.InsertSession(newSession(shop, fmt.Sprintf("cs_run_%d", tx.Run()))); err != nil {
				return err
			}
			return tx.SaveSession(ses)
		})
		if err != nil || fmt.Sprint(runs) != "[0 1 2 3]" {
			t.Fatalf("runs %v, err = %v", runs, err)
		}
		ses, err := s.Reader(ctx).Session(shop, "cs_run")
		if err != nil || ses.OrderNotes != "ooom" || ses.Version != 5 {
			t.Errorf("session = %+v, %v", ses, err)
		}
		for i := range 3 {
			if _, err := s.Reader(ctx).Session(shop, fmt.Sprintf("cs_run_%d", i)); !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("run %d left its insert behind: %v", i, err)
			}
		}
	})

	t.Run("guards that never hold end in ErrContended", func(t *testing.T) {
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_twice")) })
		runs := 0
		err := s.Update(ctx, func(tx checkout.Tx) error { runs++; return tx.InsertSession(newSession(shop, "cs_twice")) })
		if !errors.Is(err, store.ErrContended) || runs != store.MaxRuns {
			t.Errorf("%d runs, err = %v", runs, err)
		}
	})

	t.Run("a context that has ended writes nothing", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		err := s.Update(ended, func(tx checkout.Tx) error {
			cancel()
			return tx.InsertSession(newSession(shop, "cs_late"))
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		if _, err := s.Reader(ctx).Session(shop, "cs_late"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("Session = %v", err)
		}
	})

	t.Run("two hundred writers of one session lose no write", func(t *testing.T) {
		const writers = 200
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_busy")) })
		together(writers, func(int) {
			err := s.Update(ctx, func(tx checkout.Tx) error {
				ses, err := tx.Session(shop, "cs_busy")
				if err != nil {
					return err
				}
				if ses.Prices == nil {
					ses.Prices = map[string]int64{}
				}
				ses.Prices["n"]++
				return tx.SaveSession(ses)
			})
			if err != nil {
				t.Error(err)
			}
		})
		ses, err := s.Reader(ctx).Session(shop, "cs_busy")
		if err != nil || ses.Prices["n"] != writers || ses.Version != writers+1 {
			t.Errorf("counted %d at version %d, %v", ses.Prices["n"], ses.Version, err)
		}
	})

	t.Run("one caller's miss does not hurt the others of its batch", func(t *testing.T) {
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_taken")) })
		var missed atomic.Int64
		together(100, func(i int) {
			err := once(ctx, s, func(tx *store.Tx) error {
				if err := tx.InsertSession(newSession(shop, fmt.Sprintf("cs_batch_%d", i))); err != nil {
					return err
				}
				if i%2 == 1 {
					return tx.InsertSession(newSession(shop, "cs_taken"))
				}
				return nil
			})
			if errors.Is(err, errGuard) {
				missed.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
		if missed.Load() != 50 {
			t.Errorf("%d units missed; want 50", missed.Load())
		}
		for i := range 100 {
			_, err := s.Reader(ctx).Session(shop, fmt.Sprintf("cs_batch_%d", i))
			if found := err == nil; found != (i%2 == 0) {
				t.Errorf("unit %d: %v", i, err)
			}
		}
	})

	t.Run("commits that enqueue call the hook, others do not", func(t *testing.T) {
		var calls atomic.Int64
		s.OnEnqueue(func() { calls.Add(1) })
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_hook")) })
		holds(t, s, func(tx *store.Tx) error { return tx.Enqueue(newJob("job_hook", "", at)) })
		refused(t, s, "a job that exists", func(tx *store.Tx) error { return tx.Enqueue(newJob("job_hook", "", at)) })
		if calls.Load() != 1 {
			t.Errorf("%d calls; want 1", calls.Load())
		}
	})
}
