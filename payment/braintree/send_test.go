package braintree_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/payment/braintree/braintreetest"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/secret"
)

// try is an attempt of its own with a fresh token.
type try struct {
	w       *world
	p       *braintree.Provider
	attempt payment.Attempt
	body    []byte
	token   string
}

func (w *world) try(t *testing.T, id string, o braintreetest.Outcome) try {
	t.Helper()
	token := w.Mint(braintreetest.Allowance{Outcome: o, SessionID: "cs_" + id, MaxAmount: 1999, Currency: "usd", Lifetime: time.Hour})
	return w.tryWith(t, id, token)
}

func (w *world) tryWith(t *testing.T, id, token string) try {
	t.Helper()
	c := charge
	c.AttemptID, c.SessionID, c.Credential.Token = "pay_"+id, "cs_"+id, secret.New(token)
	body, err := w.provider.Build(c)
	if err != nil {
		t.Fatal(err)
	}
	return try{w, w.provider, payment.Attempt{ID: c.AttemptID, SessionID: c.SessionID, IdemKey: "acp_" + c.AttemptID, Amount: c.Amount,
		Currency: c.Currency, CreatedAt: w.now()}, body, token}
}

func (x try) send(t *testing.T, want payment.Class) payment.Result {
	t.Helper()
	r, err := x.p.Send(t.Context(), x.attempt.IdemKey, x.body)
	if err != nil || r.Class != want {
		t.Errorf("Send: %+v, %v, want %s", r, err, want)
	}
	return r
}

func (x try) reconcile(t *testing.T, want payment.Class) payment.Result {
	t.Helper()
	r, err := x.p.Reconcile(t.Context(), x.attempt)
	if err != nil || r.Class != want {
		t.Errorf("Reconcile: %+v, %v, want %s", r, err, want)
	}
	return r
}

func (x try) wantCharges(t *testing.T, want int) {
	t.Helper()
	if got := x.w.Books(x.attempt.SessionID).Charges; got != want {
		t.Errorf("%d charges, want %d", got, want)
	}
}

// untilSettled is longer than a search is doubted.
const untilSettled = 10 * time.Minute

// A search that finds nothing is not believed at once: a sale may be on its
// way, or not be found yet.
func TestNothingFoundIsANoOnlyLater(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "1", braintreetest.Approve)
	w.Break(braintreetest.DropBefore)
	x.send(t, payment.ClassUnknown)
	for range 5 { // 4 minutes and 20 seconds is what the configuration comes to
		if r := x.reconcile(t, payment.ClassUnknown); r.DeclineCode != "search_not_settled" {
			t.Errorf("got %+v", r)
		}
		w.advance(t, 50*time.Second)
	}
	w.advance(t, 15*time.Second)
	x.reconcile(t, payment.ClassNotFound)
	x.attempt.CreatedAt = time.Time{} // an attempt of unknown age is never old enough
	x.reconcile(t, payment.ClassUnknown)
}

// A lost answer is learnt at once by sending again, and by a search when it
// has caught up.
func TestALostAnswerWhileSearchLags(t *testing.T) {
	w := newWorld(t)
	w.SetSearchLag(time.Minute)
	x := w.try(t, "1", braintreetest.Approve)
	w.Break(braintreetest.DropAfter)
	x.send(t, payment.ClassUnknown)
	x.reconcile(t, payment.ClassUnknown)
	if within := x.p.ResendToLearn(); within != 2*time.Minute {
		t.Fatalf("sent again for %s", within)
	}
	sent := x.send(t, payment.ClassCaptured)
	w.advance(t, 2*time.Minute)
	if found := x.reconcile(t, payment.ClassCaptured); found.PSPRef != sent.PSPRef || found.Amount != 1999 {
		t.Errorf("found %+v, sent %+v", found, sent)
	}
	x.wantCharges(t, 1)
}

// An account without request keys refuses them before anything is tried, and
// says how to switch them off.
func TestAccountWithoutRequestKeys(t *testing.T) {
	w := newWorld(t)
	w.RefuseRequestKeys(true)
	x := w.try(t, "1", braintreetest.Approve)
	if r := x.send(t, payment.ClassConfig); r.DeclineCode != "915231" {
		t.Errorf("got %+v", r)
	}
	x.wantCharges(t, 0)
}

// Without request keys the token itself keeps a repeat from charging twice, and
// "consumed" is not taken for a refusal of this attempt.
func TestWithoutRequestKeys(t *testing.T) {
	keyless := func(c *braintree.Config) { c.NoRequestKeys = true }
	t.Run("lost answer", func(t *testing.T) {
		w := newWorld(t, keyless)
		w.RefuseRequestKeys(true)
		x := w.try(t, "1", braintreetest.Approve)
		if x.p.ResendToLearn() != 0 {
			t.Error("a repeat would tell something")
		}
		w.Break(braintreetest.DropAfter)
		x.send(t, payment.ClassUnknown)
		x.reconcile(t, payment.ClassCaptured)
		x.send(t, payment.ClassCaptured)
		x.wantCharges(t, 1)
	})
	t.Run("lost answer while search lags", func(t *testing.T) {
		w := newWorld(t, keyless)
		w.SetSearchLag(time.Minute)
		x := w.try(t, "1", braintreetest.Approve)
		w.Break(braintreetest.DropAfter)
		x.send(t, payment.ClassUnknown)
		x.reconcile(t, payment.ClassUnknown)
		if r := x.send(t, payment.ClassUnknown); r.DeclineCode != "91564" {
			t.Errorf("got %+v", r)
		}
		w.advance(t, 2*time.Minute)
		x.reconcile(t, payment.ClassCaptured)
		x.wantCharges(t, 1)
	})
	t.Run("lost request", func(t *testing.T) {
		w := newWorld(t, keyless)
		x := w.try(t, "1", braintreetest.Approve)
		w.Break(braintreetest.DropBefore)
		x.send(t, payment.ClassUnknown)
		x.reconcile(t, payment.ClassUnknown)
		w.advance(t, untilSettled)
		x.reconcile(t, payment.ClassNotFound)
		x.wantCharges(t, 0)
	})
	t.Run("the account's duplicate checking", func(t *testing.T) {
		w := newWorld(t, keyless)
		w.SetSearchLag(time.Minute)
		token := w.Mint(braintreetest.Allowance{Outcome: braintreetest.Duplicate, SessionID: "cs_1", MaxAmount: 1999, Lifetime: time.Hour})
		first := w.try(t, "1", braintreetest.Approve)
		w.Break(braintreetest.DropAfter)
		first.send(t, payment.ClassUnknown)
		again := w.tryWith(t, "1", token) // the same attempt, as the gateway sees it
		again.send(t, payment.ClassUnknown)
		w.advance(t, 2*time.Minute)
		again.reconcile(t, payment.ClassCaptured) // the first, not the refused repeat
	})
}

// A refusal as a duplicate of another shop's doing is a no in the end.
func TestDuplicateOfAnotherPayment(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "1", braintreetest.Duplicate)
	x.send(t, payment.ClassUnknown)
	x.reconcile(t, payment.ClassUnknown)
	w.advance(t, untilSettled)
	x.reconcile(t, payment.ClassProcessorError)
}

// Two sales of one attempt are for a person to look at.
func TestTwoSalesOfOneAttempt(t *testing.T) {
	w := newWorld(t, func(c *braintree.Config) { c.NoRequestKeys = true })
	x := w.tryWith(t, "1", "fake-valid-nonce") // of the sandbox: can be charged twice
	x.send(t, payment.ClassCaptured)
	x.send(t, payment.ClassCaptured)
	if r := x.reconcile(t, payment.ClassUnknown); r.DeclineCode != "several_transactions" {
		t.Errorf("got %+v", r)
	}
}

func TestUndecided(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "1", braintreetest.Undecided)
	r := x.send(t, payment.ClassUnknown)
	x.send(t, payment.ClassUnknown)
	x.reconcile(t, payment.ClassUnknown)
	w.Decide(r.PSPRef, braintreetest.Approve)
	x.reconcile(t, payment.ClassCaptured)
	x.wantCharges(t, 1)
}

// While the first request is at work, a repeat is told so and does nothing.
func TestInFlight(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "1", braintreetest.Approve)
	hold := w.HoldNext()
	var first payment.Result
	var wg sync.WaitGroup
	wg.Go(func() { first, _ = x.p.Send(t.Context(), x.attempt.IdemKey, x.body) })
	<-hold.Reached
	if r := x.send(t, payment.ClassUnknown); r.DeclineCode != "915233" {
		t.Errorf("got %+v", r)
	}
	x.reconcile(t, payment.ClassUnknown) // authorizing
	hold.Release()
	wg.Wait()
	if again := x.send(t, payment.ClassCaptured); first.Class != payment.ClassCaptured || again.PSPRef != first.PSPRef {
		t.Errorf("first %+v, again %+v", first, again)
	}
	x.wantCharges(t, 1)
}

// Silence is as uncertain as a broken connection.
func TestTimeouts(t *testing.T) {
	for fault, charges := range map[braintreetest.Fault]int{braintreetest.StallBefore: 0, braintreetest.StallAfter: 1} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *braintree.Config) { c.Timeout = paymenttest.Silence })
			x := w.try(t, "1", braintreetest.Approve)
			w.Break(fault)
			if r := x.send(t, payment.ClassUnknown); r.DeclineCode != "no_answer" {
				t.Errorf("%+v", r)
			}
			x.wantCharges(t, charges)
			x.send(t, payment.ClassCaptured)
			x.wantCharges(t, 1)
		})
	}
}

func TestAStormOfErrors(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "1", braintreetest.Approve)
	w.Break(braintreetest.Unavailable, braintreetest.ErrorBefore, braintreetest.ErrorAfter, braintreetest.Unavailable, braintreetest.DropBefore)
	for range 5 {
		x.send(t, payment.ClassUnknown)
	}
	w.Break(braintreetest.LookupStops)
	x.reconcile(t, payment.ClassUnknown)
	x.reconcile(t, payment.ClassCaptured)
	x.send(t, payment.ClassCaptured)
	x.wantCharges(t, 1)
}

// A revoked token is refused for good, a used one too, whatever used it up.
func TestTokens(t *testing.T) {
	w := newWorld(t)
	x := w.try(t, "locked", braintreetest.Approve)
	w.Lock(x.token)
	x.send(t, payment.ClassTokenInvalid)
	w.ConsumeOnDecline(true)
	declined := w.try(t, "declined", braintreetest.DoNotHonor)
	declined.send(t, payment.ClassDeclined)
	w.tryWith(t, "again", declined.token).send(t, payment.ClassTokenUsed)
	w.tryWith(t, "consumed", "fake-consumed-nonce").send(t, payment.ClassTokenUsed)
	// When nobody can say who used it, it is not called used.
	w.Break(braintreetest.LookupFails)
	w.tryWith(t, "unclear", "fake-consumed-nonce").send(t, payment.ClassUnknown)
}

// The sandbox decides by the amount.
func TestAmountsOfTheSandbox(t *testing.T) {
	w := newWorld(t)
	for i, c := range []struct {
		amount int64
		want   payment.Class
		words  string
	}{
		{199999, payment.ClassCaptured, ""},
		{200100, payment.ClassDeclined, "2001 Declined 2001"},
		{209900, payment.ClassRequiresAction, "2099 Declined 2099"},
		{300000, payment.ClassProcessorError, "3000 Processor Network Unavailable - Try Again"},
		{500100, payment.ClassConfig, "gateway_rejected application_incomplete"},
	} {
		ch := charge
		ch.AttemptID, ch.Amount, ch.Credential.Token = "pay_"+string(rune('a'+i)), c.amount, secret.New("fake-valid-nonce")
		body, err := w.provider.Build(ch)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := w.provider.Send(t.Context(), ch.AttemptID, body); err != nil || r.Class != c.want || r.DeclineCode != c.words || r.Amount != c.amount {
			t.Errorf("%d: %+v, %v", c.amount, r, err)
		}
	}
}

// A search that finds something else is no answer, and certainly no sale.
func TestSearchesThatFindSomethingElse(t *testing.T) {
	ids := func(list string) string {
		return `<search-results><page-size type="integer">50</page-size><ids type="array">` + list + `</ids></search-results>`
	}
	one := document("settled", "1000", "")
	for _, c := range []struct {
		name, found, sale string
		want              payment.Class
	}{
		{"the sale", ids("<item>abc123</item>"), one, payment.ClassCaptured},
		{"none", ids(""), one, payment.ClassNotFound},
		{"of another attempt", ids("<item>abc123</item>"), strings.Replace(one, "pay_1", "pay_2", 1), payment.ClassUnknown},
		{"with another id", ids("<item>other</item>"), one, payment.ClassUnknown},
		{"with an id that is a path", ids("<item>../client_token</item>"), one, payment.ClassUnknown},
		{"a refund", ids("<item>abc123</item>"), strings.Replace(one, "<type>sale", "<type>credit", 1), payment.ClassNotFound},
		{"no list", `<search-results/>`, one, payment.ClassUnknown},
		{"far too many", ids(strings.Repeat("<item>abc123</item>", 11)), one, payment.ClassUnknown},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				io.WriteString(w, c.found)
			} else {
				io.WriteString(w, c.sale)
			}
		}))
		cfg := config(t)
		cfg.BaseURL = srv.URL
		p, err := braintree.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Reconcile(t.Context(), payment.Attempt{ID: "pay_1", CreatedAt: time.Now().Add(-time.Hour)})
		if err != nil || r.Class != c.want {
			t.Errorf("%s: %+v, %v, want %s", c.name, r, err, c.want)
		}
		srv.Close()
	}
}
