package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/store"
)

const lease = time.Minute

var kinds = []string{"webhook", "payment.reconcile"}

func enqueue(t testing.TB, s *store.Store, jobs ...job.Job) {
	t.Helper()
	holds(t, s, func(tx *store.Tx) error {
		for _, j := range jobs {
			if err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	})
}

func claim(t testing.TB, s *store.Store, now time.Time, limit int) []job.Job {
	t.Helper()
	jobs, err := s.Claim(t.Context(), kinds, now, lease, limit)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func jobIDs(jobs []job.Job) string {
	out := ""
	for _, j := range jobs {
		out += j.ID + " "
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testJob(t *testing.T, open Open) {
	ctx := t.Context()

	t.Run("a claim leases what is due, oldest first, once", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_3", "", at.Add(-3)), newJob("job_1", "", at.Add(-time.Second)), newJob("job_2", "", at.Add(-2*time.Second)),
			newJob("job_4", "", at.Add(time.Second)))
		got := claim(t, s, at, 2)
		if jobIDs(got) != "job_1 job_2 " {
			t.Errorf("claimed %s; want the two oldest due", jobIDs(got))
		}
		want := newJob("job_1", "", at.Add(lease))
		want.Attempt = 1
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Error(diff)
		}
		if got := jobIDs(claim(t, s, at, 10)); got != "job_3 " {
			t.Errorf("then claimed %s", got)
		}
		if got := jobIDs(claim(t, s, at, 10)); got != "" {
			t.Errorf("then claimed %s", got)
		}
		if got := jobIDs(claim(t, s, at.Add(lease), 10)); got != "job_1 job_2 job_3 job_4 " {
			t.Errorf("after the lease claimed %s", got)
		}
	})

	t.Run("other kinds are left alone", func(t *testing.T) {
		s := open(t)
		other := newJob("job_1", "", at)
		other.Kind = "other"
		enqueue(t, s, other)
		if got := claim(t, s, at, 10); len(got) != 0 {
			t.Errorf("claimed %v", got)
		}
		if due, err := s.NextDue(ctx, kinds); err != nil || !due.IsZero() {
			t.Errorf("next due = %v, %v", due, err)
		}
		if got, err := s.Claim(ctx, nil, at, lease, 10); err != nil || len(got) != 0 {
			t.Errorf("claimed %v of no kind, %v", got, err)
		}
	})

	t.Run("one in flight per order key, in order, also while retrying", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_1", "a", at), newJob("job_2", "a", at), newJob("job_3", "b", at), newJob("job_4", "a", at.Add(-time.Hour)))
		got := claim(t, s, at, 10)
		if jobIDs(got) != "job_1 job_3 " {
			t.Fatalf("claimed %s", jobIDs(got))
		}
		must(t, s.Retry(ctx, got[0], at.Add(time.Minute), "no"))
		if due, err := s.NextDue(ctx, kinds); err != nil || !due.Equal(at.Add(time.Minute)) {
			t.Errorf("next due = %v, %v", due, err)
		}
		if got := claim(t, s, at, 10); len(got) != 0 {
			t.Errorf("claimed %s past a job that is being retried", jobIDs(got))
		}
		got = claim(t, s, at.Add(time.Minute), 10)
		if jobIDs(got) != "job_1 job_3 " || got[0].LastError != "no" || got[0].Attempt != 2 {
			t.Fatalf("claimed %+v", got)
		}
		must(t, s.Finish(ctx, got[0]))
		if got := claim(t, s, at.Add(time.Minute), 10); jobIDs(got) != "job_2 " {
			t.Errorf("claimed %s", jobIDs(got))
		}
	})

	t.Run("two merchants' order keys are not the same", func(t *testing.T) {
		s := open(t)
		theirs := newJob("job_2", "a", at)
		theirs.MerchantID = otherShop
		enqueue(t, s, newJob("job_1", "a", at), theirs)
		if got := claim(t, s, at, 10); jobIDs(got) != "job_1 job_2 " {
			t.Errorf("claimed %s", jobIDs(got))
		}
	})

	t.Run("a job that is out keeps an older replayed one waiting", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_1", "a", at), newJob("job_2", "a", at))
		must(t, s.Park(ctx, claim(t, s, at, 1)[0], at, "no"))
		if got := claim(t, s, at, 10); jobIDs(got) != "job_2 " {
			t.Fatalf("claimed %s; a parked job does not hold its followers back", jobIDs(got))
		}
		if ok, err := s.Replay(ctx, "job_1", at); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if got := claim(t, s, at, 10); len(got) != 0 {
			t.Errorf("claimed %s beside another of its key", jobIDs(got))
		}
		got := claim(t, s, at.Add(lease), 10)
		if jobIDs(got) != "job_2 " {
			t.Fatalf("after the lease claimed %s", jobIDs(got))
		}
		must(t, s.Finish(ctx, got[0]))
		if got := claim(t, s, at.Add(lease), 10); jobIDs(got) != "job_1 " {
			t.Errorf("claimed %s", jobIDs(got))
		}
	})

	t.Run("a lost claim changes nothing", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_1", "a", at))
		old := claim(t, s, at, 1)[0]
		now := claim(t, s, at.Add(lease), 1)[0]
		must(t, s.Finish(ctx, old))
		must(t, s.Retry(ctx, old, at, "old"))
		must(t, s.Park(ctx, old, at, "old"))
		if parked, err := s.Parked(ctx, shop, 10); err != nil || len(parked) != 0 {
			t.Errorf("parked %v, %v", parked, err)
		}
		if due, err := s.NextDue(ctx, kinds); err != nil || !due.Equal(now.Due) {
			t.Errorf("next due = %v, %v; want the end of the lease %v", due, err, now.Due)
		}
		must(t, s.Retry(ctx, now, at.Add(time.Hour), "no"))
		must(t, s.Finish(ctx, now)) // its claim has ended, too
		if due, err := s.NextDue(ctx, kinds); err != nil || !due.Equal(at.Add(time.Hour)) {
			t.Errorf("next due = %v, %v", due, err)
		}
	})

	t.Run("dead letters are listed newest first and can be replayed", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_1", "", at), newJob("job_2", "", at), newJob("job_3", "", at))
		for i, j := range claim(t, s, at, 3) {
			must(t, s.Park(ctx, j, at.Add(time.Duration(i)*time.Second), "no\x00 \xff"))
		}
		parked, err := s.Parked(ctx, shop, 2)
		if err != nil || jobIDs(parked) != "job_3 job_2 " || parked[0].LastError != "no " || !parked[0].ParkedAt.Equal(at.Add(2*time.Second)) {
			t.Errorf("parked %+v, %v", parked, err)
		}
		if parked, err := s.Parked(ctx, otherShop, 10); err != nil || len(parked) != 0 {
			t.Errorf("another merchant sees %v, %v", parked, err)
		}
		if got := claim(t, s, at.Add(time.Hour), 10); len(got) != 0 {
			t.Errorf("claimed %s", jobIDs(got))
		}
		woken := 0
		s.OnEnqueue(func() { woken++ })
		if ok, err := s.Replay(ctx, "job_2", at.Add(time.Hour)); !ok || err != nil || woken != 1 {
			t.Errorf("Replay = %t, %v, woken %d times", ok, err, woken)
		}
		if ok, err := s.Replay(ctx, "job_2", at); ok || err != nil {
			t.Errorf("second Replay = %t, %v", ok, err)
		}
		got := claim(t, s, at.Add(time.Hour), 10)
		if jobIDs(got) != "job_2 " || got[0].Attempt != 2 {
			t.Errorf("claimed %+v", got)
		}
	})

	t.Run("a job that is dequeued is gone, claimed or not", func(t *testing.T) {
		s := open(t)
		enqueue(t, s, newJob("job_1", "", at), newJob("job_2", "", at.Add(time.Hour)), newJob("job_3", "", at))
		j := claim(t, s, at, 1)[0]
		holds(t, s, func(tx *store.Tx) error {
			for _, id := range []string{"job_1", "job_2", "job_9"} {
				if err := tx.Dequeue(shop, id); err != nil {
					return err
				}
			}
			return tx.Dequeue(otherShop, "job_3")
		})
		must(t, s.Retry(ctx, j, at, "no"))
		if got := claim(t, s, at.Add(2*time.Hour), 10); jobIDs(got) != "job_3 " {
			t.Errorf("claimed %s", jobIDs(got))
		}
	})

	t.Run("a job that is hastened is due no later, and only when it waits", func(t *testing.T) {
		s := open(t)
		later := at.Add(time.Hour)
		enqueue(t, s, newJob("job_1", "a", later), newJob("job_2", "b", at.Add(-time.Hour)), newJob("job_3", "c", at), newJob("job_4", "d", at.Add(-time.Minute)),
			newJob("job_5", "e", later))
		out := claim(t, s, at, 10) // 2, 3 and 4
		must(t, s.Park(ctx, out[0], at, "no"))
		must(t, s.Retry(ctx, out[1], later, "no"))
		hasten := func(merchant string, due time.Time, ids ...string) {
			holds(t, s, func(tx *store.Tx) error {
				for _, id := range ids {
					if err := tx.HastenJob(merchant, id, due); err != nil {
						return err
					}
				}
				return nil
			})
		}
		woken := 0
		s.OnEnqueue(func() { woken++ })
		hasten(shop, at, "job_1", "job_2", "job_3", "job_4", "job_9")
		if woken != 1 {
			t.Errorf("runners were woken %d times; want once", woken)
		}
		hasten(otherShop, at, "job_5")
		hasten(shop, at.Add(time.Minute), "job_1")
		if got := claim(t, s, at, 10); jobIDs(got) != "job_1 job_3 " {
			t.Errorf("claimed %s; want those that waited, and no claimed, parked or other merchant's", jobIDs(got))
		}
	})

	t.Run("racing claims give each job to one of them", func(t *testing.T) {
		s := open(t)
		const jobs, keys = 300, 20
		holds(t, s, func(tx *store.Tx) error {
			for i := range jobs {
				key := ""
				if i%3 == 0 {
					key = fmt.Sprint(i % keys)
				}
				if err := tx.Enqueue(newJob(fmt.Sprintf("job_%03d", i), key, at)); err != nil {
					return err
				}
			}
			return nil
		})
		var mu sync.Mutex
		done, out := map[string]bool{}, map[string]string{} // out: order key -> job in flight
		last := map[string]string{}
		together(8, func(int) {
			for {
				got, err := s.Claim(ctx, kinds, at, time.Hour, 7)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, j := range got {
					if done[j.ID] {
						t.Errorf("%s was claimed twice", j.ID)
					}
					done[j.ID] = true
					if j.OrderKey == "" {
						continue
					}
					if other := out[j.OrderKey]; other != "" {
						t.Errorf("%s and %s are both in flight", other, j.ID)
					}
					if j.ID < last[j.OrderKey] {
						t.Errorf("%s came after %s", j.ID, last[j.OrderKey])
					}
					out[j.OrderKey], last[j.OrderKey] = j.ID, j.ID
				}
				finished := len(done) == jobs
				mu.Unlock()
				for _, j := range got {
					mu.Lock()
					delete(out, j.OrderKey)
					mu.Unlock()
					if err := s.Finish(ctx, j); err != nil {
						t.Error(err)
					}
				}
				if len(got) == 0 && (finished || t.Failed()) {
					return
				}
			}
		})
		if due, err := s.NextDue(ctx, kinds); err != nil || !due.IsZero() {
			t.Errorf("%d of %d done, next due %v, %v", len(done), jobs, due, err)
		}
	})
}
