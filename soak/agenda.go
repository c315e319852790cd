package soak

import (
	"container/heap"
	"sync"
	"time"
)

// instant is the grain of the simulation's time: what is due within one happens
// at the same time.
const instant = 15 * time.Second

// agenda is what is still to happen. It is safe for concurrent use.
type agenda struct {
	mu   sync.Mutex
	due  map[int64][]func()
	when instants
}

func newAgenda() *agenda { return &agenda{due: map[int64][]func(){}} }

// at lets something happen at a time, or in the next instant when that is over.
func (a *agenda) at(t time.Time, do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := (t.UnixNano() + int64(instant) - 1) / int64(instant)
	if _, known := a.due[key]; !known {
		heap.Push(&a.when, key)
	}
	a.due[key] = append(a.due[key], do)
}

// next takes what happens next out. ok is false at the end of all things.
func (a *agenda) next() (t time.Time, todo []func(), ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.when) == 0 {
		return time.Time{}, nil, false
	}
	key := heap.Pop(&a.when).(int64)
	todo = a.due[key]
	delete(a.due, key)
	return time.Unix(0, key*int64(instant)).UTC(), todo, true
}

// instants is a heap of times, the earliest first.
type instants []int64

func (h instants) Len() int           { return len(h) }
func (h instants) Less(i, j int) bool { return h[i] < h[j] }
func (h instants) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *instants) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *instants) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
