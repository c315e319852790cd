package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// Limits and defaults of a purchase.
const (
	MaxAttempts        = 6                // of one call, the first included
	MaxRepeatWait      = 30 * time.Second // a Retry-After beyond it ends the purchase
	DefaultSettleWait  = time.Minute      // for a payment that is still in progress
	DefaultWebhookWait = 20 * time.Second
	AllowanceLifetime  = 15 * time.Minute
	firstRepeatWait    = 250 * time.Millisecond // doubles with each attempt
	pollInterval       = 250 * time.Millisecond
	defaultCurrency    = "usd"
)

// PurchaseConfig says what to buy, for whom and how to pay. Client is required,
// and Token, PayWith, or Card with the PSP's URL and key.
type PurchaseConfig struct {
	Client *Client

	ItemID   string // empty: the first item that a demo server offers
	Quantity int64  // 1 when 0
	Currency string // of the session from 2026-01-30 on; when empty, the demo item's, or usd, or what discovery says in place of it
	Option   string // delivery option id; empty keeps a preselected one, else takes the cheapest

	// OnPage leaves the payment to the buyer, on the shop's own page: the
	// purchase ends with the page's link in the Result, and nothing to pay with
	// is needed.
	OnPage bool

	Buyer   *acp.Buyer   // TestBuyer when nil
	Address *acp.Address // TestAddress when nil; for delivery and billing

	Card  Card          // given to the PSP alone
	Token secret.String // a token that exists already, instead of Card
	// PayWith is a payment handler to take in the place of the one for cards: its
	// id, or the kind of a seller-backed one, such as saved_card or store_credit.
	// The shop takes these payments by itself; neither Card nor Token is needed.
	PayWith    string
	PSPURL     string
	PSPKey     secret.String // the agent's key at the PSP
	MerchantID string        // the shop's account at the PSP; needed where the session does not name it (before 2026-01-16)

	WebhookLogURL string        // receiver's list of events; empty skips the step
	WebhookWait   time.Duration // DefaultWebhookWait when 0
	LedgerURL     string        // sandbox ledger; PSPURL + /v1/ledger when empty
	LedgerKey     secret.String // the shop's key at the sandbox; empty skips the step
	SettleWait    time.Duration // DefaultSettleWait when 0

	// Answer has the buyer answer the card's issuer, where it asks. It may
	// return before the buyer has. Nil abandons what the issuer asks.
	Answer func(context.Context, *Client, ChallengeAction) error
	// NotifyURL is where the buyer's browser goes after the issuer's question;
	// an address that is nobody's when empty, for buyers without a browser.
	NotifyURL string

	// Wait pauses between attempts; it returns the context's error when that
	// ends first. A timer when nil.
	Wait func(ctx context.Context, d time.Duration) error
}

// TestBuyer is who buys when nobody is named.
func TestBuyer() acp.Buyer {
	return acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "test.buyer@example.com"}
}

// TestAddress is where TestBuyer lives.
func TestAddress() acp.Address {
	return acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94105"}
}

// Names of the steps, in their order.
const (
	StepItem     = "choose item"
	StepDiscover = "discover"
	StepCreate   = "create"
	StepAddress  = "address"
	StepDelivery = "delivery"
	StepLink     = "checkout link" // instead of those that follow, of a purchase that is OnPage
	StepDelegate = "delegate payment"
	StepComplete = "complete"
	// These two come after a complete that the card's issuer wants the buyer
	// authenticated for.
	StepAuthenticate = "authenticate"
	StepProve        = "complete again"
	StepGet          = "get"
	StepWebhook      = "webhook"
	StepLedger       = "ledger"
)

// Step tells how one step of a purchase went.
type Step struct {
	Name       string
	Detail     string        // one readable line, without secrets and personal data
	Skipped    bool          // there was nothing to do; Detail says why
	Status     acp.Status    // of the session after the step; empty before there is one
	Session    *Session      // as the step left it; nil before there is one
	HTTPStatus int           // of the last answer; 0 for none
	Attempts   int           // calls that were sent
	Duration   time.Duration // waiting included
	Err        error
}

// Result is what came of a purchase. A payment that was declined has no
// OrderID, and Message says why.
type Result struct {
	SessionID   string
	CheckoutURL string // where the buyer goes on, of a purchase that is OnPage
	OrderID     string // empty without an order, and where the version's answer names none
	OrderNumber string
	Permalink   string
	Status      acp.Status // of the session in the end
	Message     string     // what the shop said to a payment that did not complete
	Total       int64      // minor units of Currency
	Currency    string
	Charges     int  // that hold or took money by the sandbox's ledger; -1 when not asked
	Webhook     bool // the order's event was received, with a correct signature
}

// Purchase buys an item as an agent does, and reports each step when it is
// over. A call that may be repeated (409 in flight, 429, 5xx, no answer) is
// repeated with the same Idempotency-Key, MaxAttempts times at most. A
// declined payment is a Result, not an error. An error names the step and has
// the Result so far beside it. After a failed StepComplete StepGet and StepLedger
// still look for what became of it; where they cannot tell, it is not known
// whether the shop has an order.
func Purchase(ctx context.Context, cfg PurchaseConfig, report func(Step)) (*Result, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if report == nil {
		report = func(Step) {}
	}
	p := &purchase{PurchaseConfig: cfg, c: cfg.Client, result: &Result{Charges: -1}}
	for steps := p.steps(); len(steps) > 0; steps = append(p.take(), steps[1:]...) {
		step := steps[0]
		err := p.carryOut(ctx, Step{Name: step.name}, step.do, report)
		if err == nil || step.mild && ctx.Err() == nil {
			continue
		}
		if (step.name == StepComplete || step.name == StepProve) && ctx.Err() == nil {
			// What they find is reported; the purchase ends as it would without them.
			_ = p.carryOut(ctx, Step{Name: StepGet}, p.get, report)
			_ = p.carryOut(ctx, Step{Name: StepLedger}, p.ledger, report)
		}
		return p.result, fmt.Errorf("%s: %w", step.name, err)
	}
	return p.result, nil
}

// carryOut does a step and reports it.
func (p *purchase) carryOut(ctx context.Context, s Step, do func(context.Context, *Step) error, report func(Step)) error {
	start := p.now()
	s.Err = do(ctx, &s)
	s.Duration, s.Session, s.Detail = p.now().Sub(start), p.session, clean(s.Detail)
	if p.session != nil {
		s.Status = p.session.Status
	}
	var refused *Error
	if errors.As(s.Err, &refused) {
		s.HTTPStatus = refused.HTTPStatus
	}
	p.note()
	report(s)
	return s.Err
}

// step is one step of a purchase.
type step struct {
	name string
	do   func(context.Context, *Step) error
	mild bool // its failure does not end the purchase
}

func (p *purchase) steps() []step {
	first := []step{
		{StepItem, p.chooseItem, false},
		{StepDiscover, p.discover, true},
		{StepCreate, p.create, false},
		{StepAddress, p.address, false},
		{StepDelivery, p.delivery, false},
	}
	if p.OnPage {
		return append(first, step{StepLink, p.link, false})
	}
	return append(first,
		step{StepDelegate, p.delegate, false},
		step{StepComplete, p.complete, false},
		step{StepGet, p.get, false},
		step{StepWebhook, p.webhook, true},
		step{StepLedger, p.ledger, true},
	)
}

func (cfg PurchaseConfig) withDefaults() (PurchaseConfig, error) {
	switch {
	case cfg.Client == nil:
		return cfg, errors.New("client is missing")
	case cfg.Quantity < 0:
		return cfg, errors.New("quantity is negative: give 1 or more")
	case cfg.OnPage:
	case cfg.PayWith != "":
	case cfg.Token.IsZero() && cfg.Card.Number.IsZero():
		return cfg, errors.New("nothing to pay with: give a card number or a test token")
	case cfg.Token.IsZero() && cfg.PSPURL == "":
		return cfg, errors.New("PSP URL is empty: a card needs a PSP to make a payment token of it")
	case cfg.Token.IsZero() && cfg.PSPKey.IsZero():
		return cfg, errors.New("PSP key is empty: a PSP makes payment tokens for agents it knows")
	}
	cfg.Quantity = cmp.Or(cfg.Quantity, 1)
	cfg.WebhookWait = cmp.Or(cfg.WebhookWait, DefaultWebhookWait)
	cfg.SettleWait = cmp.Or(cfg.SettleWait, DefaultSettleWait)
	if cfg.Buyer == nil {
		buyer := TestBuyer()
		cfg.Buyer = &buyer
	}
	if cfg.Address == nil {
		address := TestAddress()
		cfg.Address = &address
	}
	if cfg.Wait == nil {
		cfg.Wait = pause
	}
	return cfg, nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// purchase is one purchase under way.
type purchase struct {
	PurchaseConfig
	c       *Client // may have moved to the API's base URL
	session *Session
	token   secret.String
	result  *Result

	authentication *acp.AuthenticationResult // once the issuer has been asked
	more           []step                    // that have turned out to be necessary, to come next
}

// take gives the steps to come next, once.
func (p *purchase) take() []step {
	more := p.more
	p.more = nil
	return more
}

func (p *purchase) now() time.Time { return p.c.cfg.Now() }

// note keeps what the session says for the result.
func (p *purchase) note() {
	if p.session == nil {
		return
	}
	r, s := p.result, p.session
	r.SessionID, r.Status, r.Currency = s.ID, s.Status, s.Currency
	if s.HasTotal {
		r.Total = s.Total
	}
	if o := s.Order; o != nil {
		r.OrderID, r.OrderNumber, r.Permalink = cmp.Or(o.ID, r.OrderID), cmp.Or(o.OrderNumber, r.OrderNumber), cmp.Or(o.PermalinkURL, r.Permalink)
	}
}

// repeat calls until the answer is final: call gets the same idempotency key
// each time. It adds to s.Attempts.
func (p *purchase) repeat(ctx context.Context, s *Step, call func(key CallOption) error) error {
	key := IdempotencyKey(newKey(p.now()))
	wait := firstRepeatWait
	for attempt := 1; ; attempt++ {
		s.Attempts++
		err := call(key)
		delay, ok := repeatable(err)
		if !ok || attempt == MaxAttempts || ctx.Err() != nil {
			return err
		}
		if delay > MaxRepeatWait {
			return fmt.Errorf("the server asks to wait for %v, longer than %v: %w", delay, MaxRepeatWait, err)
		}
		if err := p.Wait(ctx, max(delay, wait)); err != nil {
			return err
		}
		wait *= 2
	}
}

// repeatable reports whether a call that ended in err should be repeated, and
// after what time at the earliest.
func repeatable(err error) (time.Duration, bool) {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.RetryAfter, refused.Repeatable()
	}
	var lost *TransportError
	return 0, errors.As(err, &lost)
}

// call sends a session call, repeated as needed, and keeps the session.
func (p *purchase) call(ctx context.Context, s *Step, send func(key CallOption) (*Session, error)) error {
	return p.repeat(ctx, s, func(key CallOption) error {
		session, err := send(key)
		if err == nil {
			p.session, s.HTTPStatus = session, session.HTTPStatus
		}
		return err
	})
}
