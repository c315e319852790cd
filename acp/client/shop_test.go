package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/webhook/receiver"
)

const (
	shopKey       = "csk_test_shop"
	shopMerchant  = "acct_shop"
	webhookSecret = "whsec_test"
)

// Prices of the shop, in cents.
const (
	mugPrice     = 1900
	standardRate = 500
	expressRate  = 1500
)

// shop is a merchant with one item, in the shape of 2025-09 (flat) or
// 2026-04-17. It keeps sessions, keys and orders, and refuses what the protocol
// refuses: calls without their headers, versions it does not speak, members
// that the version does not have, keys that come again with another body.
type shop struct {
	t        *testing.T
	version  acp.Version
	flat     bool
	psp      *psp
	receiver *receiver.Receiver // is told about orders, unless nil

	digital   bool   // nothing is delivered by hand
	preselect bool   // the cheapest option is selected with the address
	outcome   string // of complete: "", decline, decline402, 3ds, slow, pending
	forged    bool   // webhooks have a wrong signature
	page      bool   // the shop has a checkout page
	noOrder   bool   // the completed session does not show its order
	apiPath   string // prefix of the API, told in discovery

	mu       sync.Mutex
	sessions map[string]*cart
	answers  map[string]stored // by path and key
	seen     []seen
	faults   []fault // of the next calls to complete
	orders   int
}

type cart struct {
	id, status, option string
	quantity           int64
	address, buyer     bool
	polls              int
	message            string
}

type stored struct {
	body   string
	status int
	answer []byte
}

// seen is a call that arrived.
type seen struct {
	Method, Path, Key string
	Header            http.Header
	Body              string
}

// fault is how one call to complete goes wrong.
type fault struct {
	status     int    // 0 drops the connection
	code       string // of the error
	retryAfter string
	committed  bool // after the shop has done its work
}

func newShop(t *testing.T, version acp.Version) *shop {
	r, err := receiver.New(receiver.Config{Secret: secret.New(webhookSecret)})
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t: t, version: version, flat: version < "2025-12-12", psp: newPSP(), receiver: r, preselect: true,
		sessions: map[string]*cart{}, answers: map[string]stored{}}
}

// open serves the shop, its PSP under /psp and its receiver under /receiver.
func (s *shop) open() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/acp.json", s.discovery)
	mux.HandleFunc("GET /demo/items", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `[{"id":"mug","title":"Mug","price":%d,"currency":"usd"},{"id":"bowl","title":"Bowl","price":2500,"currency":"usd"}]`, mugPrice)
	})
	mux.Handle(s.apiPath+"/checkout_sessions", http.StripPrefix(s.apiPath, http.HandlerFunc(s.serve)))
	mux.Handle(s.apiPath+"/checkout_sessions/", http.StripPrefix(s.apiPath, http.HandlerFunc(s.serve)))
	mux.Handle("/psp/", http.StripPrefix("/psp", s.psp))
	mux.Handle("/receiver/", http.StripPrefix("/receiver", s.receiver))
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	return server
}

func (s *shop) discovery(w http.ResponseWriter, r *http.Request) {
	if s.flat {
		http.NotFound(w, r)
		return
	}
	if r.Header.Get("Authorization") != "" {
		s.t.Error("discovery was asked with a credential")
	}
	fmt.Fprintf(w, `{"protocol":{"name":"acp","version":%q,"supported_versions":[%q]},"api_base_url":"http://%s%s","transports":["rest"],"capabilities":{"services":["checkout"]}}`,
		s.version, s.version, r.Host, s.apiPath)
}

func refuse(w http.ResponseWriter, status int, code, param, more string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"invalid_request","code":%q,"message":"refused by the shop","param":%q%s}`, code, param, more)
}

func (s *shop) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	s.seen = append(s.seen, seen{r.Method, r.URL.Path, key, r.Header, string(body)})
	post := r.Method == http.MethodPost
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Request-Id", r.Header.Get("Request-Id"))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+shopKey:
		refuse(w, 401, "unauthorized", "", "")
		return
	case r.Header.Get("API-Version") != string(s.version):
		refuse(w, 400, "unsupported_api_version", "", fmt.Sprintf(`,"supported_versions":[%q]`, s.version))
		return
	case r.Header.Get("Request-Id") == "", r.Header.Get("Accept-Language") == "", r.Header.Get("Timestamp") == "", r.Header.Get("User-Agent") == "":
		refuse(w, 400, "missing_header", "", "")
		return
	case len(body) > 0 && r.Header.Get("Content-Type") != "application/json":
		refuse(w, 415, "unsupported_media_type", "", "")
		return
	case post && key == "":
		refuse(w, 400, "idempotency_key_required", "", "")
		return
	case !post && key != "":
		refuse(w, 400, "invalid", "", "")
		return
	}
	if old, ok := s.answers[r.URL.Path+" "+key]; ok && post {
		if old.body != string(body) {
			refuse(w, 422, "idempotency_conflict", "", "")
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(old.status)
		w.Write(old.answer)
		return
	}
	completes := strings.HasSuffix(r.URL.Path, "/complete")
	var f *fault
	if completes && len(s.faults) > 0 {
		f = &s.faults[0]
		s.faults = s.faults[1:]
		if !f.committed {
			f.show(w)
			return
		}
	}
	out := httptest.NewRecorder()
	s.act(out, r, body)
	if post && out.Code < 500 {
		s.answers[r.URL.Path+" "+key] = stored{string(body), out.Code, out.Body.Bytes()}
	}
	if f != nil {
		f.show(w)
		return
	}
	w.WriteHeader(out.Code)
	w.Write(out.Body.Bytes())
}

func (f *fault) show(w http.ResponseWriter) {
	if f.status == 0 {
		panic(http.ErrAbortHandler)
	}
	if f.retryAfter != "" {
		w.Header().Set("Retry-After", f.retryAfter)
	}
	refuse(w, f.status, f.code, "", "")
}

// members lists what a request may have, by shape and call.
func (s *shop) members(call string) []string {
	switch {
	case call == "complete" && s.flat:
		return []string{"buyer", "payment_data"}
	case call == "complete":
		return []string{"buyer", "payment_data", "authentication_result"}
	case s.flat && call == "create":
		return []string{"buyer", "items", "fulfillment_address"}
	case s.flat:
		return []string{"buyer", "items", "fulfillment_address", "fulfillment_option_id"}
	case call == "create":
		return []string{"buyer", "line_items", "currency", "capabilities", "fulfillment_details"}
	}
	return []string{"buyer", "line_items", "fulfillment_details", "selected_fulfillment_options"}
}

func (s *shop) act(w http.ResponseWriter, r *http.Request, body []byte) {
	var said map[string]json.RawMessage
	if len(body) > 0 {
		if err := json.Unmarshal(body, &said); err != nil {
			refuse(w, 400, "invalid", "", "")
			return
		}
	}
	id, call, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/checkout_sessions"), "/"), "/")
	if id == "" {
		call = "create"
	} else if call == "" {
		call = "update"
	}
	if call != "cancel" {
		for member := range said {
			if !slices.Contains(s.members(call), member) {
				refuse(w, 400, "invalid", "$."+member, "")
				return
			}
		}
	}
	if call == "create" {
		s.create(w, said)
		return
	}
	c := s.sessions[id]
	switch {
	case c == nil:
		refuse(w, 404, "not_found", "", "")
		return
	case r.Method == http.MethodGet:
		s.poll(c)
	case c.status == "completed" || c.status == "canceled":
		w.WriteHeader(405)
		return
	case call == "update":
		s.update(c, said)
	case call == "cancel":
		c.status = "canceled"
	case call == "complete":
		if !s.complete(w, c, said) {
			return
		}
	}
	w.WriteHeader(200)
	w.Write(s.show(c))
}

func (s *shop) create(w http.ResponseWriter, said map[string]json.RawMessage) {
	var lines []struct {
		ID       string
		Quantity int64
	}
	name := "line_items"
	if s.flat {
		name = "items"
	} else if string(said["currency"]) != `"usd"` || said["capabilities"] == nil {
		refuse(w, 400, "missing", "$.currency", "")
		return
	}
	if err := json.Unmarshal(said[name], &lines); err != nil || len(lines) != 1 || lines[0].ID != "mug" || lines[0].Quantity < 1 {
		refuse(w, 400, "invalid", "$."+name+"[0].id", "")
		return
	}
	c := &cart{id: fmt.Sprintf("cs_%d", len(s.sessions)+1), quantity: lines[0].Quantity}
	s.sessions[c.id] = c
	s.update(c, said)
	w.WriteHeader(201)
	w.Write(s.show(c))
}

func (s *shop) update(c *cart, said map[string]json.RawMessage) {
	c.buyer = c.buyer || said["buyer"] != nil
	var details struct{ Address *acp.Address }
	if raw := said["fulfillment_details"]; raw != nil && json.Unmarshal(raw, &details) == nil {
		c.address = c.address || details.Address != nil
	}
	c.address = c.address || said["fulfillment_address"] != nil
	if s.digital {
		c.option = "download"
	} else if c.address && c.option == "" && s.preselect {
		c.option = "standard"
	}
	var selected []struct {
		OptionID string   `json:"option_id"`
		ItemIDs  []string `json:"item_ids"`
		Type     string
	}
	if json.Unmarshal(said["selected_fulfillment_options"], &selected) == nil && len(selected) == 1 && len(selected[0].ItemIDs) > 0 && selected[0].Type == "shipping" {
		c.option = selected[0].OptionID
	}
	var option string
	if json.Unmarshal(said["fulfillment_option_id"], &option) == nil && option != "" {
		c.option = option
	}
	c.status = "not_ready_for_payment"
	if c.option != "" && (s.digital || c.address) {
		c.status = "ready_for_payment"
	}
}

// complete charges the token and makes the order; false when it has refused.
func (s *shop) complete(w http.ResponseWriter, c *cart, said map[string]json.RawMessage) bool {
	var pay struct {
		Token, Provider string
		HandlerID       string `json:"handler_id"`
		Instrument      struct {
			Type       string
			Credential struct{ Type, Token string }
		}
	}
	if c.status == "authentication_required" {
		var result struct{ Outcome string }
		if err := json.Unmarshal(said["authentication_result"], &result); err != nil || result.Outcome != "not_supported" {
			refuse(w, 400, "requires_3ds", "$.authentication_result", "")
			return false
		}
		c.status, c.message = "ready_for_payment", `{"type":"error","code":"requires_3ds","content_type":"plain","content":"Your bank could not be asked."}`
		return true
	}
	if err := json.Unmarshal(said["payment_data"], &pay); err != nil || c.status != "ready_for_payment" {
		refuse(w, 400, "invalid", "$.payment_data", "")
		return false
	}
	token := pay.Token
	if !s.flat {
		if pay.HandlerID != "card" || pay.Instrument.Type != "card" || pay.Instrument.Credential.Type != "spt" || pay.Token != "" {
			refuse(w, 400, "invalid", "$.payment_data.handler_id", "")
			return false
		}
		token = pay.Instrument.Credential.Token
	} else if pay.Provider != "stripe" {
		refuse(w, 400, "invalid", "$.payment_data.provider", "")
		return false
	}
	switch s.outcome {
	case "decline":
		c.message = `{"type":"error","code":"payment_declined","content_type":"plain","content":"Your card was declined."}`
		return true
	case "decline402":
		refuse(w, 402, "payment_declined", "", "")
		return false
	case "3ds":
		c.status = "authentication_required"
		return true
	}
	if !s.psp.charge(token, c.id, s.total(c)) {
		refuse(w, 400, "invalid", "$.payment_data.token", "")
		return false
	}
	c.message = ""
	if s.outcome == "slow" || s.outcome == "pending" {
		c.status = "complete_in_progress"
		return true
	}
	s.order(c)
	return true
}

// poll lets a slow payment come to its end with the third look.
func (s *shop) poll(c *cart) {
	if c.polls++; c.status == "complete_in_progress" && s.outcome == "slow" && c.polls >= 3 {
		s.order(c)
	}
}

func (s *shop) order(c *cart) {
	c.status = "completed"
	s.orders++
	body := fmt.Sprintf(`{"type":"order_create","data":{"type":"order","id":"ord_%s","checkout_session_id":%q}}`, c.id, c.id)
	key := webhookSecret
	if s.forged {
		key = "another"
	}
	scheme := sign.WebhookScheme{Timestamped: !s.flat}
	r := httptest.NewRequest(http.MethodPost, receiver.Path, strings.NewReader(body))
	r.Header.Set(sign.WebhookHeader, scheme.Sign([]byte(key), []byte(body), time.Now()))
	s.receiver.ServeHTTP(httptest.NewRecorder(), r)
}

func (s *shop) total(c *cart) int64 {
	return mugPrice*c.quantity + map[string]int64{"standard": standardRate, "express": expressRate}[c.option]
}

// show writes the session in the shop's shape.
func (s *shop) show(c *cart) []byte {
	messages := "[" + c.message + "]"
	order := ""
	if c.status == "completed" && !s.noOrder {
		order = fmt.Sprintf(`,"order":{"id":"ord_%s","checkout_session_id":%q,"permalink_url":"https://shop.example.com/o/%s"`, c.id, c.id, c.id)
		if !s.flat {
			order += `,"order_number":"1001"`
		}
		order += "}"
	}
	totals := fmt.Sprintf(`[{"type":"items_base_amount","display_text":"Items","amount":%d},{"type":"total","display_text":"Total","amount":%d}]`, mugPrice*c.quantity, s.total(c))
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"id":%q,"status":%q,"currency":"usd","totals":%s,"messages":%s,"links":[]%s`, c.id, c.status, totals, messages, order)
	if s.flat {
		fmt.Fprintf(&b, `,"payment_provider":{"provider":"stripe","supported_payment_methods":["card"]}`)
		fmt.Fprintf(&b, `,"line_items":[{"id":"li_1","item":{"id":"mug","quantity":%d},"base_amount":1900,"discount":0,"subtotal":1900,"tax":0,"total":1900}]`, c.quantity)
		fmt.Fprintf(&b, `,"fulfillment_options":%s`, s.options(c, `"subtotal":"%[1]d","tax":0,"total":%[1]d`))
		if c.option != "" {
			fmt.Fprintf(&b, `,"fulfillment_option_id":%q`, c.option)
		}
	} else {
		fmt.Fprintf(&b, `,"capabilities":{"payment":{"handlers":[{"id":"other","name":"com.example.other"},{"id":"card","name":"dev.acp.tokenized.card","requires_delegate_payment":true,"psp":"stripe","config":{"merchant_id":%q}}]}}`, shopMerchant)
		fmt.Fprintf(&b, `,"line_items":[{"id":"li_1","item":{"id":"mug"},"name":"Mug","quantity":%d,"totals":[{"type":"total","amount":1900}]}]`, c.quantity)
		if s.page {
			fmt.Fprintf(&b, `,"continue_url":"https://shop.example.com/pay/%s"`, c.id)
		}
		fmt.Fprintf(&b, `,"fulfillment_options":%s`, s.options(c, `"totals":[{"type":"total","display_text":"Delivery","amount":%d}]`))
		if c.option != "" {
			kind := "shipping"
			if s.digital {
				kind = "digital"
			}
			fmt.Fprintf(&b, `,"selected_fulfillment_options":[{"type":%q,"option_id":%q,"item_ids":["li_1"]}]`, kind, c.option)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (s *shop) options(c *cart, amount string) string {
	one := func(kind, id string, rate int64) string {
		return fmt.Sprintf(`{"type":%q,"id":%q,"title":%q,%s}`, kind, id, strings.ToUpper(id), fmt.Sprintf(amount, rate))
	}
	switch {
	case s.digital:
		return "[" + one("digital", "download", 0) + "]"
	case c.address:
		return "[" + one("shipping", "express", expressRate) + "," + one("shipping", "standard", standardRate) + "]"
	}
	return "[]"
}
