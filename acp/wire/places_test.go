package wire_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// fetched is a session whose goods are picked up, without an address, and which
// could come by a courier.
func fetched() *acp.Session {
	s := threeLines()
	s.FulfillmentDetails = nil
	place := acp.Address{Name: "Market", LineOne: "1 Market Street", City: "San Francisco", State: "CA", Country: "US", PostalCode: "94105"}
	s.FulfillmentOptions = []acp.FulfillmentOption{
		{Type: acp.FulfillmentPickup, ID: "market", Title: "Pick up", Description: "Market, 1 Market Street, San Francisco. Ready on 3 March 2026 at 11:00 AM.",
			Location: &acp.PickupLocation{Name: "Market", Address: place}, PickupType: "in_store", ReadyBy: noon, PickupBy: noon.Add(48 * time.Hour), Totals: []acp.Total{total(acp.TotalTotal, 0)}},
		{Type: acp.FulfillmentLocalDelivery, ID: "courier@20260303T1800", Title: "Courier, 3 March 2026, 6:00 PM–8:00 PM",
			Window: &acp.DeliveryWindow{Start: noon.Add(time.Hour), End: noon.Add(3 * time.Hour)}, Totals: []acp.Total{total(acp.TotalTotal, 700)}}}
	s.SelectedFulfillmentOptions = []acp.SelectedFulfillmentOption{{Type: acp.FulfillmentPickup, OptionID: "market", ItemIDs: []string{"li_1"}}}
	return s
}

// Where pickup and couriers have no type of their own they are shipping, under
// words that say where and when; the page, which wants times and a carrier,
// gets theirs.
func TestPlacesAndRoundsInOlderVersions(t *testing.T) {
	const place = "Market, 1 Market Street, San Francisco. Ready on 3 March 2026 at 11:00 AM."
	at := func(d time.Duration) string { return noon.Add(d).Format(time.RFC3339) }
	for version, want := range map[acp.Version][2]map[string]any{
		acp.V20250912: {{"subtitle": place, "carrier": "Market", "earliest_delivery_time": at(0), "latest_delivery_time": at(48 * time.Hour)},
			{"subtitle": "Courier, 3 March 2026, 6:00 PM–8:00 PM", "carrier": "Standard", "earliest_delivery_time": at(time.Hour), "latest_delivery_time": at(3 * time.Hour)}},
		acp.V20250929: {{"subtitle": place}, {}},
		acp.V20251212: {{"subtitle": place}, {}},
		acp.V20260116: {{"description": place}, {}},
	} {
		shown := decoded(t, encode(t, codec(t, version), fetched())).(map[string]any)
		checkPlaces(t, string(version), shown["fulfillment_options"], want)
	}
	shown := sheetOf(t, fetched(), wire.SheetView{})
	checkPlaces(t, "the sheet", shown["fulfillment_options"], [2]map[string]any{{"subtitle": place}, {}})
	if shown["fulfillment_option_id"] != "market" || shown["fulfillment_address"] != nil {
		t.Errorf("the sheet has %v and %v", shown["fulfillment_option_id"], shown["fulfillment_address"])
	}
}

func checkPlaces(t *testing.T, where string, shown any, want [2]map[string]any) {
	t.Helper()
	list, _ := shown.([]any)
	if len(list) != 2 {
		t.Fatalf("%s has %v", where, shown)
	}
	for i, title := range []string{"Pick up", "Courier, 3 March 2026, 6:00 PM–8:00 PM"} {
		o := list[i].(map[string]any)
		if o["type"] != "shipping" || o["title"] != title {
			t.Errorf("%s: %v", where, o)
		}
		got := map[string]any{}
		for name, value := range o {
			if !slices.Contains([]string{"type", "id", "title", "subtotal", "tax", "total", "totals"}, name) {
				got[name] = value
			}
		}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", where, title, diff)
		}
	}
}
