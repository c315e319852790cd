// Package adyentest is a stand-in for Adyen's Checkout API that keeps books: it
// speaks the wire format of v72, refuses what Adyen refuses, forgets nothing
// and can fail at the worst moments. What it does where Adyen's behaviour is
// not published is marked so, and is a choice of this package.
package adyentest

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// Keys and accounts of every Fake.
const (
	APIKey          = "AQEadyentest+key"
	MerchantAccount = "TestShopECOM"
	OtherAccount    = "OtherShopECOM"
	// HMACKey signs the webhooks.
	HMACKey = "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00"
)

// Outcome is what a payment comes to.
type Outcome string

// Outcomes.
const (
	Authorised      Outcome = "authorised"
	Refused         Outcome = "refused"
	NoBalance       Outcome = "not_enough_balance"
	ExpiredCard     Outcome = "expired_card"
	WrongCVC        Outcome = "cvc_declined"
	Fraud           Outcome = "fraud"
	AcquirerError   Outcome = "acquirer_error"
	Redirect        Outcome = "redirect_shopper" // 3-D Secure
	NeedsSCA        Outcome = "authentication_required"
	Pending         Outcome = "pending"
	Partial         Outcome = "partially_authorised"
	AuthorisedDrop  Outcome = "authorised_drop"  // breaks the connection before the first answer
	AuthorisedError Outcome = "authorised_error" // answers 500 the first time
)

// Fault is what happens to the next request that changes something, but for
// LookupFails.
type Fault string

func (f Fault) ofLookup() bool { return f == LookupFails }

// Faults.
const (
	DropBefore    Fault = "drop_before"    // the connection breaks, nothing was done
	DropAfter     Fault = "drop_after"     // done, and the connection breaks
	HangBefore    Fault = "hang_before"    // no answer until the caller gives up, nothing was done
	HangAfter     Fault = "hang_after"     // done, and no answer until the caller gives up
	ErrorBefore   Fault = "error_before"   // 500, nothing was done
	ErrorAfter    Fault = "error_after"    // 500, done
	Unavailable   Fault = "unavailable"    // 503 from a gateway, nothing was done
	RateLimited   Fault = "rate_limited"   // 429
	InProgress    Fault = "in_progress"    // 704, as if the same key were being carried out
	WrongAmount   Fault = "wrong_amount"   // the answer says one unit less than was charged
	WithoutAmount Fault = "without_amount" // the answer leaves the amount out, as the specification's example does
	LookupFails   Fault = "lookup_fails"   // the next GET is answered 503
)

// Grant is what a delegated token is minted for.
type Grant struct {
	Outcome   Outcome
	Currency  string // upper case
	MaxAmount int64  // Adyen's minor units
	ExpiresAt time.Time
	// Account is MerchantAccount when empty.
	Account string
}

// AllowanceErrors are the error codes with which the Fake refuses a token for
// what it was granted, and what they mean. Adyen has not published its own:
// these are made up, and an adapter knows them only when it is told.
func AllowanceErrors() map[string]payment.Class {
	return map[string]payment.Class{
		tokenExpired:  payment.ClassTokenExpired,
		tokenUsed:     payment.ClassTokenUsed,
		tokenLimit:    payment.ClassAmountExceeded,
		tokenCurrency: payment.ClassCurrencyMismatch,
	}
}

const (
	tokenExpired  = "FAKE_EXPIRED"
	tokenUsed     = "FAKE_USED"
	tokenLimit    = "FAKE_LIMIT"
	tokenCurrency = "FAKE_CURRENCY"
)

// Books are the record of one checkout session, in Adyen's minor units.
type Books struct {
	Charges  int   // payments that hold or took money
	Taken    int64 // held or captured, less what was refunded
	Refunded int64
}

// Fake is the stand-in. It is safe for concurrent use.
type Fake struct {
	paymenttest.Troubles[Fault]

	server *httptest.Server
	closed chan struct{}

	mu       sync.Mutex
	now      time.Time
	tokens   map[string]*token
	vault    map[string]*kept // stored cards by their id
	payments []*charge
	pages    map[string]*page
	answers  map[string]stored // by idempotency key
	later    []func()          // modifications that were received
	outbox   []notice
	posts    int
	disputes map[string]*charge
	delivery paymenttest.Delivery
}

type token struct {
	Grant
	used, failed bool
}

type charge struct {
	psp, reference, session string
	amount                  amount
	captured, refunded      int64
	state                   string
	manual                  bool  // held until it is captured
	page                    *page // that it is made on
}

// States of a charge.
const (
	authorised = "authorised"
	refused    = "refused"
	pending    = "pending"
	cancelled  = "cancelled"
)

// New starts a Fake; it ends with the test.
func New(t testing.TB) *Fake {
	t.Helper()
	f := &Fake{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), closed: make(chan struct{}),
		tokens: map[string]*token{}, vault: map[string]*kept{}, pages: map[string]*page{}, disputes: map[string]*charge{}, answers: map[string]stored{}}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(func() {
		close(f.closed)
		f.server.Close()
	})
	return f
}

// URL is the address of the API with its version.
func (f *Fake) URL() string { return f.server.URL + "/v72" }

// Now is the Fake's clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Posts counts the POST requests that arrived.
func (f *Fake) Posts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.posts
}

// Mint makes a token as an agent's delegate_payment would.
func (f *Fake) Mint(g Grant) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g.Account == "" {
		g.Account = MerchantAccount
	}
	name := rand.Text()[:16]
	f.tokens[name] = &token{Grant: g}
	return name
}

// Settle carries out the captures, cancels and refunds that were received, in
// their order, and queues their webhooks.
func (f *Fake) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, do := range f.later {
		do()
	}
	f.later = nil
}

// Decide ends a pending payment.
func (f *Fake) Decide(t testing.TB, psp string, ok bool) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.find(psp); c != nil && c.state == pending {
		f.decide(c, ok)
		return
	}
	t.Fatalf("no pending payment %s", psp)
}

// decide ends a pending payment. A page whose payment failed takes another,
// which is assumed.
func (f *Fake) decide(c *charge, ok bool) {
	if c.state = refused; ok {
		f.authorise(c)
	}
	if c.page != nil {
		if c.page.status = "active"; ok {
			c.page.status = "completed"
			c.page.paid = c
		}
	}
	f.notify(c, "AUTHORISATION", ok, "Refused")
}

// find gives a payment by its pspReference.
func (f *Fake) find(psp string) *charge {
	for _, c := range f.payments {
		if c.psp == psp {
			return c
		}
	}
	return nil
}

// Books reads the record of one checkout session.
func (f *Fake) Books(session string) Books {
	return f.books(func(c *charge) bool { return c.session == session })
}

// BooksOf reads the record of all payments under one merchantReference.
func (f *Fake) BooksOf(reference string) Books {
	return f.books(func(c *charge) bool { return c.reference == reference })
}

func (f *Fake) books(which func(*charge) bool) (b Books) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.payments {
		if !which(c) {
			continue
		}
		b.Refunded += c.refunded
		switch {
		case c.captured > 0:
			b.Charges++
			b.Taken += c.captured - c.refunded
		case c.state == authorised:
			b.Charges++
			b.Taken += c.amount.Value
		}
	}
	return b
}

// newReference makes an id like Adyen's: sixteen upper-case letters and digits.
func newReference() string {
	var b [8]byte
	rand.Read(b[:])
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
