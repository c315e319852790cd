package wire_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// seeds are bodies from which the fuzzers start.
var seeds = []string{
	``, `null`, `{}`, `[]`, `{"a":1.0,"b":[1e2,-0,"\u00e9"]}`, `{"a":{"a":{"a":[[[]]]}}}`, `{"a":1,"a":2}`, "{\"\xff\":1}",
	newest(`"buyer":{"email":"b@example.com"},"fulfillment_details":{"address":` + address + `},"metadata":{"a":[1,{"b":null}]}`),
	newest(`"affiliate_attribution":{"provider":"p","token":"t","metadata":{"a":1}},"discounts":{"codes":["A"]}`),
	`{"items":[{"id":"a","quantity":2}],"fulfillment_address":` + address + `,"fulfillment_option_id":null}`,
	`{"selected_fulfillment_options":[{"type":"shipping","shipping":{"option_id":"x","item_ids":["a"]}}],"buyer":null}`,
	paying(`"authentication_result":{"outcome":"denied"},"risk_signals":{"ip_address":"192.0.2.1"},"marketing_consents":[{"channel":"sms","opted_in":true}]`),
	`{"payment_data":{"provider":"stripe","token":"t","billing_address":` + address + `}}`,
	`{"payment_data":{"type":"stripe","token":"t","payment_method_details":{"card":{}}},"fulfillment_details":{"phone_number":"+1"}}`,
	`{"payment_data":{"instrument":{"handler_id":"card","type":"card","credential":{"type":"spt","token":"t"}}},"authentication_result":{"outcome":"attempt","outcome_details":{"three_ds_cryptogram":"c","electronic_commerce_indicator":"5","transaction_id":"t","version":"2.1"}}}`,
	`{"line_items":[{"id":"a","suggested_price":{"amount":1,"source":[],"observed_at":null}}],"currency":"usd","agent_capabilities":{"interventions":{"supported":["3ds_redirect"]}}}`,
	`{"intent_trace":{"reason_code":"comparison","metadata":{"n":0.5}}}`,
}

// Parse never panics, refuses with a 400 only, and what it accepts has one
// canonical form.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := wire.Parse(body, acp.DefaultLimits())
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		once := doc.Canonical()
		again, err := wire.Parse(once, acp.DefaultLimits())
		if err != nil {
			t.Fatalf("canonical form refused: %v", err)
		}
		if !bytes.Equal(once, again.Canonical()) {
			t.Fatalf("%q became %q", once, again.Canonical())
		}
	})
}

// The decoders of each version never panic and refuse with a 400 only.
func FuzzDecodeCreate(f *testing.F)   { fuzzDecoder(f, create) }
func FuzzDecodeUpdate(f *testing.F)   { fuzzDecoder(f, update) }
func FuzzDecodeComplete(f *testing.F) { fuzzDecoder(f, complete) }
func FuzzDecodeCancel(f *testing.F)   { fuzzDecoder(f, cancel) }

func fuzzDecoder(f *testing.F, kind any) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, v := range versions() {
			if _, err := decode(t, codec(t, v), kind, body); err != nil {
				mustBeRefusal(t, err)
			}
		}
	})
}

func mustBeRefusal(t *testing.T, err error) {
	t.Helper()
	var e *acp.Error
	if !errors.As(err, &e) || e.Status != 400 || e.Type != acp.InvalidRequest || e.Code == "" || e.Message == "" {
		t.Fatalf("%#v is not a refusal with 400", err)
	}
}

// A version header never finds a codec of another version.
func FuzzVersion(f *testing.F) {
	for _, s := range []string{"2026-04-17", "2025-09-12", " 2026-04-17", "banana", "", "2026-01-15"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, ok := wire.For(acp.Version(s)); ok && string(c.Version()) != s {
			t.Fatalf("%q found %s", s, c.Version())
		}
	})
}
