package servertest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
)

const (
	maxConnections = 256
	// repeatPause is what an agent waits before it repeats a request. It is
	// shorter than a Retry-After would have it: tests are in a hurry.
	repeatPause = 25 * time.Millisecond
)

// Agent calls one server, and knows the PSP.
type Agent struct {
	*client.Client
	world *World
}

// Agent makes an agent that calls the server at an address and does not sign.
func (w *World) Agent(t testing.TB, baseURL string) *Agent {
	t.Helper()
	return w.agent(t, client.Config{BaseURL: baseURL, APIKey: w.APIKey}, &http.Transport{MaxIdleConnsPerHost: maxConnections})
}

// SigningAgent makes an agent whose credential requires signatures.
func (w *World) SigningAgent(t testing.TB, baseURL string) *Agent {
	t.Helper()
	return w.agent(t, client.Config{BaseURL: baseURL, APIKey: w.SignedAPIKey, SignatureSecret: w.SignatureKey},
		&http.Transport{MaxIdleConnsPerHost: maxConnections})
}

func (w *World) agent(t testing.TB, cfg client.Config, transport *http.Transport) *Agent {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	cfg.Version, cfg.HTTPClient = acp.V20260417, &http.Client{Transport: transport}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &Agent{Client: c, world: w}
}

// Cart is a request for one of each item, with all that a session needs to be
// ready for payment.
func Cart(itemIDs ...string) acp.CreateRequest {
	r := acp.CreateRequest{Currency: Currency, Buyer: Buyer(),
		FulfillmentDetails: &acp.FulfillmentDetails{Name: "Test Buyer", Email: Buyer().Email, Address: Address()}}
	for _, itemID := range itemIDs {
		r.Items = append(r.Items, acp.RequestedItem{ID: itemID, Quantity: 1})
	}
	return r
}

// Open opens a session for one of each item; it is ready for payment.
func (a *Agent) Open(t testing.TB, itemIDs ...string) *client.Session {
	t.Helper()
	cart := Cart(itemIDs...)
	cart.DiscountCodes = a.world.opts.Codes
	s, err := a.Create(t.Context(), cart)
	if err != nil {
		t.Fatal(err)
	}
	if s.Status != acp.ReadyForPayment {
		t.Fatalf("a new session is %s: %s", s.Status, s.Raw)
	}
	return s
}

// Token has the PSP make a token of a card, for one payment of the session's
// total.
func (a *Agent) Token(ctx context.Context, s *client.Session, c Card) (string, error) {
	return a.world.PSP.Mint(ctx, s, c)
}

// Payment is a request to complete a session.
func Payment(s *client.Session, token string) acp.CompleteRequest {
	r := acp.CompleteRequest{Buyer: Buyer(), Payment: acp.PaymentData{Token: token, Billing: Address()}}
	if len(s.Handlers) > 0 {
		r.Payment.HandlerID, r.Payment.Provider = s.Handlers[0].ID, s.Handlers[0].PSP
	}
	return r
}

// Purchase is a payment that an agent repeats unchanged until it is answered:
// one session, one token, one Idempotency-Key.
type Purchase struct {
	Session *client.Session
	Key     string
	Request acp.CompleteRequest
}

// Prepare opens a session and gets a token for it.
func (a *Agent) Prepare(t testing.TB, itemIDs ...string) Purchase {
	t.Helper()
	s := a.Open(t, itemIDs...)
	token, err := a.Token(t.Context(), s, CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	return Purchase{Session: s, Key: "pay-" + s.ID, Request: Payment(s, token)}
}

// Pay sends the payment once.
func (a *Agent) Pay(ctx context.Context, p Purchase) (*client.Session, error) {
	return a.Complete(ctx, p.Session.ID, p.Request, client.IdempotencyKey(p.Key))
}

// Persist repeats a call as long as repeating it is what an agent should do:
// there was no answer, or one that says to try again.
func Persist[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for {
		out, err := call()
		if err == nil || !again(err) {
			return out, err
		}
		t := time.NewTimer(repeatPause)
		select {
		case <-ctx.Done():
			t.Stop()
			return out, errors.Join(ctx.Err(), err)
		case <-t.C:
		}
	}
}

func again(err error) bool {
	var lost *client.TransportError
	var refused *client.Error
	return errors.As(err, &lost) || errors.As(err, &refused) && refused.Repeatable()
}
