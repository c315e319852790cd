package stripe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
)

// The list has every payment of the time once, ours and others', with what was
// refunded.
func TestList(t *testing.T) {
	w := newWorld(t)
	from := time.Now().Add(-time.Minute)
	sold, paid := w.paid(t, payment.CaptureNow)
	back := opOn(sold, paid, payment.OpRefund)
	back.Amount = 700
	operate(t, w.provider, back)
	declined := w.charge("pm_card_visa_chargeDeclined")
	send(t, w.provider, declined)
	for range 230 {
		w.PayElsewhere("eur", 1000)
	}
	seen, pages, cursor := map[string]payment.Listed{}, 0, ""
	for {
		page, next, err := w.provider.List(t.Context(), from, from.Add(time.Hour), cursor)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, l := range page {
			if _, twice := seen[l.PSPRef]; twice {
				t.Errorf("%s is listed twice", l.PSPRef)
			}
			seen[l.PSPRef] = l
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seen) != 232 || pages != 3 {
		t.Errorf("%d payments on %d pages", len(seen), pages)
	}
	ours := seen[paid.PSPRef]
	if ours.Reference != sold.AttemptID || ours.Refunded != 700 || ours.Result.Class != payment.ClassCaptured || ours.Result.Captured != 1999 || time.Since(ours.At).Abs() > time.Minute {
		t.Errorf("ours: %+v", ours)
	}
	references := 0
	for _, l := range seen {
		if l.Reference != "" {
			references++
		}
		if l.Reference == declined.AttemptID && l.Result.Class != payment.ClassDeclined {
			t.Errorf("the declined one: %+v", l)
		}
	}
	if references != 2 {
		t.Errorf("%d payments are said to be ours", references)
	}
	if page, next, err := w.provider.List(t.Context(), from.Add(-2*time.Hour), from.Add(-time.Hour), ""); len(page) != 0 || next != "" || err != nil {
		t.Errorf("another time: %d payments, next %q, %v", len(page), next, err)
	}
}

// A page that could not be read is an error, never an empty page.
func TestAListThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	for _, f := range []stripetest.Fault{stripetest.LookupFails, stripetest.LookupNotJSON} {
		w.Break(f)
		if _, _, err := w.provider.List(t.Context(), time.Now(), time.Now(), ""); err == nil {
			t.Errorf("%s: no error", f)
		}
	}
	p := adapter(t, w.URL(), func(c *stripe.Config) { c.Key = secret.New("sk_test_hush") })
	if _, _, err := p.List(t.Context(), time.Now(), time.Now(), ""); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "req_") {
		t.Errorf("wrong key: %v", err)
	}
}
