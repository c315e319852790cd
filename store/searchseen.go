package store

import "hash/maphash"

// Size of the memory of an import of which ids it has written. With two
// million of them, one new id in forty is taken for a known one.
const (
	seenBits   = 1 << 24
	seenHashes = 4
)

// seenIDs remembers ids in little room, and never forgets one; it may take a
// new id for a known one. An import that writes a whole catalogue need not look
// for what it cannot have written yet.
type seenIDs struct {
	seed maphash.Seed
	bits []uint64
}

func newSeenIDs() *seenIDs {
	return &seenIDs{seed: maphash.MakeSeed(), bits: make([]uint64, seenBits/64)}
}

func (s *seenIDs) add(id string) {
	h := maphash.String(s.seed, id)
	for range seenHashes {
		s.bits[h%seenBits/64] |= 1 << (h % 64)
		h = h>>24 | h<<40
	}
}

func (s *seenIDs) maybe(id string) bool {
	h := maphash.String(s.seed, id)
	for range seenHashes {
		if s.bits[h%seenBits/64]&(1<<(h%64)) == 0 {
			return false
		}
		h = h>>24 | h<<40
	}
	return true
}
