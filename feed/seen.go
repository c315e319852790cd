package feed

// seen remembers which hashes came before, in memory that does not depend on
// how many there were: a table of a fixed number of slots with linear probing.
// A slot holds the upper 48 bits of a hash, whose lower bits say where it
// lies, beside 16 bits that the caller gives.
type seen struct {
	slots []uint64
	count int
}

// The table is full at three quarters, since probing gets long beyond that.
const (
	idSlots      = 1 << 21
	productSlots = 1 << 20

	noteBits = 16
	noteMask = 1<<noteBits - 1
)

func newSeen(slots int) *seen { return &seen{slots: make([]uint64, slots)} }

// add remembers a hash with a note. If it came before, found is true and have
// is the note it came with; if the table is full, the hash is forgotten.
func (s *seen) add(hash uint64, note uint16) (have uint16, found, full bool) {
	mask := uint64(len(s.slots) - 1)
	tag := hash&^noteMask | 1<<noteBits // never zero, which marks a free slot
	for i := hash * 0x9e3779b97f4a7c15 >> 20 & mask; ; i = (i + 1) & mask {
		switch slot := s.slots[i]; {
		case slot == 0:
			if s.count >= len(s.slots)/4*3 {
				return 0, false, true
			}
			s.slots[i] = tag | uint64(note)
			s.count++
			return 0, false, false
		case slot&^noteMask == tag:
			return uint16(slot & noteMask), true, false
		}
	}
}
