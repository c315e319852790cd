package mcp_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment/stripe"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// What the product checkout specification and the store's review ask of every
// tool.
func TestEveryTool(t *testing.T) {
	s := open(t, servertest.Options{})
	listed, err := s.host.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range listed.Tools {
		names = append(names, tool.Name)
		a := tool.Annotations
		if a == nil || a.DestructiveHint == nil || a.OpenWorldHint == nil || a.ReadOnlyHint && *a.DestructiveHint {
			t.Errorf("%s: hints %+v", tool.Name, a)
		}
		if tool.OutputSchema == nil || tool.InputSchema == nil || tool.Title == "" || tool.Description == "" {
			t.Errorf("%s is not described", tool.Name)
		}
		for _, key := range []string{"openai/toolInvocation/invoking", "openai/toolInvocation/invoked"} {
			if words, _ := tool.Meta[key].(string); words == "" || len(words) > 64 {
				t.Errorf("%s: %s is %q", tool.Name, key, words)
			}
		}
		schema, err := json.Marshal([]any{tool.InputSchema, tool.OutputSchema})
		if err != nil || strings.Contains(string(schema), `"additionalProperties":false`) {
			t.Errorf("%s refuses members that it does not know", tool.Name)
		}
		ui, _ := tool.Meta["ui"].(map[string]any)
		if opens := ui["resourceUri"] == mcp.WidgetURI; opens != (tool.Name == "checkout_session") || opens != (tool.Meta["openai/outputTemplate"] == mcp.WidgetURI) {
			t.Errorf("%s: %v", tool.Name, tool.Meta)
		}
	}
	want := slices.Sorted(slices.Values(config.AppTools()))
	if !slices.Equal(names, want) {
		t.Errorf("tools %v, want %v", names, want)
	}
}

// complete_checkout is for the sheet; a switch shows it to the model.
func TestWhoMayComplete(t *testing.T) {
	for expose, want := range map[bool][2]string{false: {`["app"]`, "private"}, true: {`["model","app"]`, "public"}} {
		s := open(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) { a.ExposeComplete = expose })})
		listed, err := s.host.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(listed.Tools, func(tool *sdk.Tool) bool { return tool.Name == "complete_checkout" })
		meta := listed.Tools[i].Meta
		visibility, err := json.Marshal(meta["ui"].(map[string]any)["visibility"])
		if err != nil || string(visibility) != want[0] || meta["openai/visibility"] != want[1] || meta["openai/widgetAccessible"] != true {
			t.Errorf("exposed %t: %v", expose, meta)
		}
	}
}

// The widget is one page that loads pictures from the shop's origins alone.
func TestWidget(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(c *config.Config, _ *config.AppConfig) { c.Merchants[0].Accent = "#aa3300" })})
	res, err := s.host.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: mcp.WidgetURI})
	if err != nil {
		t.Fatal(err)
	}
	c := res.Contents[0]
	if c.MIMEType != "text/html;profile=mcp-app" || !strings.HasPrefix(strings.ToLower(c.Text), "<!doctype html>") || !strings.Contains(c.Text, "--accent:light-dark(") {
		t.Errorf("%s: %.200s", c.MIMEType, c.Text)
	}
	if len(c.Text) > 64<<10 {
		t.Errorf("the widget has %d bytes", len(c.Text))
	}
	csp := c.Meta["ui"].(map[string]any)["csp"].(map[string]any)
	if domains := csp["resourceDomains"].([]any); len(domains) != 1 || domains[0] != s.BaseURL || len(csp["connectDomains"].([]any)) != 0 {
		t.Errorf("csp %v", csp)
	}
	if _, err := s.host.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "ui://widget/other.html"}); err == nil {
		t.Error("a widget that is not there was read")
	}
}

// A session belongs to the shop, the agent and the mode, whichever surface it
// was opened on.
func TestOneSessionOnBothSurfaces(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) { a.Agent = servertest.AgentName })})
	agent := s.Agent(t)
	byAgent := agent.Open(t, servertest.Mug)
	seen := call(t, s.host, "get_checkout_session", object{"checkout_session_id": byAgent.ID}).sheet(t)
	if seen.ID != byAgent.ID || seen.total() != byAgent.Total {
		t.Errorf("the app sees %+v of the agent's session", seen)
	}
	byApp := s.ready(t, servertest.Lamp)
	got, err := agent.Get(t.Context(), byApp.ID)
	if err != nil || got.Total != byApp.total() {
		t.Errorf("the agent sees %+v of the app's session: %v", got, err)
	}
}

func TestStrangersSeeNothing(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(c *config.Config, _ *config.AppConfig) {
		other := c.Merchants[0]
		other.ID = "other"
		c.Merchants = append(c.Merchants, other)
	})})
	mine := s.ready(t, servertest.Mug)
	paid := call(t, s.host, "complete_checkout", payment(mine, s.token(t, mine, servertest.CardApproved))).sheet(t)
	elsewhere := connect(t, s.BaseURL+mcp.AppPath+"/other", nil)
	for tool, args := range map[string]object{
		"get_checkout_session":    {"checkout_session_id": mine.ID},
		"update_checkout_session": {"checkout_session_id": mine.ID, "fulfillment_option_id": "express"},
		"cancel_checkout_session": {"checkout_session_id": mine.ID},
		"start_external_checkout": {"checkout_session_id": mine.ID},
		"complete_checkout":       payment(mine, "spt_1"),
		"get_order":               {"order_id": paid.Order.ID},
	} {
		if r := call(t, elsewhere, tool, args); r.sheet(t).codes() != acp.CodeNotFound || strings.Contains(string(r.Raw), mine.ID) {
			t.Errorf("%s at the other shop: %s", tool, r.Raw)
		}
	}
	agent := s.Agent(t) // another agent of the same shop
	if _, err := agent.Get(t.Context(), mine.ID); err == nil {
		t.Error("another agent reads the app's session")
	}
	if same := connect(t, s.BaseURL+mcp.AppPath+"/"+servertest.MerchantID, nil); call(t, same, "get_checkout_session", object{"checkout_session_id": mine.ID}).sheet(t).Order == nil {
		t.Error("the shop's own path does not show its session")
	}
}

// Nobody's name or address is in what get_order tells.
func TestOrdersTellNothingPersonal(t *testing.T) {
	s := open(t, servertest.Options{})
	ready := s.ready(t, servertest.Mug)
	paid := call(t, s.host, "complete_checkout", payment(ready, s.token(t, ready, servertest.CardApproved))).sheet(t)
	for _, args := range []object{{"order_id": paid.Order.ID}, {"checkout_session_id": ready.ID}} {
		r := call(t, s.host, "get_order", args)
		if r.IsError || !strings.Contains(string(r.Raw), paid.Order.ID) {
			t.Fatalf("%v: %s", args, r.Raw)
		}
		for _, private := range []string{"Test Buyer", "test.buyer@example.com", "Example Street", "94105", "San Francisco"} {
			if strings.Contains(string(r.Raw)+r.text(), private) {
				t.Errorf("%v tells %q: %s", args, private, r.Raw)
			}
		}
	}
	if r := call(t, s.host, "get_order", object{"checkout_session_id": s.ready(t, servertest.Mug).ID}); r.sheet(t).codes() != acp.CodeNotFound {
		t.Errorf("an order of an unpaid session: %s", r.Raw)
	}
}

// A token of a test card is refused in live mode before anybody is asked.
func TestLiveRefusesTestTokens(t *testing.T) {
	s := open(t, servertest.Options{PSP: stripe.Name, Configure: selling(func(c *config.Config, a *config.AppConfig) {
		m := &c.Merchants[0]
		m.Payment.Live, m.Payment.Test = m.Payment.Test, config.PaymentConfig{}
		m.Payment.Live.Key = secret.New("sk_live_of_the_tests")
		a.Mode = "live"
	})})
	opened := call(t, s.host, "checkout_session", cart(servertest.Book)).sheet(t)
	if opened.Mode != "live" {
		t.Fatalf("mode %s", opened.Mode)
	}
	asked := s.PSPRequests()
	for _, token := range []string{"spt_test_1", "tok_sim_1700000000000_ab", "fake-valid-nonce"} {
		r := call(t, s.host, "complete_checkout", payment(opened, token))
		if got := r.sheet(t); got.codes() != acp.CodeInvalid || got.Order != nil || got.Status != string(acp.ReadyForPayment) {
			t.Errorf("%s: %s", token, r.Raw)
		}
	}
	if n := s.PSPRequests(); n != asked {
		t.Errorf("the provider was asked %d times", n-asked)
	}
}

// Calls that nobody can answer for are limited.
func TestCallsAreLimited(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) { a.Calls = 1 })})
	var last reply
	for range 5 {
		last = call(t, s.host, "get_checkout_session", object{"checkout_session_id": "cs_1"})
	}
	if got := last.sheet(t).codes(); got != "rate_limited" || !last.IsError {
		t.Errorf("the fifth call at once: %s", last.Raw)
	}
}

func TestChallenge(t *testing.T) {
	for token, status := range map[string]int{"": http.StatusNotFound, "abc123": http.StatusOK} {
		s := servertest.Start(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) { a.Challenge = token })})
		resp, err := http.Get(s.BaseURL + mcp.ChallengePath)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body := make([]byte, 100)
		n, _ := resp.Body.Read(body)
		if resp.StatusCode != status || status == http.StatusOK && (string(body[:n]) != token || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain")) {
			t.Errorf("%q: %s %q", token, resp.Status, body[:n])
		}
	}
}

// Without an app there is no endpoint of one.
func TestNoApp(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	for _, path := range []string{mcp.AppPath, mcp.AppPath + "/" + servertest.MerchantID, mcp.ChallengePath} {
		if resp, _ := post(t, s.BaseURL+path, nil, `{"jsonrpc":"2.0","id":1,"method":"ping"}`); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// An outcome that nobody knows is neither success nor decline; the same call
// later tells it.
func TestUnknownOutcome(t *testing.T) {
	for _, psp := range servertest.PSPs() {
		t.Run(psp, func(t *testing.T) {
			s := open(t, servertest.Options{PSP: psp, UnknownBudget: 300 * time.Millisecond, PaymentTimeout: 2 * time.Second})
			ready := s.ready(t, servertest.Mug)
			token := s.token(t, ready, servertest.CardApproved)
			var gone atomic.Bool
			s.InterceptPSP(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if s.PSP.Charges(r) && gone.CompareAndSwap(false, true) {
						next.ServeHTTP(httptest.NewRecorder(), r) // it charges, and its answer is lost
					}
					panic(http.ErrAbortHandler)
				})
			})
			r := call(t, s.host, "complete_checkout", payment(ready, token))
			unknown := r.sheet(t)
			if r.IsError || unknown.Order != nil || unknown.Status != "in_progress" || unknown.codes() != "payment_outcome_unknown" {
				t.Fatalf("after a lost answer: %s", r.Raw)
			}
			s.InterceptPSP(nil)
			r = call(t, s.host, "complete_checkout", payment(ready, token))
			if b := s.books(t, ready.ID); r.sheet(t).Order == nil || b.Charges != 1 || b.Taken != ready.total() {
				t.Errorf("later: %s, books %+v", r.Raw, b)
			}
		})
	}
}

// A session that is over, or without an address, is shown as it is.
func TestUnpayableSessions(t *testing.T) {
	s := open(t, servertest.Options{})
	canceled := s.ready(t, servertest.Mug)
	token := s.token(t, canceled, servertest.CardApproved)
	call(t, s.host, "cancel_checkout_session", object{"checkout_session_id": canceled.ID})
	bare := call(t, s.host, "checkout_session", cart(servertest.Mug)).sheet(t)
	for name, tt := range map[string]struct {
		of     sheet
		status string
		code   string
	}{
		"canceled":   {canceled, "canceled", acp.CodeConflict},
		"no address": {bare, "not_ready_for_payment", acp.CodeMissing},
	} {
		r := call(t, s.host, "complete_checkout", payment(tt.of, token))
		if got := r.sheet(t); r.IsError || got.Status != tt.status || got.codes() != tt.code || got.Order != nil {
			t.Errorf("%s: %s", name, r.Raw)
		}
	}
	if b := s.books(t, canceled.ID); b.Charges != 0 {
		t.Errorf("books %+v", b)
	}
}

// Without the sheet there is nothing to pay with but the checkout page.
func TestWithoutPaymentSheet(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) { a.PaymentSheet = false })})
	r := call(t, s.host, "start_external_checkout", object{"items": []object{{"id": servertest.Book, "quantity": 1}}})
	got := r.sheet(t)
	if got.Provider.Provider != "" || !strings.HasPrefix(got.URL, s.BaseURL+"/checkout/") || !strings.Contains(r.text(), got.URL) {
		t.Errorf("%s: %s", r.text(), r.Raw)
	}
	resp, err := http.Get(got.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the checkout page answers %s", resp.Status)
	}
}

// Nothing of a payment or of the buyer is in the log.
func TestLogTellsNothingPersonal(t *testing.T) {
	var log lockedText
	s := open(t, servertest.Options{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ready := s.ready(t, servertest.Mug)
	tokens := []string{s.token(t, ready, servertest.CardDeclined), s.token(t, ready, servertest.CardApproved)}
	for _, token := range tokens {
		call(t, s.host, "complete_checkout", payment(ready, token))
	}
	call(t, s.host, "complete_checkout", object{"checkout_session_id": ready.ID, "payment_data": object{"token": "spt marked", "provider": "stripe"}})
	text := log.String()
	if !strings.Contains(text, `"tool":"complete_checkout"`) || !strings.Contains(text, ready.ID) {
		t.Errorf("calls are not logged: %s", text)
	}
	for _, private := range append(tokens, "marked", "test.buyer@example.com", "Example Street", "Test Buyer") {
		if strings.Contains(text, private) {
			t.Errorf("the log has %q", private)
		}
	}
}

// A shop without a checkout page says so instead of opening a cart for nothing.
func TestNoCheckoutPage(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(c *config.Config, _ *config.AppConfig) { c.Merchants[0].Checkout.Enabled = false })})
	opened := call(t, s.host, "checkout_session", cart(servertest.Book)).sheet(t)
	for _, args := range []object{{"checkout_session_id": opened.ID}, {"items": []object{{"id": servertest.Book}}}} {
		if r := call(t, s.host, "start_external_checkout", args); r.IsError || r.sheet(t).codes() != acp.CodeUnsupported || r.sheet(t).URL != "" {
			t.Errorf("%v: %s", args, r.Raw)
		}
	}
	if n := s.Rows(t, "session"); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// The sheet may know the payment provider under a name of its own.
func TestProviderNames(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) {
		a.Provider, a.MethodForm, a.PaymentMethods = "paypal", "names", []string{"card", "apple_pay"}
	})})
	for provider, code := range map[string]string{"paypal": "", "PayPal": "", "sandbox": "", "stripe": "", "another": acp.CodeUnsupported} {
		ready := s.ready(t, servertest.Mug)
		args := payment(ready, s.token(t, ready, servertest.CardApproved))
		args["payment_data"].(object)["provider"] = provider
		r := call(t, s.host, "complete_checkout", args)
		if got := r.sheet(t); got.codes() != code || (got.Order == nil) != (code != "") {
			t.Errorf("%s: %s", provider, r.Raw)
		}
		if !strings.Contains(string(r.Raw), `"supported_payment_methods":["card","apple_pay"]`) || ready.Provider.Provider != "paypal" {
			t.Errorf("%s", r.Raw)
		}
	}
}

// A search is followed to its end by its cursor, and finds each product once.
func TestSearchPages(t *testing.T) {
	s := open(t, servertest.Options{})
	var seen []string
	args := object{"limit": 2, "sort": "price_asc"}
	for range 10 {
		var page struct {
			Products []struct {
				ID        string `json:"id"`
				PriceFrom int64  `json:"price_from"`
			}
			Next string `json:"next_cursor"`
		}
		if err := json.Unmarshal(call(t, s.host, "search_products", args).Raw, &page); err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Products {
			seen = append(seen, p.ID)
		}
		if page.Next == "" {
			break
		}
		args["cursor"] = page.Next
	}
	if want := []string{servertest.Gone, servertest.Book, servertest.Mug, servertest.Last, servertest.Lamp}; !slices.Equal(seen, want) {
		t.Errorf("found %v, want %v", seen, want)
	}
	if r := call(t, s.host, "search_products", object{"cursor": "made-up"}); !r.IsError || r.sheet(t).codes() != acp.CodeInvalid {
		t.Errorf("a cursor that is none: %s", r.Raw)
	}
}
