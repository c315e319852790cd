// Package sandbox is a small payment service provider in test mode. It issues
// delegated payment tokens as the protocol's delegate_payment API says, takes
// charges on them, and keeps a ledger in a file of its own, so that it outlives
// a crash of the shop and can be asked afterwards what was really charged.
//
// It moves no money. The test card decides the outcome (TestCards), and fault
// switches make it misbehave at the worst moments: an answer lost after the
// commit, an error after the commit, a late answer, a wrong amount. It refuses
// every card number that is not a test card, and stores neither card numbers
// nor security codes: only a keyed digest, the last four digits, the brand and
// the outcome the card stands for.
//
// Two keys open it. The agent key may call
//
//	POST /agentic_commerce/delegate_payment
//	POST /delegate_authentication                    3-D Secure for a card
//	POST /delegate_authentication/{id}/authenticate
//	GET  /delegate_authentication/{id}
//
// and the merchant key everything under /v1:
//
//	POST /v1/charges                    take or hold money
//	GET  /v1/charges?reference=R        what became of an attempt
//	GET  /v1/charges?from=T&to=T        those made in that time, the newest first
//	GET  /v1/charges/{id}
//	POST /v1/charges/{id}/capture       all or a part of a hold
//	POST /v1/charges/{id}/void          give a hold back
//	POST /v1/charges/{id}/refund        all or a part of what was captured
//	POST /v1/references/{ref}/close     refuse what was sent under it so far
//	POST /v1/pages                      a page for a buyer to pay on
//	GET  /v1/pages?reference=R, /v1/pages/{id}
//	POST /v1/pages/{id}/expire          make it unusable
//	GET, POST, DELETE /v1/webhook_endpoint   where events go
//	GET  /v1/tokens/{id}
//	POST /v1/tokens/{id}/revoke         (the agent may do this too)
//	GET  /v1/ledger?checkout_session_id=S  (the agent may read it too)
//	GET  /v1/ledger/summary
//	GET, POST, DELETE /v1/test/faults
//
// A payment page is at /pay/{id}, for whoever has its address. It is plain HTML,
// asks for a card, and makes an ordinary charge under the page's reference.
//
// The issuers of the test cards are here too: /3ds/method takes the browser's
// fingerprint, and /3ds/challenge asks the buyer whether a payment is theirs.
//
// What becomes of charges and pages is reported to the account's webhook
// endpoint, at least once, signed in the header Sandbox-Signature.
//
// Amounts are int64 minor units. Errors are flat: type, code, message, param.
package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

// Limits and defaults.
const (
	MaxBody        = 64 << 10            // bytes of a request body
	MaxHeader      = 16 << 10            // bytes of a request's headers, see Server
	MaxKey         = 255                 // bytes of an Idempotency-Key and of a Request-Id
	MaxIdentifier  = 256                 // bytes of a session, merchant or reference id
	MaxMetadata    = 50                  // members of a metadata object
	MaxValue       = 500                 // bytes of a metadata name or value of a charge
	MinKey         = 16                  // bytes of an API key
	KeyRetention   = 30 * 24 * time.Hour // how long an Idempotency-Key is remembered
	DefaultName    = "stripe"            // the PSP the sandbox stands in for
	DefaultSlow    = 8 * time.Second     // what a slow card takes
	sweepBatch     = 500                 // forgotten keys removed at one go
	sweepEvery     = 1000                // keyed requests between two sweeps
	readTimeout    = 10 * time.Second    // for the whole request to arrive
	headerTimeout  = 5 * time.Second     // for its headers
	idleTimeout    = 2 * time.Minute     // of a kept-alive connection
	answerTimeout  = 30 * time.Second    // to answer, beyond the longest delay
	readConns      = 4                   // connections of the query-only pool
	sqliteBusyWait = 5000                // milliseconds to wait for another process
)

// Config says where the sandbox lives and who may call it. Path, both keys and
// at least one merchant id are required.
type Config struct {
	Path        string        // data file; it and its folder are made when absent
	AgentKey    secret.String // Bearer key for delegate_payment
	MerchantKey secret.String // Bearer key for charges and everything else
	MerchantIDs []string      // the accounts that MerchantKey may charge for
	Name        string        // the PSP it stands in for; DefaultName when empty
	Now         func() time.Time
	Log         *slog.Logger
	SlowAnswer  time.Duration // what a slow card takes; DefaultSlow when zero
	// SignatureKey, if set, is the secret that agents sign their requests with;
	// one that is not signed is refused then.
	SignatureKey secret.String
	PublicURL    string // where buyers reach it, for payment pages; "" is the Host that the shop asks at
}

// PSP is an open sandbox. It is safe for concurrent use.
type PSP struct {
	name      string
	keys      callers
	merchants map[string]bool
	now       func() time.Time
	log       *slog.Logger
	slow      time.Duration
	publicURL string
	signature secret.String
	seen      *sign.ReplayMemory

	write    *sql.DB // one connection: writers queue, and a transaction sees what it checked
	read     *sql.DB // query_only
	digest   digester
	inFlight inFlight
	keyed    atomic.Uint64 // requests under a key, to sweep now and then

	wait    func(time.Duration) error // delays an answer; ErrClosed when the PSP closes meanwhile
	closing chan struct{}
	closed  sync.Once

	mu         sync.Mutex     // of starting what runs in the background
	background sync.WaitGroup // the outbox, and the settling of slow payments on pages

	hooks *http.Client // delivers webhooks
	news  atomic.Bool  // something that is being written concerns the outbox's worker
	wake  chan struct{}
	stop  context.CancelFunc // ends the worker
}

// ErrClosed is what a delayed answer ends with when the PSP is closed first.
var ErrClosed = errors.New("the sandbox PSP is closed")

// Open opens the data file, making it when absent, finishes the charges that
// were being processed when it was last left, and forgets expired keys.
func Open(ctx context.Context, cfg Config) (*PSP, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	p := &PSP{
		name:      cmp.Or(cfg.Name, DefaultName),
		keys:      newCallers(cfg.AgentKey, cfg.MerchantKey),
		merchants: make(map[string]bool, len(cfg.MerchantIDs)),
		now:       cfg.Now,
		log:       cfg.Log,
		slow:      cmp.Or(cfg.SlowAnswer, DefaultSlow),
		publicURL: cfg.PublicURL,
		signature: cfg.SignatureKey,
		closing:   make(chan struct{}),
		wake:      make(chan struct{}, 1),
		hooks:     newHooks(),
	}
	for _, id := range cfg.MerchantIDs {
		p.merchants[id] = true
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.seen = sign.NewReplayMemory(0, p.now)
	p.wait = p.sleep
	if err := p.openStorage(ctx, cfg.Path); err != nil {
		return nil, fmt.Errorf("sandbox: open %s: %w", cfg.Path, err)
	}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.background.Go(func() { p.work(working) })
	return p, nil
}

// newHooks makes the client that delivers webhooks. It follows no redirects: an
// event goes to the address that was set.
func newHooks() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: idleTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (c Config) check() error {
	switch {
	case c.Path == "":
		return errors.New("path is empty: name a data file")
	case len(c.AgentKey.Reveal()) < MinKey:
		return fmt.Errorf("agent_key has fewer than %d characters: choose a longer one", MinKey)
	case len(c.MerchantKey.Reveal()) < MinKey:
		return fmt.Errorf("merchant_key has fewer than %d characters: choose a longer one", MinKey)
	case c.AgentKey == c.MerchantKey:
		return errors.New("agent_key and merchant_key are the same: an agent must not be able to charge")
	case len(c.MerchantIDs) == 0:
		return errors.New("merchant_ids is empty: name at least one account that may be charged for")
	case !c.SignatureKey.IsZero() && len(c.SignatureKey.Reveal()) < sign.MinSecret:
		return fmt.Errorf("signature_key has fewer than %d characters: choose a longer one", sign.MinSecret)
	case c.SlowAnswer < 0:
		return errors.New("slow_answer is negative")
	}
	for _, id := range c.MerchantIDs {
		if id == "" || len(id) > MaxIdentifier {
			return fmt.Errorf("merchant_ids has an id that is empty or longer than %d bytes", MaxIdentifier)
		}
	}
	return checkPublicURL(c.PublicURL)
}

// Name is the PSP the sandbox stands in for.
func (p *PSP) Name() string { return p.name }

// Close stops delayed answers and webhooks, and closes the data file. What they
// were about to finish is finished by the next Open. Shut the HTTP server down first.
func (p *PSP) Close() error {
	var err error
	p.closed.Do(func() {
		p.mu.Lock()
		close(p.closing)
		p.mu.Unlock()
		p.stop()
		p.background.Wait()
		p.hooks.CloseIdleConnections()
		err = errors.Join(p.read.Close(), p.write.Close())
	})
	return err
}

// Server is an HTTP server for the sandbox with its header and time limits
// set; the caller gives it an address and starts it.
func (p *PSP) Server() *http.Server {
	return &http.Server{
		Handler:           p.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      max(p.slow, maxDelay) + answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    MaxHeader,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
}

func (p *PSP) sleep(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.closing:
		return ErrClosed
	}
}
