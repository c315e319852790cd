package mcp_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// offering is a shop that can be visited and has a courier, wraps, takes tips,
// asks whether it may write, and sells on invoice.
func offering(c *config.Config, a *config.AppConfig) {
	m := &c.Merchants[0]
	m.Shipping = append(m.Shipping,
		config.ShippingConfig{ID: "soho", Title: "Pick up in SoHo", Kind: "flat", Price: "0", Pickup: config.PickupConfig{Type: "in_store", Name: "SoHo",
			Address: config.PickupAddressConfig{LineOne: "1 Example Street", City: "San Francisco", State: "CA", PostalCode: "94105"}}},
		config.ShippingConfig{ID: "courier", Title: "Courier", Kind: "flat", Price: "7.00", LocalDelivery: config.LocalDeliveryConfig{PostalPrefixes: []string{"941"}, Rounds: 1}})
	m.GiftWrap, m.MaxTip, m.TipSuggestions = config.GiftWrapConfig{Price: "3.00", Per: "line"}, "20.00", []string{"10%", "2.00"}
	m.MarketingConsents = []config.ConsentConfig{{Channel: "email", Text: "News, once a month"}, {Channel: "sms", Text: "Offers"}}
	m.Business.Accounts = []config.AccountConfig{{CustomerID: "cus_1", Terms: []string{"net_30"}}}
	a.Agent = servertest.AgentName
}

// beside is what a result has for the widget alone.
func beside(t *testing.T, r reply) (b struct {
	Status     string
	Totals     []acp.Total
	Ways       map[string]string
	Delivers   bool
	Deliveries []struct {
		OptionID string   `json:"option_id"`
		Lines    []string `json:"line_ids"`
	}
	GiftWrap *struct {
		Price   int64
		Enabled bool
	} `json:"gift_wrap"`
	Tip *struct {
		Amount, Max int64
		Suggestions []int64
	}
	Consents []struct {
		Channel string
		Text    string `json:"display_text"`
		OptedIn bool   `json:"opted_in"`
	} `json:"marketing_consents"`
}) {
	t.Helper()
	raw, err := json.Marshal(r.Meta["checkstand/checkout"])
	if err == nil {
		err = json.Unmarshal(raw, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func change(t *testing.T, s *shop, id string, with object) reply {
	t.Helper()
	args := object{"checkout_session_id": id}
	for name, value := range with {
		args[name] = value
	}
	return call(t, s.host, "update_checkout_session", args)
}

// What the sheet's session has no member for comes beside it, and the tool takes
// what the API takes.
func TestWhatTheWidgetIsToldBesideASession(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(offering)})
	opened := call(t, s.host, "checkout_session", cart(servertest.Mug, servertest.Lamp))
	id, first := opened.sheet(t).ID, beside(t, opened)
	if !first.Delivers || first.Ways["soho"] != "pickup" || first.GiftWrap == nil || first.GiftWrap.Price != 600 || first.GiftWrap.Enabled ||
		first.Tip == nil || first.Tip.Max != 2000 || len(first.Tip.Suggestions) != 2 || len(first.Consents) != 2 || first.Totals != nil || first.Deliveries != nil {
		t.Errorf("at first it is told %+v", first)
	}

	t.Run("picked up without an address", func(t *testing.T) {
		r := change(t, s, id, object{"fulfillment_option_id": "soho"})
		if got := r.sheet(t); got.Status != string(acp.ReadyForPayment) || got.Address != nil || got.Option != "soho" {
			t.Errorf("it is %s, by %q: %s", got.Status, got.Option, r.Raw)
		}
	})
	t.Run("wrapped, with a tip and answers", func(t *testing.T) {
		r := change(t, s, id, object{"gift_wrap": object{"enabled": true}, "tip": object{"amount": 250}, "order_notes": "Ring twice",
			"marketing_consents": []object{{"channel": "email", "opted_in": true}}})
		got := beside(t, r)
		if !got.GiftWrap.Enabled || got.Tip.Amount != 250 || !got.Consents[0].OptedIn || got.Consents[1].OptedIn {
			t.Errorf("it is told %+v", got)
		}
		var sum int64
		own := map[acp.TotalType]int64{}
		for _, total := range got.Totals {
			own[total.Type] = total.Amount
			if total.Type == acp.TotalGiftWrap || total.Type == acp.TotalTip {
				sum += total.Amount
			}
		}
		fee, _ := acp.Amount(r.sheet(t).Totals, acp.TotalFee)
		if own[acp.TotalGiftWrap] != 600 || own[acp.TotalTip] != 250 || fee != sum || own[acp.TotalTotal] != r.sheet(t).total() {
			t.Errorf("under their own names %v, in the sheet %v", got.Totals, r.sheet(t).Totals)
		}
		kept, err := s.Operator(t).Get(t.Context(), checkout.Caller{MerchantID: servertest.MerchantID, Agent: servertest.AgentName}, id)
		if err != nil || kept.OrderNotes != "Ring twice" {
			t.Errorf("the notes are %q: %v", kept.OrderNotes, err)
		}
	})
	t.Run("a tip that is too large", func(t *testing.T) {
		r := change(t, s, id, object{"tip": object{"amount": 2001}})
		if got := r.sheet(t); got.codes() != acp.CodeMaximumExceeded || got.Messages[0].Param != "$.tip.amount" || beside(t, r).Tip.Amount != 250 {
			t.Errorf("%+v", got.Messages)
		}
	})
	t.Run("and all of it taken back", func(t *testing.T) {
		r := change(t, s, id, object{"gift_wrap": object{"enabled": false}, "tip": object{"amount": 0}, "marketing_consents": []object{{"channel": "email", "opted_in": false}}})
		if got := beside(t, r); got.GiftWrap.Enabled || got.Tip.Amount != 0 || got.Totals != nil || got.Consents[0].OptedIn {
			t.Errorf("it is told %+v", got)
		}
	})
	t.Run("in two deliveries", func(t *testing.T) {
		lines := opened.sheet(t).Lines
		r := change(t, s, id, object{"fulfillment_address": address(), "selected_fulfillment_options": []object{
			{"option_id": "soho", "item_ids": []string{lines[0].ID}}, {"option_id": "courier", "item_ids": []string{lines[1].ID}}}})
		got := beside(t, r)
		if len(got.Deliveries) != 2 || got.Ways["courier"] != "local_delivery" {
			t.Fatalf("it is told %+v: %s", got, r.Raw)
		}
		for i, want := range []string{"soho", "courier"} {
			if d := got.Deliveries[i]; d.OptionID != want || !cmp.Equal(d.Lines, []string{lines[i].ID}) {
				t.Errorf("delivery %d is %+v", i, d)
			}
		}
	})
}

// Two statuses that the sheet has no word for are told to the widget, and to the
// model in words.
func TestStatusesThatTheSheetDoesNotKnow(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(offering)})

	t.Run("pending_approval", func(t *testing.T) {
		of := s.ready(t, servertest.Mug)
		s.invoiced(t, of.ID)
		r := call(t, s.host, "get_checkout_session", object{"checkout_session_id": of.ID})
		if got := beside(t, r); got.Status != "pending_approval" || got.Tip != nil || r.sheet(t).Status != string(acp.InProgress) {
			t.Errorf("it is told %+v: %s", got, r.Raw)
		}
		if !strings.Contains(r.text(), "approve") || strings.Contains(r.text(), "payment is being processed") ||
			strings.Contains(r.text(), "To pay") || !strings.Contains(r.text(), "/checkout/") {
			t.Errorf("the model is told %q", r.text())
		}
	})
	t.Run("authentication_required", func(t *testing.T) {
		with := cart(servertest.Mug)
		with["checkout_session"].(object)["capabilities"] = object{"interventions": object{"supported": []string{"3ds"}}}
		id := call(t, s.host, "checkout_session", with).sheet(t).ID
		of := change(t, s, id, object{"fulfillment_address": address()}).sheet(t)
		r := call(t, s.host, "complete_checkout", payment(of, s.token(t, of, servertest.CardChallenged)))
		if got := r.sheet(t); got.codes() != acp.CodeRequires3DS || beside(t, r).Status != "authentication_required" || !strings.Contains(string(r.Raw), `"directory_server":"visa"`) {
			t.Errorf("it is told %+v: %s", beside(t, r), r.Raw)
		}
		// Until the bank has answered, the same call says the same; with an answer it is another one.
		again := payment(of, s.token(t, of, servertest.CardChallenged))
		change(t, s, id, object{"fulfillment_option_id": "standard"})
		for range 2 {
			if got := call(t, s.host, "complete_checkout", again); got.sheet(t).codes() != acp.CodeRequires3DS || beside(t, got).Status != "authentication_required" {
				t.Errorf("without an answer it is %s", got.Raw)
			}
		}
		again["authentication_result"] = object{"outcome": "canceled"}
		for range 2 {
			if got := call(t, s.host, "complete_checkout", again).sheet(t); got.codes() != acp.CodePaymentDeclined || got.Status != string(acp.ReadyForPayment) {
				t.Errorf("given up it is %s: %s", got.Status, got.codes())
			}
		}
		delete(again, "authentication_result")
		if got := call(t, s.host, "complete_checkout", again); beside(t, got).Status != "" || got.sheet(t).Status != string(acp.ReadyForPayment) {
			t.Errorf("a late repeat of the first call says %s", got.Raw)
		}
		r = call(t, s.host, "complete_checkout", payment(of, s.token(t, of, servertest.CardChallenged)))
		if got := r.sheet(t); beside(t, r).Status != "authentication_required" {
			t.Fatalf("with another token it is %s: %s", got.Status, r.Raw)
		}
		// Whoever does not want to be asked pays in another way.
		if got := change(t, s, id, object{"fulfillment_option_id": "express"}); got.sheet(t).Status != string(acp.ReadyForPayment) || beside(t, got).Status != "" {
			t.Errorf("after a change it is %s", got.Raw)
		}
	})
}

// invoiced has the agent complete a session by a purchase order over HTTP.
func (s *shop) invoiced(t *testing.T, id string) {
	t.Helper()
	status, raw := overHTTP(t, s.Server, http.MethodPost, "/checkout_sessions/"+id+"/complete", "po-"+id,
		`{"buyer":{"first_name":"Test","last_name":"Buyer","email":"test.buyer@example.com","customer_id":"cus_1"},"payment_data":{"purchase_order_number":"PO-1"}}`)
	if status != http.StatusOK || !strings.Contains(string(raw), `"pending_approval"`) {
		t.Fatalf("%d: %s", status, raw)
	}
}
