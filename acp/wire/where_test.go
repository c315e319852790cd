package wire_test

import (
	"slices"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// A refusal points at what the request has, under the name that it has there;
// what is missing keeps the newest name, which each version puts into its own.
func TestLocated(t *testing.T) {
	for _, tt := range []struct{ body, newest, want string }{
		{`{"items":[{"id":"a"},{"id":"b"}]}`, "$.line_items[1].id", "$.items[1].id"},
		{`{"line_items":[{"id":"a"}]}`, "$.line_items[0].id", "$.line_items[0].id"},
		{`{"items":[{"id":"a"}]}`, "$.line_items[1].id", "$.line_items[1].id"},
		{`{"item":[{"id":"a"}],"items":[{"id":"b"}]}`, "$.line_items[0].id", "$.items[0].id"},
		{`{"items":[{"identity":"a"}]}`, "$.line_items[0].id", "$.line_items[0].id"},
		{`{"items":[` + repeat(`{"id":"a"}`, 12) + `]}`, "$.line_items[1].id", "$.items[1].id"},
		{`{"fulfillment_address":{"country":"US"}}`, "$.fulfillment_details.address.country", "$.fulfillment_address.country"},
		{`{"fulfillment_details":{"address":{"country":"US"}},"fulfillment_address":{"country":"DE"}}`, "$.fulfillment_details.address.country", "$.fulfillment_details.address.country"},
		{`{"coupons":["A","B"]}`, "$.discounts.codes[1]", "$.coupons[1]"},
		{`{"fulfillment_option_id":"x"}`, "$.selected_fulfillment_options[0].option_id", "$.fulfillment_option_id"},
		{`{"selected_fulfillment_options":[{"pickup":{"option_id":"x"}}]}`, "$.selected_fulfillment_options[0].option_id", "$.selected_fulfillment_options[0].pickup.option_id"},
		{`{"metadata":{"a b":{"c":1}}}`, `$.metadata["a b"].c`, `$.metadata["a b"].c`},
		{`{}`, "$.buyer.email", "$.buyer.email"},
		{``, "$.buyer", "$.buyer"},
	} {
		e := acp.Invalid(tt.newest, "x")
		got := parse(t, tt.body).Located(e)
		if got.Param != tt.want || e.Param != tt.newest {
			t.Errorf("%s of %s is at %s, want %s", tt.newest, tt.body, got.Param, tt.want)
		}
	}
	sent := acp.Invalid("$.line_items[0].id", "x")
	sent.Sent = true
	if got := parse(t, `{"items":[{"id":"a"}]}`).Located(sent); got != sent {
		t.Errorf("%s was sent as it is", got.Param)
	}
}

// What is read under another name than the version's own is listed, for the log.
func TestAliases(t *testing.T) {
	for _, tt := range []struct {
		version acp.Version
		body    string
		want    []string
	}{
		{acp.V20250912, `{"buyer":{"name":"A","full_name":"B","email":"b@example.com"}}`, nil},
		{acp.V20250912, `{"buyer":{"full_name":"B","email":"b@example.com"}}`, []string{"$.buyer.full_name"}},
		{acp.V20260417, `{"buyer":{"full_name":"B","name":"A","email":"b@example.com"}}`, nil},
		{acp.V20260417, `{"buyer":{"name":"A","phone":"1","email":"b@example.com"}}`, []string{"$.buyer.name", "$.buyer.phone"}},
	} {
		doc := parse(t, tt.body)
		if _, err := codec(t, tt.version).DecodeUpdate(doc); err != nil || !slices.Equal(doc.Aliases(), tt.want) {
			t.Errorf("%s: of %s %v are other names, want %v (%v)", tt.version, tt.body, doc.Aliases(), tt.want, err)
		}
	}
}

func repeat(element string, times int) string {
	list := element
	for range times - 1 {
		list += "," + element
	}
	return list
}
