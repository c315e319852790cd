package main

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/text"
)

// An operator reads an order in English, whatever the buyer's language is. What
// the shop or an operator has written is left as it is.
func TestOrdersAreShownInEnglish(t *testing.T) {
	kinds := []acp.TotalType{acp.TotalTax, acp.TotalAmountRefunded}
	shown := func(locale string) string {
		say := text.For(locale).Say
		o := &order.Order{Currency: "eur", Total: 3740, Order: acp.Order{ID: "ord_1", OrderNumber: "1", Status: "confirmed", Locale: locale,
			LineItems: []acp.OrderLineItem{{ID: "li_1", Title: "Tablett"}},
			Adjustments: []acp.Adjustment{
				{ID: "adj_1", Type: "price_change", Status: "completed", Description: say("order.less_taken")},
				{ID: "adj_2", Type: "refund", Status: "completed", Description: "ein Kratzer"}}}}
		for _, kind := range kinds {
			words := order.TotalWords(text.For(locale), kind)
			o.Totals = append(o.Totals, acp.Total{Type: kind, DisplayText: words, Amount: 100})
		}
		o.Totals = append(o.Totals, acp.Total{Type: "customs", DisplayText: "Zoll", Amount: 100})
		var out strings.Builder
		p := printer{w: &out}
		printOrder(&p, o)
		if p.err != nil {
			t.Fatal(p.err)
		}
		return out.String()
	}
	for _, lang := range text.Languages {
		got := shown(lang)
		for _, want := range []string{"  €1.00  Tax\n", "  €1.00  Refunded\n", "Less was taken than was authorized.", "ein Kratzer", "Tablett", "  €1.00  Zoll\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: there is no %q:\n%s", lang, want, got)
			}
		}
	}
}
