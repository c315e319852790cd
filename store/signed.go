package store

import (
	"github.com/checkstand/checkstand/checkout"
)

const selectSignature = `SELECT key_hash FROM signature_replay WHERE credential_id = $1 AND digest = $2 AND expires_at > $3`

// SignedElsewhere reports whether a credential has sent the same signature
// under another idempotency key.
func (r reader) SignedElsewhere(sig checkout.Signed) (bool, error) {
	var keyHash []byte
	found, err := r.s.row(r.ctx, selectSignature, []any{sig.CredentialID, sig.Digest[:], millis(r.s.clock())}, &keyHash)
	return found && string(keyHash) != string(sig.KeyHash[:]), err
}

// RememberSigned notes a signature with the change that it asked for; guarded
// by its not being known under another key.
func (tx *Tx) RememberSigned(sig checkout.Signed) error {
	tx.guarded("remember signature", rememberSignature,
		sig.CredentialID, sig.Digest[:], sig.KeyHash[:], millis(sig.ExpiresAt), millis(tx.s.clock()))
	return nil
}
