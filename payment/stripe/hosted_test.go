package stripe_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
)

// hostedCharge is a page for three mugs and a delivery.
func hostedCharge() payment.HostedCharge {
	c := shopCharge()
	return payment.HostedCharge{Charge: c, ReturnURL: "https://shop.example.com/return", CancelURL: "https://shop.example.com/cart", Locale: "de-AT",
		Lines:     []payment.HostedLine{{Title: "Mug", Quantity: 3, Amount: 1500}, {Title: "Delivery", Quantity: 1, Amount: 499}},
		ExpiresAt: time.Unix(1800000000, 0)}
}

func TestBuildHostedMakesExactlyTheseBytes(t *testing.T) {
	const want = "mode=payment&success_url=https%3A%2F%2Fshop.example.com%2Freturn&cancel_url=https%3A%2F%2Fshop.example.com%2Fcart" +
		"&line_items[0][quantity]=3&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=500&line_items[0][price_data][product_data][name]=Mug" +
		"&line_items[1][quantity]=1&line_items[1][price_data][currency]=usd&line_items[1][price_data][unit_amount]=499&line_items[1][price_data][product_data][name]=Delivery" +
		"&client_reference_id=cs_1&customer_email=buyer%2B1%40example.com&expires_at=1800000000&locale=de" +
		"&metadata[acp_payment_id]=pay_1&metadata[acp_session_id]=cs_1&metadata[acp_order_id]=ord_1" +
		"&payment_intent_data[capture_method]=automatic&payment_intent_data[description]=Test+Shop+%26+S%C3%B6hne+ord_1" +
		"&payment_intent_data[metadata][acp_payment_id]=pay_1&payment_intent_data[metadata][acp_session_id]=cs_1&payment_intent_data[metadata][acp_order_id]=ord_1" +
		"&payment_intent_data[metadata][acp_hosted]=true"
	p := adapter(t, stripe.DefaultBaseURL)
	got, err := p.BuildHosted(hostedCharge())
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	demanded := hostedCharge()
	demanded.RequireAuthentication = true
	const demand = "&payment_method_options[card][request_three_d_secure]=any"
	if got, err := p.BuildHosted(demanded); err != nil || strings.Replace(string(got), demand, "", 1) != want || string(got) == want {
		t.Errorf("%v\n got %s", err, got)
	}
}

// The page charges the total that was agreed, whatever its lines look like.
func TestThePageChargesTheTotal(t *testing.T) {
	lines := func(amounts ...int64) (l []payment.HostedLine) {
		for _, a := range amounts {
			l = append(l, payment.HostedLine{Title: "Mug", Quantity: 1, Amount: a})
		}
		return l
	}
	for name, c := range map[string]struct {
		change func(*payment.HostedCharge)
		rows   int
		first  string
	}{
		"as they are":     {func(*payment.HostedCharge) {}, 2, "unit_amount]=500&"},
		"no lines":        {func(h *payment.HostedCharge) { h.Lines = nil }, 1, "unit_amount]=1999&"},
		"a discount":      {func(h *payment.HostedCharge) { h.Lines = lines(2499, -500) }, 1, "unit_amount]=1999&"},
		"a hundred":       {func(h *payment.HostedCharge) { h.Lines = lines(append(slices.Repeat([]int64{10}, 99), 1009)...) }, 100, "unit_amount]=10&"},
		"a hundred and 1": {func(h *payment.HostedCharge) { h.Lines = lines(append(slices.Repeat([]int64{10}, 100), 999)...) }, 1, "unit_amount]=1999&"},
		"three for ten": {func(h *payment.HostedCharge) {
			h.Lines = []payment.HostedLine{{Title: "Mug", Quantity: 3, Amount: 1000}, {Title: "", Quantity: 1, Amount: 999}}
		}, 2, "unit_amount]=1000&"},
		"fils that do not go line by line": {func(h *payment.HostedCharge) {
			h.Currency, h.Amount, h.Lines = "kwd", 2000, lines(1995, 5)
		}, 1, "unit_amount]=2000&"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h := hostedCharge()
			h.ExpiresAt = time.Time{}
			c.change(&h)
			body, err := w.provider.BuildHosted(h)
			if err != nil || strings.Count(string(body), "[quantity]") != c.rows || !strings.Contains(string(body), c.first) {
				t.Fatalf("%v %s", err, body)
			}
			_, r, err := w.provider.OpenHosted(t.Context(), "key_"+name, body)
			if err != nil || r.Class != payment.ClassPending || r.Amount != h.Amount || r.Currency != h.Currency {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestBuildHostedRefuses(t *testing.T) {
	p := adapter(t, stripe.DefaultBaseURL)
	for name, c := range map[string]struct {
		change func(*payment.HostedCharge)
		want   string
	}{
		"lines that add up to something else": {func(h *payment.HostedCharge) { h.Lines[0].Amount++ }, "lines"},
		"a line of no units":                  {func(h *payment.HostedCharge) { h.Lines[1].Quantity = 0 }, "lines[1].quantity"},
		"no way back":                         {func(h *payment.HostedCharge) { h.ReturnURL = "" }, "return_url"},
		"a way out that is no address":        {func(h *payment.HostedCharge) { h.CancelURL = "javascript:alert(1)" }, "cancel_url"},
		"nothing to pay":                      {func(h *payment.HostedCharge) { h.Amount = 0 }, "amount"},
		"no attempt":                          {func(h *payment.HostedCharge) { h.AttemptID = "" }, "attempt"},
	} {
		h := hostedCharge()
		c.change(&h)
		if _, err := p.BuildHosted(h); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %s", name, err, c.want)
		}
	}
}

func TestTheLanguageOfThePage(t *testing.T) {
	p := adapter(t, stripe.DefaultBaseURL)
	for tag, want := range map[string]string{"": "auto", "de": "de", "de-CH": "de", "en-GB": "en-GB", "pt-BR": "pt-BR", "zh-Hant-TW": "zh", "xx": "auto", "en-US": "en"} {
		h := hostedCharge()
		h.Locale = tag
		if body, err := p.BuildHosted(h); err != nil || !strings.Contains(string(body), "&locale="+want+"&") {
			t.Errorf("%q: want %s in %s, %v", tag, want, body, err)
		}
	}
}

// page opens a page for a fresh attempt.
func (w *world) page(t testing.TB, mode payment.CaptureMode) (payment.HostedPage, payment.Attempt) {
	t.Helper()
	h := payment.HostedCharge{Charge: w.charge(""), ReturnURL: "https://shop.example.com/r", CancelURL: "https://shop.example.com/c", ExpiresAt: w.Now().Add(time.Hour)}
	h.Capture = mode
	h.Credential = payment.Credential{}
	body, err := w.provider.BuildHosted(h)
	if err != nil {
		t.Fatal(err)
	}
	a := attempt(h.Charge, time.Now())
	page, r, err := w.provider.OpenHosted(t.Context(), a.IdemKey, body)
	if err != nil || r.Class != payment.ClassPending || page.Ref == "" || page.URL == "" || page.ExpiresAt.IsZero() {
		t.Fatalf("%+v %+v %v", page, r, err)
	}
	if again, _, err := w.provider.OpenHosted(t.Context(), a.IdemKey, body); err != nil || again != page {
		t.Errorf("asked again under the same key: %+v, %v; want %+v", again, err, page)
	}
	return page, a
}

func TestAPageFromOpenToPaid(t *testing.T) {
	for mode, want := range map[payment.CaptureMode]payment.Class{payment.CaptureNow: payment.ClassCaptured, payment.CaptureLater: payment.ClassAuthorized} {
		w := newWorld(t)
		page, a := w.page(t, mode)
		ask := func(ref string) payment.Result {
			t.Helper()
			r, err := w.provider.ReconcileHosted(t.Context(), a, ref, "")
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		wantClass(t, ask(page.Ref), payment.ClassPending, "")
		if w.PayPage(page.Ref, "pm_card_visa_chargeDeclined") || w.PayPage(page.Ref, "pm_card_authenticationRequired") {
			t.Fatal("the page took a card that is refused")
		}
		// The buyer may try another card, and answer the issuer's question.
		wantClass(t, ask(page.Ref), payment.ClassPending, "")
		if r := reconcile(t, w.provider, a); r.Class != payment.ClassPending {
			t.Errorf("a declined try ends nothing: %+v", r)
		}
		if !w.PayPage(page.Ref, "pm_card_visa") {
			t.Fatal("the page did not take the card")
		}
		for _, ref := range []string{page.Ref, ""} { // known, or looked for
			if r := ask(ref); r.Class != want || r.Amount != a.Amount || r.PSPRef == "" {
				t.Errorf("paid: %+v", r)
			}
		}
		if r, err := w.provider.CloseHosted(t.Context(), a, page.Ref); err != nil || r.Class != want {
			t.Errorf("closed when it was paid: %+v, %v", r, err)
		}
	}
}

func TestAPageThatEndsUnpaid(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		w := newWorld(t)
		page, a := w.page(t, payment.CaptureNow)
		w.PayPage(page.Ref, "pm_card_visa_chargeDeclined")
		for range 2 {
			r, err := w.provider.CloseHosted(t.Context(), a, page.Ref)
			if err != nil || r.Class != payment.ClassNotFound {
				t.Errorf("%+v, %v", r, err)
			}
		}
		if w.PayPage(page.Ref, "pm_card_visa") {
			t.Error("a closed page was paid")
		}
	})
	t.Run("closed without knowing it", func(t *testing.T) {
		w := newWorld(t)
		page, a := w.page(t, payment.CaptureNow)
		if r, err := w.provider.CloseHosted(t.Context(), a, ""); err != nil || r.Class != payment.ClassNotFound {
			t.Errorf("%+v, %v", r, err)
		}
		if w.PayPage(page.Ref, "pm_card_visa") {
			t.Error("a closed page was paid")
		}
	})
	t.Run("expired", func(t *testing.T) {
		w := newWorld(t)
		page, a := w.page(t, payment.CaptureNow)
		w.Advance(time.Hour)
		r, err := w.provider.ReconcileHosted(t.Context(), a, page.Ref, "")
		if err != nil {
			t.Fatal(err)
		}
		wantClass(t, r, payment.ClassNotFound, "page_expired")
	})
	t.Run("a slow method that does not pay", func(t *testing.T) {
		w := newWorld(t)
		page, a := w.page(t, payment.CaptureNow)
		w.PayPage(page.Ref, "pm_card_fakeProcessing")
		r, err := w.provider.ReconcileHosted(t.Context(), a, page.Ref, "")
		if err != nil || r.Class != payment.ClassPending {
			t.Fatalf("%+v, %v", r, err)
		}
		w.SettleIntent(r.PSPRef, false)
		if r, err = w.provider.ReconcileHosted(t.Context(), a, page.Ref, ""); err != nil || r.Class != payment.ClassDeclined {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// Nobody is told of another attempt's page, and what is not answered is not
// known.
func TestAPageThatCannotBeReadOrIsAnothers(t *testing.T) {
	w := newWorld(t)
	page, a := w.page(t, payment.CaptureNow)
	w.PayPage(page.Ref, "pm_card_visa")
	_, other := w.page(t, payment.CaptureNow)
	if r, err := w.provider.ReconcileHosted(t.Context(), other, page.Ref, ""); err != nil || r.Class != payment.ClassUnknown || r.PSPRef != "" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, f := range []stripetest.Fault{stripetest.LookupFails, stripetest.LookupNotJSON} {
		w.Break(f)
		if r, err := w.provider.ReconcileHosted(t.Context(), a, page.Ref, ""); err != nil || r.Class != payment.ClassUnknown {
			t.Errorf("%s: %+v, %v", f, r, err)
		}
	}
	far := adapter(t, paymenttest.Unreachable)
	if r, err := far.ReconcileHosted(t.Context(), a, page.Ref, ""); !errors.Is(err, payment.ErrNotSent) || r.Class != payment.ClassUnknown {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := far.CloseHosted(t.Context(), a, page.Ref); !errors.Is(err, payment.ErrNotSent) || r.Class != payment.ClassUnknown {
		t.Errorf("%+v, %v", r, err)
	}
	never := attempt(w.charge("pm_card_visa"), time.Now())
	if r, err := w.provider.ReconcileHosted(t.Context(), never, "", ""); err != nil || r.Class != payment.ClassUnknown {
		t.Errorf("a page that may be on its way: %+v, %v", r, err)
	}
	never.CreatedAt = never.CreatedAt.Add(-time.Hour)
	if r, err := w.provider.ReconcileHosted(t.Context(), never, "", ""); err != nil || r.Class != payment.ClassNotFound {
		t.Errorf("a page that was never made: %+v, %v", r, err)
	}
}

func TestOpeningAPageThatIsRefused(t *testing.T) {
	w := newWorld(t)
	h := hostedCharge()
	h.ExpiresAt = w.Now().Add(time.Minute) // sooner than Stripe allows
	body, err := w.provider.BuildHosted(h)
	if err != nil {
		t.Fatal(err)
	}
	open := func(p *stripe.Provider) (payment.Result, error) {
		_, r, err := p.OpenHosted(t.Context(), "key", body)
		return r, err
	}
	if r, err := open(w.provider); err != nil || r.Class != payment.ClassProcessorError {
		t.Errorf("%+v, %v", r, err)
	}
	w.Break(stripetest.DropBefore)
	if r, err := open(w.provider); err != nil || r.Class != payment.ClassUnknown {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := open(adapter(t, paymenttest.Unreachable)); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("%v", err)
	}
}
