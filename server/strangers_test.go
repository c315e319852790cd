package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/openapi"
	"github.com/checkstand/checkstand/server/servertest"
)

// neighbourhood is a server with two shops, each with agents in both modes, and
// sessions of one agent that nobody else may see or touch.
type neighbourhood struct {
	*servertest.Server
	strangers map[string]stranger
	owned     map[string]owned
}

// stranger is a caller without a right to the sessions.
type stranger struct {
	key  string
	code string // of the refusal
}

// owned is a session with its owner.
type owned struct {
	id, key string
	order   string // its order; "" for none
	cart    string // a cart of the same owner; "" where there are none
	live    bool
}

// What is in each session, and must be in no answer to a stranger.
var marks = []string{"marked.buyer@example.com", "Marked Street", "Marked Name"}

const otherShop = "other"

func openNeighbourhood(t *testing.T) *neighbourhood {
	t.Helper()
	n := &neighbourhood{strangers: map[string]stranger{}, owned: map[string]owned{}}
	var cfg *config.Config
	n.Server = servertest.Start(t, servertest.Options{Configure: func(c *config.Config) {
		c.Limits.FormsPerMinute, c.Limits.WrongKeysPerMinute = 0, 0 // this test is a crowd
		shop := &c.Merchants[0]
		shop.Payment.Live = shop.Payment.Test
		shop.App.Enabled, shop.Checkout.Enabled = true, true
		neighbour := *shop
		neighbour.ID, neighbour.Name = otherShop, "Other Shop"
		c.Merchants = append(c.Merchants, neighbour)
		cfg = c
	}})
	unknown := "csk_test_" + strings.Repeat("0", 32)
	n.strangers["nobody"] = stranger{"", "unauthorized"}
	n.strangers["a key that nobody made"] = stranger{unknown, "unauthorized"}
	n.strangers["a key of the other shop"] = stranger{n.issue(t, otherShop, servertest.AgentName, false, nil), "not_found"}
	n.strangers["a live key of the other shop"] = stranger{n.issue(t, otherShop, servertest.AgentName, true, nil), "not_found"}
	n.strangers["a key of another agent"] = stranger{n.issue(t, servertest.MerchantID, "another", false, nil), "not_found"}
	n.strangers["an expired key"] = stranger{n.issue(t, servertest.MerchantID, servertest.AgentName, false, func(c *credential.Credential) {
		c.ExpiresAt = time.Now().Add(-time.Second)
	}), "unauthorized"}
	n.strangers["a revoked key"] = stranger{n.issue(t, servertest.MerchantID, servertest.AgentName, false, func(c *credential.Credential) {
		c.RevokedAt = time.Now().Add(-time.Second)
	}), "unauthorized"}
	if len(cfg.Merchants) != 2 {
		t.Fatal("there is no other shop")
	}
	test, live := n.APIKey.Reveal(), n.issue(t, servertest.MerchantID, servertest.AgentName, true, nil)
	for name, o := range map[string]owned{"test": {key: test}, "live": {key: live, live: true}} {
		n.owned["an open session, "+name] = n.open(t, o, false)
		n.owned["a completed session, "+name] = n.open(t, o, true)
	}
	return n
}

func (n *neighbourhood) issue(t *testing.T, merchant, agent string, live bool, change func(*credential.Credential)) string {
	t.Helper()
	c, key, err := credential.New(credential.Params{MerchantID: merchant, Agent: agent, Live: live}, nil, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(c)
	}
	if err := n.Store.InsertCredential(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return key.Reveal()
}

// open opens a session that holds the marks.
func (n *neighbourhood) open(t *testing.T, o owned, paid bool) owned {
	t.Helper()
	c, err := client.New(client.Config{BaseURL: n.BaseURL, APIKey: secret.New(o.key), Version: acp.V20260417})
	if err != nil {
		t.Fatal(err)
	}
	cart := servertest.Cart(servertest.Mug)
	cart.Buyer = &acp.Buyer{FirstName: "Marked Name", LastName: "Marked Name", Email: marks[0]}
	cart.FulfillmentDetails.Name, cart.FulfillmentDetails.Email = "Marked Name", marks[0]
	address := *cart.FulfillmentDetails.Address
	address.Name, address.LineOne = "Marked Name", "1 Marked Street"
	cart.FulfillmentDetails.Address = &address
	s, err := c.Create(t.Context(), cart, client.IdempotencyKey("owner-create"+fmt.Sprint(paid)))
	if err != nil {
		t.Fatal(err)
	}
	if paid {
		token, err := n.PSP.Mint(t.Context(), s, servertest.CardApproved)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = c.Complete(t.Context(), s.ID, servertest.Payment(s, token), client.IdempotencyKey("owner-complete")); err != nil || s.Status != acp.Completed {
			t.Fatalf("%v %v", s, err)
		}
	}
	if o.id = s.ID; s.Order != nil {
		o.order = s.Order.ID
	}
	made := n.send(t, http.MethodPost, "/carts", o.key, "application/json",
		`{"line_items":[{"id":"mug"}],"buyer":{"email":"`+marks[0]+`","first_name":"`+marks[2]+`"}}`)
	if made.status == http.StatusCreated || made.status == http.StatusOK {
		o.cart, _ = parseObject(made.body)["id"].(string)
	}
	return o
}

// seen is an answer to a stranger.
type seen struct {
	status int
	header http.Header
	body   []byte
}

func (n *neighbourhood) send(t *testing.T, method, path, key, contentType, body string) seen {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, n.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	h := req.Header
	if key != "" {
		h.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("API-Version", string(acp.V20260417))
	h.Set("Accept", "application/json, text/event-stream")
	if method != http.MethodGet {
		h.Set("Idempotency-Key", "owner-complete") // a key that the owner has used
	}
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return seen{resp.StatusCode, resp.Header, text}
}

// fill puts a session, and the other shop, into the path of an operation.
func fill(path string, o owned) string {
	if o.order != "" { // whoever has the id of an order sees its page, without a name on it
		path = strings.Replace(path, "/orders/{id}", "/orders/"+o.order, 1)
	}
	if strings.HasPrefix(path, "/carts/") {
		path = strings.Replace(path, "{id}", o.cart, 1)
	}
	return strings.NewReplacer("{id}", o.id, "{session}", o.id, "{shop}", otherShop, "{merchant}", otherShop, "{mode}", "test",
		"{proof}", strings.Repeat("A", 43), "{name}", "terms", "{file}", "nothing.json", "{endpoint}", "mcp").Replace(path)
}

// walked says what a stranger gets from an operation on a session.
type walked func(t *testing.T, n *neighbourhood, d *openapi.Document, op openapi.Operation, s stranger, o owned) seen

// walks is how each group of operations is tried. A new group has to be added.
var walks = map[string]walked{
	"Checkout":  tryCheckout,
	"Carts":     tryCarts,
	"MCP":       tryMCP,
	"Discovery": tryOpen,
	"Pages":     tryOpen,
	"Operation": tryOpen,
}

// tryCheckout expects a refusal that says nothing.
func tryCheckout(t *testing.T, n *neighbourhood, d *openapi.Document, op openapi.Operation, s stranger, o owned) seen {
	body := ""
	if op.Body != "" {
		body = d.Example(op.Body)
	}
	a := n.send(t, op.Method, fill(op.Path, o), s.key, "application/json", body)
	if !strings.Contains(op.Path, "{id}") { // it makes a session of one's own
		if s.code == "unauthorized" && a.status != http.StatusUnauthorized {
			t.Errorf("answer %d", a.status)
		}
		return a
	}
	refusedAs(t, a.status, a.body, s.code)
	return a
}

// tryCarts is the same with the owner's cart.
func tryCarts(t *testing.T, n *neighbourhood, d *openapi.Document, op openapi.Operation, s stranger, o owned) seen {
	if o.cart == "" {
		t.Fatal("the owner could make no cart")
	}
	return tryCheckout(t, n, d, op, s, o)
}

func refusedAs(t *testing.T, status int, body []byte, code string) {
	t.Helper()
	want := map[string]int{"unauthorized": 401, "not_found": 404}[code]
	var e acp.Error
	if err := json.Unmarshal(body, &e); err != nil || status != want || e.Code != code {
		t.Errorf("answer %d %s, want %d %s", status, body, want, code)
	}
}

// tryMCP calls every tool that there is with the session's id.
func tryMCP(t *testing.T, n *neighbourhood, d *openapi.Document, op openapi.Operation, s stranger, o owned) seen {
	if op.Method == http.MethodGet {
		return tryOpen(t, n, d, op, s, o)
	}
	path := fill(op.Path, o)
	list := n.send(t, op.Method, path, s.key, "application/json", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	var tools struct {
		Result struct {
			Tools []struct{ Name string }
		}
	}
	if err := json.Unmarshal(list.body, &tools); err != nil || len(tools.Result.Tools) == 0 {
		if s.code == "unauthorized" && list.status == http.StatusUnauthorized {
			return list
		}
		if path == "/mcp/"+otherShop && list.status == http.StatusNotFound {
			t.Error("the other shop has no app")
		}
		t.Fatalf("%d %s", list.status, list.body)
	}
	binding := strings.HasPrefix(path, "/acp/")
	var all []byte
	for _, tool := range tools.Result.Tools {
		arguments := object{"meta": object{"api_version": acp.V20260417, "idempotency_key": "owner-complete"}, "id": o.id,
			"checkout_session_id": o.id, "session_id": o.id, "payload": json.RawMessage(payloadOf(d, tool.Name))}
		if !binding {
			arguments = object{"checkout_session_id": o.id, "id": o.id, "order_id": "ord_none", "query": "mug", "payment_data": object{"token": "vt_stolen", "provider": "sandbox"}}
		}
		call := n.send(t, op.Method, path, s.key, "application/json", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`,
			tool.Name, bytesOf(t, arguments)))
		all = append(all, call.body...)
		ofSession := strings.Contains(tool.Name, "_checkout_session") && !strings.HasPrefix(tool.Name, "create_") || tool.Name == "complete_checkout"
		if ofSession && bytes.Contains(call.body, []byte(`"status":"ready_for_payment"`)) || bytes.Contains(call.body, []byte(`"status":"completed"`)) {
			t.Errorf("%s: %s", tool.Name, call.body)
		}
		if binding && ofSession && !bytes.Contains(call.body, []byte(s.code)) {
			t.Errorf("%s: %s, want %s", tool.Name, call.body, s.code)
		}
	}
	return seen{list.status, list.header, all}
}

// payloadOf is an example of what a tool of the binding takes.
func payloadOf(d *openapi.Document, tool string) string {
	for prefix, body := range map[string]string{"create_": "CreateRequest", "update_": "UpdateRequest", "complete_": "CompleteRequest", "cancel_": "CancelRequest"} {
		if strings.HasPrefix(tool, prefix) {
			return d.Example(body)
		}
	}
	return "null"
}

// tryOpen is of what needs no key: a key makes no difference, and nothing of a
// session is shown, nor anything done to it.
func tryOpen(t *testing.T, n *neighbourhood, _ *openapi.Document, op openapi.Operation, s stranger, o owned) seen {
	body := ""
	if op.Method == http.MethodPost {
		body = "name=x&email=x%40example.com&quantity=1"
	}
	// Of the session's own shop too: no browser here has taken its link up.
	own := strings.NewReplacer("{shop}", servertest.MerchantID).Replace(op.Path)
	first := n.send(t, op.Method, fill(own, o), s.key, "application/x-www-form-urlencoded", body)
	second := n.send(t, op.Method, fill(op.Path, o), s.key, "application/x-www-form-urlencoded", body)
	plain := n.send(t, op.Method, fill(op.Path, o), "", "application/x-www-form-urlencoded", body)
	if second.status != plain.status || !bytes.Equal(second.body, plain.body) {
		t.Errorf("a key makes a difference: %d and %d", second.status, plain.status)
	}
	return seen{second.status, second.header, append(first.body, second.body...)}
}

// Every route of the server, as everybody who has no right to a session: nobody
// sees anything of it, nothing happens to it, and each is refused as they
// should be. The routes are those of the description, which another test holds
// against the code.
func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	n := openNeighbourhood(t)
	d, ok := openapi.New(openapi.Options{BaseURL: n.BaseURL}, acp.V20260417)
	if !ok {
		t.Fatal("there is no description")
	}
	for _, which := range slices.Sorted(maps.Keys(n.owned)) {
		o := n.owned[which]
		before := n.send(t, http.MethodGet, "/checkout_sessions/"+o.id, o.key, "", "")
		if before.status != 200 || !bytes.Contains(before.body, []byte(marks[0])) {
			t.Fatalf("%s: its owner gets %d %s", which, before.status, before.body)
		}
		cart := n.send(t, http.MethodGet, "/carts/"+o.cart, o.key, "", "")
		if o.cart != "" && !bytes.Contains(cart.body, []byte(marks[0])) {
			t.Fatalf("%s: the cart's owner gets %d %s", which, cart.status, cart.body)
		}
		strangers := maps.Clone(n.strangers)
		for name, other := range n.owned { // the same shop and agent, in the other mode
			if other.live != o.live {
				strangers["a key of the other mode, "+name] = stranger{other.key, "not_found"}
				break
			}
		}
		for _, who := range slices.Sorted(maps.Keys(strangers)) {
			for _, op := range d.Operations {
				t.Run(which+"/"+who+"/"+op.ID, func(t *testing.T) {
					walk := walks[op.Tag]
					if walk == nil {
						t.Fatalf("nobody knows how to try operations of %s; add it to walks", op.Tag)
					}
					a := walk(t, n, d, op, strangers[who], o)
					if a.status >= 500 {
						t.Errorf("answer %d %s", a.status, a.body)
					}
					for _, mark := range marks {
						if bytes.Contains(a.body, []byte(mark)) {
							t.Errorf("the answer shows %q", mark)
						}
					}
					if a.header.Get("Idempotent-Replayed") != "" && bytes.Contains(a.body, []byte(o.id)) {
						t.Error("the owner's answer was given again")
					}
				})
			}
		}
		after := n.send(t, http.MethodGet, "/checkout_sessions/"+o.id, o.key, "", "")
		if !bytes.Equal(after.body, before.body) {
			t.Errorf("%s was\n%s\nand is\n%s", which, before.body, after.body)
		}
		if now := n.send(t, http.MethodGet, "/carts/"+o.cart, o.key, "", ""); !bytes.Equal(now.body, cart.body) {
			t.Errorf("the cart was\n%s\nand is\n%s", cart.body, now.body)
		}
	}
}
