package id_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/id"
)

var now = time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)

func TestForm(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}$`)
	for _, prefix := range []string{id.Session, id.Cart, id.Line, id.Order, id.Attempt, id.Event, id.Job, id.Key, id.Request, id.VaultTok, id.Charge} {
		got := id.New(prefix, now)
		if !form.MatchString(got) || !strings.HasPrefix(got, prefix+"_") || len(got) != len(prefix)+27 {
			t.Errorf("New(%q) = %q", prefix, got)
		}
	}
}

// The first ten characters are the milliseconds, as in a ULID, so that an id
// tells when it was made.
func TestTimeIsReadable(t *testing.T) {
	const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(0, 1<<48-1).Draw(t, "milliseconds")
		var got int64
		for _, c := range id.New("cs", time.UnixMilli(want))[3:13] {
			got = got<<5 | int64(strings.IndexRune(alphabet, c))
		}
		if got != want {
			t.Fatalf("the id of %d tells %d", want, got)
		}
	})
}

func TestIDsSortByTime(t *testing.T) {
	moments := rapid.Int64Range(0, 1<<48-1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := moments.Draw(t, "a"), moments.Draw(t, "b")
		if a == b {
			b = a ^ 1
		}
		x, y := id.New("cs", time.UnixMilli(a)), id.New("cs", time.UnixMilli(b))
		if (a < b) != (x < y) {
			t.Fatalf("%d is %s, %d is %s", a, x, b, y)
		}
	})
}

func TestIDsOfOneMomentDiffer(t *testing.T) {
	const goroutines, each = 4, 5000
	made := make([][]string, goroutines)
	var wg sync.WaitGroup
	for g := range made {
		wg.Go(func() {
			for range each {
				made[g] = append(made[g], id.New("cs", now))
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool, goroutines*each)
	for _, ids := range made {
		for _, s := range ids {
			if seen[s] {
				t.Fatalf("%s was made twice", s)
			}
			seen[s] = true
		}
	}
}

// Every character of the random part takes every value: no bit is stuck.
func TestRandomPartUsesAllBits(t *testing.T) {
	seen := make([]map[byte]bool, 16)
	for i := range seen {
		seen[i] = make(map[byte]bool)
	}
	for range 2000 {
		s := id.New("cs", now)
		for i, c := range []byte(s[len(s)-16:]) {
			seen[i][c] = true
		}
	}
	for i := range seen {
		if len(seen[i]) != 32 {
			t.Errorf("random character %d takes %d of 32 values", i, len(seen[i]))
		}
	}
}

func TestSecret(t *testing.T) {
	form := regexp.MustCompile(`^csk_test_[0-9a-hjkmnp-tv-z]{32}$`)
	seen := make(map[string]bool)
	for range 2000 {
		s := id.Secret("csk_test")
		if !form.MatchString(s) {
			t.Fatalf("Secret = %q", s)
		}
		if seen[s] {
			t.Fatal("a secret was made twice")
		}
		seen[s] = true
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		id.New(id.Session, now)
	}
}
