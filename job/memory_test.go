package job_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/checkstand/checkstand/job"
)

// memory is a job.Store in memory, with the promises of the real one.
type memory struct {
	mu     sync.Mutex
	jobs   map[string]job.Job
	leased map[string]bool
	broken error // returned by the writes that end a claim
}

func newMemory(jobs ...job.Job) *memory {
	m := &memory{jobs: map[string]job.Job{}, leased: map[string]bool{}}
	for _, j := range jobs {
		m.jobs[j.ID] = j
	}
	return m
}

func (m *memory) enqueue(j job.Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[j.ID] = j
}

// next lists the jobs that may be claimed once they are due.
func (m *memory) next(kinds []string) []job.Job {
	var out []job.Job
	for _, j := range m.jobs {
		if !j.ParkedAt.IsZero() || !slices.Contains(kinds, j.Kind) {
			continue
		}
		blocked := false
		for _, o := range m.jobs {
			blocked = blocked || !m.leased[j.ID] && j.OrderKey != "" && o.OrderKey == j.OrderKey && o.ParkedAt.IsZero() &&
				o.ID != j.ID && (o.ID < j.ID || m.leased[o.ID])
		}
		if !blocked {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b job.Job) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func (m *memory) Claim(_ context.Context, kinds []string, now time.Time, lease time.Duration, limit int) ([]job.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []job.Job
	for _, j := range m.next(kinds) {
		if j.Due.After(now) || len(out) == limit {
			break
		}
		j.Attempt++
		j.Due = now.Add(lease)
		m.jobs[j.ID], m.leased[j.ID] = j, true
		out = append(out, j)
	}
	return out, nil
}

func (m *memory) NextDue(_ context.Context, kinds []string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if list := m.next(kinds); len(list) > 0 {
		return list[0].Due, nil
	}
	return time.Time{}, nil
}

// end changes a job if the claim still holds.
func (m *memory) end(j job.Job, change func(*job.Job) (keep bool)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	stored, ok := m.jobs[j.ID]
	if !ok || stored.Attempt != j.Attempt || !m.leased[j.ID] {
		return nil
	}
	delete(m.leased, j.ID)
	if change(&stored) {
		m.jobs[j.ID] = stored
	} else {
		delete(m.jobs, j.ID)
	}
	return nil
}

func (m *memory) Finish(_ context.Context, j job.Job) error {
	return m.end(j, func(*job.Job) bool { return false })
}

func (m *memory) Retry(_ context.Context, j job.Job, due time.Time, lastError string) error {
	return m.end(j, func(s *job.Job) bool { s.Due, s.LastError = due, lastError; return true })
}

func (m *memory) Park(_ context.Context, j job.Job, at time.Time, lastError string) error {
	return m.end(j, func(s *job.Job) bool { s.ParkedAt, s.LastError = at, lastError; return true })
}

func (m *memory) Parked(_ context.Context, merchantID string, limit int) ([]job.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []job.Job
	for _, j := range m.jobs {
		if !j.ParkedAt.IsZero() && j.MerchantID == merchantID && len(out) < limit {
			out = append(out, j)
		}
	}
	return out, nil
}

func (m *memory) Replay(_ context.Context, id string, now time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, ok := m.jobs[id]
	if !ok || j.ParkedAt.IsZero() {
		return false, nil
	}
	j.ParkedAt, j.Due = time.Time{}, now
	m.jobs[id] = j
	return true, nil
}

func (m *memory) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.jobs)
}
