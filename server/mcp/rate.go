package mcp

import (
	"sync"
	"time"
)

// burst is how many seconds of calls may come at once.
const burst = 2

// bucket limits the tool calls of one app in this process. Whoever calls is
// anonymous, and what a host says about its users is theirs to make up, so all
// of them share it.
type bucket struct {
	mu     sync.Mutex
	rate   float64 // calls a second; 0 is no limit
	tokens float64
	last   time.Time
}

func newBucket(rate int, now time.Time) *bucket {
	return &bucket{rate: float64(rate), tokens: float64(burst * rate), last: now}
}

// take reports whether one more call may be answered now.
func (b *bucket) take(now time.Time) bool {
	if b.rate == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if since := now.Sub(b.last).Seconds(); since > 0 {
		b.tokens = min(b.tokens+since*b.rate, burst*b.rate)
		b.last = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
