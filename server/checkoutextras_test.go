package server_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// generous is a shop that wraps, takes tips, charges a fee, asks for consents
// and has its terms accepted.
func generous(cfg *config.Config) {
	m := &cfg.Merchants[0]
	m.Fees = []config.FeeConfig{{ID: "small", Title: "Small order fee", Amount: "2.50", Below: "20"}}
	m.GiftWrap = config.GiftWrapConfig{Price: "3.00", Per: "line"}
	m.MaxTip, m.TipSuggestions = "50.00", []string{"10%", "12.5%", "2.00"}
	m.MarketingConsents = []config.ConsentConfig{{Channel: "email", Text: "News, once a month"}, {Channel: "sms", Text: "Offers of the day"}}
	m.Checkout.AcceptTerms = true
}

// stored is a session as the shop keeps it.
func stored(t *testing.T, shop *servertest.Server, id string) *checkout.Session {
	t.Helper()
	s, err := shop.App.Store().Reader(t.Context()).Session(servertest.MerchantID, id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a buyer takes beside the order is in the total that the agent sees, on
// the page that says thanks, and on the order's.
func TestBuyerTakesGiftWrapAndGivesATip(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{Configure: generous})
	agent := shop.Agent(t)
	s, b := onPage(t, agent, servertest.Mug, servertest.Book)
	page := b.wants("Review and pay").text
	for _, want := range []string{"wraps this order as a gift for <bdi>$3.00</bdi>", `<span>10%</span> <bdi>$3.00</bdi>`, `<span>12.5%</span> <bdi>$3.75</bdi>`, "<bdi>$2.00</bdi>",
		"By e-mail: News, once a month", `name="terms"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if strings.Contains(page, "By text message") || regexp.MustCompile(`type="checkbox"[^>]* checked`).MatchString(page) {
		t.Error("a question is put that nobody could act on, or a box is ticked")
	}
	for form, values := range map[string][]string{"wrap": {"wrap", "yes"}, "tip": {"tip", "375"}} {
		if got := b.post(form, values...); got.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", form, got.status, got.text)
		}
	}
	got, err := agent.Get(t.Context(), s.ID)
	if err != nil || figure(got, acp.TotalGiftWrap) != 300 || figure(got, acp.TotalTip) != 375 {
		t.Fatalf("the agent sees %s, %v", got.Raw, err)
	}
	if got := b.post("tip", "amount", "51"); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, "The shop takes tips of at most $50.00.") {
		t.Errorf("too large a tip: %d %s", got.status, got.heading())
	}
	if got := b.post("tip", "amount", "4,20"); got.status != http.StatusSeeOther {
		t.Errorf("a tip of one's own: %d", got.status)
	}
	// One with the mug alone, so that the fee is due.
	if got := b.post("items", "line", s.Lines[1].ID, "remove", "yes"); got.status != http.StatusSeeOther {
		t.Fatalf("remove: %d", got.status)
	}
	total := b.look().field("total")
	refused := b.post("pay", "total", total, "consent_email", "yes")
	if refused.status != http.StatusUnprocessableEntity || refused.refresh != "" || !strings.Contains(refused.text, "Accept the shop&#39;s terms to go on. You have not been charged.") {
		t.Fatalf("without the terms: %d %s", refused.status, refused.text)
	}
	if s := stored(t, shop, s.ID); s.Terms != nil || len(s.Consents) != 0 || s.AttemptID != "" {
		t.Errorf("a form that was refused has left %v, %v", s.Terms, s.Consents)
	}
	paying := b.post("pay", "total", total, "consent_email", "yes", "terms", "yes")
	address, found := strings.CutPrefix(paying.refresh, "0; url=")
	if !found {
		t.Fatalf("pay: %d %s", paying.status, paying.text)
	}
	b.atSandbox(address, "4242424242424242")
	thanks := b.becomes("Thank you").text
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
	facts := stored(t, shop, s.ID).Facts()
	if facts.Terms == nil || !strings.HasSuffix(facts.Terms.URL, "/terms") || time.Since(facts.Terms.At) > time.Minute {
		t.Errorf("terms %+v", facts.Terms)
	}
	if c := facts.Consents; len(c) != 1 || c[0].Channel != "email" || !c[0].OptedIn || c[0].Agent != checkout.ByPage || c[0].Text != "News, once a month" || !strings.Contains(c[0].Contact, "@example.com") {
		t.Errorf("consents %+v", facts.Consents)
	}
	order := b.send(http.MethodGet, stored(t, shop, s.ID).Order.PermalinkURL, nil).text
	for where, text := range map[string]string{"thanks": thanks, "order": order} {
		for _, want := range []string{"Small order fee", "$2.50", "Gift wrap", "$3.00", "Tip", "$4.20"} {
			if !strings.Contains(text, want) {
				t.Errorf("the page of the %s does not tell %q", where, want)
			}
		}
	}
}

// A shop that asks for nothing beside the order is not asked about it, however
// the forms are sent.
func TestAPlainShopOffersNothingBeside(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{})
	s, b := onPage(t, shop.Agent(t), servertest.Mug)
	b.post("wrap", "wrap", "yes")
	b.post("tip", "tip", "100")
	page := b.wants("Review and pay").text
	for _, not := range []string{"Gift wrap", "Tip", `type="checkbox"`} {
		if strings.Contains(page, not) {
			t.Errorf("the page has %q", not)
		}
	}
	if got := stored(t, shop, s.ID); got.Wrap != nil || got.Tip != 0 || got.Version != 2 { // the link was taken up
		t.Errorf("%+v, %d, version %d", got.Wrap, got.Tip, got.Version)
	}
}

// The core holds the terms too: no page is opened for who has not accepted them.
func TestNoPageOpensWithoutTheTerms(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{Configure: generous})
	s, b := onPage(t, shop.Agent(t), servertest.Mug)
	var visitor string
	address, err := url.Parse(b.page)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(address) {
		visitor = c.Value
	}
	v := checkout.Visit{MerchantID: servertest.MerchantID, SessionID: s.ID, Visitor: visitor}
	if _, err := shop.App.Core().OpenPage(t.Context(), v); err == nil || !strings.Contains(err.Error(), "accept the terms") {
		t.Errorf("%v", err)
	}
	if err := shop.App.Core().Agree(t.Context(), v, checkout.Agreed{Terms: true}); err != nil {
		t.Fatal(err)
	}
	if opened, err := shop.App.Core().OpenPage(t.Context(), v); err != nil || opened.URL == "" {
		t.Errorf("%+v, %v", opened, err)
	}
	if err := shop.App.Core().Agree(t.Context(), v, checkout.Agreed{}); err == nil {
		t.Error("what is being paid is changed")
	}
}

// invoiced sells on account to one customer, with an operator's word.
func invoiced(cfg *config.Config) {
	cfg.Merchants[0].Business.Accounts = []config.AccountConfig{{CustomerID: "cus_works", Terms: []string{"net_30"}}}
}

// orderOnAccount completes a session of a customer on account by a purchase order.
func orderOnAccount(t *testing.T, shop *servertest.Server, sessionID string) {
	t.Helper()
	const body = `{"buyer": {"email": "test.buyer@example.com", "first_name": "Test", "last_name": "Buyer", "customer_id": "cus_works"}, "payment_data": {"purchase_order_number": "PO-7"}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shop.BaseURL+"/checkout_sessions/"+sessionID+"/complete", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + shop.APIKey.Reveal(), "API-Version": "2026-04-17", "Idempotency-Key": "po-" + sessionID} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(said), `"pending_approval"`) {
		t.Fatalf("%s %s, %v", resp.Status, said, err)
	}
}

// A buyer who looks at a purchase order that waits is told so, and then what
// the shop has decided.
func TestBuyerSeesWhatBecomesOfAPurchaseOrder(t *testing.T) {
	shop := servertest.Start(t, servertest.Options{Configure: invoiced})
	agent := shop.Agent(t)
	waiting := func() (*client.Session, *buyer) {
		s, b := onPage(t, agent, servertest.Mug)
		orderOnAccount(t, shop, s.ID)
		page := b.wants("Your order waits for the shop to approve it")
		if strings.Contains(page.text, "<form") || !strings.Contains(page.text, "Purchase order PO-7.") || !strings.HasPrefix(page.refresh, "60; url=") {
			t.Errorf("%q %s", page.refresh, page.text)
		}
		for _, form := range []string{"pay", "leave", "details", "delivery", "items", "codes", "wrap", "tip"} {
			if got := b.post(form, "total", page.field("total")); got.status != http.StatusSeeOther {
				t.Errorf("%s meanwhile: %d %s", form, got.status, got.heading())
			}
		}
		return s, b
	}
	s, b := waiting()
	if _, err := shop.App.Core().Approve(t.Context(), servertest.MerchantID, s.ID, "night shift"); err != nil {
		t.Fatal(err)
	}
	if page := b.wants("Thank you"); !strings.Contains(page.text, "You have not been charged. The shop sends an invoice for purchase order PO-7, due on ") {
		t.Errorf("%s", page.text)
	}
	s, b = waiting()
	if _, err := shop.App.Core().Refuse(t.Context(), servertest.MerchantID, s.ID, "night shift"); err != nil {
		t.Fatal(err)
	}
	page := b.wants("Review and pay")
	if !strings.Contains(page.text, "The shop has not approved the purchase order. You have not been charged. Pay in another way.") {
		t.Errorf("%s", page.text)
	}
	b.atSandbox(b.pay(), "4242424242424242")
	if page := b.becomes("Thank you"); strings.Contains(page.text, "invoice") {
		t.Errorf("%s", page.text)
	}
	if err := shop.Outcome(t, s.ID).Bought(); err != nil {
		t.Error(err)
	}
	s, b = waiting()
	if _, err := agent.Cancel(t.Context(), s.ID, acp.CancelRequest{}); err != nil {
		t.Fatal(err)
	}
	if page := b.wants("This checkout was canceled"); !strings.Contains(page.text, "You have not been charged.") {
		t.Errorf("%s", page.text)
	}
	// One who has never seen the page is sent there while the order waits.
	s = agent.Open(t, servertest.Mug)
	orderOnAccount(t, shop, s.ID)
	s, err := agent.Get(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	late := newBuyer(t)
	late.take(linkOf(t, s))
	late.wants("Your order waits for the shop to approve it")
}
