// Package id makes the identifiers that Checkstand hands out: a prefix that
// tells the kind, then 26 characters that sort by time and carry 80 random
// bits, so that an id can be neither guessed nor mistaken for another kind.
package id

import (
	"crypto/rand"
	"time"
)

// Prefixes of the ids in use.
const (
	Session  = "cs"
	Cart     = "cart"
	Line     = "li"
	Order    = "ord"
	Attempt  = "pay"
	Op       = "op"
	Event    = "evt"
	Job      = "job"
	Key      = "key"
	Request  = "req"
	VaultTok = "vt"
	Charge   = "ch"
)

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford base32, lower case

// New returns prefix_ followed by 48 bits of milliseconds and 80 random bits
// in 26 lower-case base32 characters, for example
// "cs_01j8z3wxyz9abcdefghjkmnpqr".
func New(prefix string, now time.Time) string {
	var b [16]byte
	stamp(&b, now)
	rand.Read(b[6:]) // never fails: crypto/rand aborts the program instead
	out := make([]byte, len(prefix)+1+26)
	copy(out, prefix)
	out[len(prefix)] = '_'
	encode(out[len(prefix)+1:], b)
	return string(out)
}

// Before returns what sorts before every id of the prefix made at the time or
// later, and after those made before it; milliseconds count.
func Before(prefix string, at time.Time) string {
	var b [16]byte
	stamp(&b, at)
	out := make([]byte, len(prefix)+1+26)
	copy(out, prefix)
	out[len(prefix)] = '_'
	encode(out[len(prefix)+1:], b)
	return string(out[:len(prefix)+1+timeChars])
}

// timeChars is how many characters hold the time: two zero bits and 48.
const timeChars = 10

// stamp writes the milliseconds of a time.
func stamp(b *[16]byte, at time.Time) {
	ms := uint64(max(at.UnixMilli(), 0))
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
}

// encode writes 128 bits as 26 characters, five bits each, the first holding
// three.
func encode(dst []byte, b [16]byte) {
	var acc uint32
	bits := 2 // 130 bits of output for 128 of input: two leading zero bits
	pos := 0
	for _, c := range b {
		acc = acc<<8 | uint32(c)
		bits += 8
		for bits >= 5 {
			bits -= 5
			dst[pos] = alphabet[acc>>bits&31]
			pos++
		}
	}
}

// Secret returns prefix_ followed by 32 characters that carry 160 random bits,
// for keys and other things that must stay unguessable for years.
func Secret(prefix string) string {
	var b [32]byte
	rand.Read(b[:])
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = alphabet[c&31]
	}
	return prefix + "_" + string(out)
}
