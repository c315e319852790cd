package store

import (
	"github.com/checkstand/checkstand/checkout"
)

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
