package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/pricing"
)

// ten is 10 % off everything by a code; change makes another discount of it.
func ten(id, code string, change func(*checkout.Discount)) checkout.Discount {
	d := checkout.Discount{Name: "Discount " + id, Code: code,
		Discount: pricing.Discount{ID: id, Kind: pricing.PercentOff, PPM: 100_000, Each: true, Priority: 1, Combines: true}}
	if change != nil {
		change(&d)
	}
	return d
}

// offers gives the shop discounts.
func (w *world) offers(list ...checkout.Discount) { w.merchant.Discounts = checkout.NewDiscounts(list) }

// withCodes opens a session with codes.
func (w *world) withCodes(items []acp.RequestedItem, buyer *acp.Buyer, codes ...string) *acp.Session {
	w.t.Helper()
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
		acp.CreateRequest{Items: items, Currency: "usd", FulfillmentDetails: california, Buyer: buyer, DiscountCodes: codes}))
}

// applied writes a session's discounts: "ten:180 | spring=discount_code_expired".
func applied(s *acp.Session) string {
	if s.Discounts == nil {
		return "none"
	}
	var on, off []string
	for _, a := range s.Discounts.Applied {
		on = append(on, fmt.Sprintf("%s:%d", a.Coupon.ID, a.Amount))
	}
	for _, r := range s.Discounts.Rejected {
		off = append(off, r.Code+"="+strings.TrimPrefix(r.Reason, "discount_code_"))
	}
	return strings.TrimSpace(strings.Join(on, " ") + " | " + strings.Join(off, " "))
}

func TestEveryReasonToRejectACode(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	w.offers(
		ten("good", "GOOD", nil),
		ten("old", "OLD", func(d *checkout.Discount) { d.Ends = now }),
		ten("new", "NEW", func(d *checkout.Discount) { d.Starts = now.Add(time.Second) }),
		ten("alone", "ALONE", func(d *checkout.Discount) { d.Combines, d.PPM = false, 10_000 }),
		ten("big", "BIG", func(d *checkout.Discount) { d.MinSubtotal = 100_000 }),
		ten("many", "MANY", func(d *checkout.Discount) { d.MinQuantity = 5 }),
		ten("others", "OTHERS", func(d *checkout.Discount) { d.Scope.Items = []string{"ebook"} }),
		ten("member", "MEMBER", func(d *checkout.Discount) { d.RequiresLogin = true }),
		ten("vip", "VIP", func(d *checkout.Discount) { d.Customers = []string{"cus_1"} }),
		ten("gold", "GOLD", func(d *checkout.Discount) { d.Tiers = []string{"gold"} }),
		ten("once", "ONCE", func(d *checkout.Discount) { d.MaxUsesPerBuyer = 1 }),
	)
	someone := &acp.Buyer{Email: "buyer@example.com", CustomerID: "cus_2", Loyalty: &acp.Loyalty{Tier: "silver"}}
	for _, c := range []struct {
		name  string
		buyer *acp.Buyer
		codes []string
		want  string
	}{
		{"a good one, in another case", nil, []string{" good "}, "good:180 |"},
		{"unknown", nil, []string{"WHAT"}, "| WHAT=invalid"},
		{"empty", nil, []string{""}, "| =invalid"},
		{"twice", nil, []string{"GOOD", "good"}, "good:180 | good=already_applied"},
		{"unknown twice", nil, []string{"WHAT", "WHAT"}, "| WHAT=invalid WHAT=already_applied"},
		{"over", nil, []string{"OLD"}, "| OLD=expired"},
		{"not begun", nil, []string{"NEW"}, "| NEW=invalid"},
		{"not with others, and worth less", nil, []string{"ALONE", "GOOD"}, "good:180 | ALONE=combination_disallowed"},
		{"not with others, alone", nil, []string{"ALONE"}, "alone:18 |"},
		{"subtotal too low", nil, []string{"BIG"}, "| BIG=minimum_not_met"},
		{"too few units", nil, []string{"MANY"}, "| MANY=minimum_not_met"},
		{"for other items", nil, []string{"OTHERS"}, "| OTHERS=minimum_not_met"},
		{"nobody is signed in", nil, []string{"MEMBER"}, "| MEMBER=user_not_logged_in"},
		{"a guest", someone, []string{"MEMBER"}, "| MEMBER=user_not_logged_in"},
		{"a buyer who is signed in", &acp.Buyer{Email: "b@example.com", AuthenticationStatus: "authenticated"}, []string{"MEMBER"}, "member:180 |"},
		{"certain customers, nobody known", nil, []string{"VIP"}, "| VIP=user_not_logged_in"},
		{"certain customers, another one", someone, []string{"VIP"}, "| VIP=user_ineligible"},
		{"certain customers, this one", &acp.Buyer{CustomerID: "cus_1"}, []string{"VIP"}, "vip:180 |"},
		{"another tier", someone, []string{"GOLD"}, "| GOLD=user_ineligible"},
		{"this tier", &acp.Buyer{Loyalty: &acp.Loyalty{Tier: "Gold"}}, []string{"GOLD"}, "gold:180 |"},
		{"counted by buyer, nobody known yet", nil, []string{"ONCE"}, "once:180 |"},
		{"counted by buyer", someone, []string{"ONCE"}, "once:180 |"},
		{"none", nil, nil, "|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := w.withCodes(want("mug"), c.buyer, c.codes...)
			if got := applied(s); got != c.want {
				t.Errorf("%s; want %s", got, c.want)
			}
			if s.Status != acp.ReadyForPayment {
				t.Errorf("the session is %s", s.Status)
			}
			for _, r := range s.Discounts.Rejected {
				i := slices.IndexFunc(s.Messages, func(m acp.Message) bool { return m.Code == r.Reason && m.Content == r.Message })
				if i < 0 || s.Messages[i].Type != acp.Warning {
					t.Errorf("no warning says %q", r.Message)
				} else if at := s.Messages[i].Param; byPath(c.codes)[at] != r.Code {
					t.Errorf("the warning about %s is at %s", r.Code, at)
				}
			}
			if !slices.Equal(s.Discounts.Codes, c.codes) {
				t.Errorf("codes %q came back as %q", c.codes, s.Discounts.Codes)
			}
		})
	}
}

// byPath is the codes by the paths of messages about them.
func byPath(codes []string) map[string]string {
	out := map[string]string{}
	for i, c := range codes {
		out[fmt.Sprintf("$.discounts.codes[%d]", i)] = c
	}
	return out
}

func TestWhatADiscountShows(t *testing.T) {
	w := newWorld(t)
	ends := w.clock.Now().Add(time.Hour)
	w.offers(
		ten("ten", "TEN", func(d *checkout.Discount) { d.Ends = ends }),
		ten("five", "", func(d *checkout.Discount) {
			d.Discount = pricing.Discount{ID: "five", Kind: pricing.AmountOff, Amount: 500, Priority: 2, Combines: true}
		}),
		ten("free", "FREE", func(d *checkout.Discount) {
			d.Discount = pricing.Discount{ID: "free", Kind: pricing.FreeDelivery, Priority: 1, Combines: true}
		}),
	)
	s := w.withCodes(want("mug", "lamp"), nil, "ten", "FREE")
	if got := applied(s); got != "ten:1070 free:500 five:500 |" {
		t.Fatal(got)
	}
	a := s.Discounts.Applied
	if a[0].Code != "ten" || a[0].Automatic || *a[0].Coupon.PercentOff != 10 || a[0].Coupon.AmountOff != nil || a[0].Method != "each" || !a[0].End.Equal(ends) {
		t.Errorf("%+v", a[0])
	}
	if a[1].Coupon.PercentOff != nil || *a[1].Coupon.AmountOff != 500 || a[1].Coupon.Currency != "usd" || len(a[1].Allocations) != 1 ||
		s.Totals[3].Type != acp.TotalFulfillment || a[1].Allocations[0].Path != "$.totals[3]" {
		t.Errorf("%+v of %+v", a[1], s.Totals)
	}
	if a[2].Code != "" || !a[2].Automatic || *a[2].Coupon.AmountOff != 500 || a[2].Method != "across" || len(a[2].Allocations) != 2 {
		t.Errorf("%+v", a[2])
	}
	if total(s, acp.TotalItemsDiscount) != 1570 || total(s, acp.TotalDiscount) != 500 || total(s, acp.TotalFulfillment) != 500 {
		t.Errorf("%+v", s.Totals)
	}
	for i, l := range s.LineItems {
		discount, _ := acp.Amount(l.Totals, acp.TotalItemsDiscount)
		var details int64
		for _, d := range l.DiscountDetails {
			details += d.Amount
		}
		if discount == 0 || details != discount {
			t.Errorf("line %d: discount %d, details %+v", i, discount, l.DiscountDetails)
		}
	}
	// No tax on what is not paid: 8.625 % of what is left of the lines, line by line.
	if tax := total(s, acp.TotalTax); tax != 132+655 {
		t.Errorf("tax %d", tax)
	}

	t.Run("a code that has nothing to take off is said so", func(t *testing.T) {
		download := w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
			acp.CreateRequest{Items: want("ebook"), Currency: "usd", DiscountCodes: []string{"FREE"}}))
		if got := applied(download); got != "five:500 |" || len(download.Messages) != 1 || download.Messages[0].Type != acp.Info || download.Messages[0].Param != "$.discounts.codes[0]" {
			t.Errorf("%s %+v", got, download.Messages)
		}
	})
	t.Run("never below zero", func(t *testing.T) {
		w.offers(ten("all", "ALL", func(d *checkout.Discount) {
			d.Discount = pricing.Discount{ID: "all", Kind: pricing.AmountOff, Amount: 1_000_000, Priority: 1}
		}))
		s := w.withCodes(want("mug"), nil, "ALL")
		if total(s, acp.TotalTotal) != 500+43 || total(s, acp.TotalSubtotal) != 0 {
			t.Errorf("%+v", s.Totals)
		}
	})
}

func TestCodesOfAnUpdate(t *testing.T) {
	w := newWorld(t)
	w.offers(ten("ten", "TEN", nil), ten("member", "MEMBER", func(d *checkout.Discount) { d.RequiresLogin = true }))
	s := w.withCodes(want("mug"), nil, "TEN")
	for _, step := range []struct {
		name string
		req  acp.UpdateRequest
		want string
	}{
		{"absent keeps", acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com"})}, "ten:180 |"},
		{"a list replaces", acp.UpdateRequest{DiscountCodes: acp.Some([]string{"MEMBER"})}, "| MEMBER=user_not_logged_in"},
		{"who buys makes a difference", acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "b@example.com", AuthenticationStatus: "authenticated"})}, "member:180 |"},
		{"an empty list clears", acp.UpdateRequest{DiscountCodes: acp.Some([]string{})}, "|"},
		{"and again", acp.UpdateRequest{DiscountCodes: acp.Some([]string{"ten"})}, "ten:180 |"},
		{"other items are discounted too", acp.UpdateRequest{Items: acp.Some(want("lamp"))}, "ten:890 |"},
		{"null clears", acp.UpdateRequest{DiscountCodes: acp.Opt[[]string]{Set: true, Null: true}}, "|"},
	} {
		if got := applied(w.update(s.ID, step.req)); got != step.want {
			t.Errorf("%s: %s; want %s", step.name, got, step.want)
		}
	}
	w.merchant.Discounts = nil
	if got := w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"TEN", "ten"}), Items: acp.Some(want("mug"))}); applied(got) != "| TEN=invalid ten=already_applied" || len(got.Messages) != 2 {
		t.Errorf("a shop without discounts: %s %+v", applied(got), got.Messages)
	}
	if got := w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some([]string{})}); applied(got) != "none" || len(got.Messages) != 0 {
		t.Errorf("a shop without discounts, no codes: %s %+v", applied(got), got.Messages)
	}
}

// The price that was shown is charged, even when its discount has ended since.
func TestABindingPriceKeepsItsDiscount(t *testing.T) {
	w := newWorld(t)
	w.offers(ten("ten", "TEN", func(d *checkout.Discount) { d.Ends = w.clock.Now().Add(time.Minute) }))
	s := w.withCodes(want("lamp"), nil, "TEN")
	w.clock.Advance(2 * time.Minute)
	got := w.must(w.complete(s.ID, "tok_ok"))
	w.settled(s.ID, true)
	if got.Status != acp.Completed || total(got, acp.TotalTotal) != total(s, acp.TotalTotal) || total(got, acp.TotalItemsDiscount) != 890 {
		t.Errorf("%s %+v", got.Status, got.Totals)
	}
	o, err := w.store.Reader(context.Background()).Order("shop", got.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	if off, _ := acp.Amount(o.Totals, acp.TotalItemsDiscount); off != 890 {
		t.Errorf("the order's totals are %+v", o.Totals)
	}
}

func TestGuessingCodes(t *testing.T) {
	guess := func(n int) []string { return []string{fmt.Sprintf("GUESS%d", n)} }
	t.Run("in one session", func(t *testing.T) {
		w := newWorld(t)
		w.offers(ten("ten", "TEN", nil))
		s := w.create("mug")
		for i := range 10 {
			w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some(guess(i))})
		}
		w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some(guess(9))}) // nothing new
		late := w.core.Update(context.Background(), w.call("/x"), s.ID, acp.UpdateRequest{DiscountCodes: acp.Some(guess(10))})
		w.refused(late, 429, "rate_limited", "$.discounts.codes")
		if late.RetryAfter <= 0 || late.RetryAfter > 10*time.Minute {
			t.Errorf("Retry-After %v", late.RetryAfter)
		}
		// Whoever could tell a good code from a bad one now would go on guessing.
		good := w.core.Update(context.Background(), w.call("/x"), s.ID, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"TEN"})})
		if good.Status != 429 || string(good.Body) != string(late.Body) {
			t.Errorf("a good code is answered %s, a bad one %s", good.Body, late.Body)
		}
		w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some([]string{})})
		w.clock.Advance(10 * time.Minute)
		if got := applied(w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some([]string{"TEN"})})); got != "ten:180 |" {
			t.Errorf("a good code after the time: %s", got)
		}
	})
	t.Run("with one key in many sessions", func(t *testing.T) {
		w := newWorld(t)
		w.offers(ten("ten", "TEN", nil))
		var codes []string
		for i := range 20 {
			codes = append(codes, guess(i)[0])
		}
		for range 15 {
			w.withCodes(want("mug"), nil, codes...)
		}
		for _, code := range []string{"GUESS20", "TEN"} {
			refused := w.core.Create(context.Background(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("mug"), Currency: "usd", DiscountCodes: []string{code}})
			w.refused(refused, 429, "rate_limited", "$.discounts.codes")
		}
		w.create("mug")
		w.clock.Advance(10 * time.Minute)
		w.withCodes(want("mug"), nil, "GUESS", "TEN")
	})
	t.Run("a limit of nothing is none", func(t *testing.T) {
		w := newWorld(t)
		w.offers(ten("ten", "TEN", nil))
		w.core = w.coreWith(func(c *checkout.Config) { c.Guesses = checkout.GuessLimits{Window: time.Hour} })
		s := w.create("mug")
		for i := range 301 {
			w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some(guess(i))})
		}
	})
	t.Run("a shop without discounts has none to find", func(t *testing.T) {
		w := newWorld(t)
		s := w.create("mug")
		for i := range 50 {
			w.update(s.ID, acp.UpdateRequest{DiscountCodes: acp.Some(guess(i))})
		}
	})
}
