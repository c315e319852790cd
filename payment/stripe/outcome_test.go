package stripe_test

import (
	"context"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

func at(d time.Duration) func(*stripe.Config) {
	return func(c *stripe.Config) { c.Now = func() time.Time { return time.Now().Add(d) } }
}

func reconcile(t testing.TB, p *stripe.Provider, a payment.Attempt) payment.Result {
	t.Helper()
	r, err := p.Reconcile(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantClass(t testing.TB, r payment.Result, want payment.Class, reason string) {
	t.Helper()
	if r.Class != want || r.DeclineCode != reason {
		t.Errorf("got %s (%s), want %s (%s): %+v", r.Class, r.DeclineCode, want, reason, r)
	}
}

// What Stripe answers wrongly, or not in its own words, is unknown; asking for
// the payment itself tells.
func TestAnUnclearAnswerIsUnknown(t *testing.T) {
	for fault, reason := range map[stripetest.Fault]string{
		stripetest.NotJSON:       "unexpected_answer",
		stripetest.UnknownStatus: "status_something_new",
		stripetest.OtherMode:     "payment_of_another_mode",
		stripetest.ErrorAfter:    "api_error",
		stripetest.DropAfter:     "no_answer",
		stripetest.LockTimeout:   "lock_timeout",
	} {
		t.Run(string(fault), func(t *testing.T) {
			w := newWorld(t)
			c := w.charge("pm_card_visa")
			w.Break(fault)
			wantClass(t, send(t, w.provider, c), payment.ClassUnknown, reason)
			if r := reconcile(t, w.provider, attempt(c, time.Now())); fault != stripetest.LockTimeout && r.Class != payment.ClassCaptured {
				t.Errorf("Reconcile: %+v", r)
			}
		})
	}
}

// The core compares amount and currency with what it asked for.
func TestOtherMoneyIsPassedOn(t *testing.T) {
	w := newWorld(t)
	w.Break(stripetest.WrongCurrency)
	if r := send(t, w.provider, w.charge("pm_card_visa")); r.Currency != "eur" {
		t.Errorf("got %+v", r)
	}
	w.Break(stripetest.WrongAmount)
	if r := send(t, w.provider, w.charge("pm_card_visa")); r.Amount != 2000 || r.Captured != 2000 {
		t.Errorf("got %+v", r)
	}
}

// No answer in time is unknown, whether or not the money was taken.
func TestTimeout(t *testing.T) {
	for fault, charges := range map[stripetest.Fault]int{stripetest.HangBefore: 0, stripetest.HangAfter: 1} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *stripe.Config) { c.Timeout = paymenttest.Silence })
			c := w.charge("pm_card_visa")
			w.Break(fault)
			wantClass(t, send(t, w.provider, c), payment.ClassUnknown, "no_answer")
			if b := w.Books(c.AttemptID); b.Charges != charges {
				t.Errorf("books: %+v", b)
			}
		})
	}
}

// A request that is still on its way must not be called lost. Within two
// minutes the core sends it again; after a quarter of an hour Stripe has
// finished with it, and "not found" is a definite no.
func TestARequestOnItsWayIsNotLost(t *testing.T) {
	w := newWorld(t)
	c := w.charge("pm_card_visa")
	w.Break(stripetest.Stall)
	wantClass(t, send(t, w.provider, c), payment.ClassUnknown, "no_answer")
	for _, age := range []time.Duration{0, time.Minute, 3 * time.Minute, 14 * time.Minute} {
		r := reconcile(t, adapter(t, w.URL(), at(age)), attempt(c, time.Now()))
		wantClass(t, r, payment.ClassUnknown, "may_be_on_its_way")
	}
	wantClass(t, send(t, w.provider, c), payment.ClassUnknown, "idempotency_key_in_use")
	w.Release()
	for _, age := range []time.Duration{0, 3 * time.Minute, 20 * time.Minute, 48 * time.Hour} {
		if r := reconcile(t, adapter(t, w.URL(), at(age)), attempt(c, time.Now())); r.Class != payment.ClassCaptured || r.Amount != c.Amount {
			t.Errorf("after %s: %+v", age, r)
		}
	}
	if r := send(t, w.provider, c); r.Class != payment.ClassCaptured {
		t.Errorf("sent again: %+v", r)
	}
	if b := w.Books(c.SessionID); b.Charges != 1 || b.Taken != 1999 {
		t.Errorf("books: %+v", b)
	}

	never := w.charge("pm_card_visa")
	if r := reconcile(t, adapter(t, w.URL(), at(15*time.Minute)), attempt(never, time.Now())); r.Class != payment.ClassNotFound {
		t.Errorf("never sent: %+v", r)
	}
}

// A failure that Stripe has stored is repeated for a day. It says nothing, and
// neither does Send; in the end there is a definite no.
func TestAStoredFailureIsNoAnswer(t *testing.T) {
	w := newWorld(t)
	c := w.charge("pm_card_visa")
	w.Break(stripetest.ErrorStored)
	wantClass(t, send(t, w.provider, c), payment.ClassUnknown, "api_error")
	wantClass(t, send(t, w.provider, c), payment.ClassUnknown, "stored_http_500")
	wantClass(t, reconcile(t, w.provider, attempt(c, time.Now())), payment.ClassUnknown, "may_be_on_its_way")
	if r := reconcile(t, adapter(t, w.URL(), at(time.Hour)), attempt(c, time.Now())); r.Class != payment.ClassNotFound {
		t.Errorf("an hour later: %+v", r)
	}
}

// A storm of failures is weathered by asking again.
func TestAStorm(t *testing.T) {
	w := newWorld(t)
	c := w.charge("pm_card_visa")
	w.Break(stripetest.ErrorBefore, stripetest.DropBefore, stripetest.RateLimit, stripetest.ErrorBefore, stripetest.LookupFails, stripetest.LookupNotJSON)
	for _, want := range []payment.Class{payment.ClassUnknown, payment.ClassUnknown, payment.ClassRateLimited, payment.ClassUnknown} {
		if r := send(t, w.provider, c); r.Class != want {
			t.Errorf("got %+v, want %s", r, want)
		}
	}
	wantClass(t, reconcile(t, w.provider, attempt(c, time.Now())), payment.ClassUnknown, "http_503")
	wantClass(t, reconcile(t, w.provider, attempt(c, time.Now())), payment.ClassUnknown, "unexpected_answer")
	if r := send(t, w.provider, c); r.Class != payment.ClassCaptured {
		t.Errorf("the last: %+v", r)
	}
}

// A payment that wants the buyer is failed by Stripe, or canceled by us. Either
// way nobody can finish it later.
func TestAPaymentThatWantsTheBuyerIsGivenUp(t *testing.T) {
	t.Run("by Stripe", func(t *testing.T) {
		w := newWorld(t)
		c := w.charge("pm_card_authenticationRequired")
		wantClass(t, send(t, w.provider, c), payment.ClassRequiresAction, "authentication_required")
	})
	t.Run("by us", func(t *testing.T) {
		w := newWorld(t, func(c *stripe.Config) { c.AllowAction = true })
		c := w.charge("pm_card_authenticationRequired")
		r := send(t, w.provider, c)
		wantClass(t, r, payment.ClassRequiresAction, "authentication_required")
		later := reconcile(t, w.provider, attempt(c, time.Now()))
		wantClass(t, later, payment.ClassRequiresAction, "authentication_required")
		if later.PSPRef != r.PSPRef || r.PSPRef == "" {
			t.Errorf("%q, then %q", r.PSPRef, later.PSPRef)
		}
	})
	t.Run("by us, at the second try", func(t *testing.T) {
		w := newWorld(t, func(c *stripe.Config) { c.AllowAction = true })
		c := w.charge("pm_card_authenticationRequired")
		w.Break(stripetest.CancelConflict)
		r := send(t, w.provider, c)
		wantClass(t, r, payment.ClassUnknown, "not_canceled_yet")
		a := attempt(c, time.Now())
		a.PSPRef = r.PSPRef
		wantClass(t, reconcile(t, w.provider, a), payment.ClassRequiresAction, "authentication_required")
	})
}

// What Stripe has not decided is pending, until it has.
func TestPending(t *testing.T) {
	for _, paid := range []bool{true, false} {
		w := newWorld(t)
		c := w.charge("pm_card_fakeProcessing")
		r := send(t, w.provider, c)
		wantClass(t, r, payment.ClassPending, "")
		a := attempt(c, time.Now().Add(-48*time.Hour)) // found by Stripe's id, however old
		a.PSPRef = r.PSPRef
		wantClass(t, reconcile(t, w.provider, a), payment.ClassPending, "")
		w.SettleIntent(r.PSPRef, paid)
		want := payment.ClassDeclined
		if paid {
			want = payment.ClassCaptured
		}
		if got := reconcile(t, w.provider, a); got.Class != want {
			t.Errorf("decided: %+v, want %s", got, want)
		}
		a.ID = "pay_other"
		wantClass(t, reconcile(t, w.provider, a), payment.ClassUnknown, "payment_of_another_attempt")
	}
}

// The payment is found among many: page by page, and by search where there are
// more than are read.
func TestAPaymentIsFoundAmongMany(t *testing.T) {
	w := newWorld(t)
	wanted := w.charge("pm_card_visa")
	send(t, w.provider, wanted)
	for range 250 {
		w.PayElsewhere("usd", 1000)
	}
	before := w.Requests()
	if r := reconcile(t, w.provider, attempt(wanted, time.Now())); r.Class != payment.ClassCaptured {
		t.Errorf("among 250: %+v", r)
	}
	if asked := w.Requests() - before; asked != 3 {
		t.Errorf("%d requests for the third page", asked)
	}
	for range 2000 {
		w.PayElsewhere("usd", 1000)
	}
	r := reconcile(t, w.provider, attempt(wanted, time.Now()))
	wantClass(t, r, payment.ClassUnknown, "too_many_payments_to_list")
	w.Advance(2 * time.Minute) // the index catches up
	if r := reconcile(t, w.provider, attempt(wanted, time.Now())); r.Class != payment.ClassCaptured {
		t.Errorf("by search: %+v", r)
	}
}

// A payment outside of the time that the attempt can have been made in is not
// looked through.
func TestOnlyTheTimeOfTheAttemptIsRead(t *testing.T) {
	w := newWorld(t)
	for range 150 {
		w.PayElsewhere("usd", 1000)
	}
	before := w.Requests()
	p := adapter(t, w.URL())
	if r := reconcile(t, p, attempt(w.charge("pm_card_visa"), time.Now().Add(-time.Hour))); r.Class != payment.ClassNotFound {
		t.Errorf("got %+v", r)
	}
	if asked := w.Requests() - before; asked != 1 {
		t.Errorf("%d requests", asked)
	}
}

// Refusals without a code are explained by the token itself; when it cannot be
// asked, by Stripe's text; and else they are a fault of the request.
func TestARefusedToken(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(w *world, c *payment.Charge)
		class  payment.Class
		reason string
	}{
		"revoked":  {func(w *world, c *payment.Charge) { w.Revoke(c.Credential.Token.Reveal()) }, payment.ClassTokenExpired, "token_revoked"},
		"too much": {func(_ *world, c *payment.Charge) { c.Amount = 5001 }, payment.ClassAmountExceeded, "token_max_amount"},
		"currency": {func(_ *world, c *payment.Charge) { c.Currency = "eur" }, payment.ClassCurrencyMismatch, "token_currency"},
		"too little, which is not the token's fault": {func(_ *world, c *payment.Charge) { c.Amount = 1 }, payment.ClassProcessorError, "amount_too_small"},
		"too much, and the token cannot be asked": {func(w *world, c *payment.Charge) {
			c.Amount = 5001
			w.Break(stripetest.LookupFails)
		}, payment.ClassAmountExceeded, "invalid_request_error"},
		"revoked, and the token cannot be asked": {func(w *world, c *payment.Charge) {
			w.Revoke(c.Credential.Token.Reveal())
			w.Break(stripetest.LookupNotJSON)
		}, payment.ClassTokenExpired, "invalid_request_error"},
		"another currency, and the token cannot be asked": {func(w *world, c *payment.Charge) {
			c.Currency = "eur"
			w.Break(stripetest.LookupFails)
		}, payment.ClassProcessorError, "invalid_request_error"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			charge := w.charge("pm_card_visa")
			c.do(w, &charge)
			wantClass(t, send(t, w.provider, charge), c.class, c.reason)
			if b := w.Books(charge.SessionID); b.Charges != 0 {
				t.Errorf("books: %+v", b)
			}
		})
	}
}

// A key that Stripe would refuse is not sent at all.
func TestAKeyThatIsTooLong(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"", string(make([]byte, 256))} {
		r, err := w.provider.Send(context.Background(), key, []byte("amount=1"))
		if err != nil || r.Class != payment.ClassProcessorError {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if w.Requests() != 0 {
		t.Error("it was sent")
	}
}

// The payments of a connected account carry its name, and the request ids of
// Stripe are kept.
func TestConnectedAccount(t *testing.T) {
	w := newWorld(t)
	ours := adapter(t, w.URL(), func(c *stripe.Config) { c.Account = "acct_stripetest" })
	if r := send(t, ours, w.charge("pm_card_visa")); r.Class != payment.ClassCaptured || r.RequestID == "" {
		t.Errorf("ours: %+v", r)
	}
	theirs := adapter(t, w.URL(), func(c *stripe.Config) { c.Account = "acct_other" })
	wantClass(t, send(t, theirs, w.charge("pm_card_visa")), payment.ClassConfig, "account_invalid")
}

// A version that does not know the token is a fault of the configuration that
// shows as such.
func TestAVersionWithoutTokens(t *testing.T) {
	w := newWorld(t, func(c *stripe.Config) { c.TokenAPIVersion = "2026-08-26.dahlia" })
	wantClass(t, send(t, w.provider, w.charge("pm_card_visa")), payment.ClassProcessorError, "parameter_unknown")
}
