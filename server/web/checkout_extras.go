package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/text"
)

// GiftWrap is the shop's offer to wrap an order.
type GiftWrap struct {
	Price  int64 // minor units, as prices are listed; 0 is free
	Chosen bool
}

// Tip is what the shop would take beside the order.
type Tip struct {
	Suggested []SuggestedTip
	Amount    int64 // what the buyer gives, in minor units; 0 is nothing
	Max       int64
	// Typed is what the field of the buyer's own amount holds, and Problem what
	// is wrong with it.
	Typed, Problem string
}

// SuggestedTip is a tip to be chosen by one press.
type SuggestedTip struct {
	Amount int64
	Share  string // as in "10 %"; "" for a plain amount
	Chosen bool
}

// Own reports whether the tip is none of those that are suggested.
func (t *Tip) Own() bool {
	for _, s := range t.Suggested {
		if s.Chosen {
			return false
		}
	}
	return t.Amount > 0
}

// setWrap has the order wrapped, or not.
func (p *Pages) setWrap(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	switch {
	case err != nil:
		return err
	case c.State != CheckoutOpen || c.Wrap == nil:
		return ErrChanged
	}
	if err := p.checkouts.SetWrap(r.Context(), v, r.PostForm.Get("wrap") == "yes"); err != nil {
		return err
	}
	p.back(w, r, v, "#wrap")
	return nil
}

// setTip takes one of the suggestions, which come in minor units, or an amount
// as the buyer has typed it.
func (p *Pages) setTip(w http.ResponseWriter, r *http.Request, v Visit) error {
	c, err := p.checkouts.Checkout(r.Context(), v)
	switch {
	case err != nil:
		return err
	case c.State != CheckoutOpen || c.Tip == nil:
		return ErrChanged
	}
	t := p.texts(&c)
	typed, problem, amount := "", "", int64(0)
	if r.PostForm.Has("tip") {
		if amount, err = strconv.ParseInt(r.PostForm.Get("tip"), 10, 64); err != nil || amount < 0 || amount > c.Tip.Max {
			return ErrChanged // no button of ours says that
		}
	} else {
		typed = strings.TrimSpace(r.PostForm.Get("amount"))
		amount, err = typedAmount(typed, c.Currency)
		switch {
		case typed == "":
			problem = t.Say("tip.none")
		case err != nil:
			problem = t.Say("tip.malformed", "example", exampleAmount(t, &c))
		case amount > c.Tip.Max:
			problem = t.Say("tip.too_large", "amount", text.Money{Amount: c.Tip.Max, Currency: c.Currency})
		}
	}
	if problem == "" {
		err := p.checkouts.SetTip(r.Context(), v, amount)
		if refusal, ok := errors.AsType[*Refusal](err); ok {
			problem = refusal.Message
		} else if err != nil {
			return err
		}
	}
	if problem == "" {
		p.back(w, r, v, "#tip")
		return nil
	}
	tip := *c.Tip
	tip.Typed, tip.Problem = shortened(typed), problem
	c.Tip = &tip
	p.show(w, r, http.StatusUnprocessableEntity, &checkoutPage{Checkout: c, Form: c.Details})
	return nil
}

// exampleAmount is an amount as somebody might type it.
func exampleAmount(t *text.Texts, c *Checkout) string {
	return t.Money(min(c.Tip.Max, 5*minorUnits(c.Currency)), c.Currency)
}

// shortened is what a field is given back of what was typed.
func shortened(typed string) string {
	if len(typed) > maxTyped {
		return ""
	}
	return typed
}
