package order_test

import (
	"testing"

	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
)

// What an agent is told after the sale is valid in the version in which it
// bought, and comes in the order in which it happened.
func TestEveryUpdateIsValidInEveryVersion(t *testing.T) {
	for _, version := range wire.Supported() {
		t.Run(string(version), func(t *testing.T) {
			schema := acptest.Schema(t, version, "WebhookEvent")
			codec, ok := wire.For(version)
			if !ok {
				t.Fatal("no codec")
			}
			for name, story := range map[string]struct {
				held   bool
				happen func(*world, *order.Order)
				events int
			}{
				"shipped in parts, delivered": {true, func(w *world, o *order.Order) {
					w.did(w.core.Ship(ctx, cmd(o), []order.Line{{ID: mugs, Quantity: 1}}, order.Parcel{Carrier: "DHL", TrackingNumber: "T1", TrackingURL: "https://dhl.example/T1"}))
					w.did(w.core.Ship(ctx, cmd(o), nil, order.Parcel{}))
					w.did(w.core.Deliver(ctx, cmd(o), ""))
				}, 3},
				"refunded by lines and by amount": {false, func(w *world, o *order.Order) {
					w.did(w.core.Refund(ctx, cmd(o), 0, []order.Line{{ID: lamp, Quantity: 1}}, order.Reason{Code: "duplicate", Note: "twice"}))
					w.psp.fail(declines)
					w.did(w.core.Refund(ctx, cmd(o), 100, nil, order.Reason{}))
				}, 4},
				"canceled":          {false, func(w *world, o *order.Order) { w.did(w.core.Cancel(ctx, cmd(o), order.Reason{Note: "sold out"})) }, 2},
				"captured in part":  {true, func(w *world, o *order.Order) { w.did(w.core.Capture(ctx, cmd(o), 5)) }, 1},
				"reduced, captured": {true, func(w *world, o *order.Order) { w.did(w.core.Refund(ctx, cmd(o), 5, nil, order.Reason{})) }, 1},
				"disputed": {false, func(w *world, o *order.Order) {
					w.told(payment.Notice{Subject: payment.AboutDispute, PSPRef: "ch_1", OpRef: "dp_1", Dispute: payment.DisputeOpen})
					w.told(payment.Notice{Subject: payment.AboutDispute, PSPRef: "ch_1", OpRef: "dp_1", Dispute: payment.DisputeLost})
				}, 2},
			} {
				t.Run(name, func(t *testing.T) {
					w := newWorld(t)
					o := w.saleIn(story.held, version)
					story.happen(w, o)
					events := w.events(o)
					if len(events) != story.events {
						t.Errorf("%d events: %v", len(events), kindsOf(events))
					}
					last := 0
					for _, e := range events {
						if e.Kind != order.Updated || e.APIVersion != version || e.Agent != "agent" {
							t.Errorf("%+v", e)
						}
						// Of one moment, each knows at least as much as the one before.
						if n := len(e.Order.Adjustments) + len(e.Order.Fulfillments); n < last {
							t.Error("the events are out of order")
						} else {
							last = n
						}
						body, err := codec.AppendOrderEvent(nil, wire.OrderUpdated, &e.Order)
						if err != nil {
							t.Fatal(err)
						}
						schema.Check(t, body)
					}
				})
			}
		})
	}
}
