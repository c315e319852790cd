package braintreetest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/money"
	"github.com/go-json-experiment/json"
)

type saleBody struct {
	Transaction struct {
		Key          string            `json:"api_request_key"`
		Type         string            `json:"type"`
		Amount       string            `json:"amount"`
		Account      string            `json:"merchant_account_id"`
		OrderID      string            `json:"order_id"`
		Nonce        string            `json:"payment_method_nonce"`
		SharedNonce  string            `json:"shared_payment_method_nonce"`
		Vaulted      string            `json:"payment_method_token"`
		CustomerID   string            `json:"customer_id"`
		CustomFields map[string]string `json:"custom_fields"`
		Descriptor   map[string]string `json:"descriptor"`
		Billing      map[string]string `json:"billing"`
		Proof        *passThru         `json:"three_d_secure_pass_thru"`
		Options      struct {
			Submit       bool `json:"submit_for_settlement"`
			ThreeDSecure struct {
				Required bool `json:"required"`
			} `json:"three_d_secure"`
		} `json:"options"`
	} `json:"transaction"`
}

// strictly reads a body and refuses members that the gateway does not know.
func strictly(body []byte, into any) bool {
	return json.Unmarshal(body, into, json.RejectUnknownMembers(true)) == nil
}

// maxKey and maxOrderID are limits of the gateway, in bytes.
const (
	maxKey     = 255
	maxOrderID = 255
)

func (g *Gateway) sale(_ string, body []byte) answer {
	var request saleBody
	if !strictly(body, &request) {
		return badRequest
	}
	s := request.Transaction
	g.mu.Lock()
	defer g.mu.Unlock()
	use, again, ok := g.claim(s.Key, "sale "+string(body))
	if !ok {
		return again
	}
	currency, known := g.options.Accounts[s.Account]
	amount, err := money.Parse(s.Amount, currency)
	nonce := s.Nonce + s.SharedNonce
	code, attribute := "", ""
	switch {
	case s.Type != "sale":
		code, attribute = "91523", "type"
	case !known:
		code, attribute = "91513", "merchant_account_id"
	case s.Amount == "":
		code, attribute = "81502", "amount"
	case err != nil || strings.HasPrefix(s.Amount, "-"):
		code, attribute = "81503", "amount"
	case amount == 0:
		code, attribute = "81531", "amount"
	case len(s.OrderID) > maxOrderID:
		code, attribute = "91501", "order_id"
	case nonce == "" && s.Vaulted == "":
		code, attribute = "91508", "base"
	case s.Proof.refused() != "":
		code, attribute = s.Proof.refused(), "three_d_secure_pass_thru"
	case s.Nonce != "" && s.SharedNonce != "", s.Vaulted != "" && nonce != "":
		code, attribute = "91515", "base"
	}
	for field := range s.CustomFields {
		if !slices.Contains(g.options.CustomFields, field) {
			code, attribute = "91526", "custom_fields"
		}
	}
	var tok *token
	switch {
	case code != "":
	case s.Vaulted != "":
		tok, code, attribute = g.vaulted(s.CustomerID, s.Vaulted, len(s.Billing) > 0)
	default:
		attribute = "payment_method_nonce"
		tok, code = g.use(nonce, amount, currency)
	}
	if code != "" {
		g.fail(use)
		return invalid(code, attribute)
	}
	t := &transaction{Type: "sale", Status: "authorizing", Amount: s.Amount, Currency: strings.ToUpper(currency), Account: s.Account,
		OrderID: maybe(s.OrderID), minor: amount, session: tok.SessionID, Card: creditCard{ID: maybe(""), Last: "1111", Type: "Visa"}}
	for _, value := range s.CustomFields {
		t.session = value
	}
	g.record(t)
	use.id = t.ID
	tok.uses++
	tok.consumed = true

	g.mu.Unlock()
	g.wait()
	g.mu.Lock()

	decided, byNumber := byAmount(s.Amount)
	if !byNumber {
		decided = decisions[authenticated(tok.Outcome, s.Proof, s.Options.ThreeDSecure.Required && !tok.shifted)]
	}
	t.decide(decided, s.Options.Submit)
	if t.refused() && !g.consumeAll {
		tok.consumed = false
	}
	g.succeed(use)
	if tok.uses == 1 {
		switch tok.Outcome {
		case ApproveAndDrop:
			panic(http.ErrAbortHandler)
		case ApproveAndFail:
			return answer{status: http.StatusInternalServerError}
		}
	}
	return t.show(http.StatusCreated)
}

// decide writes a decision into a transaction.
func (t *transaction) decide(d decision, submit bool) {
	t.Status, t.Code, t.Text, t.Rejection = d.status, maybe(d.code), maybe(d.text), maybe(d.rejection)
	if t.Status == "" {
		t.Status = "authorized"
		if submit {
			t.Status = "submitted_for_settlement"
		}
	}
}

// record puts a new transaction into the books. The lock is held.
func (g *Gateway) record(t *transaction) {
	t.ID = strings.ToLower(rand.Text()[:8])
	for g.transactions[t.ID] != nil {
		t.ID = strings.ToLower(rand.Text()[:8])
	}
	t.made = g.now()
	t.CreatedAt, t.RefundIDs.Type = datetime(t.made), "array"
	g.transactions[t.ID] = t
	g.order = append(g.order, t.ID)
}

// Decide ends the wait of an undecided sale.
func (g *Gateway) Decide(id string, o Outcome) {
	g.set(func() { g.transactions[id].decide(decisions[o], true) })
}
