package paymenttest

import (
	"slices"
	"sync"
)

// Troubles are what is to go wrong at a stand-in, whose faults are F: some that
// strike one request each, and a storm in which nothing is carried out. Its zero
// value is fair weather. It is safe for concurrent use, and made to be embedded.
type Troubles[F ~string] struct {
	mu    sync.Mutex
	queue []F
	storm int // requests that are still to fail
}

// Break queues faults: each strikes the next request that it concerns.
func (t *Troubles[F]) Break(faults ...F) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.queue, faults...)
}

// Storm answers the next n requests with 503, and carries none of them out.
func (t *Troubles[F]) Storm(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.storm = n
}

// Heal forgets the faults that have not struck yet, and ends a storm.
func (t *Troubles[F]) Heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue, t.storm = nil, 0
}

// Stormy counts a request against the storm, and reports whether there is one.
func (t *Troubles[F]) Stormy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.storm == 0 {
		return false
	}
	t.storm--
	return true
}

// NextFault takes the first fault of the queue that concerns a request; "" where
// none does.
func (t *Troubles[F]) NextFault(concerns func(F) bool) F {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.queue, concerns)
	if i < 0 {
		return ""
	}
	f := t.queue[i]
	t.queue = slices.Delete(t.queue, i, i+1)
	return f
}
