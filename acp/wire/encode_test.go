package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
)

// versions are the released ones and the draft.
func versions() []acp.Version { return append(wire.Supported(), acp.Unreleased) }

// each runs a test for every version.
func each(t *testing.T, test func(t *testing.T, c wire.Codec)) {
	for _, v := range versions() {
		t.Run(string(v), func(t *testing.T) { test(t, codec(t, v)) })
	}
}

func encode(t testing.TB, c wire.Codec, s *acp.Session) []byte {
	t.Helper()
	b, err := c.AppendSession(nil, s, wire.SessionView{Provider: "stripe"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Invariant 3: a response has nothing that its version does not define.
func TestSessionsAreValidInEveryVersion(t *testing.T) {
	sessions := map[string]func() *acp.Session{
		"ready, three lines": threeLines,
		"every field set":    everything,
		"completed":          completed,
		"as bare as can be": func() *acp.Session {
			return &acp.Session{ID: "cs_02", Status: acp.NotReadyForPayment, Currency: "jpy"}
		},
		"no delivery times": func() *acp.Session {
			s := threeLines()
			o := &s.FulfillmentOptions[0]
			o.Carrier, o.Description, o.EarliestDeliveryTime = "", "", o.LatestDeliveryTime.AddDate(0, 0, -1)
			s.FulfillmentOptions[1] = acp.FulfillmentOption{Type: acp.FulfillmentShipping, ID: "x", Title: "X"}
			return s
		},
		"text that is no UTF-8": func() *acp.Session {
			s := threeLines()
			s.LineItems[0].Name = "a\xffb\u2028<script>"
			return s
		},
		"words that no version has": func() *acp.Session {
			s := everything()
			l := &s.LineItems[0]
			l.Weight.Unit, l.Dimensions.Unit, l.DiscountDetails[0].Type, l.DiscountDetails[0].Source = "stone", "mile", "magic", "luck"
			s.Buyer.TaxExemption.CertificateType, s.Buyer.AccountType = "royal", "royal"
			s.AuthenticationMetadata.FlowPreference.Challenge.Type = "riddle"
			s.Capabilities.Interventions.Enforcement = "never"
			s.Links = append(s.Links, acp.Link{Type: "blog", URL: "https://shop.example.com/blog"})
			s.Discounts.Applied[0].Method, s.Discounts.Applied[0].Coupon.Duration = "all", "ages"
			return s
		},
		"a buyer without names": func() *acp.Session {
			s := threeLines()
			s.Buyer = &acp.Buyer{Email: "buyer@example.com"}
			return s
		},
		"a completed buyer without names": func() *acp.Session {
			s := completed()
			s.Buyer = &acp.Buyer{Email: "buyer@example.com"}
			return s
		},
		"lines longer than the page allows": func() *acp.Session {
			s := threeLines()
			s.FulfillmentDetails.Address.LineOne = strings.Repeat("ä", 255)
			return s
		},
	}
	each(t, func(t *testing.T, c wire.Codec) {
		for name, make := range sessions {
			t.Run(name, func(t *testing.T) {
				s := make()
				def := "CheckoutSession"
				if s.Order != nil {
					def = "CheckoutSessionWithOrder"
				}
				acptest.Schema(t, c.Version(), def).Check(t, encode(t, c, s))
			})
		}
		t.Run("every status", func(t *testing.T) {
			schema := acptest.Schema(t, c.Version(), "CheckoutSession")
			for _, status := range []acp.Status{acp.Incomplete, acp.NotReadyForPayment, acp.RequiresEscalation,
				acp.AuthenticationRequired, acp.ReadyForPayment, acp.PendingApproval, acp.CompleteInProgress,
				acp.Canceled, acp.InProgress, acp.Expired} {
				s := threeLines()
				s.Status = status
				schema.Check(t, encode(t, c, s))
			}
		})
		t.Run("a status that nobody knows is an error", func(t *testing.T) {
			s := threeLines()
			s.Status = "pondering"
			if b, err := c.AppendSession([]byte("x"), s, wire.SessionView{}); err == nil || string(b) != "x" {
				t.Errorf("got %s, %v; want dst as it was and an error", b, err)
			}
		})
	})
}

// The model's own JSON form is that of the newest version.
func TestModelIsTheNewestShape(t *testing.T) {
	s := everything()
	s.Protocol = &acp.Protocol{Version: acp.V20260417}
	s.LineItems[0].Disclosures[0] = acp.Disclosure{Type: "disclaimer", ContentType: "plain", Content: "Contains nuts"}
	s.Messages = s.Messages[3:5]
	for i := range s.Messages {
		s.Messages[i].ContentType = "plain"
	}
	s.Discounts.Rejected = s.Discounts.Rejected[:1]
	s.Capabilities.Interventions.Required = []string{"3ds"}
	s.SelectedFulfillmentOptions = s.SelectedFulfillmentOptions[:1]
	model, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	acptest.Schema(t, acp.V20260417, "CheckoutSession").Check(t, model)
	codec, _ := wire.For(acp.V20260417)
	if diff := cmp.Diff(decoded(t, model), decoded(t, encode(t, codec, s))); diff != "" {
		t.Errorf("AppendSession differs from the model's own JSON (-model +wire):\n%s", diff)
	}
	o := shipped()
	o.Type = "order"
	o.Fulfillments = o.Fulfillments[:2]
	model, err = json.Marshal(map[string]any{"type": "order_update", "data": o})
	if err != nil {
		t.Fatal(err)
	}
	event, err := codec.AppendOrderEvent(nil, wire.OrderUpdated, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded(t, model), decoded(t, event)); diff != "" {
		t.Errorf("AppendOrderEvent differs from the model's own JSON (-model +wire):\n%s", diff)
	}
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return v
}

func TestErrorsAreValidInEveryVersion(t *testing.T) {
	errors := []*acp.Error{
		acp.Invalid("$.line_items[0].quantity", "Not a whole number."),
		acp.Unavailable("rate_limited", "Later.", 0, nil),
		acp.AsError(nil),
		{Type: acp.RateLimitExceeded, Code: "too_many_requests", Message: "Slow down."},
		{Type: acp.InvalidRequest, Code: "unsupported_api_version", Message: "Which?", SupportedVersions: wire.Supported()},
	}
	each(t, func(t *testing.T, c wire.Codec) {
		for _, e := range errors {
			acptest.Schema(t, c.Version(), "Error").Check(t, c.AppendError(nil, e))
		}
	})
}

func TestOrderEventsAreValidInEveryVersion(t *testing.T) {
	each(t, func(t *testing.T, c wire.Codec) {
		schema := acptest.Schema(t, c.Version(), "WebhookEvent")
		for _, status := range []string{"", "created", "confirmed", "manual_review", "processing", "shipped", "completed", "canceled", "lost"} {
			o := shipped()
			o.Status = status
			for _, kind := range []wire.EventKind{wire.OrderCreated, wire.OrderUpdated} {
				b, err := c.AppendOrderEvent(nil, kind, o)
				if err != nil {
					t.Fatal(err)
				}
				schema.Check(t, b)
			}
		}
		b, err := c.AppendOrderEvent(nil, wire.OrderCreated, &acp.Order{ID: "o", CheckoutSessionID: "c", PermalinkURL: "https://shop.example.com/o"})
		if err != nil {
			t.Fatal(err)
		}
		schema.Check(t, b)
		if b, err := c.AppendOrderEvent([]byte("x"), 9, shipped()); err == nil || string(b) != "x" {
			t.Errorf("an event of no kind gave %s, %v", b, err)
		}
	})
}

func TestEventNames(t *testing.T) {
	each(t, func(t *testing.T, c wire.Codec) {
		for i, kind := range []wire.EventKind{wire.OrderCreated, wire.OrderUpdated} {
			b, err := c.AppendOrderEvent(nil, kind, shipped())
			if err != nil {
				t.Fatal(err)
			}
			want := [2]string{"order_create", "order_update"}
			if c.Version() == acp.V20250912 {
				want = [2]string{"order_created", "order_updated"}
			}
			if got := decoded(t, b).(map[string]any)["type"]; got != want[i] {
				t.Errorf("kind %d is %v, want %s", kind, got, want[i])
			}
		}
	})
}

func TestVersionsOldestFirst(t *testing.T) {
	want := []acp.Version{"2025-09-12", "2025-09-29", "2025-12-12", "2026-01-16", "2026-01-30", "2026-04-17"}
	if diff := cmp.Diff(want, wire.Supported()); diff != "" {
		t.Error(diff)
	}
	for _, v := range want {
		for _, withUnreleased := range []bool{true, false} {
			if c, ok := wire.Find(v, withUnreleased); !ok || c.Version() != v {
				t.Errorf("%s is not found", v)
			}
		}
	}
	if c, ok := wire.Find(acp.Unreleased, true); !ok || c.Version() != acp.Unreleased {
		t.Error("the draft is not found where it is switched on")
	}
	if _, ok := wire.Find(acp.Unreleased, false); ok {
		t.Error("the draft is found where it is not switched on")
	}
	if _, ok := wire.For(acp.Unreleased); ok {
		t.Error("the draft is found among the released versions")
	}
	if wire.Newest().Version() != acp.V20260417 {
		t.Error("the newest is not the last")
	}
	for _, v := range []acp.Version{"2026-01-15", "2026-01-22", "2026-01-28", "", "UNRELEASED", " 2026-04-17"} {
		if _, ok := wire.Find(v, true); ok {
			t.Errorf("%q is not a version", v)
		}
	}
}

func TestIdempotencyByVersion(t *testing.T) {
	each(t, func(t *testing.T, c wire.Codec) {
		status, required := 409, false
		if c.Version() >= acp.V20260417 { // the draft sorts last
			status, required = 422, true
		}
		if c.WebhookSignature().Timestamped != required {
			t.Errorf("webhooks are signed by %+v", c.WebhookSignature())
		}
		if c.MismatchStatus() != status || c.RequiresIdempotencyKey() != required {
			t.Errorf("mismatch %d, key required %t", c.MismatchStatus(), c.RequiresIdempotencyKey())
		}
	})
}
