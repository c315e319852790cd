package order

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// Parcel is how goods are on their way: the carrier and the tracking of what is
// shipped or brought, the access to what is digital. All of it may be empty.
type Parcel struct {
	Carrier        string
	TrackingNumber string
	TrackingURL    string // http or https
	Access         acp.DigitalDelivery
}

// maxTracking bounds the texts of a parcel, in bytes.
const maxTracking = 500

func (p *Parcel) check() error {
	for _, text := range []string{p.Carrier, p.TrackingNumber, p.TrackingURL, p.Access.AccessURL, p.Access.LicenseKey} {
		if len(text) > maxTracking {
			return refuse("the carrier, the tracking number, the license key and the URLs have at most %d bytes", maxTracking)
		}
	}
	for name, address := range map[string]string{"tracking": p.TrackingURL, "access": p.Access.AccessURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return refuse("the %s URL is not an http or https address", name)
		}
	}
	if !p.Access.ExpiresAt.IsZero() && p.Access.AccessURL == "" && p.Access.LicenseKey == "" {
		return refuse("there is no access that could expire; give its URL or its license key")
	}
	return nil
}

// handedOverStatus is what a delivery becomes when its goods leave the shop:
// what is fetched waits there, and what a courier brings comes at once.
func handedOverStatus(t acp.FulfillmentType) string {
	switch t {
	case acp.FulfillmentPickup:
		return readyForPickup
	case acp.FulfillmentDigital:
		return delivered
	case acp.FulfillmentLocalDelivery:
		return outForDelivery
	}
	return statusShipped
}

// give notes what the buyer needs to know of goods that have left.
func (p *Parcel) give(f *acp.Fulfillment) {
	switch f.Type {
	case acp.FulfillmentShipping, acp.FulfillmentLocalDelivery:
		if p.Carrier != "" {
			f.Carrier = p.Carrier
		}
		f.TrackingNumber, f.TrackingURL = p.TrackingNumber, p.TrackingURL
	case acp.FulfillmentDigital:
		if p.Access != (acp.DigitalDelivery{}) {
			access := p.Access
			f.DigitalDelivery = &access
		}
	}
}

// Ship hands units over to be delivered, all that are left when lines is empty,
// and tells the agent. With the first of them it captures a payment that is
// only held. The units of a delivery that is shipped in part become a delivery
// of their own.
func (s *Service) Ship(ctx context.Context, c Command, lines []Line, parcel Parcel) (Outcome, error) {
	if err := parcel.check(); err != nil {
		return Outcome{}, err
	}
	return s.carryOut(ctx, c, func(b *books, now time.Time) (plan, error) {
		if op, again := c.shipped(b); again {
			return plan{op: op, repeated: true}, nil
		}
		switch {
		case b.order.Canceled():
			return plan{}, refuse("order %s is canceled", b.order.ID)
		case b.order.beingCanceled():
			return plan{}, refuse("order %s is being canceled; ship it if the payment provider refuses that", b.order.ID)
		}
		p := plan{told: true}
		if b.attempt != nil {
			if err := b.paid(); err != nil {
				return plan{}, err
			}
			if b.held() {
				op, err := s.captureOp(b, c.newID(id.Op, "ship", now), 0, c.Who, now)
				if err != nil {
					return plan{}, err
				}
				p.op = op
			}
		}
		return p, b.order.ship(lines, parcel, c.eventIDs("ship", now), now)
	})
}

// eventIDs makes the ids of what a command does to several deliveries. They
// differ by a millisecond, as a key decides the rest of them.
func (c *Command) eventIDs(verb string, now time.Time) func() string {
	n := -1
	return func() string {
		n++
		return c.newID(deliveryEvent, verb, now.Add(time.Duration(n)*time.Millisecond))
	}
}

// shipped finds what a command with this key has shipped, and the capture that
// it began.
func (c *Command) shipped(b *books) (op *payment.Operation, again bool) {
	for i := range b.order.Fulfillments {
		for _, e := range b.order.Fulfillments[i].Events {
			if c.made(e.ID, "ship") {
				return c.madeOp(b, "ship"), true
			}
		}
	}
	return nil, false
}

// ship moves units from the planned deliveries into ones that have left.
func (o *Order) ship(lines []Line, parcel Parcel, eventID func() string, now time.Time) error {
	wanted, err := o.toShip(lines)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(o.Fulfillments, func(f acp.Fulfillment) bool { return planned(&f) }) {
		o.Fulfillments = append(o.Fulfillments, acp.Fulfillment{ID: o.newDeliveryID(), Type: acp.FulfillmentShipping,
			Status: deliveryPending, LineItems: o.remaining()})
	}
	digital := false
	for i, n := 0, len(o.Fulfillments); i < n; i++ { // not those that are added
		f := &o.Fulfillments[i]
		if !planned(f) {
			continue
		}
		var leave, stay []acp.FulfillmentLineItem
		for _, l := range f.LineItems {
			n := min(l.Quantity, wanted[l.ID])
			wanted[l.ID] -= n
			if n > 0 {
				leave = append(leave, acp.FulfillmentLineItem{ID: l.ID, Quantity: n})
			}
			if n < l.Quantity {
				stay = append(stay, acp.FulfillmentLineItem{ID: l.ID, Quantity: l.Quantity - n})
			}
		}
		if len(leave) == 0 {
			continue
		}
		if len(stay) > 0 {
			part := *f
			part.ID, part.Events = o.newDeliveryID(), nil
			f.LineItems = stay
			o.Fulfillments = append(o.Fulfillments, part)
			f = &o.Fulfillments[len(o.Fulfillments)-1]
		}
		f.LineItems, f.Status = leave, handedOverStatus(f.Type)
		digital = digital || f.Type == acp.FulfillmentDigital
		parcel.give(f)
		happened(f, f.Status, eventID(), now)
	}
	if !digital && parcel.Access != (acp.DigitalDelivery{}) {
		return refuse("nothing of this is digital; an access URL or a license key is for what is downloaded")
	}
	return nil
}

// toShip counts the units that are to leave, by line.
func (o *Order) toShip(lines []Line) (map[string]int64, error) {
	left, wanted := map[string]int64{}, map[string]int64{}
	for _, l := range o.remaining() {
		left[l.ID] = l.Quantity
	}
	if len(left) == 0 {
		return nil, refuse("nothing of order %s is left to ship", o.ID)
	}
	if len(lines) == 0 {
		return left, nil
	}
	for _, l := range lines {
		wanted[l.ID] += l.Quantity
		if l.Quantity < 1 || wanted[l.ID] > left[l.ID] {
			return nil, refuse("line %s of order %s has %d left to ship; %d is not possible", l.ID, o.ID, left[l.ID], wanted[l.ID])
		}
	}
	return wanted, nil
}

// newDeliveryID continues the letters of the order's deliveries.
func (o *Order) newDeliveryID() string {
	n := len(o.Fulfillments)
	letters := string(rune('a' + n%26))
	for n = n / 26; n > 0; n /= 26 {
		letters = string(rune('a'+(n-1)%26)) + letters
	}
	return "ful_" + o.ID[len(id.Order)+1:] + letters
}

// Deliver notes that goods have reached the buyer: the delivery with an id, or
// all that have left when it is "".
func (s *Service) Deliver(ctx context.Context, c Command, deliveryID string) (Outcome, error) {
	return s.carryOut(ctx, c, func(b *books, now time.Time) (plan, error) {
		arrived, known := 0, deliveryID == ""
		eventID := c.eventIDs("deliver", now)
		for i := range b.order.Fulfillments {
			f := &b.order.Fulfillments[i]
			for _, e := range f.Events {
				if c.made(e.ID, "deliver") {
					return plan{repeated: true}, nil
				}
			}
			if deliveryID != "" && f.ID != deliveryID {
				continue
			}
			known = true
			if handedOver(f) && f.Status != delivered {
				f.Status = delivered
				happened(f, delivered, eventID(), now)
				arrived++
			}
		}
		if !known {
			return plan{}, refuse("order %s has no delivery %s", b.order.ID, deliveryID)
		}
		if arrived == 0 {
			return plan{}, refuse("nothing of order %s is on its way", b.order.ID)
		}
		return plan{told: true}, nil
	})
}
