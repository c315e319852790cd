package store

import (
	"context"
	"hash/maphash"
	"math/rand/v2"
	"time"
)

// What happens before a unit of work runs again. The first repetition is
// immediate: most conflicts are between two callers, and one of them is done.
// Then come random pauses that grow. A unit that still missed its guard takes
// its turn: of the callers in this process that are after the same row, one at
// a time goes on trying. That is about fairness alone; what is true is decided
// by the guards.
const (
	firstPause      = time.Millisecond
	maxPause        = 50 * time.Millisecond
	runsBeforeTurns = 6
	laneCount       = 64
)

// pause waits a random time that grows with the runs.
func pause(ctx context.Context, run int) error {
	if run == 0 {
		return nil
	}
	t := time.NewTimer(rand.N(min(firstPause<<min(run, 10), maxPause)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// lanes are where callers wait for their turn, by the guard that they missed.
type lanes struct {
	seed maphash.Seed
	list [laneCount]lane
}

// lane holds a token while somebody is in it. The nil lane is none.
type lane chan struct{}

func newLanes() lanes {
	l := lanes{seed: maphash.MakeSeed()}
	for i := range l.list {
		l.list[i] = make(lane, 1)
	}
	return l
}

// enter waits for the turn of a caller that got the given conflict.
func (l *lanes) enter(ctx context.Context, conflict error) (lane, error) {
	turn := l.list[maphash.String(l.seed, conflict.Error())%laneCount]
	select {
	case turn <- struct{}{}:
		return turn, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (turn lane) leave() {
	if turn != nil {
		<-turn
	}
}
