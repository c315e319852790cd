package web

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Errors of Checkouts.
var (
	// ErrLinkUsed is returned for a link that a browser has taken up already.
	ErrLinkUsed = errors.New("the link was used before")
	// ErrNotVisitor is returned to a browser that may not see the session.
	ErrNotVisitor = errors.New("the checkout is not open in this browser")
	// ErrChanged is returned where the session is not any more what the page
	// showed: it is paid, being paid, over, or an option has gone. What it is
	// now is to be shown.
	ErrChanged = errors.New("the checkout has changed meanwhile")
	// ErrNotCharged is returned where the payment provider failed before any
	// money could move. Trying again is safe.
	ErrNotCharged = errors.New("the payment provider did not take the payment up")
)

// Refusal is a change that the shop does not take. It says why, to the buyer.
type Refusal struct{ Message string }

func (r *Refusal) Error() string { return r.Message }

// Visit is a browser at the checkout page of a session.
type Visit struct {
	Shop, Session string
	Visitor       string // the secret that Redeem gave to the browser; "" if it has none
}

// Checkouts is the buyer's side of the shops' checkout sessions. All methods
// but Front, LinkOpen and Redeem return ErrNotFound and ErrNotVisitor.
type Checkouts interface {
	// Front returns a shop's look for pages that show nothing of a session, and
	// whether it sells in live mode. The error is ErrNotFound.
	Front(ctx context.Context, shop string) (look Shop, live bool, err error)
	// LinkOpen reports whether a link could be taken up, and changes nothing:
	// nil, ErrLinkUsed or ErrNotFound.
	LinkOpen(ctx context.Context, shop, session, proof string) error
	// Redeem takes a link up for one browser. returnTo is where the buyer wants
	// to go afterwards; one that the shop does not allow is dropped. Errors:
	// ErrLinkUsed, ErrNotFound.
	Redeem(ctx context.Context, shop, session, proof, returnTo string) (visitor string, expires time.Time, err error)
	// Checkout returns the session as it stands.
	Checkout(ctx context.Context, v Visit) (Checkout, error)
	// Outcome tells a browser that another one has taken the page over from what
	// became of the payment that was under way then. It is ErrNotVisitor for every
	// other browser.
	Outcome(ctx context.Context, v Visit) (Outcome, error)
	// Misfits says in a locale what cannot be right about the address of some
	// details, by the field's name. Nothing is stored.
	Misfits(d Details, locale string) map[string]string
	// SaveDetails stores who buys and where the goods go. Errors: ErrChanged.
	SaveDetails(ctx context.Context, v Visit, d Details) error
	// ChooseDelivery selects one of Checkout.Deliveries. Errors: ErrChanged.
	ChooseDelivery(ctx context.Context, v Visit, option string) error
	// SetQuantity changes a line; 0 removes it. Errors: ErrChanged, *Refusal.
	SetQuantity(ctx context.Context, v Visit, line string, quantity int64) error
	// EnterCode adds a discount code, and RemoveCode takes one back, as it is in
	// Checkout.Codes. A code that does not apply is not kept. Errors: ErrChanged,
	// *Refusal.
	EnterCode(ctx context.Context, v Visit, code string) error
	RemoveCode(ctx context.Context, v Visit, code string) error
	// SetWrap has the order wrapped as a gift or not, and SetTip sets what the
	// buyer gives beside it, in minor units; 0 is nothing. Errors: ErrChanged,
	// *Refusal.
	SetWrap(ctx context.Context, v Visit, wrap bool) error
	SetTip(ctx context.Context, v Visit, amount int64) error
	// Agree notes which of Checkout.Asked are ticked, by their names, before the
	// payment. Errors: ErrChanged.
	Agree(ctx context.Context, v Visit, ticked []string) error
	// Pay gives the address of the payment provider's page, or "" when the
	// session cannot be paid as it is, which Checkout then tells about, or
	// needs no payment. Errors: ErrChanged, ErrNotCharged.
	Pay(ctx context.Context, v Visit) (address string, err error)
	// PayToken pays with what the provider's script on the page handed back. A
	// decline is no error. Errors: ErrChanged, ErrNotCharged.
	PayToken(ctx context.Context, v Visit, token string) error
	// ClientToken is what the provider's script of Checkout.Embed authorizes
	// itself with.
	ClientToken(ctx context.Context, v Visit) (string, error)
	// ClosePage ends an open payment page, so that the order can be changed. A
	// payment that was made before wins. Errors: ErrChanged.
	ClosePage(ctx context.Context, v Visit) error
	// Returned says that the browser has come back from the payment page. result
	// is the query that it brings, which only the provider can tell the meaning of.
	Returned(ctx context.Context, v Visit, result string) error
}

// CheckoutState is where a checkout stands for its buyer.
type CheckoutState string

// States of a checkout.
const (
	CheckoutOpen       CheckoutState = "open"       // it may be changed, and paid when nothing is missing
	CheckoutPaying     CheckoutState = "paying"     // a page of the payment provider is open
	CheckoutConfirming CheckoutState = "confirming" // a payment was sent, its outcome is awaited
	CheckoutPending    CheckoutState = "pending"    // a purchase order waits for the shop's approval
	CheckoutDone       CheckoutState = "done"       // there is an order
	CheckoutCanceled   CheckoutState = "canceled"
	CheckoutExpired    CheckoutState = "expired"
)

// Checkout is a session as its buyer sees it.
type Checkout struct {
	Shop     Shop
	Live     bool   // false shows the test-mode ribbon
	Locale   string // BCP 47 tag that amounts and countries are written for; "" is the server's
	Currency string // lower-case ISO 4217, of every amount
	State    CheckoutState
	// Payable says that the shop would take the payment now; the buyer's
	// details may still have to be filled in.
	Payable bool

	Details Details
	// Shipped says that something goes to an address. Countries are those that
	// the shop ships to, ISO 3166-1 alpha-2; empty is everywhere.
	Shipped   bool
	Countries []string
	// Stateless says that addresses in none of the countries have a state. One
	// that was given all the same is shown.
	Stateless bool
	// Problems says what is wrong with a field, by its name in the form.
	Problems map[string]string

	Lines      []CheckoutLine
	Totals     []Total
	TotalNote  string // such as that delivery and tax are not in it yet
	Deliveries []DeliveryChoice
	// DeliverySettled says that the ways of delivery are shown, and not to be
	// chosen among here: there are several for parts of the order.
	DeliverySettled bool
	Codes           *Codes     // nil where there are none to enter
	Wrap            *GiftWrap  // nil where nothing is wrapped
	Tip             *Tip       // nil where the shop takes none
	Asked           []Question // what the buyer is asked beside the order, before the payment
	Notices         []Notice
	Embed           *Embed // the payment is made by a script on this page; nil is on a page of the provider

	Order     *PlacedOrder // of CheckoutDone
	Invoice   *Invoice     // of CheckoutPending and CheckoutDone; nil where it is not paid by one
	ReturnURL string       // where the buyer came from; "" when it is not known
	// NotCharged is true where it is sure that no money has moved for the
	// session.
	NotCharged bool
}

// CheckoutLine is a line that the buyer may change.
type CheckoutLine struct {
	Line
	ID   string
	Note *Notice // such as that it is sold out; nil is none
}

// Open reports whether the means to change the line are to be seen at once.
func (l CheckoutLine) Open() bool { return l.Note != nil && l.Note.Tone == Negative }

// Codes are the discount codes of a checkout.
type Codes struct {
	Given []GivenCode
	// Typed is what the field holds, and Problem what is wrong with it.
	Typed, Problem string
}

// GivenCode is a code that was entered, by the agent or the buyer.
type GivenCode struct {
	Code string
	Name string  // of its discount, when it applies
	Note *Notice // such as that it has expired; nil is none
}

// Notice is something that the buyer should know.
type Notice struct {
	Tone Tone
	Text string
}

// DeliveryChoice is a way of delivery on offer.
type DeliveryChoice struct {
	Delivery
	ID     string
	Detail string // one more sentence; may be ""
	Price  int64  // minor units
	Open   bool   // the price is not known before there is an address
	Fetch  bool   // the buyer comes for it, and needs no address
	Chosen bool
}

// PlacedOrder is what came of a checkout.
type PlacedOrder struct {
	Number string
	URL    string // of the order's page
}

// Invoice is how an order is paid that is not charged.
type Invoice struct {
	Number string    // of the buyer's purchase order
	Due    time.Time // shown as a date in its own location
}

// Outcome is what became of a payment for a browser that may see nothing else.
type Outcome struct {
	Shop  Shop
	Live  bool
	Order *PlacedOrder // that it paid for; nil is none
	Open  bool         // it is not known yet
}

// Embed is a payment provider's script on the page.
type Embed struct {
	Name    string   // which script: "braintree-dropin"
	Script  string   // its address
	Sources []string // origins that it needs beside that of the script
}

// Total is the amount to pay, in minor units; 0 before there are totals.
func (c *Checkout) Total() int64 {
	for _, t := range c.Totals {
		if t.Strong {
			return t.Amount
		}
	}
	return 0
}

// settled reports whether there is nothing to choose among.
func (c *Checkout) settled() bool {
	return c.DeliverySettled || len(c.Deliveries) == 1 && c.Deliveries[0].Chosen
}

// fetchable reports whether there is a choice that needs no address.
func (c *Checkout) fetchable() bool {
	return slices.ContainsFunc(c.Deliveries, func(d DeliveryChoice) bool { return d.Fetch })
}

// blocked reports whether a line stands in the way.
func (c *Checkout) blocked() bool {
	return slices.ContainsFunc(c.Lines, func(l CheckoutLine) bool { return l.Open() })
}
