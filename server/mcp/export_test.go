package mcp

import (
	"context"
	"crypto"
	"net/http"
	"time"
)

// KeySet is an issuer's keys, for the tests of how they are fetched.
type KeySet struct{ *keySet }

func NewKeySet(issuer, jwksURL string, client *http.Client, now func() time.Time) KeySet {
	return KeySet{newKeySet(issuer, jwksURL, client, now)}
}

func (s KeySet) Key(ctx context.Context, kid, alg string) (crypto.PublicKey, error) {
	return s.key(ctx, kid, alg)
}
