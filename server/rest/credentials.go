package rest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/secret"
)

// Credentials finds the credential of a key by its SHA-256.
type Credentials interface {
	// CredentialByHash returns nil, nil when there is none.
	CredentialByHash(ctx context.Context, hash [sha256.Size]byte) (*credential.Credential, error)
}

// cacheFor is how long a credential is trusted without asking the store: a
// revocation takes at most this long to reach every node.
const cacheFor = 2 * time.Second

// cacheSize bounds the cache; unknown keys are not kept, so only real
// credentials count.
const cacheSize = 10_000

// credentialCache spares the hot path a query a request.
type credentialCache struct {
	source Credentials
	now    func() time.Time
	mu     sync.RWMutex
	byHash map[[sha256.Size]byte]cachedCredential
}

type cachedCredential struct {
	cred  *credential.Credential
	key   *sign.Key // of signatures, opened and read
	until time.Time
}

func newCredentialCache(source Credentials, now func() time.Time) *credentialCache {
	return &credentialCache{source: source, now: now, byHash: map[[sha256.Size]byte]cachedCredential{}}
}

// knows reports whether a key was right when it was last looked up.
func (c *credentialCache) knows(hash [sha256.Size]byte) bool {
	c.mu.RLock()
	hit, ok := c.byHash[hash]
	c.mu.RUnlock()
	return ok && hit.cred.Valid(c.now())
}

// find returns the credential, or nil when the key is unknown.
func (c *credentialCache) find(ctx context.Context, hash [sha256.Size]byte) (*credential.Credential, error) {
	now := c.now()
	c.mu.RLock()
	hit, ok := c.byHash[hash]
	c.mu.RUnlock()
	if ok && now.Before(hit.until) {
		return hit.cred, nil
	}
	cred, err := c.source.CredentialByHash(ctx, hash)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cred == nil {
		delete(c.byHash, hash)
		return nil, nil
	}
	if len(c.byHash) >= cacheSize {
		clear(c.byHash)
	}
	c.byHash[hash] = cachedCredential{cred: cred, until: now.Add(cacheFor)}
	return cred, nil
}

// signatureKey opens what the credential's signatures are verified with, once
// per cached credential.
func (c *credentialCache) signatureKey(cred *credential.Credential, box *secret.Box) (sign.Key, error) {
	c.mu.RLock()
	hit := c.byHash[cred.Hash]
	c.mu.RUnlock()
	if hit.cred == cred && hit.key != nil {
		return *hit.key, nil
	}
	plain, err := box.Open(cred.SignatureSecret, cred.ID)
	if err != nil {
		return sign.Key{}, err
	}
	key, err := sign.ParseKey(sign.Mode(cred.SignatureMode), secret.New(string(plain)))
	if err != nil {
		return sign.Key{}, fmt.Errorf("signature key of credential %s: %w", cred.ID, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if hit := c.byHash[cred.Hash]; hit.cred == cred {
		hit.key = &key
		c.byHash[cred.Hash] = hit
	}
	return key, nil
}
