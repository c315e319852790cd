// Package stripetest is a stand-in for Stripe with a memory: an HTTP server
// that speaks the part of Stripe's interface that payment/stripe uses, keeps
// tokens, payments, refunds and payment pages, refuses what Stripe refuses, and
// can fail at the worst moments. It is for tests and for trying things out.
//
// What it does where Stripe's behaviour is not known is listed in
// docs/payments/stripe.md.
package stripetest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"

	"github.com/checkstand/checkstand/payment/paymenttest"
)

// Config is the account that the server plays. Every field has a default.
type Config struct {
	Key           string // "sk_test_stripetest"
	WebhookSecret string // "whsec_stripetest"
	Account       string // the account that tokens are granted to: "acct_stripetest"
	Live          bool
	Now           func() time.Time
	// MinAmount is the least that can be charged, in Stripe's units: 50.
	MinAmount int64
}

// Server is the stand-in. Its methods may be called while requests are served.
type Server struct {
	paymenttest.Troubles[Fault]

	cfg  Config
	http *httptest.Server

	mu       sync.Mutex
	offset   time.Duration // of the clock
	seq      int
	tokens   map[string]*token
	vault    map[string]*kept // payment methods of customers
	intents  map[string]*intent
	refunds  map[string]*refund
	sessions map[string]*session
	disputes map[string]*dispute
	order    []string // ids of everything, oldest first
	keys     map[string]*stored
	delivery paymenttest.Delivery
	stalled  []func()
	events   []event
	requests int
}

// Fault is what happens to the next request that it concerns.
type Fault string

// Faults. Those of writing concern the next POST, but not test helpers.
const (
	DropBefore     Fault = "drop_before"     // the connection breaks, nothing was done
	DropAfter      Fault = "drop_after"      // done, and the connection breaks
	ErrorBefore    Fault = "error_before"    // 500 before anything began; not stored under the key
	ErrorStored    Fault = "error_stored"    // 500 with nothing done, stored under the key
	ErrorAfter     Fault = "error_after"     // done, and 500, which is stored under the key
	HangBefore     Fault = "hang_before"     // no answer until the client gives up; nothing was done
	HangAfter      Fault = "hang_after"      // done, and no answer until the client gives up
	Stall          Fault = "stall"           // the connection breaks, and it is done when Release is called
	RateLimit      Fault = "rate_limit"      // 429
	LockTimeout    Fault = "lock_timeout"    // 429, after waiting for another request
	WrongAmount    Fault = "wrong_amount"    // the answer tells one unit more than was charged
	WrongCurrency  Fault = "wrong_currency"  // the answer tells another currency
	UnknownStatus  Fault = "unknown_status"  // the answer tells a status that is not in the documentation
	OtherMode      Fault = "other_mode"      // the answer is of the other mode
	NotJSON        Fault = "not_json"        // 200 with a page of a proxy; done
	LookupFails    Fault = "lookup_fails"    // the next GET is answered 503
	LookupNotJSON  Fault = "lookup_not_json" // the next GET is answered with a page of a proxy
	PendingRefund  Fault = "pending_refund"  // the next refund is made, and waits for SettleRefund
	CancelConflict Fault = "cancel_conflict" // the next cancel is answered 409
)

// New starts a server. Close ends it.
func New(cfg Config) *Server {
	if cfg.Key == "" {
		cfg.Key = "sk_test_stripetest"
	}
	if cfg.WebhookSecret == "" {
		cfg.WebhookSecret = "whsec_stripetest"
	}
	if cfg.Account == "" {
		cfg.Account = "acct_stripetest"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MinAmount == 0 {
		cfg.MinAmount = 50
	}
	s := &Server{cfg: cfg, tokens: map[string]*token{}, vault: map[string]*kept{}, intents: map[string]*intent{}, refunds: map[string]*refund{},
		sessions: map[string]*session{}, disputes: map[string]*dispute{}, keys: map[string]*stored{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Close ends the server; requests that are stalled are never done.
func (s *Server) Close() { s.http.Close() }

// URL is the base address, for stripe.Config.BaseURL.
func (s *Server) URL() string { return s.http.URL }

// Release does what was stalled.
func (s *Server) Release() {
	s.mu.Lock()
	stalled := s.stalled
	s.stalled = nil
	s.mu.Unlock()
	for _, do := range stalled {
		do()
	}
}

// Advance moves the clock.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// Now is the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Requests is how many requests have come.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Books are what the account shows of some payments, in Stripe's units.
type Books struct {
	Charges  int   // payments that hold or took money, refunded or not
	Held     int64 // not captured
	Taken    int64 // captured
	Refunded int64
}

// Books adds up the payments whose metadata has one of these values: an
// attempt, a session or an order.
func (s *Server) Books(reference string) (b Books) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.intents {
		if !slices.Contains(slices.Collect(maps.Values(in.metadata)), reference) {
			continue
		}
		if in.status == "requires_capture" || in.status == "succeeded" || in.status == "processing" {
			b.Charges++
		}
		b.Held += in.capturable
		b.Taken += in.received
		b.Refunded += in.refunded
	}
	return b
}

// now is the server's clock; mu is held.
func (s *Server) now() time.Time { return s.cfg.Now().Add(s.offset) }

// id makes the next id; mu is held. Ids are in the order in which they are made.
func (s *Server) id(prefix string) string {
	s.seq++
	id := fmt.Sprintf("%s_%08d", prefix, s.seq)
	s.order = append(s.order, id)
	return id
}

// fault takes the next of these faults from the queue.
func (s *Server) fault(of ...Fault) Fault {
	return s.NextFault(func(next Fault) bool { return slices.Contains(of, next) })
}
