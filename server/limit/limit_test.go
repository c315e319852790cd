package limit

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTake(t *testing.T) {
	l := PerSecond[string](10)
	for i := range Burst * 10 {
		if wait := l.take("a", 0); wait != 0 {
			t.Fatalf("request %d waits %v", i, wait)
		}
	}
	for _, tt := range []struct {
		at   time.Duration
		key  string
		want time.Duration
	}{
		{0, "a", 100 * time.Millisecond},
		{40 * time.Millisecond, "a", 60 * time.Millisecond}, // a refusal takes nothing
		{40 * time.Millisecond, "b", 0},
		{100 * time.Millisecond, "a", 0},
		{100 * time.Millisecond, "a", 100 * time.Millisecond},
	} {
		if got := l.wait(tt.key, tt.at); got != tt.want {
			t.Errorf("%s at %v would wait %v, want %v", tt.key, tt.at, got, tt.want)
		}
		if got := l.take(tt.key, tt.at); got != tt.want {
			t.Errorf("%s at %v waits %v, want %v", tt.key, tt.at, got, tt.want)
		}
	}
}

func TestNoLimit(t *testing.T) {
	for _, l := range []*Limiter[int]{nil, PerSecond[int](0), PerMinute[int](-1)} {
		for range 1000 {
			if l.Take(1) != 0 || l.Wait(1) != 0 {
				t.Fatal("somebody waits")
			}
		}
	}
}

// Over any time, no more than the rate and one burst pass; and whoever keeps to
// the rate is never held back.
func TestTheRateHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perMinute := rapid.IntRange(1, 100_000).Draw(t, "per minute")
		l := PerMinute[int](perMinute)
		var now time.Duration
		passed := 0
		for range rapid.IntRange(1, 300).Draw(t, "requests") {
			now += time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(t, "pause"))
			if l.take(7, now) == 0 {
				passed++
			}
			if most := float64(perMinute)*(1+now.Minutes())*1.001 + 1; float64(passed) > most {
				t.Fatalf("%d passed in %v at %d a minute", passed, now, perMinute)
			}
		}
		for range 100 {
			if now += l.every; l.take(8, now) != 0 {
				t.Fatal("held back within the rate")
			}
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	l := PerSecond[string](1)
	for i := range 2 * MaxKeys {
		if l.take(strconv.Itoa(i), time.Duration(i)) != 0 {
			t.Fatal("a new key waits")
		}
	}
	held := 0
	for i := range l.shard {
		held += len(l.shard[i].full)
	}
	if held > MaxKeys {
		t.Errorf("%d keys are held", held)
	}
	// Those whose buckets are full again go first.
	l.take("busy", time.Hour)
	l.take("busy", time.Hour)
	for i := range MaxKeys / 2 {
		l.take("new"+strconv.Itoa(i), time.Hour)
	}
	if l.take("busy", time.Hour) == 0 {
		t.Error("a key that waits was forgotten while others could have been")
	}
}

func TestManyAtOnce(t *testing.T) {
	l := PerMinute[int](1000)
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 200 {
				if l.take(1, time.Second) == 0 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 1000 {
		t.Errorf("%d passed", passed.Load())
	}
}

func BenchmarkTake(b *testing.B) {
	l := PerSecond[string](1_000_000_000)
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = "key_" + strconv.Itoa(i)
	}
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			l.Take(keys[i%len(keys)])
		}
	})
}
