package mcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// selling switches the app of the world's shop on, and changes it.
func selling(change ...func(*config.Config, *config.AppConfig)) func(*config.Config) {
	return func(c *config.Config) {
		a := &c.Merchants[0].App
		a.Enabled, a.Calls = true, 0
		for _, f := range change {
			f(c, a)
		}
	}
}

// shop is a server with an app, and a host that is connected to it.
type shop struct {
	*servertest.Server
	host *sdk.ClientSession
}

func open(t testing.TB, opts servertest.Options) *shop {
	t.Helper()
	if opts.Configure == nil {
		opts.Configure = selling()
	}
	s := servertest.Start(t, opts)
	return &shop{s, connect(t, s.BaseURL+mcp.AppPath, nil)}
}

// header sends the same headers with every request.
type header struct {
	http.Header
	base http.RoundTripper
}

func (h header) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name := range h.Header {
		r.Header.Set(name, h.Get(name))
	}
	return h.base.RoundTrip(r)
}

// connect makes a host that talks to an endpoint.
func connect(t testing.TB, endpoint string, headers http.Header) *sdk.ClientSession {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	host := sdk.NewClient(&sdk.Implementation{Name: "host", Version: "1"}, nil)
	cs, err := host.Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: endpoint, DisableStandaloneSSE: true,
		HTTPClient: &http.Client{Transport: header{headers, transport}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cs.Close(); err != nil {
			t.Error(err)
		}
	})
	return cs
}

// reply is the result of a tool.
type reply struct {
	*sdk.CallToolResult
	Raw []byte // structuredContent
}

func (r reply) text() string {
	var b strings.Builder
	for _, c := range r.Content {
		if t, ok := c.(*sdk.TextContent); ok {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

// sheet is a session as the tools show it.
type sheet struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Mode     string `json:"payment_mode"`
	Currency string `json:"currency"`
	Provider struct {
		Provider   string `json:"provider"`
		MerchantID string `json:"merchant_id"`
	} `json:"payment_provider"`
	Lines []struct {
		ID   string `json:"id"`
		Item struct {
			ID       string `json:"id"`
			Quantity int64  `json:"quantity"`
		} `json:"item"`
		Total int64 `json:"total"`
	} `json:"line_items"`
	Option  string `json:"fulfillment_option_id"`
	Options []struct {
		ID string `json:"id"`
	} `json:"fulfillment_options"`
	Address  *struct{ City string } `json:"fulfillment_address"`
	Totals   []acp.Total            `json:"totals"`
	Messages []acp.Message          `json:"messages"`
	Order    *acp.OrderRef          `json:"order"`
	URL      string                 `json:"checkout_url"`
}

func (s sheet) total() int64 {
	total, _ := acp.Amount(s.Totals, acp.TotalTotal)
	return total
}

func (s sheet) codes() string {
	var codes []string
	for _, m := range s.Messages {
		if m.Type == acp.ErrorMessage {
			codes = append(codes, m.Code)
		}
	}
	return strings.Join(codes, " ")
}

// call calls a tool, which has to answer by a result.
func call(t testing.TB, cs *sdk.ClientSession, tool string, args any) reply {
	t.Helper()
	r, err := try(t.Context(), cs, tool, args)
	if err != nil {
		t.Fatalf("%s: %v", tool, err)
	}
	conforms(t, cs, tool, r)
	return r
}

// conforms holds a result to the tool's output schema, as hosts do.
func conforms(t testing.TB, cs *sdk.ClientSession, tool string, r reply) {
	t.Helper()
	listed, err := cs.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range listed.Tools {
		if of.Name != tool || r.StructuredContent == nil {
			continue
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("output.json", of.OutputSchema); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile("output.json")
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%s answers what its schema does not say: %v\n%s", tool, err, r.Raw)
		}
		return
	}
	if r.StructuredContent == nil && !r.IsError {
		t.Errorf("%s answers without structuredContent", tool)
	}
}

func try(ctx context.Context, cs *sdk.ClientSession, tool string, args any) (reply, error) {
	res, err := cs.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		return reply{}, err
	}
	raw, err := json.Marshal(res.StructuredContent)
	return reply{res, raw}, err
}

func (r reply) sheet(t testing.TB) sheet {
	t.Helper()
	var s sheet
	if err := json.Unmarshal(r.Raw, &s); err != nil {
		t.Fatalf("%v: %s", err, r.Raw)
	}
	return s
}

type object = map[string]any

// address is where the buyer lives, as ChatGPT writes it.
func address() object {
	return object{"name": "Test Buyer", "line_one": "1 Example Street", "line_two": nil, "city": "San Francisco", "state": "CA",
		"country": "US", "postal_code": "94105", "phone_number": nil}
}

// cart is what the sidebar's Open button sends.
func cart(items ...string) object {
	var list []object
	for _, item := range items {
		list = append(list, object{"id": item, "quantity": 1, "name": item, "price": "$0.01", "merchant_name": "another"})
	}
	return object{"checkout_session": object{"items": list}}
}

// ready opens a session and gives it an address, so that it can be paid.
func (s *shop) ready(t testing.TB, items ...string) sheet {
	t.Helper()
	opened := call(t, s.host, "checkout_session", cart(items...)).sheet(t)
	r := call(t, s.host, "update_checkout_session", object{"checkout_session_id": opened.ID, "fulfillment_address": address()})
	got := r.sheet(t)
	if got.Status != string(acp.ReadyForPayment) {
		t.Fatalf("with an address the session is %s: %s", got.Status, r.Raw)
	}
	return got
}

// token has the PSP make a token of a card for a session, as the host does.
func (s *shop) token(t testing.TB, of sheet, card servertest.Card) string {
	t.Helper()
	account := s.Account()
	token, err := s.PSP.Mint(t.Context(), &client.Session{ID: of.ID, Currency: strings.ToLower(of.Currency), Total: of.total(),
		Handlers: []client.Handler{{ID: "card_tokenized", PSP: account.Provider, MerchantID: of.Provider.MerchantID}}}, card)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// payment is what the sheet sends.
func payment(of sheet, token string) object {
	return object{"checkout_session_id": of.ID,
		"buyer":        object{"first_name": "Test", "last_name": "Buyer", "email": "test.buyer@example.com", "phone_number": nil},
		"payment_data": object{"token": token, "provider": of.Provider.Provider, "billing_address": address()}}
}

// books are what the PSP has for a session.
func (s *shop) books(t testing.TB, sessionID string) servertest.Books {
	t.Helper()
	b, err := s.PSP.Books(t.Context(), sessionID)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
