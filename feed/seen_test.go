package feed

import (
	"hash/maphash"
	"testing"

	"pgregory.net/rapid"
)

func TestSeenIsAMapUntilItIsFull(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := newSeen(64), map[uint64]uint16{}
		for range rapid.IntRange(0, 100).Draw(t, "n") {
			hash := rapid.Uint64Range(0, 80).Draw(t, "hash") << noteBits << 1
			note := rapid.Uint16().Draw(t, "note")
			have, found, full := s.add(hash, note)
			want, known := model[hash]
			if found != known || have != want || full != (!known && len(model) == 48) {
				t.Fatalf("%x: %d %v %v; want %d %v with %d in", hash, have, found, full, want, known, len(model))
			}
			if !found && !full {
				model[hash] = note
			}
		}
	})
}

func TestSeenTellsAMillionApart(t *testing.T) {
	s, seed := newSeen(idSlots), maphash.MakeSeed()
	for i := range 1_000_000 {
		if _, found, full := s.add(maphash.Comparable(seed, i), 0); found || full {
			t.Fatalf("after %d: found %v, full %v", i, found, full)
		}
	}
}
