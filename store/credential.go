package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/credential"
)

const (
	credentialColumns = `id, merchant_id, agent, live, hash, prefix, policy, secret, created_at, expires_at, revoked_at, rotated_from, last_used, signature_mode, signature_window`

	selectCredentialByHash = `SELECT ` + credentialColumns + ` FROM credential WHERE hash = $1`

	selectCredential = `SELECT ` + credentialColumns + ` FROM credential WHERE merchant_id = $1 AND id = $2`

	listCredentials = `SELECT ` + credentialColumns + ` FROM credential WHERE merchant_id = $1 ORDER BY id`

	insertCredential = `INSERT INTO credential (` + credentialColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

	// A credential that was revoked stays so from the first time on.
	revokeCredential = `UPDATE credential SET revoked_at = CASE WHEN revoked_at = 0 THEN $3 ELSE revoked_at END
WHERE merchant_id = $1 AND id = $2`

	// An expiry is only ever brought forward.
	expireCredential = `UPDATE credential SET expires_at = CASE WHEN expires_at = 0 OR expires_at > $3 THEN $3 ELSE expires_at END
WHERE merchant_id = $1 AND id = $2 AND revoked_at = 0`

	touchCredential = `UPDATE credential SET last_used = $2 WHERE id = $1 AND last_used < $3`
)

// InsertCredential stores a new credential.
func (s *Store) InsertCredential(ctx context.Context, c *credential.Credential) error {
	return s.Do(ctx, func(tx *Tx) error { return tx.insertCredential(c) })
}

func (tx *Tx) insertCredential(c *credential.Credential) error {
	what := "insert credential " + c.ID
	if err := tx.needIDs(what, c.MerchantID, c.ID); err != nil {
		return err
	}
	tx.insert(what, insertCredential, c.ID, c.MerchantID, c.Agent, bit(c.Live), c.Hash[:], c.Prefix, c.SignaturePolicy,
		blob(c.SignatureSecret), millis(c.CreatedAt), millis(c.ExpiresAt), millis(c.RevokedAt), c.RotatedFrom, millis(c.LastUsed), c.SignatureMode,
		c.SignatureWindow.Milliseconds())
	return nil
}

// CredentialByHash returns the credential of a key's hash, or nil when there
// is none. Whether it is valid now is for the caller to ask.
func (s *Store) CredentialByHash(ctx context.Context, hash [sha256.Size]byte) (*credential.Credential, error) {
	list, err := s.credentials(ctx, selectCredentialByHash, hash[:])
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// ListCredentials returns all credentials of a merchant, the oldest first.
func (s *Store) ListCredentials(ctx context.Context, merchantID string) ([]credential.Credential, error) {
	return s.credentials(ctx, listCredentials, merchantID)
}

// RevokeCredential ends a credential at once and for good. It returns
// checkout.ErrNotFound when the merchant has none of that id; revoking twice
// is fine.
func (s *Store) RevokeCredential(ctx context.Context, merchantID, id string, at time.Time) error {
	var n int64
	err := s.commit(ctx, Op{SQL: revokeCredential, Args: []any{merchantID, id, millis(at)}, Affected: &n, What: "revoke credential " + id})
	if err == nil && n == 0 {
		return checkout.ErrNotFound
	}
	return err
}

// RotateCredential stores next as the replacement of the merchant's credential
// id, which stays valid until oldExpires (or its own expiry, if that is
// earlier). It sets next.RotatedFrom. It returns checkout.ErrNotFound when
// there is no such credential that is not revoked.
func (s *Store) RotateCredential(ctx context.Context, id string, next *credential.Credential, oldExpires time.Time) error {
	return s.Do(ctx, func(tx *Tx) error {
		list, err := s.credentials(ctx, selectCredential, next.MerchantID, id)
		if err != nil {
			return err
		}
		if len(list) == 0 || !list[0].RevokedAt.IsZero() {
			return checkout.ErrNotFound
		}
		if list[0].Live != next.Live {
			return fmt.Errorf("credential %s is of the other mode; a key is replaced in its own mode", id)
		}
		next.RotatedFrom = id
		tx.guarded("expire credential "+id, expireCredential, next.MerchantID, id, millis(oldExpires))
		return tx.insertCredential(next)
	})
}

// TouchCredential notes a use, at most once in credential.UseResolution.
func (s *Store) TouchCredential(ctx context.Context, c *credential.Credential, at time.Time) error {
	if at.Sub(c.LastUsed) < credential.UseResolution {
		return nil
	}
	return s.commit(ctx, Op{SQL: touchCredential, Args: []any{c.ID, millis(at), millis(at.Add(-credential.UseResolution)) + 1}, What: "note use of credential " + c.ID})
}

func (s *Store) credentials(ctx context.Context, sql string, args ...any) ([]credential.Credential, error) {
	var list []credential.Credential
	err := s.engine.Query(ctx, sql, args, func(row Row) error {
		var c credential.Credential
		var live, created, expires, revoked, used, window int64
		var hash []byte
		err := row.Scan(&c.ID, &c.MerchantID, &c.Agent, &live, &hash, &c.Prefix, &c.SignaturePolicy, &c.SignatureSecret,
			&created, &expires, &revoked, &c.RotatedFrom, &used, &c.SignatureMode, &window)
		if err != nil {
			return err
		}
		copy(c.Hash[:], hash)
		c.SignatureWindow = time.Duration(window) * time.Millisecond
		c.Live, c.CreatedAt, c.ExpiresAt, c.RevokedAt, c.LastUsed = live == 1, timeOf(created), timeOf(expires), timeOf(revoked), timeOf(used)
		list = append(list, c)
		return nil
	})
	return list, err
}
