package store

import (
	"github.com/checkstand/checkstand/checkout"
)

// The same signature may come again under the same idempotency key: that is a
// retry, and idempotency answers it. When it expires follows from the time that
// was signed, so it is the same each time, and the key begins with it: rows are
// appended and swept in one place of the table.
const rememberSignature = `INSERT INTO signature_replay (credential_id, digest, key_hash, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (expires_at, credential_id, digest) DO UPDATE SET key_hash = excluded.key_hash
WHERE signature_replay.key_hash = excluded.key_hash OR signature_replay.expires_at <= $5`

const selectSignature = `SELECT key_hash FROM signature_replay WHERE expires_at = $1 AND credential_id = $2 AND digest = $3 AND expires_at > $4`

// SignedElsewhere reports whether a credential has sent the same signature
// under another idempotency key.
func (r reader) SignedElsewhere(sig checkout.Signed) (bool, error) {
	var keyHash []byte
	found, err := r.s.row(r.ctx, selectSignature, []any{millis(sig.ExpiresAt), sig.CredentialID, sig.Digest[:], millis(r.s.clock())}, &keyHash)
	return found && string(keyHash) != string(sig.KeyHash[:]), err
}

// RememberSigned notes a signature with the change that it asked for; guarded
// by its not being known under another key.
func (tx *Tx) RememberSigned(sig checkout.Signed) error {
	tx.guarded("remember signature", rememberSignature,
		sig.CredentialID, sig.Digest[:], sig.KeyHash[:], millis(sig.ExpiresAt), millis(tx.s.clock()))
	return nil
}
