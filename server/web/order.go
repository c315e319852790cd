package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/checkstand/checkstand/text"
)

// Shop is who sells, as a page shows it.
type Shop struct {
	Name string
	URL  string // the shop's own site; "" makes the name plain text
	Logo string // absolute http(s) or /-rooted; "" shows the name
	// AccentColor is #rgb, #rrggbb or oklch(L C H); "" is Checkstand's own. It
	// is made darker or lighter until it is readable.
	AccentColor string
	Links       []Link // of the footer: policies, contact
}

// Link is a link with its words.
type Link struct {
	Title string
	Key   string // of the text that titles it, in the language of the page; "" is Title
	URL   string
}

// Order is an order as anyone with its link sees it. It has no fields for the
// buyer's name, address or e-mail address, on purpose.
type Order struct {
	Shop     Shop      // the zero Shop stands for the server's own
	Number   string    // as the shop writes it, "1042"
	PlacedAt time.Time // shown as a date in its own location
	Live     bool      // false shows the test-mode ribbon

	StatusWords  string // the heading: "Your order is confirmed"
	StatusDetail string // a sentence on what comes next; may be ""
	StatusTone   Tone

	Currency string // lower-case ISO 4217, of every amount of the order
	Locale   string // BCP 47 tag that amounts are formatted for; "" is the server's
	Lines    []Line
	Totals   []Total

	Deliveries []Delivery
	History    []Event // newest first
}

// Tone colours a status.
type Tone string

const (
	Neutral  Tone = ""
	Positive Tone = "positive" // done, nothing is left to do
	Caution  Tone = "caution"  // waits for someone
	Negative Tone = "negative" // canceled, failed
)

// Line is one line of an order.
type Line struct {
	Title    string // of the product alone when Options are given
	Options  string // "Size L, Navy"; may be ""
	Quantity int64
	Amount   int64  // minor units, of all units together
	ImageURL string // absolute http(s) or /-rooted; "" shows a drawn placeholder
}

// Total is one figure below the lines.
type Total struct {
	Label  string
	Amount int64  // minor units, signed: a discount is negative
	Strong bool   // the figure that was paid; one of an order's totals
	Note   string // a sentence on the figure, such as that tax is in it; may be ""
}

// Delivery is one way in which a part of the order reaches the buyer.
type Delivery struct {
	Method string // "Standard shipping"
	Place  string // where and when it can be fetched; "" of what is brought
	Status string // "On its way"; may be ""
	// Carrier and TrackingURL are shown once there is a parcel.
	Carrier     string
	TrackingURL string
	// Earliest and Latest are shown as dates in their own location; either or
	// both may be zero, and are once it has arrived.
	Earliest time.Time
	Latest   time.Time
}

// Event is something that happened to an order.
type Event struct {
	At    time.Time
	Words string // "Shipped with the first parcel"
}

// maxOrderID bounds what is looked up; ids of ours are a good deal shorter.
const maxOrderID = 128

func (p *Pages) order(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if len(id) > maxOrderID {
		p.orderNotFound(w, r)
		return
	}
	o, err := p.orders.Order(r.Context(), id)
	switch {
	case errors.Is(err, ErrNotFound):
		p.orderNotFound(w, r)
		return
	case err != nil:
		p.failed(w, r, "page.failed_order", err)
		return
	}
	if o.Shop.Name == "" {
		o.Shop = p.shop
	}
	if o.Locale == "" {
		o.Locale = p.locale
	}
	title := o.StatusWords
	if o.Number != "" {
		title = text.For(o.Locale).Say("order.number", "order", o.Number)
	}
	p.render(w, r, http.StatusOK, view{
		Template: "order.html", Title: title, Locale: o.Locale, Shop: o.Shop, Ribbon: orderRibbon(o.Live), Hidden: true, Body: o,
	})
}

func (p *Pages) orderNotFound(w http.ResponseWriter, r *http.Request) {
	p.message(w, r, http.StatusNotFound, message{
		Heading: "order.not_found",
		Detail:  "order.not_found_note",
	})
}
