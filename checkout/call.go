package checkout

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/idempotency"
)

// Caller is who asks: an agent with a credential of one merchant in one mode.
type Caller struct {
	MerchantID   string
	CredentialID string
	Agent        string
	Live         bool
	// Keyless is who shows no key of the agent, but knows the id of a session.
	Keyless bool
}

// Call is one writing request of an agent, whichever surface it came in by.
type Call struct {
	Caller
	Version acp.Version
	// Language is what the request would like to read, as in its Accept-Language; ""
	// is anything.
	Language string
	// Path is the method and concrete path that scope the key; Key is "" when
	// none was sent, and the call is not protected then.
	Path, Key   string
	Fingerprint [32]byte // of the canonical body
	// Signed is the request's verified signature; nil when it has none.
	Signed *Signed
	// MismatchStatus is the HTTP status for a key that comes with another body.
	MismatchStatus int
	// Render makes the answer's bytes in the caller's version. It is pure and
	// runs inside the transaction, so that the stored answer is the one sent.
	Render func(s *Session, err *acp.Error) Answer
	// Completable refuses a session that the caller's version could not show as
	// completed; nil refuses none.
	Completable func(s *acp.Session) *acp.Error

	script bool // the token comes from the PSP's script on our own page
}

// Answer is what goes back to the agent.
type Answer struct {
	Status     int
	Body       []byte
	RetryAfter time.Duration
	Replayed   bool
	Err        *acp.Error // set when the answer is an error, for the log
}

func (c *Call) scope() idempotency.Scope {
	return idempotency.Scope{MerchantID: c.MerchantID, CredentialID: c.CredentialID, Path: c.Path, Key: c.Key}
}

// recall decides what a stored record means for this call: an answer to give
// at once, or none, and the call goes on.
func (c *Call) recall(rec *idempotency.Record, now time.Time) (Answer, bool) {
	switch {
	case rec == nil:
		return Answer{}, false
	case rec.Fingerprint != c.Fingerprint:
		return c.refuse(acp.Refused(c.MismatchStatus, "idempotency_conflict", "",
			"This Idempotency-Key was used with another body. Send the first body again, or use a new key for a new request.")), true
	case rec.State == idempotency.Done:
		return Answer{Status: rec.Status, Body: rec.Body, Replayed: true}, true
	case rec.State == idempotency.Running && rec.LeaseUntil.After(now):
		e := acp.Refused(http.StatusConflict, "idempotency_in_flight", "",
			"The first request with this Idempotency-Key is still being carried out. Repeat it in a moment.")
		e.RetryAfter = time.Second
		return c.refuse(e), true
	}
	return Answer{}, false
}

// stored is the answer that the call's key stands for already.
func (c *Call) stored(tx Reader, now time.Time) (a Answer, found bool, err error) {
	if c.Key == "" {
		return Answer{}, false, nil
	}
	rec, err := tx.IdempotencyRecord(c.scope())
	if err != nil {
		return Answer{}, false, err
	}
	a, found = c.recall(rec, now)
	return a, found, nil
}

func (c *Call) refuse(e *acp.Error) Answer {
	a := c.Render(nil, e)
	a.Err, a.RetryAfter = e, e.RetryAfter
	return a
}

// answer renders the outcome of a call's work.
func (c *Call) answer(s *Session, err *acp.Error) Answer {
	if err != nil {
		return c.refuse(err)
	}
	return c.Render(s, nil)
}

// broken reports an answer that could not be rendered. It is not to be stored.
func (a Answer) broken() bool { return a.Err != nil && a.Status >= http.StatusInternalServerError }

// remember is the finished record of an answer.
func (s *Service) remember(c *Call, a Answer, now time.Time) idempotency.Record {
	return idempotency.Record{Hash: c.scope().Hash(), MerchantID: c.MerchantID, Fingerprint: c.Fingerprint,
		State: idempotency.Done, Status: a.Status, Body: a.Body, ExpiresAt: now.Add(s.retention.Answers)}
}

// once carries out fn and stores its answer under the call's key, in one
// transaction. fn returns an *acp.Error for a refusal, before it has written
// anything; other errors are faults of the server and are not stored.
//
// The first run does not look the key up: storing the record is guarded by the
// key being new, so a repeat is noticed at commit, and only then is the record
// read. That saves every first request a query.
func (s *Service) once(ctx context.Context, c *Call, fn func(Tx) (*Session, error)) Answer {
	var ans Answer
	err := s.store.Update(ctx, func(tx Tx) error {
		now := s.now()
		if tx.Run() > 0 {
			stored, found, err := c.stored(tx, now)
			if err != nil {
				return err
			}
			if found {
				ans = stored
				return nil
			}
		}
		if e := c.refuseReplay(tx); e != nil {
			return e
		}
		sess, err := fn(tx)
		var refusal *acp.Error
		if err != nil {
			if refusal = acp.AsError(err); !refusal.Cacheable() {
				// Not an answer to keep, but there may be one from before the
				// session came to where it is now.
				stored, found, err := c.stored(tx, now)
				if err == nil && found {
					ans = stored
					return nil
				}
				return cmp.Or(err, error(refusal))
			}
		}
		if err := s.offerOf(ctx, tx, sess); err != nil {
			return err
		}
		ans = c.answer(sess, refusal)
		if ans.broken() {
			return ans.Err
		}
		if c.Key == "" {
			return nil
		}
		return tx.PutIdempotencyRecord(s.remember(c, ans, now), nil)
	})
	if err != nil {
		return c.refuse(asError(err))
	}
	return ans
}

// asError is acp.AsError with the core's own errors translated.
func asError(err error) *acp.Error {
	e := acp.AsError(err)
	if e.Status == http.StatusInternalServerError && isNotFound(err) {
		return notFound()
	}
	return e
}
