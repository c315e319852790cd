package client

import (
	"fmt"

	"github.com/checkstand/checkstand/acp"
)

// Session is a checkout session of any version, as much of it as an agent acts
// on. Amounts are minor units of Currency.
type Session struct {
	ID       string
	Status   acp.Status
	Currency string // as the server wrote it; lower case by the protocol
	Total    int64
	HasTotal bool // there is a total, and it is an amount
	Totals   []acp.Total
	Lines    []Line
	Options  []Option
	Selected []acp.SelectedFulfillmentOption // ItemIDs is nil before 2025-12-12
	Messages []acp.Message
	Handlers []Handler     // ways to pay; one without ID before 2026-01-30
	Order    *acp.OrderRef // nil until completed, and in some servers' 2025-09-12 even then
	// Authentication is what the buyer's authentication needs; nil unless the
	// session is authentication_required.
	Authentication *acp.AuthenticationMetadata
	// ContinueURL is where the buyer can finish the session on a page of the
	// shop; empty where it offers none, and before 2026-04-17.
	ContinueURL string
	Raw         []byte // the body as it came

	HTTPStatus int
	RequestID  string // of the answer
	Replayed   bool   // the answer is a stored one: Idempotent-Replayed
}

// Line is one line of the cart. Quantity is 0 and HasTotal false where the
// server sent none that can be read.
type Line struct {
	ID       string
	ItemID   string
	Title    string // empty before 2025-12-12
	Quantity int64
	Total    int64
	HasTotal bool
}

// Option is one way of delivery on offer.
type Option struct {
	ID          string
	Type        acp.FulfillmentType
	Title       string
	Description string
	Total       int64 // tax included
	HasTotal    bool
}

// Handler is one way to pay: a payment handler, or the payment provider of the
// versions before 2026-01-30, which has no ID and no Name.
type Handler struct {
	ID               string
	Name             string // dev.acp.tokenized.card
	PSP              string // stripe
	MerchantID       string // what an allowance is bound to; empty before 2026-01-16
	DisplayName      string // what to call it to the buyer; empty where the shop gives none
	RequiresDelegate bool
}

// Message returns the text of the first message of a type, or "".
func (s *Session) Message(t acp.MessageType) string {
	for _, m := range s.Messages {
		if m.Type == t {
			return m.Content
		}
	}
	return ""
}

// HasCode reports whether a message carries the code.
func (s *Session) HasCode(code string) bool {
	for _, m := range s.Messages {
		if m.Code == code {
			return true
		}
	}
	return false
}

// ReadSession reads a session of any version. It fails for a body that is not
// a JSON object with an id and a status; everything else may be missing.
func ReadSession(body []byte) (*Session, error) {
	root, err := parse(body)
	if err != nil {
		return nil, fmt.Errorf("no checkout session: %w", err)
	}
	s := &Session{
		ID:       root.get("id").text(),
		Status:   acp.Status(root.get("status").line()),
		Currency: root.get("currency").line(),
		Totals:   readTotals(root.get("totals")),
		Lines:    readLines(root.get("line_items")),
		Options:  readOptions(root.get("fulfillment_options")),
		Selected: readSelected(root),
		Messages: readMessages(root.get("messages")),
		Handlers: readHandlers(root), Authentication: readAuthentication(root.get("authentication_metadata")),
		Order: readOrder(root.get("order")),

		ContinueURL: root.get("continue_url").line(),
		Raw:         body,
	}
	if s.ID == "" {
		return nil, fmt.Errorf("no checkout session: the answer has no id")
	}
	if s.Status == "" {
		return nil, fmt.Errorf("no checkout session: the answer has no status")
	}
	s.Total, s.HasTotal = acp.Amount(s.Totals, acp.TotalTotal)
	return s, nil
}

// readTotals reads a totals list; an entry without an amount is left out.
func readTotals(list node) []acp.Total {
	var totals []acp.Total
	for _, n := range list.items() {
		if amount, ok := n.get("amount").integer(); ok {
			totals = append(totals, acp.Total{Type: acp.TotalType(n.get("type").text()),
				DisplayText: n.get("display_text").line(), Amount: amount, Description: n.get("description").line()})
		}
	}
	return totals
}

// total finds the total of a line or an option: a totals list from 2026-01-16
// (options) or 2026-01-30 (lines) on, a member before.
func total(n node) (int64, bool) {
	if amount, ok := acp.Amount(readTotals(n.get("totals")), acp.TotalTotal); ok {
		return amount, true
	}
	return n.get("total").integer()
}

// readLines reads line items: the quantity is in the item before 2026-01-30.
func readLines(list node) []Line {
	var lines []Line
	for _, n := range list.items() {
		l := Line{ID: n.get("id").text(), ItemID: n.get("item").get("id").text()}
		l.Title = n.get("name").line()
		if l.Title == "" {
			l.Title = n.get("item").get("name").line()
		}
		quantity, ok := n.get("quantity").integer()
		if !ok {
			quantity, _ = n.get("item").get("quantity").integer()
		}
		l.Quantity = quantity
		l.Total, l.HasTotal = total(n)
		lines = append(lines, l)
	}
	return lines
}

func readOptions(list node) []Option {
	var options []Option
	for _, n := range list.items() {
		o := Option{ID: n.get("id").text(), Type: acp.FulfillmentType(n.get("type").text()), Title: n.get("title").line(),
			Description: n.first("description", "subtitle").line()}
		o.Total, o.HasTotal = total(n)
		options = append(options, o)
	}
	return options
}

// readSelected reads the three forms of a selection: an option id (2025-09),
// a list nested by type (2025-12-12, 2026-01-16) and a flat list.
func readSelected(root node) []acp.SelectedFulfillmentOption {
	if id := root.get("fulfillment_option_id").text(); id != "" {
		return []acp.SelectedFulfillmentOption{{OptionID: id}}
	}
	var selected []acp.SelectedFulfillmentOption
	for _, n := range root.get("selected_fulfillment_options").items() {
		kind := n.get("type").text()
		at := n
		if nested := n.get(kind); nested.value != nil {
			at = nested
		}
		if id := at.get("option_id").text(); id != "" {
			selected = append(selected, acp.SelectedFulfillmentOption{Type: acp.FulfillmentType(kind), OptionID: id, ItemIDs: at.get("item_ids").texts()})
		}
	}
	return selected
}

func readMessages(list node) []acp.Message {
	var messages []acp.Message
	for _, n := range list.items() {
		messages = append(messages, acp.Message{Type: acp.MessageType(n.get("type").text()), Code: n.get("code").line(),
			Param: n.get("param").line(), Severity: n.get("severity").line(), Resolution: n.get("resolution").line(),
			ContentType: n.get("content_type").line(), Content: n.get("content").line()})
	}
	return messages
}

// readHandlers reads capabilities.payment.handlers, or payment_provider.
func readHandlers(root node) []Handler {
	var handlers []Handler
	for _, n := range root.get("capabilities").get("payment").get("handlers").items() {
		handlers = append(handlers, Handler{ID: n.get("id").text(), Name: n.get("name").line(), PSP: n.get("psp").line(),
			MerchantID: n.get("config").get("merchant_id").text(), DisplayName: n.get("config").get("display_name").line(), RequiresDelegate: n.get("requires_delegate_payment").boolean()})
	}
	if p := root.get("payment_provider"); len(handlers) == 0 && p.get("provider").text() != "" {
		handlers = append(handlers, Handler{PSP: p.get("provider").line(), MerchantID: p.get("merchant_id").text(), RequiresDelegate: true})
	}
	return handlers
}

func readOrder(n node) *acp.OrderRef {
	if n.get("id").text() == "" && n.get("permalink_url").text() == "" {
		return nil
	}
	return &acp.OrderRef{ID: n.get("id").line(), CheckoutSessionID: n.get("checkout_session_id").line(),
		PermalinkURL: n.get("permalink_url").line(), OrderNumber: n.get("order_number").line(), Status: n.get("status").line()}
}

// readDiscovery reads a discovery document of any release.
func readDiscovery(a *answer) (*Discovery, error) {
	root, err := parse(a.body)
	if err != nil {
		return nil, fmt.Errorf("no discovery document: %w", err)
	}
	protocol, capabilities := root.get("protocol"), root.get("capabilities")
	d := &Discovery{Version: acp.Version(protocol.get("version").line()), APIBaseURL: root.get("api_base_url").text(),
		Transports: root.get("transports").texts(), Services: capabilities.get("services").texts(),
		Currencies: capabilities.get("supported_currencies").texts(), Raw: a.body, HTTPStatus: a.status}
	for _, v := range protocol.get("supported_versions").items() {
		if s := v.line(); s != "" {
			d.SupportedVersions = append(d.SupportedVersions, acp.Version(s))
		}
	}
	if d.Version == "" && len(d.SupportedVersions) == 0 {
		return nil, fmt.Errorf("no discovery document: the answer names no protocol version")
	}
	return d, nil
}
