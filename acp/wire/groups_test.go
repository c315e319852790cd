package wire_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

func decodeGroups(t *testing.T, groups string) (acp.Opt[[]acp.FulfillmentGroup], error) {
	t.Helper()
	doc, err := wire.Parse([]byte(`{"fulfillment_groups":`+groups+`}`), acp.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	req, err := wire.Newest().DecodeUpdate(doc)
	return req.FulfillmentGroups, err
}

func TestFulfillmentGroupsAreRead(t *testing.T) {
	got, err := decodeGroups(t, `[{"id":"gift","item_ids":["li_1","mug"],"destination_type":"shipping","instructions":"Ring","fulfillment_details":{"name":"A","address":
		{"name":"A","line_one":"1 Street","city":"Berlin","state":"","country":"de","postal_code":"10115"}}},
		{"id":"store","item_ids":["li_2"],"destination_type":"pickup","location_id":"market","x":1}]`)
	want := acp.Some([]acp.FulfillmentGroup{
		{ID: "gift", ItemIDs: []string{"li_1", "mug"}, DestinationType: acp.FulfillmentShipping, Instructions: "Ring", FulfillmentDetails: &acp.FulfillmentDetails{Name: "A",
			Address: &acp.Address{Name: "A", LineOne: "1 Street", City: "Berlin", Country: "DE", PostalCode: "10115"}}},
		{ID: "store", ItemIDs: []string{"li_2"}, DestinationType: acp.FulfillmentPickup, LocationID: "market"}})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	if got, err := decodeGroups(t, "[]"); err != nil || !got.Set || got.Null || len(got.Value) != 0 {
		t.Errorf("[] became %+v, %v", got, err)
	}
	if got, err := decodeGroups(t, "null"); err != nil || !got.Set || !got.Null {
		t.Errorf("null became %+v, %v", got, err)
	}
}

func TestFulfillmentGroupsAreChecked(t *testing.T) {
	for groups, want := range map[string]struct{ code, param string }{
		`{}`:    {acp.CodeInvalid, "$.fulfillment_groups"},
		`["a"]`: {acp.CodeInvalid, "$.fulfillment_groups[0]"},
		`[{"item_ids":["a"],"destination_type":"shipping"}]`:                                                      {acp.CodeMissing, "$.fulfillment_groups[0].id"},
		`[{"id":"a","item_ids":["a"]}]`:                                                                           {acp.CodeMissing, "$.fulfillment_groups[0].destination_type"},
		`[{"id":"a","item_ids":["a"],"destination_type":"drone"}]`:                                                {acp.CodeInvalid, "$.fulfillment_groups[0].destination_type"},
		`[{"id":"a","destination_type":"pickup"}]`:                                                                {acp.CodeMissing, "$.fulfillment_groups[0].item_ids"},
		`[{"id":"a","item_ids":[],"destination_type":"pickup"}]`:                                                  {acp.CodeInvalid, "$.fulfillment_groups[0].item_ids"},
		`[{"id":"a","item_ids":["a"],"destination_type":"shipping","fulfillment_details":{"address":{}}}]`:        {acp.CodeMissing, "$.fulfillment_groups[0].fulfillment_details.address.name"},
		`[{"id":"a","item_ids":["a"],"destination_type":"pickup"},{"id":1,"item_ids":[],"destination_type":"x"}]`: {acp.CodeInvalid, "$.fulfillment_groups[1].id"},
	} {
		_, err := decodeGroups(t, groups)
		var e *acp.Error
		if !errors.As(err, &e) || e.Code != want.code || e.Param != want.param {
			t.Errorf("%s: %+v; want %v", groups, e, want)
		}
	}
}
