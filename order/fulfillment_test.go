package order_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/store"
)

// fitting are the statuses and events that a delivery of each type may have
// (ORD-04). A local delivery is a kind of shipping to an agent.
var fitting = map[acp.FulfillmentType][]string{
	acp.FulfillmentShipping:      {"pending", "processing", "shipped", "in_transit", "out_for_delivery", "delivered", "canceled"},
	acp.FulfillmentLocalDelivery: {"pending", "processing", "shipped", "in_transit", "out_for_delivery", "delivered", "canceled"},
	acp.FulfillmentPickup:        {"pending", "processing", "ready_for_pickup", "delivered", "canceled"},
	acp.FulfillmentDigital:       {"pending", "processing", "delivered", "canceled"},
}

// saleOf makes an order whose mugs and lamp are delivered in two ways.
func (w *world) saleOf(mugsBy, lampBy acp.FulfillmentType) *order.Order {
	w.t.Helper()
	o := w.sale(false)
	o.Fulfillments = []acp.Fulfillment{
		{ID: "ful_mugs", Type: mugsBy, Status: "pending", LineItems: []acp.FulfillmentLineItem{{ID: mugs, Quantity: 2}}},
		{ID: "ful_lamp", Type: lampBy, Status: "pending", LineItems: []acp.FulfillmentLineItem{{ID: lamp, Quantity: 1}}}}
	w.must(w.store.Do(context.Background(), func(tx *store.Tx) error {
		stored, err := tx.Order(shop, o.ID)
		if err != nil {
			return err
		}
		stored.Fulfillments = o.Fulfillments
		return tx.SaveOrder(stored)
	}))
	return o
}

func statusesOf(o *order.Order) (out []string) {
	out = append(out, o.Status)
	for _, f := range o.Fulfillments {
		out = append(out, f.ID+" "+f.Status)
	}
	return out
}

func TestEachWayOfDeliveryHasStatusesOfItsOwn(t *testing.T) {
	parcel := order.Parcel{Carrier: "DHL", TrackingNumber: "T1", Access: acp.DigitalDelivery{AccessURL: "https://shop.example/download/1", LicenseKey: "K-1"}}
	for name, c := range map[string]struct {
		mugs, lamp      acp.FulfillmentType
		parcel          order.Parcel
		shipped, arrive []string
	}{
		"two to fetch": {"pickup", "pickup", order.Parcel{Carrier: "DHL", TrackingNumber: "T1"},
			[]string{"processing", "ful_mugs ready_for_pickup", "ful_lamp ready_for_pickup"}, []string{"completed", "ful_mugs delivered", "ful_lamp delivered"}},
		"one to fetch, one sent": {"pickup", "shipping", order.Parcel{Carrier: "DHL"},
			[]string{"shipped", "ful_mugs ready_for_pickup", "ful_lamp shipped"}, []string{"completed", "ful_mugs delivered", "ful_lamp delivered"}},
		"by courier, and a file": {"local_delivery", "digital", parcel,
			[]string{"shipped", "ful_mugs out_for_delivery", "ful_lamp delivered"}, []string{"completed", "ful_mugs delivered", "ful_lamp delivered"}},
		"files": {"digital", "digital", parcel, []string{"completed", "ful_mugs delivered", "ful_lamp delivered"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := w.saleOf(c.mugs, c.lamp)
			out := w.did(w.core.Ship(ctx, cmd(o), nil, c.parcel))
			if diff := cmp.Diff(c.shipped, statusesOf(out.Order)); diff != "" {
				t.Error(diff)
			}
			for _, f := range out.Order.Fulfillments {
				moves := f.Type == acp.FulfillmentShipping || f.Type == acp.FulfillmentLocalDelivery
				if (f.Carrier+f.TrackingNumber != "") != moves || (f.DigitalDelivery != nil) != (f.Type == acp.FulfillmentDigital) {
					t.Errorf("%+v", f)
				}
			}
			if c.arrive != nil {
				out = w.did(w.core.Deliver(ctx, cmd(o), ""))
				if diff := cmp.Diff(c.arrive, statusesOf(out.Order)); diff != "" {
					t.Error(diff)
				}
			}
			for _, f := range out.Order.Fulfillments {
				for _, e := range f.Events {
					if !slices.Contains(fitting[f.Type], e.Type) {
						t.Errorf("a delivery of type %s has had the event %s", f.Type, e.Type)
					}
				}
			}
		})
	}
}

// A part of what is fetched is ready before the rest.
func TestPartOfAPickupIsReady(t *testing.T) {
	w := newWorld(t)
	o := w.saleOf(acp.FulfillmentPickup, acp.FulfillmentShipping)
	out := w.did(w.core.Ship(ctx, cmd(o), []order.Line{{ID: mugs, Quantity: 1}}, order.Parcel{}))
	var got []string
	for _, f := range out.Order.Fulfillments {
		got = append(got, string(f.Type)+" "+f.Status)
	}
	if diff := cmp.Diff([]string{"pickup pending", "shipping pending", "pickup ready_for_pickup"}, got); diff != "" || out.Order.Status != "processing" {
		t.Error(out.Order.Status, diff)
	}
}

func TestAccessIsForWhatIsDigital(t *testing.T) {
	w := newWorld(t)
	o := w.saleOf(acp.FulfillmentShipping, acp.FulfillmentDigital)
	for name, c := range map[string]struct {
		lines  []order.Line
		access acp.DigitalDelivery
	}{
		"for a parcel alone":   {[]order.Line{{ID: mugs, Quantity: 1}}, acp.DigitalDelivery{AccessURL: "https://shop.example/1"}},
		"at no address":        {nil, acp.DigitalDelivery{AccessURL: "javascript:alert(1)"}},
		"that only ends":       {nil, acp.DigitalDelivery{ExpiresAt: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}},
		"by a key without end": {nil, acp.DigitalDelivery{LicenseKey: string(make([]byte, 501))}},
	} {
		if _, err := w.core.Ship(ctx, cmd(o), c.lines, order.Parcel{Access: c.access}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	ends := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	out := w.did(w.core.Ship(ctx, cmd(o), []order.Line{{ID: lamp, Quantity: 1}}, order.Parcel{Access: acp.DigitalDelivery{AccessURL: "https://shop.example/1", ExpiresAt: ends}}))
	if d := out.Order.Fulfillments[1].DigitalDelivery; d == nil || d.AccessURL != "https://shop.example/1" || !d.ExpiresAt.Equal(ends) {
		t.Errorf("%+v", out.Order.Fulfillments[1])
	}
}
