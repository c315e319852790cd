package checkout_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// An extension is declared where the shop has it and the
// agent knows it.
func TestExtensionsAreThoseOfBoth(t *testing.T) {
	t.Run("EXT-01, EXT-03 well-formed, and active where both have it", func(t *testing.T) {
		with := &checkout.Merchant{BaseURL: "https://shop.example", Discounts: &checkout.Discounts{}, Test: checkout.PaymentSetup{Provider: newFakePSP()}}
		without := &checkout.Merchant{BaseURL: "https://shop.example", Test: checkout.PaymentSetup{Provider: newFakePSP()}}
		for _, test := range []struct {
			listed []string
			shop   *checkout.Merchant
			active bool
		}{
			{nil, with, true}, {[]string{}, with, true}, {[]string{"discount"}, with, true}, {[]string{"com.example.x", "discount@2026-01-27"}, with, true},
			{[]string{"com.example.x"}, with, false}, {[]string{"discounts"}, with, false}, {[]string{"discount"}, without, false}, {nil, without, false},
		} {
			got := test.shop.Present(&checkout.Session{Session: acp.Session{Status: acp.ReadyForPayment}, Extensions: test.listed}).Capabilities.Extensions
			if (len(got) == 1) != test.active {
				t.Errorf("%v: %+v", test.listed, got)
			}
		}
		name := regexp.MustCompile(`^[a-z][a-z0-9_-]*(@\d{4}-\d{2}-\d{2})?$`)
		path := regexp.MustCompile(`^\$\.[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9_]*)*$`)
		e := checkout.DiscountExtension
		if !name.MatchString(e.Name) || !strings.HasPrefix(e.Schema, "https://") || len(e.Extends) == 0 {
			t.Errorf("%+v", e)
		}
		for _, at := range e.Extends {
			if !path.MatchString(at) {
				t.Errorf("EXT-01: %q", at)
			}
		}
	})
}
