package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// chooseItem takes the item that was asked for, or the first that a demo
// server offers.
func (p *purchase) chooseItem(ctx context.Context, s *Step) error {
	if p.ItemID != "" {
		s.Skipped, s.Detail = true, fmt.Sprintf("%d × %s, as asked for", p.Quantity, p.ItemID)
		return nil
	}
	var items []DemoItem
	err := p.repeat(ctx, s, func(CallOption) (err error) {
		items, err = p.c.DemoItems(ctx)
		return err
	})
	if errors.Is(err, ErrNotDemo) || (err == nil && len(items) == 0) {
		return errors.New("the server does not list its items: name one with --item")
	}
	if err != nil {
		return err
	}
	item := items[0]
	p.ItemID, p.Currency = item.ID, cmp.Or(p.Currency, item.Currency)
	s.HTTPStatus, s.Detail = http.StatusOK, fmt.Sprintf("%s (%s), %s", item.Title, item.ID, money.English(item.Price, item.Currency))
	return nil
}

// discover reads what the shop says about itself. It follows api_base_url only
// within the same origin, and only when no path was configured: a credential
// goes where its owner said.
func (p *purchase) discover(ctx context.Context, s *Step) error {
	s.Attempts = 1
	d, err := p.c.Discover(ctx)
	if notFound(err) {
		s.Skipped, s.Detail = true, "the server has no discovery document"
		return nil
	}
	if err != nil {
		return err
	}
	s.HTTPStatus = d.HTTPStatus
	var versions []string
	for _, v := range d.SupportedVersions {
		versions = append(versions, string(v))
	}
	s.Detail = fmt.Sprintf("speaks %s", strings.Join(versions, ", "))
	if len(d.Services) > 0 {
		s.Detail += "; offers " + strings.Join(d.Services, ", ")
	}
	if len(versions) > 0 && !slices.Contains(d.SupportedVersions, p.c.Version()) {
		s.Detail += fmt.Sprintf("; does not list %s", p.c.Version())
	}
	if p.Currency == "" && len(d.Currencies) > 0 && !slices.Contains(d.Currencies, defaultCurrency) {
		p.Currency = d.Currencies[0]
	}
	base, err := endpoint(d.APIBaseURL)
	switch {
	case err != nil || base.String() == p.c.BaseURL():
	case base.Scheme == p.c.base.Scheme && base.Host == p.c.base.Host && p.c.base.Path == "":
		p.c = p.c.at(base)
		s.Detail += "; API at " + base.String()
	default:
		s.Detail += fmt.Sprintf("; says its API is at %s, going on with %s", base, p.c.BaseURL())
	}
	return nil
}

func (p *purchase) create(ctx context.Context, s *Step) error {
	r := acp.CreateRequest{Items: []acp.RequestedItem{{ID: p.ItemID, Quantity: p.Quantity}}, Currency: cmp.Or(p.Currency, defaultCurrency)}
	if p.canAuthenticate() && p.c.dialect.handlers {
		r.Capabilities.Interventions = &acp.Interventions{Supported: []string{"3ds"}}
	}
	if p.Buyer.CustomerID != "" && p.c.dialect.handlers {
		r.Buyer = p.Buyer // so that the shop knows who it is from the start
	}
	err := p.call(ctx, s, func(key CallOption) (*Session, error) { return p.c.Create(ctx, r, key) })
	if err != nil {
		return err
	}
	var lines []string
	for _, l := range p.session.Lines {
		lines = append(lines, fmt.Sprintf("%d × %s", l.Quantity, cmp.Or(l.Title, l.ItemID)))
	}
	s.Detail = fmt.Sprintf("session %s: %s; %s", p.session.ID, strings.Join(lines, ", "), p.state())
	return nil
}

// address tells the shop who buys and where the goods go. A cart that is only
// downloaded needs no address, unless the shop asks for one.
func (p *purchase) address(ctx context.Context, s *Step) error {
	needed := !digitalOnly(p.session) || asksForAddress(p.session)
	if !needed && p.session.Status == acp.ReadyForPayment {
		s.Skipped, s.Detail = true, "nothing is sent by post"
		return nil
	}
	r := acp.UpdateRequest{Buyer: acp.Some(*p.Buyer)}
	if needed {
		details := acp.FulfillmentDetailsPatch{Address: acp.Some(*p.Address)}
		if !p.c.dialect.flatDelivery {
			details.Name, details.Email = acp.Some(p.Address.Name), acp.Some(p.Buyer.Email)
		}
		r.FulfillmentDetails = acp.Some(details)
	}
	err := p.call(ctx, s, func(key CallOption) (*Session, error) { return p.c.Update(ctx, p.session.ID, r, key) })
	if err != nil {
		return err
	}
	where := "buyer alone"
	if needed {
		where = fmt.Sprintf("delivery to %s, %s", p.Address.State, p.Address.Country)
	}
	s.Detail = fmt.Sprintf("%s; %s offered; %s", where, count(len(p.session.Options), "delivery option"), p.state())
	return nil
}

// digitalOnly reports whether nothing in the cart is delivered by hand. A
// session that is ready without having any option is taken to be so.
func digitalOnly(s *Session) bool {
	for _, o := range s.Options {
		if o.Type != acp.FulfillmentDigital {
			return false
		}
	}
	return len(s.Options) > 0 || s.Status == acp.ReadyForPayment
}

func asksForAddress(s *Session) bool {
	return slices.ContainsFunc(s.Messages, func(m acp.Message) bool {
		return m.Type == acp.ErrorMessage && (strings.Contains(m.Param, "fulfillment_details") || strings.Contains(m.Param, "fulfillment_address"))
	})
}

// delivery keeps what the shop has preselected, takes what was asked for, or
// else the cheapest. Afterwards the session must be ready for payment.
func (p *purchase) delivery(ctx context.Context, s *Step) error {
	option, chosen, err := p.chooseOption()
	if err != nil {
		return err
	}
	if chosen {
		r := acp.UpdateRequest{Selected: acp.Some(selection(p.session, option))}
		err := p.call(ctx, s, func(key CallOption) (*Session, error) { return p.c.Update(ctx, p.session.ID, r, key) })
		if err != nil {
			return err
		}
		s.Detail = fmt.Sprintf("%s%s; %s", p.named(option), p.offDelivery(), p.state())
	} else if s.Skipped = true; len(p.session.Selected) > 0 {
		var names []string
		for _, selected := range p.session.Selected {
			i := slices.IndexFunc(p.session.Options, func(o Option) bool { return o.ID == selected.OptionID })
			if i < 0 {
				names = append(names, selected.OptionID)
				continue
			}
			names = append(names, p.named(p.session.Options[i]))
		}
		s.Detail = "preselected: " + strings.Join(names, ", ") + p.offDelivery()
	} else {
		s.Detail = "nothing to choose"
	}
	switch {
	case p.session.Status != acp.ReadyForPayment:
		says := cmp.Or(p.session.Message(acp.ErrorMessage), "it does not say why")
		return fmt.Errorf("the session is %s and cannot be paid: %s", p.session.Status, says)
	case !p.session.HasTotal:
		return errors.New("the session is ready for payment but has no total in its totals")
	case p.session.Total < 0:
		return errors.New("the session's total is negative")
	}
	return nil
}

// link tells where the buyer goes on by hand.
func (p *purchase) link(_ context.Context, s *Step) error {
	if p.session.ContinueURL == "" {
		return fmt.Errorf("the session has no continue_url: the shop offers no checkout page, or not in %s", p.c.Version())
	}
	p.result.CheckoutURL = p.session.ContinueURL
	s.Detail = "good for one browser, until the session ends"
	return nil
}

// chooseOption finds the option to select, and whether there is anything to
// select at all.
func (p *purchase) chooseOption() (Option, bool, error) {
	if p.Option != "" {
		i := slices.IndexFunc(p.session.Options, func(o Option) bool { return o.ID == p.Option })
		if i < 0 {
			var ids []string
			for _, o := range p.session.Options {
				ids = append(ids, o.ID)
			}
			return Option{}, false, fmt.Errorf("delivery option %q is not offered; the shop offers: %s", p.Option, cmp.Or(strings.Join(ids, ", "), "none"))
		}
		already := slices.ContainsFunc(p.session.Selected, func(s acp.SelectedFulfillmentOption) bool { return s.OptionID == p.Option })
		return p.session.Options[i], !already, nil
	}
	if len(p.session.Selected) > 0 || len(p.session.Options) == 0 {
		return Option{}, false, nil
	}
	if len(p.session.Options) == 1 && p.session.Status == acp.ReadyForPayment {
		return Option{}, false, nil
	}
	cheapest := slices.MinFunc(p.session.Options, func(a, b Option) int {
		if a.HasTotal != b.HasTotal {
			if a.HasTotal {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Total, b.Total)
	})
	return cheapest, true, nil
}

// selection is the session's selection with option in the place of one of its
// kind (goods that travel, or downloads); for every line when it has none.
func selection(s *Session, option Option) []acp.SelectedFulfillmentOption {
	digital := option.Type == acp.FulfillmentDigital
	selected, placed := []acp.SelectedFulfillmentOption{}, false
	for _, old := range s.Selected {
		if (old.Type == acp.FulfillmentDigital) == digital {
			if placed {
				continue
			}
			old.Type, old.OptionID, placed = option.Type, option.ID, true
		}
		selected = append(selected, old)
	}
	if placed {
		return selected
	}
	var lines []string
	for _, l := range s.Lines {
		lines = append(lines, l.ID)
	}
	return append(selected, acp.SelectedFulfillmentOption{Type: option.Type, OptionID: option.ID, ItemIDs: lines})
}

func (p *purchase) named(o Option) string {
	if !o.HasTotal {
		return cmp.Or(o.Title, o.ID)
	}
	price := "free"
	if o.Total != 0 {
		price = money.English(o.Total, p.session.Currency)
	}
	return fmt.Sprintf("%s (%s)", cmp.Or(o.Title, o.ID), price)
}

// offDelivery says what a discount leaves of the price of the delivery. An
// option keeps its price under a discount, which is in the session's totals.
func (p *purchase) offDelivery() string {
	price, _ := acp.Amount(p.session.Totals, acp.TotalFulfillment)
	off, _ := acp.Amount(p.session.Totals, acp.TotalDiscount)
	off = max(off, -off)
	switch {
	case off == 0 || price <= 0:
		return ""
	case off == price:
		return ", made free by a discount"
	}
	return fmt.Sprintf(", %s off by a discount", money.English(off, p.session.Currency))
}

// state says where the session stands.
func (p *purchase) state() string {
	if !p.session.HasTotal {
		return string(p.session.Status)
	}
	return fmt.Sprintf("%s, total %s", p.session.Status, money.English(p.session.Total, p.session.Currency))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
