package soak

import (
	"sync/atomic"
	"time"
)

// clock is the time of a simulation. It goes on by a microsecond with each
// reading, so that what happens later is later, and otherwise only when it is
// set.
type clock struct{ at atomic.Int64 }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.at.Store(at.UnixNano())
	return c
}

// Now reads the clock.
func (c *clock) Now() time.Time { return time.Unix(0, c.at.Add(int64(time.Microsecond))).UTC() }

// set moves the clock forward to a time. It never goes back.
func (c *clock) set(to time.Time) {
	for {
		at := c.at.Load()
		if to.UnixNano() <= at || c.at.CompareAndSwap(at, to.UnixNano()) {
			return
		}
	}
}
