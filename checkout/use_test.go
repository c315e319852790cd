package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/secret"
)

// uses reads how often a discount was used, or is held, in test mode.
func (w *world) uses(u checkout.Use) int64 {
	w.t.Helper()
	n, err := w.store.Reader(context.Background()).DiscountUses("shop", false, []checkout.Use{u})
	if err != nil {
		w.t.Fatal(err)
	}
	return n[u]
}

// limited is 10 % off for as many purchases, and as many of one buyer.
func limited(all, each int64) checkout.Discount {
	return ten("few", "FEW", func(d *checkout.Discount) { d.MaxUses, d.MaxUsesPerBuyer = all, each })
}

var anyone, few = &acp.Buyer{Email: "buyer@example.com"}, checkout.Use{DiscountID: "few"}

// A discount that is used up between quote and payment is not given, and the
// higher price is not charged before it was shown.
func TestADiscountThatIsUsedUpMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.offers(limited(1, 0))
	first, second := w.withCodes(want("mug"), nil, "FEW"), w.withCodes(want("mug"), nil, "FEW")
	if w.must(w.complete(first.ID, "tok_ok")).Status != acp.Completed || w.uses(few) != 1 {
		t.Fatalf("%d uses", w.uses(few))
	}
	got := w.must(w.complete(second.ID, "tok_2"))
	if applied(got) != "| FEW=usage_limit_reached" || got.Status != acp.ReadyForPayment || got.Order != nil ||
		total(got, acp.TotalTotal) <= total(second, acp.TotalTotal) {
		t.Fatalf("%s: %s %+v", got.Status, applied(got), got.Totals)
	}
	if i := slices.IndexFunc(got.Messages, func(m acp.Message) bool { return m.Param == "$.totals" }); i < 0 || !strings.Contains(got.Messages[i].Content, "discount") {
		t.Errorf("%+v", got.Messages)
	}
	if n, _ := w.psp.taken(); n != 1 {
		t.Fatalf("%d charges", n)
	}
	paid := w.must(w.complete(second.ID, "tok_2"))
	if n, taken := w.psp.taken(); n != 2 || paid.Status != acp.Completed || taken != total(first, acp.TotalTotal)+total(got, acp.TotalTotal) {
		t.Errorf("%d charges of %d", n, taken)
	}
	if w.uses(few) != 1 {
		t.Errorf("%d uses", w.uses(few))
	}
	third := w.withCodes(want("mug"), nil, "FEW")
	if applied(third) != "| FEW=usage_limit_reached" {
		t.Error(applied(third))
	}
}

// A price is quoted before anybody knows who buys. It is not paid before that.
func TestALimitByBuyerNeedsOne(t *testing.T) {
	w := newWorld(t)
	w.offers(limited(0, 1))
	s := w.withCodes(want("mug"), nil, "FEW")
	if applied(s) != "few:180 |" {
		t.Fatal(applied(s))
	}
	w.refused(w.complete(s.ID, "tok_ok"), 400, acp.CodeMissing, "$.buyer")
	if n, _ := w.psp.taken(); n != 0 || w.uses(few) != 0 {
		t.Fatalf("%d charges, %d uses", n, w.uses(few))
	}
	named := func(id, token string) *acp.Session {
		req := pay(token)
		req.Buyer = anyone
		return w.must(w.core.Complete(context.Background(), w.call("/checkout_sessions/"+id+"/complete"), id, req))
	}
	if got := named(s.ID, "tok_ok"); got.Status != acp.Completed || applied(got) != "few:180 |" {
		t.Fatalf("%s %s", got.Status, applied(got))
	}
	again := w.withCodes(want("mug"), nil, "FEW")
	if sold, err := w.store.DiscountOrders(t.Context(), "shop", false, "few", "", 10); err != nil || len(sold) != 1 || sold[0].Buyer == "" || sold[0].Amount != 180 {
		t.Errorf("the shop's list has %+v, %v", sold, err)
	}
	if got := named(again.ID, "tok_2"); got.Status != acp.ReadyForPayment || applied(got) != "| FEW=usage_limit_reached" {
		t.Errorf("a second time: %s %s", got.Status, applied(got))
	}
}

// Who pays decides, not who asked for the price.
func TestALimitByBuyer(t *testing.T) {
	w := newWorld(t)
	w.offers(limited(0, 1))
	first, second := w.withCodes(want("mug"), anyone, "FEW"), w.withCodes(want("mug"), &acp.Buyer{Email: "other@example.com"}, "FEW")
	w.must(w.complete(first.ID, "tok_ok"))
	req := pay("tok_2")
	req.Buyer = &acp.Buyer{Email: "BUYER@example.com "}
	got := w.must(w.core.Complete(context.Background(), w.call("/checkout_sessions/"+second.ID+"/complete"), second.ID, req))
	if got.Order != nil || applied(got) != "| FEW=usage_limit_reached" {
		t.Errorf("the same buyer again: %s %s", got.Status, applied(got))
	}
	third := w.withCodes(want("mug"), &acp.Buyer{Email: "third@example.com"}, "FEW")
	if got := w.must(w.complete(third.ID, "tok_3")); got.Status != acp.Completed || applied(got) != "few:180 |" {
		t.Errorf("another buyer: %s %s", got.Status, applied(got))
	}
}

func TestUsesFollowThePayment(t *testing.T) {
	t.Run("declined: given back, and used by the next try", func(t *testing.T) {
		w := newWorld(t)
		w.offers(limited(1, 1))
		s := w.withCodes(want("mug"), anyone, "FEW")
		w.must(w.complete(s.ID, "tok_decline"))
		if w.uses(few) != 0 {
			t.Fatalf("%d uses after a decline", w.uses(few))
		}
		if got := w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed || w.uses(few) != 1 {
			t.Fatalf("%s, %d uses", got.Status, w.uses(few))
		}
		w.settled(s.ID, true)
	})
	t.Run("nobody knows: held until somebody does", func(t *testing.T) {
		w := newWorld(t)
		w.offers(limited(1, 0))
		s, other := w.withCodes(want("mug"), nil, "FEW"), w.withCodes(want("mug"), nil, "FEW")
		w.psp.loseRequests = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		if got := w.must(w.complete(other.ID, "tok_2")); got.Order != nil || applied(got) != "| FEW=usage_limit_reached" || w.uses(few) != 1 {
			t.Fatalf("%s, %d uses", applied(got), w.uses(few))
		}
		w.clock.Advance(10 * time.Minute)
		w.runJobs("payment.reconcile")
		if w.uses(few) != 0 {
			t.Errorf("%d uses after a payment that never was", w.uses(few))
		}
	})
	t.Run("nothing to pay", func(t *testing.T) {
		w := newWorld(t)
		d := limited(1, 0)
		d.PPM = pricing.MaxPPM
		w.offers(d)
		s := w.withCodes(want("ebook"), &acp.Buyer{Email: "buyer@example.com"}, "FEW")
		if got := w.must(w.complete(s.ID, "tok_ok")); got.Status != acp.Completed || w.uses(few) != 1 || total(got, acp.TotalTotal) != 0 {
			t.Errorf("%s, %d uses, %+v", got.Status, w.uses(few), got.Totals)
		}
		if n, _ := w.psp.taken(); n != 0 {
			t.Errorf("%d charges", n)
		}
	})
	t.Run("test mode and live mode are apart", func(t *testing.T) {
		w := newWorld(t)
		w.offers(limited(1, 0))
		w.merchant.Live = w.merchant.Test
		s := w.withCodes(want("mug"), nil, "FEW")
		w.must(w.complete(s.ID, "tok_ok"))
		call := w.call("/checkout_sessions")
		call.Live = true
		live := w.must(w.core.Create(context.Background(), call, acp.CreateRequest{Items: want("mug"), Currency: "usd",
			FulfillmentDetails: california, DiscountCodes: []string{"FEW"}}))
		if applied(live) != "few:180 |" {
			t.Error(applied(live))
		}
	})
}

// However many buyers press at once, a discount is used as often as it may be,
// and who did not get it was not charged.
func TestBuyersRaceForADiscount(t *testing.T) {
	w := newWorld(t)
	const buyers, most = 40, 7
	w.offers(limited(most, 0))
	var ids [buyers]string
	for i := range ids {
		ids[i] = w.withCodes(want("mug"), &acp.Buyer{Email: fmt.Sprintf("buyer%d@example.com", i)}, "FEW").ID
	}
	sold := make([]bool, buyers)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			a := w.complete(ids[i], fmt.Sprint("tok_", i))
			s, err := w.core.Get(context.Background(), agent, ids[i])
			if a.Status != 200 || err != nil {
				t.Errorf("answer %d %s, %v", a.Status, a.Body, err)
				return
			}
			if sold[i] = s.Status == acp.Completed; sold[i] != (applied(&s.Session) == "few:180 |") {
				t.Errorf("%s with %s", s.Status, applied(&s.Session))
			}
		})
	}
	wg.Wait()
	n := 0
	for _, s := range sold {
		if s {
			n++
		}
	}
	if charges, _ := w.psp.taken(); n != most || charges != most || w.uses(few) != most {
		t.Errorf("%d sold, %d charged, %d uses; want %d", n, charges, w.uses(few), most)
	}
}

// A process that dies in a purchase neither loses nor doubles a use.
func TestUsesOutliveAProcess(t *testing.T) {
	for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
		for token, final := range map[string]int64{"tok_ok": 1, "tok_decline": 0} {
			t.Run(fmt.Sprintf("%s, %s", step, token), func(t *testing.T) {
				w := newWorld(t)
				w.offers(limited(1, 1))
				s := w.withCodes(want("mug"), anyone, "FEW")
				call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
				w.dieAtWith(step, call, s.ID, token)
				if held := w.uses(few); step != checkout.StepSettled && held != 1 {
					t.Fatalf("%d uses are held", held)
				}
				w.clock.Advance(10 * time.Second)
				w.runJobs("payment.reconcile")
				w.clock.Advance(time.Minute)
				w.runJobs("payment.reconcile")
				if got := w.uses(few); got != final {
					t.Errorf("%d uses in the end; want %d", got, final)
				}
				if step == checkout.StepReserved && token == "tok_decline" {
					return
				}
				w.must(w.core.Complete(context.Background(), call, s.ID, pay(token)))
				if got := w.uses(few); got != final {
					t.Errorf("%d uses after the agent's repeat; want %d", got, final)
				}
			})
		}
	}
}

// A payment page gets lines that add up to its amount, whatever is off them, and
// holds the use of the discount while it is open.
func TestAPaymentPageWithDiscounts(t *testing.T) {
	w, p := pageWorld(t)
	w.offers(limited(1, 0), ten("free", "FREE", func(d *checkout.Discount) {
		d.Discount = pricing.Discount{ID: "free", Kind: pricing.FreeDelivery, MaxAmount: 300, Priority: 1, Combines: true}
	}))
	s, other := w.withCodes(want("mug", "lamp"), nil, "FEW", "FREE"), w.withCodes(want("mug"), nil, "FEW")
	v := w.visit(s.ID)
	if opened := w.open(v); opened.URL == "" || w.uses(few) != 1 {
		t.Fatalf("%+v, %d uses", opened, w.uses(few))
	}
	for _, page := range p.pages {
		var sum int64
		for _, l := range page.body.Lines {
			sum += l.Amount
		}
		if len(page.body.Lines) != 4 || sum != page.body.Amount || sum != total(s, acp.TotalTotal) {
			t.Errorf("%+v come to %d; want %d", page.body.Lines, sum, page.body.Amount)
		}
	}
	if got := w.must(w.complete(other.ID, "tok_2")); got.Order != nil || applied(got) != "| FEW=usage_limit_reached" {
		t.Errorf("beside the open page: %s %s", got.Status, applied(got))
	}
	if _, err := w.core.ClosePage(context.Background(), v); err != nil || w.uses(few) != 0 {
		t.Errorf("the page is closed: %d uses, %v", w.uses(few), err)
	}
}

// On the page as well, where the address that the buyer reads as their own may be
// that of the delivery.
func TestALimitByBuyerOnThePage(t *testing.T) {
	ctx := context.Background()
	opened := func(w *world, email string) (*acp.Session, checkout.Opened, error) {
		details := *california
		details.Email = email
		s := w.must(w.core.Create(ctx, w.call("/checkout_sessions"),
			acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: &details, DiscountCodes: []string{"FEW"}}))
		if applied(s) != "few:180 |" {
			t.Fatal(applied(s))
		}
		o, err := w.core.OpenPage(ctx, w.visit(s.ID))
		return s, o, err
	}
	t.Run("once for an address", func(t *testing.T) {
		w, psp := pageWorld(t)
		w.offers(limited(0, 1))
		if _, o, err := opened(w, "buyer@example.com"); err != nil || o.URL == "" {
			t.Fatal(o, err)
		}
		_, o, err := opened(w, "Buyer@example.com")
		if err != nil || o.URL != "" || applied(&o.Session.Session) != "| FEW=usage_limit_reached" {
			t.Errorf("a second time: %q %v", o.URL, err)
		}
		if len(psp.pages) != 1 {
			t.Errorf("%d pages", len(psp.pages))
		}
	})
	t.Run("not for nobody", func(t *testing.T) {
		w, psp := pageWorld(t)
		w.offers(limited(0, 1))
		if _, _, err := opened(w, ""); acp.AsError(err).Code != acp.CodeMissing || acp.AsError(err).Param != "$.buyer.email" {
			t.Errorf("%v", err)
		}
		if len(psp.pages) != 0 {
			t.Errorf("%d pages", len(psp.pages))
		}
	})
	t.Run("in the form of a provider without pages", func(t *testing.T) {
		w, _ := pageWorld(t)
		w.offers(limited(0, 1))
		for i, status := range []acp.Status{acp.Completed, acp.ReadyForPayment} {
			details := *california
			details.Email = "buyer@example.com"
			s := w.must(w.core.Create(ctx, w.call("/checkout_sessions"),
				acp.CreateRequest{Items: want("mug"), Currency: "usd", FulfillmentDetails: &details, DiscountCodes: []string{"FEW"}}))
			got, err := w.core.PayEmbedded(ctx, w.visit(s.ID), payment.Credential{Type: payment.FromScript, Token: secret.New(fmt.Sprint("tok_ok_", i))})
			if err != nil || got.Status != status {
				t.Fatalf("%d: %v, %v", i, got, err)
			}
		}
	})
}
