package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	psp "github.com/checkstand/checkstand/sandbox"
)

// buyer is a browser that does not follow the way back to the shop.
var buyer = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// press sends a form of a payment page as a browser does, and gives the status,
// where it leads, and what is shown.
func (w *world) press(t testing.TB, ref string, fields ...string) (status int, to, shown string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, w.url+"/pay/"+ref, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := buyer.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(body)
}

func (w *world) view(t testing.TB, ref string) string {
	t.Helper()
	resp, err := http.Get(w.url + "/pay/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// pay is a buyer with a card. Whether the page took the card, and not whether
// it is paid, is told by the one charge that says so: of several buyers each
// is sent on once the page is paid.
func (w *world) pay(t testing.TB, ref string, o paymenttest.Outcome) bool {
	t.Helper()
	number := ""
	for _, c := range psp.TestCards() {
		if c.Outcome == cards[o] && number == "" {
			number = c.Number
		}
	}
	w.taps.Lock()
	defer w.taps.Unlock()
	if !strings.Contains(w.view(t, ref), `value="pay"`) {
		return false
	}
	status, to, _ := w.press(t, ref, "action", "pay", "number", number, "expiry", "11/29", "cvc", "123", "name", "Test Buyer")
	return status == http.StatusSeeOther && strings.HasSuffix(to, "page="+ref)
}

var (
	shownTotal = regexp.MustCompile(`<h1[^>]*>Pay ([^<]*)</h1>`)
	shownLine  = regexp.MustCompile(`<span class="amount">([^<]*)</span></li>`)
)

// shown reads a page for dollars, as "$19.99" or "-$5.00".
func (w *world) shown(t testing.TB, ref string) (s paymenttest.Shown) {
	t.Helper()
	page := w.view(t, ref)
	cents := func(text string) (n int64) {
		for _, r := range text {
			if r >= '0' && r <= '9' {
				n = n*10 + int64(r-'0')
			}
		}
		if strings.HasPrefix(text, "-") {
			return -n
		}
		return n
	}
	m := shownTotal.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no total on the page: %s", page)
	}
	s.Total = cents(m[1])
	for _, m := range shownLine.FindAllStringSubmatch(page, -1) {
		s.Lines = append(s.Lines, cents(m[1]))
	}
	return s
}

var pageFaults = map[paymenttest.Fault]string{
	paymenttest.DropBeforeCommit:  `{"next": "drop_before_commit", "on": "page"}`,
	paymenttest.DropAfterCommit:   `{"next": "drop_after_commit", "on": "page"}`,
	paymenttest.ErrorBeforeCommit: `{"next": "500_before_commit", "on": "page"}`,
	paymenttest.ErrorAfterCommit:  `{"next": "500_after_commit", "on": "page"}`,
	paymenttest.RateLimited:       `{"next": "rate_limited", "on": "page"}`,
	paymenttest.LookupFails:       `{"next": "unavailable", "on": "lookup"}`,
}

func TestContractOfPages(t *testing.T) {
	w := newWorld(t)
	paymenttest.TestHosted(t, paymenttest.HostedHarness{
		Provider:    w.provider,
		Unreachable: adapter(t, paymenttest.Unreachable, merchantKey),
		WrongKeys:   adapter(t, w.url, "not-the-merchant-key"),
		MerchantID:  shop,
		Pay:         w.pay,
		Leave: func(t testing.TB, ref string) {
			if status, to, _ := w.press(t, ref, "action", "cancel"); status != http.StatusSeeOther || to != "https://shop.example/back" {
				t.Errorf("left to %d %q", status, to)
			}
		},
		Shown: w.shown,
		Books: w.books,
		Break: func(t testing.TB, f paymenttest.Fault) {
			t.Helper()
			if answer := w.post(t, "/v1/test/faults", merchantKey, "", pageFaults[f]); !strings.Contains(string(answer), `"next"`) {
				t.Fatalf("faults: %s", answer)
			}
		},
		Advance:  w.advance,
		Now:      w.now,
		Findable: true,
	})
}

// hostedCharge is a page for two mugs and their delivery.
func (w *world) hostedCharge() payment.HostedCharge {
	c := charge
	c.Credential = payment.Credential{}
	return payment.HostedCharge{Charge: c, ReturnURL: "https://shop.example.com/return", CancelURL: "https://shop.example.com/cart", Locale: "de-AT",
		Lines:     []payment.HostedLine{{Title: "Mug", Quantity: 2, Amount: 1500}, {Title: "Delivery", Quantity: 1, Amount: 499}},
		ExpiresAt: time.Date(2026, 5, 1, 14, 0, 0, 0, time.UTC)}
}

func TestBuildHostedBytes(t *testing.T) {
	w := newWorld(t)
	got, err := w.provider.BuildHosted(w.hostedCharge())
	const want = `{"amount":1999,"currency":"usd","merchant_id":"acme_store","checkout_session_id":"cs_1","reference":"pay_1","capture":true,` +
		`"description":"The Very Long Name of a Shop","lines":[{"title":"Mug","quantity":2,"amount":1500},{"title":"Delivery","quantity":1,"amount":499}],` +
		`"return_url":"https://shop.example.com/return","cancel_url":"https://shop.example.com/cart","expires_at":"2026-05-01T14:00:00Z","locale":"de-AT"}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	for name, c := range map[string]struct {
		change func(*payment.HostedCharge)
		want   string
	}{
		"lines that add up to something else": {func(h *payment.HostedCharge) { h.Lines[0].Amount++ }, "lines"},
		"a line of no units":                  {func(h *payment.HostedCharge) { h.Lines[1].Quantity = 0 }, "lines[1].quantity"},
		"no way back":                         {func(h *payment.HostedCharge) { h.ReturnURL = "" }, "return_url"},
		"a way out with a user":               {func(h *payment.HostedCharge) { h.CancelURL = "https://a:b@shop.example.com" }, "cancel_url"},
		"another account":                     {func(h *payment.HostedCharge) { h.MerchantID = otherShop }, "account"},
		"nothing to pay":                      {func(h *payment.HostedCharge) { h.Amount = 0 }, "amount"},
	} {
		h := w.hostedCharge()
		c.change(&h)
		if _, err := w.provider.BuildHosted(h); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %s", name, err, c.want)
		}
	}
}

// Long titles do not make the request too long for the PSP: it then shows the
// total alone.
func TestAPageWithLongTitlesIsOpened(t *testing.T) {
	w := newWorld(t)
	for name, title := range map[string]string{"four bytes each": strings.Repeat("🍵", 200), "escaped": strings.Repeat("\x01", 200), "empty": "  "} {
		h := w.hostedCharge()
		h.AttemptID, h.Lines = "pay_"+name, nil
		for range 99 {
			h.Lines = append(h.Lines, payment.HostedLine{Title: title, Quantity: 1, Amount: 10})
		}
		h.Lines = append(h.Lines, payment.HostedLine{Title: title, Quantity: 1, Amount: h.Amount - 990})
		body, err := w.provider.BuildHosted(h)
		if err != nil {
			t.Fatal(err)
		}
		if page, r, err := w.provider.OpenHosted(t.Context(), "key "+name, body); err != nil || r.Class != payment.ClassPending || page.URL == "" {
			t.Errorf("%s: %+v %+v %v", name, page, r, err)
		}
	}
}

// Asking about an attempt, in whichever way, leaves its page as it is.
func TestAskingDoesNotCloseAPage(t *testing.T) {
	w := newWorld(t)
	body, err := w.provider.BuildHosted(w.hostedCharge())
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := w.provider.OpenHosted(t.Context(), "k", body)
	if err != nil {
		t.Fatal(err)
	}
	a := payment.Attempt{ID: charge.AttemptID, Kind: payment.OnPage}
	for range 2 {
		if r, err := w.provider.Reconcile(t.Context(), a); err != nil || r.Class != payment.ClassPending {
			t.Errorf("Reconcile: %+v, %v", r, err)
		}
		if r, err := w.provider.ReconcileHosted(t.Context(), a, "", ""); err != nil || r.Class != payment.ClassPending {
			t.Errorf("ReconcileHosted: %+v, %v", r, err)
		}
	}
	// Not even a closing that overtook the page's request: it is about what was
	// sent before, and the page has arrived.
	w.post(t, "/v1/references/pay_1/close?merchant_id="+shop, merchantKey, "", `{"sent_before": "2099-01-01T00:00:00Z"}`)
	if !w.pay(t, page.Ref, paymenttest.Approve) {
		t.Error("the page takes no payment any more")
	}
	if r, err := w.provider.Reconcile(t.Context(), a); err != nil || r.Class != payment.ClassCaptured {
		t.Errorf("Reconcile: %+v, %v", r, err)
	}
}

// A slow card is pending, then paid, and closing the page does not undo it.
func TestASlowCardOnAPage(t *testing.T) {
	w := newWorld(t)
	body, err := w.provider.BuildHosted(w.hostedCharge())
	if err != nil {
		t.Fatal(err)
	}
	page, _, err := w.provider.OpenHosted(t.Context(), "k", body)
	if err != nil {
		t.Fatal(err)
	}
	a := payment.Attempt{ID: charge.AttemptID, Kind: payment.OnPage}
	if !w.pay(t, page.Ref, paymenttest.Slow) {
		t.Fatal("the page does not take the slow card")
	}
	for {
		r, err := w.provider.CloseHosted(t.Context(), a, page.Ref)
		if err != nil {
			t.Fatal(err)
		}
		if r.Class == payment.ClassCaptured {
			break
		}
		if r.Class != payment.ClassPending {
			t.Fatalf("CloseHosted: %+v", r)
		}
	}
}
