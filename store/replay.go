package store

import (
	"context"
	"crypto/sha256"
	"time"
)

// The same signature may come again under the same idempotency key: that is a
// retry, and idempotency answers it. When it expires follows from the time that
// was signed, so it is the same each time, and the key begins with it: rows are
// appended and swept in one place of the table.
const rememberSignature = `INSERT INTO signature_replay (credential_id, digest, key_hash, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (expires_at, credential_id, digest) DO UPDATE SET key_hash = excluded.key_hash
WHERE signature_replay.key_hash = excluded.key_hash OR signature_replay.expires_at <= $5`

// Remember notes that a credential sent a signature, given by its digest,
// under an idempotency key, given by its hash, until expires. fresh is false
// when the same signature came before under another key: a replay.
func (s *Store) Remember(ctx context.Context, credentialID string, digest, keyHash [sha256.Size]byte, expires time.Time) (fresh bool, err error) {
	var n int64
	err = s.commit(ctx, Op{SQL: rememberSignature, Args: []any{credentialID, digest[:], keyHash[:], millis(expires), millis(s.clock())},
		Affected: &n, What: "remember signature"})
	return n > 0, err
}
