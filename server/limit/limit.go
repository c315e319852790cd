// Package limit holds back those who ask too often: token buckets in the memory
// of one process, a bucket for each key, such as the id of a credential or the
// address of a client. Several processes each have their own.
package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

// Burst is how many seconds' worth of requests may come at once where a limit
// is in requests a second. One in requests a minute lets a whole minute's come
// at once.
const Burst = 2

// MaxKeys is how many keys a Limiter remembers. Beyond it some of those that
// ask are forgotten, and have a full bucket again: what is held in memory is
// bounded, whoever asks.
const MaxKeys = 100_000

// shards spread the keys over several locks.
const shards = 32

// Limiter has a token bucket for each key. A nil Limiter lets everything pass.
// It is safe for concurrent use.
type Limiter[K comparable] struct {
	every time.Duration // a token comes in
	depth time.Duration // a full bucket, in time
	most  int           // keys of a shard
	start time.Time
	seed  maphash.Seed
	shard [shards]shard[K]
}

type shard[K comparable] struct {
	mu    sync.Mutex
	full  map[K]time.Duration // when the key's bucket is full again, since start
	swept time.Duration
	_     [64]byte // a shard's lock is not next to another's
}

// PerSecond allows n requests a second, and Burst seconds' worth at once. It
// returns nil, which allows everything, for n below 1.
func PerSecond[K comparable](n int) *Limiter[K] { return newLimiter[K](n, time.Second, Burst*n) }

// PerMinute allows n requests a minute, in any distribution; nil for n below 1.
func PerMinute[K comparable](n int) *Limiter[K] { return newLimiter[K](n, time.Minute, n) }

func newLimiter[K comparable](n int, per time.Duration, burst int) *Limiter[K] {
	if n < 1 {
		return nil
	}
	l := &Limiter[K]{every: max(1, per/time.Duration(n)), most: MaxKeys / shards, start: time.Now(), seed: maphash.MakeSeed()}
	l.depth = time.Duration(burst) * l.every
	for i := range l.shard {
		l.shard[i].full = make(map[K]time.Duration)
	}
	return l
}

// Take takes a token out of a key's bucket. It returns 0, or how long to wait
// when there is none; then nothing was taken.
func (l *Limiter[K]) Take(key K) time.Duration {
	if l == nil {
		return 0
	}
	return l.take(key, time.Since(l.start))
}

// Wait is what Take would return; it takes nothing.
func (l *Limiter[K]) Wait(key K) time.Duration {
	if l == nil {
		return 0
	}
	return l.wait(key, time.Since(l.start))
}

func (l *Limiter[K]) of(key K) *shard[K] {
	return &l.shard[maphash.Comparable(l.seed, key)%shards]
}

// take counts in time: a bucket that is full again at a later moment lacks one
// token for each `every` until then.
func (l *Limiter[K]) take(key K, now time.Duration) time.Duration {
	s := l.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	full, known := s.full[key]
	full = max(full, now)
	if wait := full + l.every - now - l.depth; wait > 0 {
		return wait
	}
	if !known && len(s.full) >= l.most {
		s.makeRoom(now, l.every)
	}
	s.full[key] = full + l.every
	return 0
}

func (l *Limiter[K]) wait(key K, now time.Duration) time.Duration {
	s := l.of(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, max(s.full[key], now)+l.every-now-l.depth)
}

// makeRoom forgets the keys whose buckets are full, which is the same as never
// having seen them; if there are none, or it has just looked, some other.
func (s *shard[K]) makeRoom(now, every time.Duration) {
	if now-s.swept >= max(every, time.Second) {
		s.swept = now
		before := len(s.full)
		for key, full := range s.full {
			if full <= now {
				delete(s.full, key)
			}
		}
		if len(s.full) < before {
			return
		}
	}
	for key := range s.full {
		delete(s.full, key)
		return
	}
}
