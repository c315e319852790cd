package mcp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Bounds of the keys of an identity provider.
const (
	maxDocument = 256 << 10 // bytes of its metadata or of its keys
	maxKeys     = 100
	minRSABits  = 2048
	maxRSABits  = 8192
	keysFor     = time.Hour        // how long keys are used without being fetched again
	keysApart   = 30 * time.Second // shortest time between two fetches, whatever tokens say
	keysAtMost  = 24 * time.Hour   // how long they are used while the provider is silent
)

// errKeys is returned when the provider's keys cannot be had.
var errKeys = errors.New("the identity provider's keys cannot be fetched")

// publicKey is one key with the algorithm it is for, if it says so.
type publicKey struct {
	key crypto.PublicKey
	alg string
}

// keySet is the keys of one issuer, fetched when they are first needed.
type keySet struct {
	issuer, url string
	client      *http.Client
	now         func() time.Time

	mu      sync.Mutex
	keys    map[string]publicKey // by key id
	fetched time.Time            // when keys came
	tried   time.Time            // when they were last asked for
}

func newKeySet(issuer, jwksURL string, client *http.Client, now func() time.Time) *keySet {
	return &keySet{issuer: issuer, url: jwksURL, client: client, now: now}
}

// key finds the key of an id. An unknown id has the keys fetched again, since
// providers rotate them, but not more often than every keysApart.
func (s *keySet) key(ctx context.Context, kid, alg string) (crypto.PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	k, known := s.find(kid)
	stale := now.Sub(s.fetched) >= keysFor
	if (!known || stale) && (s.tried.IsZero() || now.Sub(s.tried) >= keysApart) {
		s.tried = now
		keys, err := s.fetch(ctx)
		switch {
		case err == nil:
			s.keys, s.fetched = keys, now
		case s.keys == nil || now.Sub(s.fetched) >= keysAtMost:
			s.keys = nil
			return nil, errors.Join(errKeys, err)
		}
		k, known = s.find(kid)
	}
	switch {
	case s.keys == nil:
		return nil, errKeys
	case !known:
		return nil, errors.New("no such key")
	case k.alg != "" && k.alg != alg:
		return nil, errors.New("the key is for another algorithm")
	}
	return k.key, nil
}

// find is the key of an id; a token without one means the only key there is.
func (s *keySet) find(kid string) (publicKey, bool) {
	if kid == "" && len(s.keys) == 1 {
		for _, k := range s.keys {
			return k, true
		}
	}
	k, ok := s.keys[kid]
	return k, ok
}

func (s *keySet) fetch(ctx context.Context) (map[string]publicKey, error) {
	// The keys are for everybody, whoever's request they are fetched in.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), identityTimeout)
	defer cancel()
	url := s.url
	if url == "" {
		var err error
		if url, err = s.discover(ctx); err != nil {
			return nil, err
		}
	}
	var doc struct {
		Keys []jsonKey `json:"keys"`
	}
	if err := s.get(ctx, url, &doc); err != nil {
		return nil, err
	}
	if len(doc.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys; at most %d", len(doc.Keys), maxKeys)
	}
	keys := make(map[string]publicKey, len(doc.Keys))
	for i := range doc.Keys {
		j := &doc.Keys[i]
		if j.Use != "" && j.Use != "sig" {
			continue
		}
		if key, err := j.public(); err == nil { // keys of a kind that is not known are not for us
			keys[j.ID] = publicKey{key, j.Alg}
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no key that could sign a token")
	}
	return keys, nil
}

// discover finds the address of the keys in the issuer's metadata, at the
// places of RFC 8414 and of OpenID Connect.
func (s *keySet) discover(ctx context.Context) (string, error) {
	origin, path := s.issuer, ""
	if i := strings.Index(strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://"), "/"); i >= 0 {
		i += len(origin) - len(strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://"))
		origin, path = origin[:i], strings.TrimSuffix(origin[i:], "/")
	}
	var errs []error
	for _, url := range []string{origin + "/.well-known/oauth-authorization-server" + path,
		origin + "/.well-known/openid-configuration" + path, origin + path + "/.well-known/openid-configuration"} {
		var meta struct {
			Issuer string `json:"issuer"`
			JWKS   string `json:"jwks_uri"`
		}
		err := s.get(ctx, url, &meta)
		switch {
		case err != nil:
			errs = append(errs, err)
		case strings.TrimSuffix(meta.Issuer, "/") != strings.TrimSuffix(s.issuer, "/"):
			errs = append(errs, errors.New("the metadata is of another issuer"))
		case !strings.HasPrefix(meta.JWKS, "https://") && !strings.HasPrefix(s.issuer, "http://"):
			errs = append(errs, errors.New("the metadata names no https address of keys"))
		default:
			return meta.JWKS, nil
		}
	}
	return "", errors.Join(errs...)
}

func (s *keySet) get(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		err = fmt.Errorf("%s answers with more than %d bytes", url, maxDocument)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// jsonKey is a key as RFC 7517 writes it.
type jsonKey struct {
	Type  string `json:"kty"`
	ID    string `json:"kid"`
	Use   string `json:"use"`
	Alg   string `json:"alg"`
	Curve string `json:"crv"`
	N     string `json:"n"`
	E     string `json:"e"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func (j *jsonKey) public() (crypto.PublicKey, error) {
	number := func(s string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(b)
	}
	switch j.Type {
	case "RSA":
		n, e := number(j.N), number(j.E)
		if bits := n.BitLen(); bits < minRSABits || bits > maxRSABits || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 {
			return nil, errors.New("not an RSA key of a fair size")
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	case "EC":
		curve, ok := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[j.Curve]
		if !ok {
			return nil, errors.New("unknown curve")
		}
		size := (curve.Params().BitSize + 7) / 8
		x, y := number(j.X), number(j.Y)
		if x.BitLen() > 8*size || y.BitLen() > 8*size {
			return nil, errors.New("not a point of the curve")
		}
		point := make([]byte, 1+2*size)
		point[0] = 4
		x.FillBytes(point[1 : 1+size])
		y.FillBytes(point[1+size:])
		return ecdsa.ParseUncompressedPublicKey(curve, point)
	case "OKP":
		x, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(j.X, "="))
		if err != nil || j.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return nil, errors.New("not an Ed25519 key")
		}
		return ed25519.PublicKey(x), nil
	}
	return nil, errors.New("unknown kind of key")
}
