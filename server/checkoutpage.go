package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// checkoutPages is the buyer's side of every shop's sessions, for the pages.
type checkoutPages struct {
	*App
	looks map[string]web.Shop // by shop
}

var _ web.Checkouts = checkoutPages{}

func visit(v web.Visit) checkout.Visit {
	return checkout.Visit{MerchantID: v.Shop, SessionID: v.Session, Visitor: v.Visitor}
}

// pageError makes of an error of the core one that the pages know.
func pageError(err error) error {
	if refused, ok := errors.AsType[*acp.Error](err); ok {
		switch {
		case refused.Code == "payment_provider_unavailable", refused.Code == "payment_provider_error":
			return errors.Join(web.ErrNotCharged, err)
		case refused.Code == "payment_outcome_unknown", refused.Status < http.StatusInternalServerError && refused.Status != http.StatusNotFound:
			return errors.Join(web.ErrChanged, err)
		}
	}
	for core, page := range map[error]error{checkout.ErrNotFound: web.ErrNotFound, checkout.ErrLinkUsed: web.ErrLinkUsed,
		checkout.ErrNotVisitor: web.ErrNotVisitor, checkout.ErrNoPage: web.ErrNotCharged, checkout.ErrBusy: web.ErrChanged} {
		if errors.Is(err, core) {
			return errors.Join(page, err)
		}
	}
	return err
}

func (p checkoutPages) Front(ctx context.Context, shop string) (web.Shop, bool, error) {
	m, err := p.merchants.Merchant(ctx, shop)
	if err != nil {
		return web.Shop{}, false, pageError(err)
	}
	return p.looks[m.ID], m.Live.Provider != nil, nil
}

func (p checkoutPages) LinkOpen(ctx context.Context, shop, session, proof string) error {
	return pageError(p.core.LinkOpen(ctx, shop, session, proof))
}

func (p checkoutPages) Redeem(ctx context.Context, shop, session, proof, returnTo string) (string, time.Time, error) {
	visitor, err := p.core.Redeem(ctx, shop, session, proof, returnTo)
	if err != nil {
		return "", time.Time{}, pageError(err)
	}
	sess, _, err := p.core.Visited(ctx, checkout.Visit{MerchantID: shop, SessionID: session, Visitor: visitor})
	if err != nil {
		return "", time.Time{}, pageError(err)
	}
	return visitor, sess.ExpiresAt, nil
}

func (p checkoutPages) Misfits(d web.Details, locale string) map[string]string {
	problems := map[string]string{}
	for _, member := range checkout.AddressMisfits(&acp.Address{Country: d.Country, State: d.State, PostalCode: d.PostalCode}) {
		problems[member] = text.For(locale).Say(addressProblems[member])
	}
	return problems
}

func (p checkoutPages) SaveDetails(ctx context.Context, v web.Visit, d web.Details) error {
	sess, _, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return pageError(err)
	}
	buyer := acp.Buyer{}
	if sess.Buyer != nil {
		buyer = *sess.Buyer
	}
	if buyerName(&buyer) != d.Name {
		buyer.FirstName, buyer.LastName, buyer.FullName = "", "", d.Name
	}
	buyer.Email, buyer.PhoneNumber = d.Email, d.Phone
	req := acp.UpdateRequest{Buyer: acp.Some(buyer)}
	if shipped(sess) {
		address := acp.Address{}
		if f := sess.FulfillmentDetails; f != nil && f.Address != nil {
			address = *f.Address
		}
		address.Name, address.LineOne, address.LineTwo = d.Name, d.LineOne, d.LineTwo
		address.City, address.State, address.Country, address.PostalCode = d.City, d.State, d.Country, d.PostalCode
		req.FulfillmentDetails = acp.Some(acp.FulfillmentDetailsPatch{Name: acp.Some(d.Name), PhoneNumber: acp.Some(d.Phone),
			Email: acp.Some(d.Email), Address: acp.Some(address)})
	}
	_, err = p.core.Revise(ctx, visit(v), req)
	return pageError(err)
}

func (p checkoutPages) SetQuantity(ctx context.Context, v web.Visit, line string, quantity int64) error {
	sess, m, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return pageError(err)
	}
	found := false
	items := make([]acp.RequestedItem, 0, len(sess.LineItems))
	for i := range sess.LineItems {
		l := &sess.LineItems[i]
		item := acp.RequestedItem{ID: l.Item.ID, Quantity: l.Quantity}
		if l.ID == line {
			found, item.Quantity = true, quantity
		}
		if item.Quantity > 0 {
			items = append(items, item)
		}
	}
	if !found || len(items) == 0 {
		return web.ErrChanged
	}
	_, err = p.core.Revise(ctx, visit(v), acp.UpdateRequest{Items: acp.Some(items)})
	if refused, ok := errors.AsType[*acp.Error](err); ok && refused.Status == http.StatusBadRequest {
		return &web.Refusal{Message: text.For(cmp.Or(sess.Locale, m.Locale)).Say("checkout.bad_quantity")}
	}
	return pageError(err)
}

const (
	// pagePatience is how long a second press of the button waits for the page
	// that the first one asks for.
	pagePatience = 10 * time.Second
	pagePause    = 100 * time.Millisecond
)

func (p checkoutPages) Pay(ctx context.Context, v web.Visit) (string, error) {
	patience, cancel := context.WithTimeout(ctx, pagePatience)
	defer cancel()
	tick := time.NewTicker(pagePause)
	defer tick.Stop()
	for {
		opened, err := p.core.OpenPage(ctx, visit(v))
		if !errors.Is(err, checkout.ErrBusy) {
			return opened.URL, pageError(err)
		}
		select {
		case <-patience.Done():
			return "", pageError(err)
		case <-tick.C:
		}
	}
}

func (p checkoutPages) PayToken(ctx context.Context, v web.Visit, token string) error {
	if len(token) > acp.MaxToken {
		return web.ErrChanged
	}
	_, err := p.core.PayEmbedded(ctx, visit(v), payment.Credential{Type: payment.FromScript, Token: secret.New(token)})
	return pageError(err)
}

func (p checkoutPages) ClientToken(ctx context.Context, v web.Visit) (string, error) {
	token, err := p.core.ClientToken(ctx, visit(v))
	if err != nil {
		return "", err
	}
	return token.Reveal(), nil
}

func (p checkoutPages) ClosePage(ctx context.Context, v web.Visit) error {
	_, err := p.core.ClosePage(ctx, visit(v))
	return pageError(err)
}

func (p checkoutPages) Returned(ctx context.Context, v web.Visit, result string) error {
	return pageError(p.core.PageReturned(ctx, visit(v), result))
}

func (p checkoutPages) Checkout(ctx context.Context, v web.Visit) (web.Checkout, error) {
	sess, m, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return web.Checkout{}, pageError(err)
	}
	c := web.Checkout{Shop: p.looks[m.ID], Live: sess.Live, Locale: cmp.Or(sess.Locale, m.Locale), Currency: sess.Currency, ReturnURL: sess.ReturnURL,
		Payable: sess.Status == acp.ReadyForPayment || sess.Status == acp.AuthenticationRequired,
		Shipped: shipped(sess), Countries: servedCountries(m), Details: detailsOf(sess), Totals: totalLines(checkout.KnownTotals(sess.Totals))}
	c.Stateless = !asksState(m, c.Countries)
	if pr, ok := m.Payment(sess.Live).Provider.(payment.Embedded); ok {
		e := pr.Embed()
		c.Embed = &web.Embed{Name: e.Name, Script: e.Script, Sources: e.Sources}
	}
	var last *payment.Attempt
	if sess.AttemptID != "" {
		if last, err = p.store.Reader(ctx).Attempt(sess.MerchantID, sess.AttemptID); err != nil {
			return web.Checkout{}, err
		}
	}
	c.NotCharged = last == nil || last.State == payment.Declined || last.State == payment.Failed
	c.State = checkoutState(sess, last)
	for i := range sess.LineItems {
		c.Lines = append(c.Lines, checkoutLine(&sess.LineItems[i]))
	}
	if c.State == web.CheckoutOpen {
		t := text.For(c.Locale)
		c.Deliveries, c.DeliverySettled = deliveryChoices(sess, m)
		c.Codes = codesOf(sess, m)
		c.Wrap, c.Tip, c.Asked = wrapOf(sess, m), tipOf(sess, m, t), asked(sess, m, t)
		tell(&c, sess, last)
	}
	if po := sess.PurchaseOrder; po != nil && (c.State == web.CheckoutPending || c.State == web.CheckoutDone && po.ApprovedBy != "") {
		c.Invoice = &web.Invoice{Number: po.Number, Due: po.DueDate}
	}
	if sess.Order != nil {
		c.Order = &web.PlacedOrder{Number: sess.Order.OrderNumber, URL: sess.Order.PermalinkURL}
	}
	return c, nil
}

func (p checkoutPages) Outcome(ctx context.Context, v web.Visit) (web.Outcome, error) {
	o, err := p.core.OutcomeFor(ctx, visit(v))
	if err != nil {
		return web.Outcome{}, pageError(err)
	}
	out := web.Outcome{Shop: p.looks[v.Shop], Live: o.Live, Open: o.Open}
	if o.Order != nil {
		out.Order = &web.PlacedOrder{Number: o.Order.OrderNumber, URL: o.Order.PermalinkURL}
	}
	return out, nil
}

// checkoutState is what a session's status is for its buyer. last is the last
// try to pay it, nil before there was one.
func checkoutState(sess *checkout.Session, last *payment.Attempt) web.CheckoutState {
	switch sess.Status {
	case acp.Completed:
		return web.CheckoutDone
	case acp.Canceled:
		return web.CheckoutCanceled
	case acp.Expired:
		return web.CheckoutExpired
	case acp.PendingApproval:
		return web.CheckoutPending
	case acp.CompleteInProgress:
		if last != nil && last.Kind == payment.OnPage {
			return web.CheckoutPaying
		}
		return web.CheckoutConfirming
	}
	return web.CheckoutOpen
}

// servedCountries are those that a shop ships to; empty is everywhere.
func servedCountries(m *checkout.Merchant) []string {
	var served []string
	for _, method := range m.Methods {
		switch {
		case method.Way() == pricing.Digital, method.Way() == pricing.PickedUp: // goes to no country
		case len(method.Countries) == 0:
			return nil
		default:
			served = append(served, method.Countries...)
		}
	}
	slices.Sort(served)
	return slices.Compact(served)
}

func buyerName(b *acp.Buyer) string {
	if b.FullName != "" {
		return b.FullName
	}
	return strings.TrimSpace(b.FirstName + " " + b.LastName)
}

// detailsOf is what the session knows of its buyer, from whoever said it.
func detailsOf(sess *checkout.Session) web.Details {
	var d web.Details
	if b := sess.Buyer; b != nil {
		d.Email, d.Phone, d.Name = b.Email, b.PhoneNumber, buyerName(b)
	}
	f := sess.FulfillmentDetails
	if f == nil {
		return d
	}
	d.Email, d.Phone = firstOf(d.Email, f.Email), firstOf(f.PhoneNumber, d.Phone)
	if a := f.Address; a != nil {
		d.Name = firstOf(a.Name, f.Name, d.Name)
		d.LineOne, d.LineTwo, d.City, d.State, d.PostalCode, d.Country = a.LineOne, a.LineTwo, a.City, a.State, a.PostalCode, a.Country
	}
	d.Name = firstOf(d.Name, f.Name)
	return d
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func checkoutLine(l *acp.LineItem) web.CheckoutLine {
	line := web.CheckoutLine{ID: l.ID, Line: web.Line{Title: l.Name, Options: optionWords(l), Quantity: l.Quantity}}
	line.Amount, _ = acp.Amount(l.Totals, acp.TotalItemsBaseAmount) // discounts are a figure of their own
	if len(l.Images) > 0 {
		line.ImageURL = l.Images[0]
	}
	return line
}
