package rest

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/idempotency"
)

// agent is the gate in front of every route that an agent may use. The order
// of the checks is fixed: who asks, in which version, is the request signed,
// is there a key. Nothing of the body is looked at before that.
func (s *Surface) agent(next func(context.Context, *exchange)) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		x := r.Context().Value(exchangeKey{}).(*exchange)
		x.r = r // the mux has put the path's values into this one
		ctx := r.Context()
		cred, e := s.authenticate(ctx, x)
		if e != nil {
			x.refuse(nil, e)
			return
		}
		x.caller = checkout.Caller{MerchantID: cred.MerchantID, CredentialID: cred.ID, Agent: cred.Agent, Live: cred.Live}
		if x.codec, e = s.version(r); e != nil {
			x.refuse(nil, e)
			return
		}
		x.Header().Set("API-Version", string(x.codec.Version()))
		if e := x.readBody(s.BodyLimit); e != nil {
			x.refuse(x.codec, e)
			return
		}
		merchant, err := s.Merchants.Merchant(ctx, cred.MerchantID)
		if err != nil {
			x.refuse(x.codec, acp.AsError(fmt.Errorf("merchant %s of credential %s: %w", cred.MerchantID, cred.ID, err)))
			return
		}
		x.merchant = merchant
		if e := s.verifySignature(ctx, x, cred); e != nil {
			x.refuse(x.codec, e)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if e := checkContentType(r, len(x.raw)); e != nil {
				x.refuse(x.codec, e)
				return
			}
			if e := checkKey(x); e != nil {
				x.refuse(x.codec, e)
				return
			}
		}
		next(ctx, x)
	})
}

// authenticate finds the credential of the bearer key.
func (s *Surface) authenticate(ctx context.Context, x *exchange) (*credential.Credential, *acp.Error) {
	unauthorized := func(message string) *acp.Error {
		return acp.Refused(http.StatusUnauthorized, "unauthorized", "", message)
	}
	scheme, key, ok := strings.Cut(x.r.Header.Get("Authorization"), " ")
	key = strings.TrimSpace(key)
	if !ok || !strings.EqualFold(scheme, "Bearer") || key == "" {
		return nil, unauthorized("Send the shop's key as 'Authorization: Bearer csk_…'.")
	}
	hash := sha256.Sum256([]byte(key))
	// Whoever tries keys is held back before the store is asked. A key that was
	// right a moment ago is not: others may share the address.
	if l := s.Limits; l != nil && !s.cache.knows(hash) {
		if wait := l.WrongKeys.Wait(x.client); wait > 0 {
			return nil, tooMany(wait)
		}
	}
	cred, err := s.cache.find(ctx, hash)
	if err != nil {
		return nil, acp.AsError(err)
	}
	if cred == nil || !cred.Valid(s.Now()) {
		if s.Limits != nil {
			s.Limits.WrongKeys.Take(x.client)
		}
		return nil, unauthorized("This key is not valid. It may have been revoked or have expired.")
	}
	if s.Limits != nil {
		if wait := s.Limits.Keys.Take(cred.ID); wait > 0 {
			return nil, tooMany(wait)
		}
	}
	return cred, nil
}

// tooMany refuses a request that comes too soon. Nothing of it was looked at.
func tooMany(wait time.Duration) *acp.Error {
	e := acp.Refused(http.StatusTooManyRequests, acp.CodeRateLimited, "",
		"Too many requests at once. Nothing was done. Wait as long as Retry-After says, and send it again.")
	e.RetryAfter = wait
	return e
}

// version reads the API-Version header. There is no fallback: an answer in
// another version than the one asked for would be misread.
func (s *Surface) version(r *http.Request) (wire.Codec, *acp.Error) {
	v := r.Header.Get("API-Version")
	code, message := "unsupported_api_version", "This API-Version is not supported. Use one of supported_versions."
	if v == "" {
		code, message = "missing_api_version", "Send the API-Version header with one of supported_versions."
	} else if codec, ok := wire.Find(acp.Version(v), s.Unreleased); ok {
		return codec, nil
	}
	e := acp.Refused(http.StatusBadRequest, code, "", message)
	e.SupportedVersions = newestFirst()
	return nil, e
}

// newestFirst is the list of the released versions as errors have it.
func newestFirst() []acp.Version {
	list := wire.Supported()
	slices.Reverse(list)
	return list
}

// verifySignature applies the credential's policy to Signature and Timestamp.
func (s *Surface) verifySignature(ctx context.Context, x *exchange, cred *credential.Credential) *acp.Error {
	policy := sign.Policy(cred.SignaturePolicy)
	if policy == sign.Off || policy == "" {
		return nil
	}
	key, err := s.cache.signatureKey(cred, s.Box)
	if err != nil {
		return acp.AsError(err)
	}
	err = sign.VerifyRequest(ctx, sign.Request{Policy: policy, Key: key, CredentialID: cred.ID, Body: x.raw,
		Signature: x.r.Header.Get("Signature"), Timestamp: x.r.Header.Get("Timestamp"), IdempotencyKey: x.key, Now: s.Now(),
		Window: cmp.Or(cred.SignatureWindow, s.SignatureWindow), Canonical: x.canonical, Memory: x, Remembered: sign.MaxWindow})
	if err != nil {
		return acp.AsError(err)
	}
	return nil
}

// Remember implements sign.Memory by handing the signature to the core, which
// remembers it in the transaction of the change. Reading needs no such care.
func (x *exchange) Remember(_ context.Context, credentialID string, digest, keyHash [sha256.Size]byte, expires time.Time) (bool, error) {
	if x.r.Method == http.MethodGet {
		return true, nil
	}
	if keyHash == ([sha256.Size]byte{}) {
		rand.Read(keyHash[:])
	}
	x.signed = &checkout.Signed{CredentialID: credentialID, Digest: digest, KeyHash: keyHash, ExpiresAt: expires}
	return true, nil
}

func checkContentType(r *http.Request, length int) *acp.Error {
	if length == 0 {
		return nil
	}
	if r.Header.Get("Content-Type") == "application/json" {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return acp.Refused(http.StatusUnsupportedMediaType, "unsupported_media_type", "",
			"Send the body as JSON with 'Content-Type: application/json'.")
	}
	return nil
}

func checkKey(x *exchange) *acp.Error {
	sent := x.r.Header.Values("Idempotency-Key")
	switch {
	case len(sent) == 0 && !x.codec.RequiresIdempotencyKey():
		return nil
	case len(sent) == 0:
		return acp.Refused(http.StatusBadRequest, "idempotency_key_required", "",
			"Send an Idempotency-Key header, new for each new request and the same for a repeat.")
	case len(sent) > 1 || x.key == "" || len(x.key) > idempotency.MaxKey || !printable(x.key):
		return acp.Refused(http.StatusBadRequest, acp.CodeInvalid, "",
			fmt.Sprintf("The Idempotency-Key must be one value of 1 to %d printable ASCII characters.", idempotency.MaxKey))
	}
	return nil
}
