// Package idempotency keeps the promise that the same request under the same
// key is carried out once and answered with the same bytes. The record of a
// key commits in the transaction of the change it stands for; package store
// keeps it.
package idempotency

import (
	"crypto/sha256"
	"time"
)

// MaxKey is the length limit of an Idempotency-Key in bytes.
const MaxKey = 255

// MinRetention is how long a finished key has to be remembered at least, by the
// protocol.
const MinRetention = 24 * time.Hour

// Scope names one key of one caller on one path.
type Scope struct {
	MerchantID   string
	CredentialID string
	Path         string // method and concrete path, "POST /checkout_sessions"
	Key          string
}

// Hash is the primary key that the record is stored under: SHA-256 over the
// four parts, each preceded by its length.
func (s Scope) Hash() [sha256.Size]byte {
	h := sha256.New()
	for _, part := range [...]string{s.MerchantID, s.CredentialID, s.Path, s.Key} {
		n := uint32(len(part))
		h.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		h.Write([]byte(part))
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return sum
}

// State of a record.
type State string

const (
	Running   State = "running"   // being carried out until LeaseUntil; after it, resumable
	Resumable State = "resumable" // ended without an answer worth keeping: the next try goes on
	Done      State = "done"      // Status and Body are the answer
)

// Record is what is remembered of one key.
type Record struct {
	Hash        [sha256.Size]byte
	MerchantID  string
	Fingerprint [sha256.Size]byte // of the canonical body
	State       State
	Status      int
	Body        []byte
	LeaseUntil  time.Time
	ExpiresAt   time.Time
}
