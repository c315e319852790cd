package main

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

func TestTheBuyerOfAnOrder(t *testing.T) {
	home := &acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"}
	for name, tt := range map[string]struct {
		s    acp.Session
		note string
		want string
	}{
		"nobody": {},
		"a buyer with an address": {s: acp.Session{Buyer: &acp.Buyer{FirstName: "Test", LastName: "Buyer", Email: "test.buyer@example.com"},
			FulfillmentDetails: &acp.FulfillmentDetails{PhoneNumber: "+15555550100", Address: home}},
			want: "Buyer: Test Buyer, test.buyer@example.com, +15555550100\n" +
				"Goes to: Test Buyer, 1 Example Street, San Francisco, CA 94105, US, +15555550100\n"},
		"some of it to another place": {s: acp.Session{Buyer: &acp.Buyer{Email: "test.buyer@example.com"}, FulfillmentGroups: []acp.FulfillmentGroup{
			{ID: "gift", ItemIDs: []string{"li_2"}, Instructions: "Ring twice", FulfillmentDetails: &acp.FulfillmentDetails{Address: &acp.Address{
				Name: "Test Buyer", LineOne: "Beispielstraße 1", City: "Berlin", PostalCode: "10115", Country: "DE"}}}}},
			want: "Buyer: test.buyer@example.com\nli_2 to: Test Buyer, Beispielstraße 1, 10115 Berlin, DE\n  Ring twice\n"},
		"notes that would take over the terminal": {note: "Leave it\x1b[2J at the\r door\u009b", want: "Notes: Leave it[2J at the door\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := printer{w: &out}
			printBuyer(&p, &checkout.Session{Session: tt.s, OrderNotes: tt.note})
			if out.String() != tt.want || p.err != nil {
				t.Errorf("%q, %v; want %q", out.String(), p.err, tt.want)
			}
		})
	}
}
