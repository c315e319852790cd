package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen/adyentest"
	"github.com/checkstand/checkstand/payment/stripe/stripetest"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// buyer is a browser with cookies of its own, without a person before it.
type buyer struct {
	t    *testing.T
	http *http.Client
	page string // address of the checkout page
}

// screen is what a browser got.
type screen struct {
	status   int
	location string
	refresh  string
	text     string // the page
}

func newBuyer(t *testing.T) *buyer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &buyer{t: t, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send sends a request as a browser does that navigates.
func (b *buyer) send(method, address string, form url.Values) screen {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return screen{resp.StatusCode, resp.Header.Get("Location"), resp.Header.Get("Refresh"), string(body)}
}

// take takes up a link and stays on the page of its session.
func (b *buyer) take(link string) screen {
	b.t.Helper()
	b.page = link[:strings.LastIndex(link, "/")]
	return b.send(http.MethodGet, link, nil)
}

func (b *buyer) look() screen {
	b.t.Helper()
	return b.send(http.MethodGet, b.page, nil)
}

// heading is what the page says first.
func (a screen) heading() string {
	if m := regexp.MustCompile(`<h1[^>]*>([^<]*)`).FindStringSubmatch(a.text); m != nil {
		return m[1]
	}
	return ""
}

// field is the value of a hidden field of the page.
func (a screen) field(name string) string {
	if m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.text); m != nil {
		return m[1]
	}
	return ""
}

// post sends one of the page's forms.
func (b *buyer) post(form string, values ...string) screen {
	b.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		v.Set(values[i], values[i+1])
	}
	return b.send(http.MethodPost, b.page+"/"+form, v)
}

// pay presses the button of the page and gives the address of the payment page.
func (b *buyer) pay() string {
	b.t.Helper()
	got := b.post("pay", "total", b.look().field("total"))
	address, found := strings.CutPrefix(got.refresh, "0; url=")
	if got.status != http.StatusOK || !found {
		b.t.Fatalf("pay: %d %s %s", got.status, got.heading(), got.text)
	}
	return address
}

// wants checks the heading of the page.
func (b *buyer) wants(heading string) screen {
	b.t.Helper()
	got := b.look()
	if got.status != http.StatusOK || got.heading() != heading {
		b.t.Fatalf("the page is %d %q, want %q", got.status, got.heading(), heading)
	}
	return got
}

// becomes waits until the page has a heading, as its reader does.
func (b *buyer) becomes(heading string) screen {
	b.t.Helper()
	var got screen
	servertest.Eventually(b.t, webhookTime, func() error {
		if got = b.look(); got.heading() != heading {
			return fmt.Errorf("the page says %q, not %q", got.heading(), heading)
		}
		return nil
	})
	return got
}

// linkOf is the checkout link that a session shows its agent.
func linkOf(t *testing.T, s *client.Session) string {
	t.Helper()
	var shown struct {
		URL string `json:"continue_url"`
	}
	if err := json.Unmarshal(s.Raw, &shown); err != nil || shown.URL == "" {
		t.Fatalf("no continue_url (%v): %s", err, s.Raw)
	}
	return shown.URL
}

// onPage opens a session that is ready for payment, with a buyer at its page.
func onPage(t *testing.T, agent *servertest.Agent, itemIDs ...string) (*client.Session, *buyer) {
	t.Helper()
	s, b := agent.Open(t, itemIDs...), newBuyer(t)
	if got := b.take(linkOf(t, s)); got.status != http.StatusSeeOther {
		t.Fatalf("the link: %d %s", got.status, got.heading())
	}
	return s, b
}

// status is what the agent sees of a session.
func status(t *testing.T, agent *servertest.Agent, sessionID string) acp.Status {
	t.Helper()
	s, err := agent.Get(t.Context(), sessionID)
	if err != nil {
		t.Fatal(err)
	}
	return s.Status
}

// atSandbox pays on the sandbox's page and gives the address that it leads
// back to.
func (b *buyer) atSandbox(page, number string) string {
	b.t.Helper()
	got := b.send(http.MethodPost, page, url.Values{"number": {number}, "expiry": {"12 / 40"}, "cvc": {"123"}, "name": {"Test Buyer"}, "action": {"pay"}})
	if got.location == "" {
		b.t.Fatalf("the payment page leads nowhere: %d %s", got.status, got.text)
	}
	return got.location
}

// hosted is a provider's stand-in with pages.
type hosted struct {
	shop     *servertest.Server
	pay      func(t *testing.T, ref string) // the buyer pays on the page
	refuse   func(t *testing.T, ref string) // the buyer's card is refused
	webhooks func() []payment.WebhookRequest
	charges  func(sessionID string) int
	expire   func() // lets so much time go by at the provider that pages close
}

// hostedProviders are the companies that have pages.
var hostedProviders = map[string]func(t *testing.T) hosted{
	"stripe": func(t *testing.T) hosted {
		fake := stripetest.New(stripetest.Config{Key: "sk_test_pages", WebhookSecret: "whsec_pages"})
		t.Cleanup(fake.Close)
		h := hosted{charges: func(id string) int { return fake.Books(id).Charges }, webhooks: fake.Webhooks}
		h.pay = func(t *testing.T, ref string) {
			if !fake.PayPage(ref, "pm_card_visa") {
				t.Fatal("the page takes no payment")
			}
		}
		h.refuse = func(t *testing.T, ref string) {
			if fake.PayPage(ref, "pm_card_visa_chargeDeclined") {
				t.Fatal("the page takes a card that is refused")
			}
		}
		h.shop = servertest.Start(t, servertest.Options{UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) {
			p := &cfg.Merchants[0].Payment.Test
			p.Provider, p.URL, p.Key, p.MerchantID = "stripe", fake.URL(), secret.New("sk_test_pages"), "profile_test_pages"
			p.Stripe.WebhookSecret = secret.New("whsec_pages")
		}})
		return h
	},
	"adyen": func(t *testing.T) hosted {
		fake := adyentest.New(t)
		fake.Advance(time.Since(fake.Now())) // pages close by the clock of the shop
		h := hosted{charges: func(id string) int { return fake.Books(id).Charges }, webhooks: fake.Notifications,
			expire: func() { fake.Advance(time.Hour) }}
		h.pay = func(t *testing.T, ref string) {
			if fake.PayPage(t, ref, adyentest.Authorised) == "" {
				t.Fatal("the page takes no payment")
			}
		}
		h.refuse = func(t *testing.T, ref string) { fake.PayPage(t, ref, adyentest.Refused) }
		h.shop = servertest.Start(t, servertest.Options{UnknownBudget: time.Millisecond, Configure: func(cfg *config.Config) {
			p := &cfg.Merchants[0].Payment.Test
			p.Provider, p.URL, p.Key, p.MerchantID = "adyen", fake.URL(), secret.New(adyentest.APIKey), adyentest.MerchantAccount
			p.Adyen.ReturnURL = "https://shop.example.com"
			p.Adyen.HMACKeys = []secret.String{secret.New(adyentest.HMACKey)}
		}})
		return h
	},
}

// opened is a session whose payment page is open, with the provider's id of it.
func (h hosted) opened(t *testing.T, items ...string) (s *client.Session, b *buyer, ref string) {
	t.Helper()
	s, b = onPage(t, h.shop.Agent(t), items...)
	b.pay()
	attempts, err := h.shop.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
	if err != nil || len(attempts) != 1 {
		t.Fatalf("%d attempts, %v", len(attempts), err)
	}
	return s, b, attempts[0].PageRef
}

// told delivers what the provider reports.
func (h hosted) told(t *testing.T) {
	t.Helper()
	calls := h.webhooks()
	if len(calls) == 0 {
		t.Fatal("the provider calls nobody")
	}
	for _, call := range calls {
		if code, text := callBack(t, h.shop, webhookOfTestMode, call); code != http.StatusOK {
			t.Errorf("%d %q", code, text)
		}
	}
}

// bought checks the order against the provider's books.
func (h hosted) bought(t *testing.T, s *client.Session) {
	t.Helper()
	order, err := h.shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := h.charges(s.ID); n != 1 || order.Total != s.Total {
		t.Errorf("%d charges, an order of %d; want one of %d", n, order.Total, s.Total)
	}
}

func eachHosted(t *testing.T, test func(t *testing.T, h hosted)) {
	for name, open := range hostedProviders {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}
