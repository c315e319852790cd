package checkout_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/savedcard"
	"github.com/checkstand/checkstand/secret"
)

// vaultPSP is a PSP that keeps cards: a card does what a token that begins like
// its reference does, as often as it is charged. One that begins with gone is
// not there any more.
type vaultPSP struct{ *fakePSP }

func (p vaultPSP) CheckStored(s payment.Stored) error {
	if !strings.HasPrefix(s.Customer, "psp_cus") {
		return errors.New("that is no customer of this PSP")
	}
	return s.Check()
}

func (p vaultPSP) Build(c payment.Charge) ([]byte, error) {
	if s := c.Credential.Stored; !s.IsZero() {
		if err := p.CheckStored(s); err != nil {
			return nil, err
		}
		c.Credential.Token = secret.New(s.Card + "_" + c.AttemptID)
	}
	return p.fakePSP.Build(c)
}

func (p vaultPSP) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	if bytes.Contains(body, []byte("tok_gone")) {
		return payment.Result{Class: payment.ClassTokenInvalid, DeclineCode: "no_such_card"}, nil
	}
	return p.fakePSP.Send(ctx, key, body)
}

// newVaultWorld is a shop whose PSP keeps cards.
func newVaultWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.merchant.Test.Provider = vaultPSP{w.psp}
	w.merchant.Test.Ledger = seller.New(w.store, "shop", false, w.clock.Now)
	w.merchant.Identifies = map[string]bool{agent.Agent: true}
	return w
}

// keep saves a card of the member's; change makes it another.
func (w *world) keep(card string, change func(*savedcard.Card)) *savedcard.Card {
	w.t.Helper()
	now := w.clock.Now()
	c := &savedcard.Card{ID: id.New(savedcard.Prefix, now), MerchantID: "shop", CustomerID: "cus_1", Provider: "fake", Account: "acct_test", PSPCustomer: "psp_cus_1",
		PSPCard: card, Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: now.Year() + 1, CreatedAt: now}
	if change != nil {
		change(c)
	}
	if err := w.store.AddCard(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
	return c
}

func payWith(c *savedcard.Card, token string) acp.CompleteRequest {
	req := pay(token)
	req.Payment.HandlerID, req.Payment.InstrumentType = c.ID, "seller_backed_saved_card"
	return req
}

// offered are the ids of the cards that a session offers.
func (w *world) offered(sessionID string) []string {
	w.t.Helper()
	s, err := w.core.Get(context.Background(), agent, sessionID)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, c := range s.OfferedCards {
		ids = append(ids, c.ID)
	}
	return ids
}

// A saved card pays again and again; what an agent sends beside it serves one
// payment.
func TestASavedCardPaysAgainAndAgain(t *testing.T) {
	w := newVaultWorld(t)
	card := w.keep("tok_ok_card", nil)
	for i := range 3 {
		s := w.memberBuys("mug")
		if got := w.offered(s.ID); !slices.Equal(got, []string{card.ID}) {
			t.Fatalf("offered %v", got)
		}
		token := fmt.Sprint("vt_", i)
		paid := w.must(w.send(s.ID, payWith(card, token)))
		again := w.must(w.send(s.ID, payWith(card, token)))
		if paid.Status != acp.Completed || again.Order == nil || again.Order.ID != paid.Order.ID {
			t.Fatalf("%s %v", paid.Status, said(paid))
		}
		if n, _ := w.psp.taken(); n != i+1 {
			t.Errorf("%d charges after %d purchases", n, i+1)
		}
	}
	s := w.memberBuys("mug")
	refused := w.must(w.send(s.ID, payWith(card, "vt_0")))
	if n, _ := w.psp.taken(); n != 3 || refused.Status != acp.ReadyForPayment || !slices.Equal(codes(refused), []string{acp.CodeInvalid}) {
		t.Errorf("a token that was used: %d charges, %s %v", n, refused.Status, said(refused))
	}
}

// memberBuys opens a session of the member's.
func (w *world) memberBuys(item string) *acp.Session {
	w.t.Helper()
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want(item), Currency: "usd",
		FulfillmentDetails: california, Buyer: member, Capabilities: acp.RequestedCapabilities{Interventions: &acp.Interventions{Supported: can3DS}}}))
}

// What is not this buyer's is refused as if it were not there; what was theirs
// and cannot be charged any more is a decline. Nothing is charged either way.
func TestSavedCardsThatDoNotPay(t *testing.T) {
	const strange, gone = "refused", "declined"
	for name, c := range map[string]struct {
		change func(*savedcard.Card)
		spoil  func(*world, *savedcard.Card) // after the session was shown
		buyer  *acp.Buyer
		want   string
	}{
		"another customer's":       {change: func(c *savedcard.Card) { c.CustomerID = "cus_2" }, want: strange},
		"another shop's":           {change: func(c *savedcard.Card) { c.MerchantID = "other" }, want: strange},
		"another mode's":           {change: func(c *savedcard.Card) { c.Live = true }, want: strange},
		"a guest's":                {buyer: &acp.Buyer{Email: "guest@example.com", CustomerID: "cus_1", AuthenticationStatus: "guest"}, want: strange},
		"of another provider":      {change: func(c *savedcard.Card) { c.Provider = "adyen" }, want: gone},
		"of another account":       {change: func(c *savedcard.Card) { c.Account = "acct_before" }, want: gone},
		"of a brand not taken":     {change: func(c *savedcard.Card) { c.Brand = "amex" }, want: gone},
		"of a customer of nobody":  {change: func(c *savedcard.Card) { c.PSPCustomer = "someone" }, want: gone},
		"expired":                  {change: func(c *savedcard.Card) { c.ExpYear -= 2 }, want: gone},
		"removed in the meantime":  {spoil: func(w *world, c *savedcard.Card) { w.forgetCard(c) }, want: gone},
		"unknown to the provider":  {change: func(c *savedcard.Card) { c.PSPCard = "tok_gone_1" }, want: gone},
		"declined by the provider": {change: func(c *savedcard.Card) { c.PSPCard = "tok_decline_1" }, want: gone},
	} {
		t.Run(name, func(t *testing.T) {
			w := newVaultWorld(t)
			card := w.keep("tok_ok_card", c.change)
			buyer := member
			if c.buyer != nil {
				buyer = c.buyer
			}
			s := w.must(w.core.Create(t.Context(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: california, Buyer: buyer}))
			if got := w.offered(s.ID); len(got) != 0 && c.spoil == nil && !strings.Contains(name, "the provider") {
				t.Errorf("offered %v", got)
			}
			if c.spoil != nil {
				c.spoil(w, card)
			}
			a := w.send(s.ID, payWith(card, "vt_1"))
			if c.want == strange {
				w.refused(a, 400, acp.CodeUnsupported, "$.payment_data.handler_id")
			} else if got := w.must(a); got.Status != acp.ReadyForPayment || !slices.Equal(said(got), []string{"error:payment_declined@$.payment_data"}) {
				t.Errorf("%s %v", got.Status, said(got))
			}
			if n, _ := w.psp.taken(); n != 0 {
				t.Errorf("%d charges", n)
			}
			w.settled(s.ID, false)
			// The session is as good as it was.
			if paid := w.must(w.send(s.ID, pay("tok_ok_1"))); paid.Status != acp.Completed {
				t.Errorf("%s %v", paid.Status, said(paid))
			}
		})
	}
}

func (w *world) forgetCard(c *savedcard.Card) {
	w.t.Helper()
	if _, err := w.store.RemoveCard(context.Background(), c.MerchantID, c.ID, "test", w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnInstrumentOfAnotherKindDoesNotFitASavedCard(t *testing.T) {
	w := newVaultWorld(t)
	card := w.keep("tok_ok_card", nil)
	s := w.memberBuys("mug")
	for _, kind := range []string{"card", "seller_backed_gift_card"} {
		req := payWith(card, "vt_1")
		req.Payment.InstrumentType = kind
		w.refused(w.send(s.ID, req), 400, acp.CodeUnsupported, "$.payment_data.instrument.type")
	}
	for _, handler := range []string{"crd_nothing", "crd_'; --", "crd_", "crd"} {
		req := payWith(card, "vt_1")
		req.Payment.HandlerID = handler
		w.refused(w.send(s.ID, req), 400, acp.CodeUnsupported, "$.payment_data.handler_id")
	}
	empty := payWith(card, "")
	w.refused(w.send(s.ID, empty), 400, acp.CodeInvalid, empty.Payment.TokenParam)
	if n, _ := w.psp.taken(); n != 0 {
		t.Errorf("%d charges", n)
	}
}

// What is sent is sealed with the attempt, and what an agent's token was is
// nowhere in it. A process that dies leaves a payment that others finish with
// the same bytes.
func TestASavedCardOutlivesAProcess(t *testing.T) {
	for _, lose := range []string{"the request", "the answer", "nothing"} {
		t.Run(lose, func(t *testing.T) {
			w := newVaultWorld(t)
			card := w.keep("tok_ok_card", nil)
			s := w.memberBuys("mug")
			switch lose {
			case "the request":
				w.psp.loseRequests = 1
			case "the answer":
				w.psp.loseAnswers = 1
			}
			a := w.send(s.ID, payWith(card, "vt_1"))
			if lose != "nothing" {
				w.refused(a, 503, "payment_outcome_unknown", "")
				sess, err := w.core.Get(t.Context(), agent, s.ID)
				if err != nil {
					t.Fatal(err)
				}
				stored, err := w.store.Reader(t.Context()).Attempt("shop", sess.AttemptID)
				if err != nil || stored.State != payment.Unknown || stored.Kind != payment.OnFile || len(stored.Sealed) == 0 ||
					bytes.Contains(stored.Sealed, []byte("tok_ok_card")) || bytes.Contains(stored.Sealed, []byte("vt_1")) {
					t.Fatalf("%+v, %v", stored, err)
				}
				history, err := w.store.AttemptEvents(t.Context(), "shop", stored.ID)
				if err != nil || len(history) == 0 || history[0].Detail != card.ID {
					t.Errorf("the history does not name the card: %+v, %v", history, err)
				}
				w.forgetCard(card) // too late: the payment is on its way
				w.clock.Advance(10 * time.Second)
				w.runJobs("payment.reconcile")
			}
			got, err := w.core.Get(t.Context(), agent, s.ID)
			if err != nil || got.Status != acp.Completed {
				t.Errorf("%s, %v", got.Status, err)
			}
			if n, amount := w.psp.taken(); n != 1 || amount != got.Total() {
				t.Errorf("%d charges of %d together", n, amount)
			}
			for _, body := range w.psp.bodies {
				if strings.Contains(body, "vt_1") {
					t.Errorf("the agent's token was sent: %s", body)
				}
			}
		})
	}
}

// A bank that wants the buyer is told of as with any card, by the brand that the
// shop knows. The proof is of this card, and pays with no other.
func TestASavedCardIsAuthenticated(t *testing.T) {
	w := newVaultWorld(t)
	w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: checkout.ThreeDSWhenRequired, Acquirer: acquirer}
	w.merchant.Test.Brands = nil
	card := w.keep("tok_3ds_card", func(c *savedcard.Card) { c.Brand = "mastercard" })
	other := w.keep("tok_ok_other", nil)
	w.merchant.Test.Provider = brandless{w.merchant.Test.Provider.(vaultPSP)}
	s := w.memberBuys("mug")
	asked := w.must(w.send(s.ID, payWith(card, "vt_1")))
	if asked.Status != acp.AuthenticationRequired || asked.AuthenticationMetadata == nil || asked.AuthenticationMetadata.DirectoryServer != "mastercard" {
		t.Fatalf("%s %v %+v", asked.Status, said(asked), asked.AuthenticationMetadata)
	}
	with := func(c *savedcard.Card, token string) acp.CompleteRequest {
		req := payWith(c, token)
		req.Authentication = proven(token, "good", "ds-1").Authentication
		return req
	}
	w.refused(w.send(s.ID, with(other, "vt_1")), 400, acp.CodeInvalid, "$.payment_data.instrument.credential.token")
	w.refused(w.send(s.ID, with(card, "vt_2")), 400, acp.CodeInvalid, "$.payment_data.instrument.credential.token")
	if n, _ := w.psp.taken(); n != 0 {
		t.Errorf("%d charges", n)
	}
	if paid := w.must(w.send(s.ID, with(card, "vt_1"))); paid.Status != acp.Completed {
		t.Errorf("%s %v", paid.Status, said(paid))
	}

	// Where nobody can be authenticated it is a decline that says so.
	w.merchant.Test.ThreeDS.Mode = checkout.ThreeDSNever
	s = w.memberBuys("mug")
	if declined := w.must(w.send(s.ID, payWith(card, "vt_3"))); declined.Status != acp.ReadyForPayment || !slices.Contains(codes(declined), acp.CodeRequires3DS) {
		t.Errorf("%s %v", declined.Status, said(declined))
	}
	if n, _ := w.psp.taken(); n != 1 {
		t.Errorf("%d charges", n)
	}
}

// brandless is a PSP that does not tell the brand of a card.
type brandless struct{ vaultPSP }

func (p brandless) Send(ctx context.Context, key string, body []byte) (payment.Result, error) {
	r, err := p.vaultPSP.Send(ctx, key, body)
	r.Brand = ""
	return r, err
}

// What is sent beside a saved card is made by agents, of which two may send the
// same to two shops.
func TestTwoShopsMayBeSentOneTokenBesideASavedCard(t *testing.T) {
	w := newVaultWorld(t)
	w.stockOf("other", goods...)
	for i, shop := range []string{"shop", "other"} {
		card := w.keep("tok_ok_card", func(c *savedcard.Card) { c.MerchantID = shop })
		open, pay := w.call("/checkout_sessions"), w.call("/complete")
		open.MerchantID, pay.MerchantID = shop, shop
		s := w.must(w.core.Create(t.Context(), open, acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: california, Buyer: member}))
		if paid := w.must(w.core.Complete(t.Context(), pay, s.ID, payWith(card, "vt_1"))); paid.Status != acp.Completed {
			t.Errorf("%s: %s %v", shop, paid.Status, said(paid))
		}
		if n, _ := w.psp.taken(); n != i+1 {
			t.Errorf("%s: %d charges", shop, n)
		}
	}
}

// A shop whose PSP keeps no cards offers and takes none.
func TestAPSPWithoutAVault(t *testing.T) {
	w := newVaultWorld(t)
	card := w.keep("tok_ok_card", nil)
	w.merchant.Test.Provider = w.psp
	s := w.memberBuys("mug")
	if got := w.offered(s.ID); len(got) != 0 {
		t.Errorf("offered %v", got)
	}
	got := w.must(w.send(s.ID, payWith(card, "vt_1")))
	if n, _ := w.psp.taken(); n != 0 || got.Status != acp.ReadyForPayment {
		t.Errorf("%d charges, %s %v", n, got.Status, said(got))
	}
}

// Many who pay one session with one saved card at once pay once.
func TestASavedCardPaysASessionOnce(t *testing.T) {
	w := newVaultWorld(t)
	card := w.keep("tok_ok_card", nil)
	s := w.memberBuys("mug")
	done := make(chan checkout.Answer)
	const many = 40
	for i := range many {
		go func() {
			done <- w.core.Complete(context.Background(), w.callWithKey("/checkout_sessions/"+s.ID+"/complete", fmt.Sprint("k", i)), s.ID, payWith(card, fmt.Sprint("vt_", i%2)))
		}()
	}
	for range many {
		if a := <-done; a.Status != 200 && a.Status != 409 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if n, _ := w.psp.taken(); n != 1 {
		t.Errorf("%d charges", n)
	}
	w.settled(s.ID, true)
}
