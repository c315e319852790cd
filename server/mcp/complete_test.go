package mcp_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/servertest"
)

// A purchase as ChatGPT makes it, at every payment provider: open, address,
// pay; then the same call again, and one with another token.
func TestCompleteCheckout(t *testing.T) {
	for _, psp := range servertest.PSPs() {
		t.Run(psp, func(t *testing.T) {
			s := open(t, servertest.Options{PSP: psp})
			ready := s.ready(t, servertest.Mug)
			token := s.token(t, ready, servertest.CardApproved)
			first := call(t, s.host, "complete_checkout", payment(ready, token))
			paid := first.sheet(t)
			if paid.Status != string(acp.Completed) || paid.Order == nil || paid.Order.CheckoutSessionID != ready.ID || paid.total() != ready.total() {
				t.Fatalf("paid: %s", first.Raw)
			}
			again := call(t, s.host, "complete_checkout", payment(ready, token))
			if !bytes.Equal(first.Raw, again.Raw) || first.text() != again.text() {
				t.Errorf("the same token again:\n%s\n%s", first.Raw, again.Raw)
			}
			other := call(t, s.host, "complete_checkout", payment(ready, s.token(t, ready, servertest.CardApproved))).sheet(t)
			if other.Order == nil || other.Order.ID != paid.Order.ID || other.codes() != "" {
				t.Errorf("another token, after the purchase: %+v", other)
			}
			if b := s.books(t, ready.ID); b.Charges != 1 || b.Taken != ready.total() {
				t.Errorf("the provider's books: %+v, total %d", b, ready.total())
			}
		})
	}
}

// Declines stay in the sheet; the next token is a new try.
func TestDeclineThenSuccess(t *testing.T) {
	for _, psp := range servertest.PSPs() {
		for card, code := range map[servertest.Card]string{servertest.CardDeclined: acp.CodePaymentDeclined, servertest.CardChallenged: acp.CodeRequires3DS} {
			t.Run(psp+"/"+string(card), func(t *testing.T) {
				s := open(t, servertest.Options{PSP: psp})
				ready := s.ready(t, servertest.Mug)
				bad := s.token(t, ready, card)
				r := call(t, s.host, "complete_checkout", payment(ready, bad))
				declined := r.sheet(t)
				if r.IsError || declined.Status != string(acp.ReadyForPayment) || declined.codes() != code || declined.Order != nil {
					t.Fatalf("declined: isError %t, %s", r.IsError, r.Raw)
				}
				repeat := call(t, s.host, "complete_checkout", payment(ready, bad))
				if !bytes.Equal(r.Raw, repeat.Raw) {
					t.Errorf("the declined token again:\n%s\n%s", r.Raw, repeat.Raw)
				}
				paid := call(t, s.host, "complete_checkout", payment(ready, s.token(t, ready, servertest.CardApproved))).sheet(t)
				if paid.Status != string(acp.Completed) || paid.Order == nil || paid.codes() != "" {
					t.Errorf("another card: %+v", paid)
				}
				if b := s.books(t, ready.ID); b.Taken != ready.total() {
					t.Errorf("the provider's books: %+v", b)
				}
			})
		}
	}
}

// However many calls come at once, with one token or with many, there is one
// charge, and all of them get the order.
func TestParallelCallsChargeOnce(t *testing.T) {
	for name, tokens := range map[string]int{"one token": 1, "ten tokens": 10} {
		t.Run(name, func(t *testing.T) {
			servertest.EachStore(t, func(t *testing.T, database string) {
				s := open(t, servertest.Options{Database: database})
				ready := s.ready(t, servertest.Mug)
				var minted []string
				for range tokens {
					minted = append(minted, s.token(t, ready, servertest.CardApproved))
				}
				const calls = 100
				replies := make([]reply, calls)
				errs := make([]error, calls)
				var wg sync.WaitGroup
				for i := range calls {
					wg.Go(func() {
						replies[i], errs[i] = try(t.Context(), s.host, "complete_checkout", payment(ready, minted[i%tokens]))
					})
				}
				wg.Wait()
				for i := range calls {
					if errs[i] != nil {
						t.Fatal(errs[i])
					}
					got := replies[i].sheet(t)
					if got.Order == nil || got.Order.ID != replies[0].sheet(t).Order.ID || got.codes() != "" {
						t.Fatalf("call %d: %s", i, replies[i].Raw)
					}
				}
				if b := s.books(t, ready.ID); b.Charges != 1 || b.Taken != ready.total() {
					t.Errorf("the provider's books: %+v, total %d", b, ready.total())
				}
				if n := s.Rows(t, "orders"); n != 1 {
					t.Errorf("%d orders", n)
				}
			})
		})
	}
}
