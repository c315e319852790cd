package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/job"
	"github.com/checkstand/checkstand/store"
)

// modelJob is a job as the promises of job.Store describe it.
type modelJob struct {
	job.Job
	leased bool
}

// jobModel says what a job.Store does, in the plainest way.
type jobModel struct{ jobs map[string]*modelJob }

func (m *jobModel) blocked(j *modelJob) bool {
	if j.OrderKey == "" || j.leased {
		return false
	}
	for _, o := range m.jobs {
		if o != j && o.OrderKey == j.OrderKey && o.ParkedAt.IsZero() && (o.ID < j.ID || o.leased) {
			return true
		}
	}
	return false
}

// next lists what may be claimed once it is due.
func (m *jobModel) next() []*modelJob {
	var out []*modelJob
	for _, j := range m.jobs {
		if j.ParkedAt.IsZero() && !m.blocked(j) {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b *modelJob) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func (m *jobModel) claim(now time.Time, limit int) string {
	var ids []string
	for _, j := range m.next() {
		if !j.Due.After(now) && len(ids) < limit {
			ids = append(ids, j.ID)
		}
	}
	for _, id := range ids {
		j := m.jobs[id]
		j.Attempt, j.Due, j.leased = j.Attempt+1, now.Add(lease), true
	}
	slices.Sort(ids)
	return strings.Join(append(ids, ""), " ")
}

// end returns the job if the claim still holds.
func (m *jobModel) end(claimed job.Job) *modelJob {
	if j := m.jobs[claimed.ID]; j != nil && j.leased && j.Attempt == claimed.Attempt {
		return j
	}
	return nil
}

// retry also delays what waits behind the job.
func (m *jobModel) retry(claimed job.Job, due time.Time) {
	j := m.end(claimed)
	if j == nil {
		return
	}
	j.Due, j.leased = due, false
	for _, o := range m.jobs {
		if j.OrderKey != "" && o.OrderKey == j.OrderKey && o.ID > j.ID && o.Due.Before(due) && o.ParkedAt.IsZero() && !o.leased {
			o.Due = due
		}
	}
}

// testJobModel runs random operations on a store and on the model, and
// compares what both say.
func testJobModel(t *testing.T, open Open) {
	s := open(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		kind := fmt.Sprintf("round-%d", round) // leaves the jobs of other rounds alone
		keys := []string{"", kind + "a", kind + "b"}
		m := &jobModel{jobs: map[string]*modelJob{}}
		now := at
		var claims []job.Job
		used := map[string]bool{}
		seconds := rapid.IntRange(0, 90)
		check := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		someClaim := func(t *rapid.T) job.Job {
			if len(claims) == 0 {
				t.Skip("nothing was claimed yet")
			}
			return rapid.SampledFrom(claims).Draw(t, "claim")
		}
		ctx := t.Context()
		defer func() {
			check(s.Do(ctx, func(tx *store.Tx) error {
				for id := range m.jobs {
					if err := tx.Dequeue(shop, id); err != nil {
						return err
					}
				}
				return nil
			}))
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"enqueue": func(t *rapid.T) {
				j := newJob(fmt.Sprintf("job_%d_%03d", round, rapid.IntRange(0, 999).Draw(t, "id")), rapid.SampledFrom(keys).Draw(t, "key"),
					now.Add(time.Duration(seconds.Draw(t, "due")-45)*time.Second))
				j.Kind = kind
				if used[j.ID] {
					t.Skip("ids are never used again")
				}
				used[j.ID] = true
				check(once(ctx, s, func(tx *store.Tx) error { return tx.Enqueue(j) }))
				m.jobs[j.ID] = &modelJob{Job: j}
			},
			"claim": func(t *rapid.T) {
				limit := rapid.IntRange(1, 4).Draw(t, "limit")
				got, err := s.Claim(ctx, []string{kind}, now, lease, limit)
				check(err)
				if want := m.claim(now, limit); jobIDs(got) != strings.TrimPrefix(want, " ") {
					t.Fatalf("claimed %q; want %q", jobIDs(got), want)
				}
				claims = append(claims, got...)
			},
			"finish": func(t *rapid.T) {
				c := someClaim(t)
				check(s.Finish(ctx, c))
				if j := m.end(c); j != nil {
					delete(m.jobs, j.ID)
				}
			},
			"retry": func(t *rapid.T) {
				c, due := someClaim(t), now.Add(time.Duration(seconds.Draw(t, "due"))*time.Second)
				check(s.Retry(ctx, c, due, "no"))
				m.retry(c, due)
			},
			"park": func(t *rapid.T) {
				c := someClaim(t)
				check(s.Park(ctx, c, now, "no"))
				if j := m.end(c); j != nil {
					j.ParkedAt, j.leased = now, false
				}
			},
			"replay": func(t *rapid.T) {
				c := someClaim(t)
				got, err := s.Replay(ctx, c.ID, now)
				check(err)
				j := m.jobs[c.ID]
				want := j != nil && !j.ParkedAt.IsZero()
				if got != want {
					t.Fatalf("Replay(%s) = %t; want %t", c.ID, got, want)
				}
				if want {
					j.ParkedAt, j.Due = time.Time{}, now
				}
			},
			"pass time": func(t *rapid.T) { now = now.Add(time.Duration(seconds.Draw(t, "by")) * time.Second) },
			"": func(t *rapid.T) {
				due, err := s.NextDue(ctx, []string{kind})
				check(err)
				var want time.Time
				if list := m.next(); len(list) > 0 {
					want = list[0].Due
				}
				if !due.Equal(want) {
					t.Fatalf("next due = %v; want %v", due, want)
				}
			},
		})
	})
}
