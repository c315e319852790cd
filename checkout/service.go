package checkout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/secret"
)

// Step is a moment in the life of a purchase between two of which a process
// may die. Config.OnStep is told of each, in this order.
type Step string

const (
	StepReserved Step = "reserved" // attempt sealed and committed, nothing sent
	StepAnswered Step = "answered" // the PSP has answered, nothing recorded
	StepSettled  Step = "settled"  // the outcome is committed, nobody was told
)

// Config is what a Service needs. All fields but OnStep, Guesses, Retention and
// Log are required.
type Config struct {
	Store     Store
	Merchants Merchants
	Box       *secret.Box // seals payment requests
	Now       func() time.Time
	Log       *slog.Logger
	// PaymentTimeout bounds one call to a PSP; UnknownBudget bounds the whole
	// time that complete spends on learning an unclear outcome before it
	// answers 503.
	PaymentTimeout time.Duration
	UnknownBudget  time.Duration
	// Guesses bound the trying out of discount codes; the zero value is ten wrong
	// ones of a session and 300 of a key in ten minutes.
	Guesses GuessLimits
	// Retention is how long what may be forgotten is kept.
	Retention Retention
	// OnStep, if set, is called at each Step; tests crash there.
	OnStep func(Step)
}

// Retention is how long a Service keeps what it may forget. What is stored
// already is kept as long as was the rule then.
type Retention struct {
	// Answers are given again under their Idempotency-Key, counted from the
	// answer; idempotency.MinRetention at least, which is meant by 0 too.
	Answers time.Duration
	// Unsold is a session that came to nothing, counted from its end; 0 is 30 days.
	// Those that were sold are kept for good.
	Unsold time.Duration
}

// Service is the core. It is safe for concurrent use, and any number of them
// may share one database.
type Service struct {
	store     Store
	merchants Merchants
	box       *secret.Box
	now       func() time.Time
	log       *slog.Logger
	timeout   time.Duration
	budget    time.Duration
	onStep    func(Step)
	guesses   guesses
	retention Retention
}

// New makes a Service.
func New(c Config) *Service {
	s := &Service{store: c.Store, merchants: c.Merchants, box: c.Box, now: c.Now, log: c.Log,
		timeout: c.PaymentTimeout, budget: c.UnknownBudget, onStep: c.OnStep}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.guesses.GuessLimits = c.Guesses; c.Guesses == (GuessLimits{}) {
		s.guesses.GuessLimits = usualGuesses
	}
	s.retention = Retention{Answers: cmp.Or(c.Retention.Answers, idempotency.MinRetention), Unsold: cmp.Or(c.Retention.Unsold, 30*24*time.Hour)}
	if s.onStep == nil {
		s.onStep = func(Step) {}
	}
	return s
}

// maxSessionID bounds the ids that are looked up, in bytes; those of package id
// are shorter.
const maxSessionID = 64

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

func notFound() *acp.Error {
	return acp.Refused(http.StatusNotFound, acp.CodeNotFound, "",
		"There is no such checkout session. Create one with POST /checkout_sessions.")
}

// Get returns a session as it stands. Another merchant's, another agent's, and
// one of the other mode, is *acp.Error 404.
func (s *Service) Get(ctx context.Context, who Caller, id string) (*Session, error) {
	r := s.store.Reader(ctx)
	sess, err := s.session(r, who, id)
	if err != nil {
		return nil, err
	}
	if err := sess.followOrder(r); err != nil {
		return nil, err
	}
	return sess, s.offerOf(ctx, r, sess)
}

// followOrder shows the order of a session as it stands now rather than as it
// was sold.
func (s *Session) followOrder(r Reader) error {
	if s.Order == nil {
		return nil
	}
	o, err := r.Order(s.MerchantID, s.Order.ID)
	if err != nil {
		return fmt.Errorf("order %s of session %s: %w", s.Order.ID, s.ID, err)
	}
	s.Order.Status = o.Status
	return nil
}

// session loads a session for a caller and lets it expire.
func (s *Service) session(r Reader, who Caller, id string) (*Session, error) {
	if !wellFormed(id) {
		return nil, notFound()
	}
	sess, err := r.Session(who.MerchantID, id)
	if isNotFound(err) || (err == nil && !sess.belongsTo(who)) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	sess.expire(s.now())
	return sess, nil
}

// wellFormed reports whether a session could have this id. Not every database
// can be asked for any text that a URL can hold.
func wellFormed(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= maxSessionID
}

// belongsTo reports whether a caller may know of the session: the agent that
// opened it, with whichever of its keys of that mode. Another agent of the same
// shop is a stranger, and so is who only knows the id of a session that was
// opened on the page of a cart: everybody who has the cart's link can know it.
func (s *Session) belongsTo(who Caller) bool {
	return s.MerchantID == who.MerchantID && s.Live == who.Live && s.Agent == who.Agent && !(who.Keyless && s.OfCartLink)
}

// expire shows a session whose time is over as expired. It is not written for
// that alone: the stored expiry time says the same at every reading. One that
// keeps the buyer's browser for the bank is ended by a job; see expiryKind.
func (s *Session) expire(now time.Time) {
	switch s.Status {
	case acp.NotReadyForPayment, acp.ReadyForPayment, acp.AuthenticationRequired:
		if !now.Before(s.ExpiresAt) {
			s.Status = acp.Expired
			s.Messages, s.AuthenticationMetadata = []acp.Message{}, nil
		}
	}
}

func (s *Service) merchant(ctx context.Context, who Caller) (*Merchant, error) {
	m, err := s.merchants.Merchant(ctx, who.MerchantID)
	if err != nil {
		return nil, err
	}
	if m.Payment(who.Live).Provider == nil {
		mode := "test"
		if who.Live {
			mode = "live"
		}
		return nil, acp.Refused(http.StatusForbidden, "forbidden", "",
			"This shop takes no payments in "+mode+" mode. Use a key of the other mode.")
	}
	return m, nil
}

// editable refuses a change to a session that is over or being paid.
func (s *Session) editable() error {
	switch s.Status {
	case acp.Completed, acp.Canceled, acp.Expired:
		return acp.Refused(http.StatusConflict, acp.CodeConflict, "",
			"This checkout session is "+string(s.Status)+" and cannot change any more. Create a new one.")
	case acp.PendingApproval:
		return acp.Refused(http.StatusConflict, acp.CodeConflict, "",
			"This checkout session waits for the shop's approval. Wait for it, or cancel the session.")
	case acp.CompleteInProgress:
		e := acp.Refused(http.StatusConflict, acp.CodeConflict, "",
			"A payment for this checkout session is being processed. Wait for its outcome.")
		e.RetryAfter = time.Second
		return e
	}
	return nil
}
