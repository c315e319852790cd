package server_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// sold buys something at a shop and gives the order.
func sold(t *testing.T, shop *servertest.Server, items ...string) *order.Order {
	t.Helper()
	p := shop.Agent(t).Prepare(t, items...)
	got, err := shop.Agent(t).Pay(t.Context(), p)
	if err != nil || got.Status != acp.Completed {
		t.Fatalf("%+v: %v", got, err)
	}
	o, err := shop.Store.OrderOfSession(t.Context(), servertest.MerchantID, p.Session.ID)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func byOperator(o *order.Order, key string) order.Command {
	return order.Command{MerchantID: servertest.MerchantID, OrderID: o.ID, Key: key, Who: "operator:test"}
}

// settled hands the stand-in's webhooks about a payment and its operations to
// the server until none of these is open.
func settled(t *testing.T, shop *servertest.Server, o *order.Order) {
	t.Helper()
	servertest.Eventually(t, webhookTime, func() error {
		ops, err := shop.Store.Orders(t.Context()).Operations(servertest.MerchantID, o.AttemptID)
		if err != nil {
			return err
		}
		calls := shop.PSP.Webhooks(o.AttemptID)
		for _, op := range ops {
			calls = append(calls, shop.PSP.Webhooks(op.ID)...)
		}
		for _, call := range calls {
			if status, body := callBack(t, shop, webhookOfTestMode, call); status != 200 {
				return fmt.Errorf("webhook: %d %s", status, body)
			}
		}
		if ops, err = shop.Store.Orders(t.Context()).Operations(servertest.MerchantID, o.AttemptID); err != nil {
			return err
		}
		for _, op := range ops {
			if op.State.Open() {
				return fmt.Errorf("%s %s is %s (%s)", op.Kind, op.ID, op.State, op.Decline)
			}
		}
		return nil
	})
}

// toldOf lists the types of the events that the agent has got about an order,
// with its status and adjustments, each checked against the official schema.
func toldOf(t *testing.T, shop *servertest.Server, o *order.Order) (out []string) {
	t.Helper()
	schema := acptest.Schema(t, acp.V20260417, "WebhookEvent")
	for _, e := range shop.Told(o.CheckoutSessionID) {
		if !e.Verified {
			t.Error("an event is not signed")
		}
		schema.Check(t, e.Body)
		var body struct {
			Data acp.Order `json:"data"`
		}
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		line := e.Type + " " + body.Data.Status
		for _, a := range body.Data.Adjustments {
			line += " " + a.Type + "=" + a.Status
		}
		out = append(out, line)
	}
	return out
}

// From the sale over the shipment to a refund at each provider: held, captured
// with the first parcel, given back in part, and the agent told of each change
// in its order.
func TestAfterTheSaleAtEachProvider(t *testing.T) {
	t.Parallel()
	for _, name := range servertest.PSPs() {
		t.Run(name, func(t *testing.T) {
			shop := servertest.Start(t, servertest.Options{PSP: name, Configure: func(cfg *config.Config) {
				cfg.Merchants[0].Payment.Test.Capture = "on_shipment"
			}})
			o := sold(t, shop, servertest.Mug, servertest.Mug)
			attempt := func() *payment.Attempt {
				a, err := shop.Store.Orders(t.Context()).Attempt(servertest.MerchantID, o.AttemptID)
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			if a := attempt(); a.State != payment.Authorized || a.Capture != payment.CaptureLater || a.Captured != 0 {
				t.Fatalf("%+v", a)
			}
			for range 2 { // a script that repeats itself
				if _, err := shop.App.Orders().Ship(t.Context(), byOperator(o, "parcel-1"), nil, order.Parcel{Carrier: "Post", TrackingNumber: "T1"}); err != nil {
					t.Fatal(err)
				}
			}
			settled(t, shop, o)
			if a := attempt(); a.State != payment.Captured || a.Captured != o.Total {
				t.Fatalf("%+v", a)
			}
			// All of it: what is not settled yet cannot be refunded in part everywhere.
			if _, err := shop.App.Orders().Refund(t.Context(), byOperator(o, "ticket-1"), o.Total, nil, order.Reason{Code: "requested_by_customer"}); err != nil {
				t.Fatal(err)
			}
			settled(t, shop, o)
			if a := attempt(); a.Refunded != o.Total {
				t.Errorf("%+v", a)
			}
			books, err := shop.PSP.Books(t.Context(), o.CheckoutSessionID)
			if err != nil || books.Taken != 0 {
				t.Errorf("the provider has %+v, %v", books, err)
			}
			want := []string{"order_create confirmed", "order_update shipped", "order_update shipped refund=pending", "order_update shipped refund=completed"}
			servertest.Eventually(t, webhookTime, func() error {
				if diff := cmp.Diff(want, toldOf(t, shop, o)); diff != "" {
					return fmt.Errorf("the agent was told (-want +got):\n%s", diff)
				}
				return nil
			})
		})
	}
}

// An order that is called off before it is shipped releases the hold.
func TestACancellationAtEachProvider(t *testing.T) {
	t.Parallel()
	for _, name := range servertest.PSPs() {
		t.Run(name, func(t *testing.T) {
			shop := servertest.Start(t, servertest.Options{PSP: name, Configure: func(cfg *config.Config) {
				cfg.Merchants[0].Payment.Test.Capture = "on_shipment"
			}})
			o := sold(t, shop, servertest.Mug)
			if _, err := shop.App.Orders().Cancel(t.Context(), byOperator(o, ""), order.Reason{Note: "sold out"}); err != nil {
				t.Fatal(err)
			}
			settled(t, shop, o)
			a, err := shop.Store.Orders(t.Context()).Attempt(servertest.MerchantID, o.AttemptID)
			if err != nil || a.State != payment.Voided {
				t.Errorf("%+v, %v", a, err)
			}
			books, err := shop.PSP.Books(t.Context(), o.CheckoutSessionID)
			if err != nil || books.Taken != 0 {
				t.Errorf("the provider has %+v, %v", books, err)
			}
			servertest.Eventually(t, webhookTime, func() error {
				said := toldOf(t, shop, o)
				if len(said) == 0 || said[len(said)-1] != "order_update canceled cancellation=completed" {
					return fmt.Errorf("%v", said)
				}
				return nil
			})
		})
	}
}
