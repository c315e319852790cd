package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/sandbox"
)

// neighbour is an agent of the shop with places to come to and a courier.
type neighbour struct {
	*market
	key string
}

func (m *market) neighbours(t testing.TB) neighbour { return neighbour{m, m.issueFor(t, corner)} }

func (n neighbour) post(t testing.TB, v dialect, path string, body any) answer {
	t.Helper()
	return n.send(t, request{method: "POST", path: "/checkout_sessions" + path, version: v, body: body, bearer: n.key})
}

func (n neighbour) opens(t testing.TB, v dialect, body any) answer {
	t.Helper()
	return n.post(t, v, "", body).want(t, 201)
}

func (n neighbour) changes(t testing.TB, v dialect, s answer, body any) answer {
	t.Helper()
	return n.post(t, v, "/"+s.text("id"), body).want(t, 200)
}

func (n neighbour) pays(t testing.TB, v dialect, s answer) answer {
	t.Helper()
	a := n.market.pays(s, card(sandbox.Approve))
	a.merchant = "acct_" + corner
	return n.post(t, v, "/"+s.text("id")+"/complete", v.paying(s, n.token(t, a))).want(t, 200).is(t, "completed")
}

// picks is a selection of options, each for some items or, without any, for all
// that it can carry.
func picks(choices ...object) object {
	list := make([]any, len(choices))
	for i := range choices {
		list[i] = choices[i]
	}
	return object{"selected_fulfillment_options": list}
}

func theOption(kind, option string, items ...any) object {
	return object{"type": kind, "option_id": option, "item_ids": append([]any{}, items...)}
}

func optionOf(t testing.TB, s answer, matches func(object) bool) object {
	t.Helper()
	list := s.list("fulfillment_options")
	at := slices.IndexFunc(list, matches)
	if at < 0 {
		t.Fatalf("no such option in %s", s.body)
	}
	return list[at]
}

func withID(id string) func(object) bool { return func(o object) bool { return o.text("id") == id } }

// aRound finds the first round of the courier, in any version.
func aRound(o object) bool { return strings.HasPrefix(o.text("id"), "courier@") }

// newest are the versions with every type of option.
var newest = []acp.Version{acp.V20260130, acp.V20260417, acp.Unreleased}

func TestRulesOfPickupAndCouriers(t *testing.T) {
	t.Parallel()
	n := openMarket(t).neighbours(t)
	eachVersion(t, "FUL-06, FUL-09 what is picked up needs no address, and is taxed where it is picked up", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.cart(line("ok", 1)).with("buyer", v.buyer())).is(t, "not_ready_for_payment")
		o := optionOf(t, s, withID("market"))
		if !v.flat() && (o.text("type") != "pickup" || o.at("location").text("name") != "Market shop" || o.at("location").at("address").text("postal_code") != "94105" ||
			o.text("pickup_type") != "in_store" || o.text("ready_by") == "" || o.text("pickup_by") <= o.text("ready_by")) {
			t.Errorf("%v", o)
		}
		words := o.text("subtitle") + o.text("description")
		if !strings.Contains(words, "Market shop, 1 Market Street, San Francisco. Ready on") || v.flat() && o.text("type") != "shipping" {
			t.Errorf("%v", o)
		}
		s = n.changes(t, v, s, v.selecting(s, "market")).is(t, "ready_for_payment")
		if s.total("tax") != 172 || s.total("fulfillment") != 0 || s.total("total") != 1995+172 {
			t.Errorf("%s", s.body)
		}
		n.pays(t, v, s)
	})
	eachVersion(t, "FUL-02 shipping is preselected before what is cheaper to fetch", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1))).is(t, "ready_for_payment")
		if ids, _ := selectedOptions(v, s); len(ids) != 1 || ids[0] != "standard" {
			t.Errorf("%v", ids)
		}
	})
	eachVersion(t, "FUL-10 a courier's round is dropped where none goes, with a message", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1))).is(t, "ready_for_payment")
		round := optionOf(t, s, aRound)
		if title := round.text("title"); !strings.HasPrefix(title, "Courier, ") || !v.flat() && round.at("delivery_window").text("end") <= round.at("delivery_window").text("start") {
			t.Errorf("%v", round)
		}
		s = n.changes(t, v, s, v.selecting(s, round.text("id"))).is(t, "ready_for_payment")
		if s.total("fulfillment") != 700 {
			t.Errorf("%s", s.body)
		}
		moved := n.changes(t, v, s, object{}.to(v, address("HI", "96801"))).is(t, "ready_for_payment")
		if ids, _ := selectedOptions(v, moved); ids[0] != "standard" || len(moved.list("messages")) != 1 || moved.total("fulfillment") != 590 {
			t.Errorf("%s", moved.body)
		}
	})
	eachVersion(t, "FUL-06, TOT-09 lines are delivered in ways of their own, each priced and taxed by itself", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1), line("other", 2), line("exempt", 1), line("download", 1)))
		round := optionOf(t, s, aRound).text("id")
		s = n.changes(t, v, s, picks(theOption("pickup", "market", "ok"), theOption("local_delivery", round, "other"), theOption("shipping", "express", "exempt", "download"))).is(t, "ready_for_payment")
		ids, _ := selectedOptions(v, s)
		if !slices.Equal(ids, []string{"market", round, "express", "electronic"}) || s.total("fulfillment") != 0+700+1490 {
			t.Errorf("%v of %s", ids, s.body)
		}
		// Read in the oldest version there is one, and a word that there are more.
		old := n.send(t, request{method: "GET", path: "/checkout_sessions/" + s.text("id"), version: dialect(acp.V20250929), bearer: n.key}).want(t, 200)
		if old.text("fulfillment_option_id") != "express" || !slices.ContainsFunc(old.list("messages"), func(m object) bool { return strings.Contains(m.text("content"), "4 deliveries") }) {
			t.Errorf("%s", old.body)
		}
	}, newest...)
	eachVersion(t, "FUL-04, FUL-06 a line in two selections, or in one that cannot carry it, is refused", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1), line("download", 1)))
		for param, choices := range map[string][]object{
			"$.selected_fulfillment_options[1].item_ids[0]": {theOption("pickup", "market", "ok"), theOption("shipping", "express", "ok")},
			"$.selected_fulfillment_options[0].item_ids[1]": {theOption("digital", "electronic", "download", "ok")},
			"$.selected_fulfillment_options[0].option_id":   {theOption("local_delivery", "courier", "ok")},
		} {
			n.post(t, v, "/"+s.text("id"), picks(choices...)).refused(t, 400, "invalid", param)
		}
		n.post(t, v, "/"+s.text("id"), picks(theOption("pickup", "market"), theOption("shipping", "express"))).refused(t, 400, "unsupported", "$.selected_fulfillment_options[1]")
		if now := n.changes(t, v, s, object{}); string(now.body) == "" || now.total("total") != s.total("total") {
			t.Errorf("%s", now.body)
		}
	}, newest...)
}

func TestRulesOfFulfillmentGroups(t *testing.T) {
	t.Parallel()
	n := openMarket(t).neighbours(t)
	elsewhere := object{"name": "Other Buyer", "address": address("NV", "89101").with("name", "Other Buyer").with("city", "Las Vegas")}
	group := func(id, kind string, items ...any) object {
		return object{"id": id, "destination_type": kind, "item_ids": append([]any{}, items...)}
	}
	groups := func(list ...any) object { return object{"fulfillment_groups": list} }
	eachVersion(t, "FUL-06, TOT-09 groups go to addresses of their own, each priced and taxed there", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1), line("other", 1)).with("fulfillment_groups", []any{group("gift", "shipping", "other").with("fulfillment_details", elsewhere)})).is(t, "ready_for_payment")
		ids, _ := selectedOptions(v, s)
		if !slices.Equal(ids, []string{"standard", "standard~gift"}) || s.total("fulfillment") != 2*590 || s.total("tax") != 172+51 { // none in Nevada
			t.Errorf("%v of %s", ids, s.body)
		}
		shown := s.list("fulfillment_groups")
		if len(shown) != 1 || shown[0].text("id") != "gift" || shown[0].at("fulfillment_details").at("address").text("postal_code") != "89101" {
			t.Errorf("%v", shown)
		}
		lines, _ := shown[0]["item_ids"].([]any)
		if len(lines) != 1 || lines[0] != s.list("line_items")[1].text("id") {
			t.Errorf("ids of lines %v", lines)
		}
		s = n.changes(t, v, s, picks(theOption("shipping", "express~gift"))).is(t, "ready_for_payment")
		if s.total("fulfillment") != 590+1490 {
			t.Errorf("%s", s.body)
		}
		s = n.changes(t, v, s, groups(group("store", "pickup", "ok", "other").with("location_id", "market"))).is(t, "ready_for_payment")
		if ids, _ := selectedOptions(v, s); !slices.Equal(ids, []string{"market~store"}) {
			t.Errorf("%v", ids)
		}
		n.changes(t, v, s, object{"fulfillment_groups": nil}).is(t, "ready_for_payment")
	}, newest...)
	eachVersion(t, "FUL-07 a group's address that is not served blocks, and says which", func(t *testing.T, v dialect) {
		nowhere := object{"address": address("", "1010").with("country", "NZ")}
		s := n.opens(t, v, v.order(line("ok", 1), line("other", 1)).with("fulfillment_groups", []any{group("gift", "shipping", "other").with("fulfillment_details", nowhere)})).is(t, "not_ready_for_payment")
		if msg := s.says("region_restricted"); msg == nil || msg.text("param") != "$.fulfillment_groups[0].fulfillment_details.address" {
			t.Errorf("%s", s.body)
		}
		n.changes(t, v, s, groups()).is(t, "ready_for_payment")
	}, newest...)
	eachVersion(t, "FUL-06 a line is in one group, and groups have ids of their own", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1), line("other", 1)))
		for param, list := range map[string][]any{
			"$.fulfillment_groups[1].item_ids[0]": {group("a", "shipping", "ok"), group("b", "pickup", "ok")},
			"$.fulfillment_groups[1].id":          {group("a", "shipping", "ok"), group("a", "pickup", "other")},
			"$.fulfillment_groups[0].item_ids[0]": {group("a", "digital", "ok")},
			"$.fulfillment_groups[0].location_id": {group("a", "pickup", "ok").with("location_id", "nowhere")},
		} {
			n.post(t, v, "/"+s.text("id"), groups(list...)).refused(t, 400, "invalid", param)
		}
	}, newest...)
}

// fitsType are the statuses that ORD-04 allows each type of delivery.
var fitsType = map[string][]string{
	"shipping": {"pending", "processing", "shipped", "in_transit", "out_for_delivery", "delivered", "canceled"},
	"pickup":   {"pending", "processing", "ready_for_pickup", "delivered", "canceled"},
	"digital":  {"pending", "processing", "delivered", "canceled"},
}

func TestRulesOfOrdersByDelivery(t *testing.T) {
	t.Parallel()
	n := openMarket(t).neighbours(t)
	eachVersion(t, "ORD-04 each delivery of an order has statuses that fit its type", func(t *testing.T, v dialect) {
		s := n.opens(t, v, v.order(line("ok", 1), line("other", 1), line("exempt", 1), line("download", 1)))
		round := optionOf(t, s, aRound).text("id")
		s = n.changes(t, v, s, picks(theOption("pickup", "market", "ok"), theOption("local_delivery", round, "other"), theOption("shipping", "standard", "exempt"))).is(t, "ready_for_payment")
		n.pays(t, v, s)
		o, err := n.app.Store().OrderOfSession(t.Context(), corner, s.text("id"))
		if err != nil {
			t.Fatal(err)
		}
		cmd := order.Command{MerchantID: corner, OrderID: o.ID, Who: "operator:test"}
		access := acp.DigitalDelivery{AccessURL: "https://shop.example.com/downloads/1"}
		did(t, "ship")(n.app.Orders().Ship(t.Context(), cmd, nil, order.Parcel{Carrier: "Post", TrackingNumber: "T1", Access: access}))
		did(t, "deliver")(n.app.Orders().Deliver(t.Context(), cmd, ""))
		events := n.heard(t, s.text("id"), 3)
		for _, e := range events {
			for _, f := range e.at("data").list("fulfillments") {
				allowed := fitsType[f.text("type")]
				if allowed == nil || !slices.Contains(allowed, f.text("status")) {
					t.Errorf("%v", f)
				}
				for _, happened := range f.list("events") {
					if !slices.Contains(allowed, happened.text("type")) {
						t.Errorf("a delivery of type %s has had the event %s", f.text("type"), happened.text("type"))
					}
				}
				goesTo := f.at("destination").text("line_one")
				switch f.text("type") {
				case "digital":
					if shipped := f.text("status") == "delivered"; shipped && f.at("digital_delivery").text("access_url") != access.AccessURL || goesTo != "" {
						t.Errorf("%v", f)
					}
				case "pickup":
					if goesTo != "1 Market Street" || f.text("tracking_number") != "" || f.at("estimated_delivery").text("earliest") == "" || !strings.Contains(f.text("description"), "side door") {
						t.Errorf("%v", f)
					}
				default:
					if goesTo != "1 Example Street" || f.at("estimated_delivery").text("latest") == "" {
						t.Errorf("%v", f)
					}
				}
			}
		}
		var statuses []string
		for _, f := range events[1].at("data").list("fulfillments") {
			statuses = append(statuses, f.text("type")+" "+f.text("status"))
		}
		if want := []string{"pickup ready_for_pickup", "shipping out_for_delivery", "shipping shipped", "digital delivered"}; !slices.Equal(statuses, want) ||
			events[1].at("data").text("status") != "shipped" || events[2].at("data").text("status") != "completed" {
			t.Errorf("%v, %v", statuses, events[1])
		}
	}, acp.V20260417, acp.Unreleased)
}
