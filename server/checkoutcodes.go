package server

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// codesOf are a session's discount codes for its buyer; nil where the shop
// takes none.
func codesOf(sess *checkout.Session, m *checkout.Merchant) *web.Codes {
	if !m.Discounts.TakeCodes() || sess.Discounts == nil {
		return nil
	}
	c := &web.Codes{}
	for i, code := range sess.Discounts.Codes {
		given := web.GivenCode{Code: code}
		at := slices.IndexFunc(sess.Discounts.Applied, func(a acp.AppliedDiscount) bool { return a.Code == code })
		if at >= 0 && slices.Index(sess.Discounts.Codes, code) == i {
			given.Name = sess.Discounts.Applied[at].Coupon.Name
		}
		c.Given = append(c.Given, given)
	}
	return c
}

// EnterCode adds a code and, if it does not apply, takes it back and says why.
func (p checkoutPages) EnterCode(ctx context.Context, v web.Visit, code string) error {
	before, t, err := p.codes(ctx, v)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(before, func(c string) bool { return checkout.FoldCode(c) == checkout.FoldCode(code) }):
		return &web.Refusal{Message: t.Say("code.twice")}
	case len(before) >= p.cfg.Limits.DiscountCodes:
		return &web.Refusal{Message: t.Say("code.too_many", "count", p.cfg.Limits.DiscountCodes)}
	}
	sess, err := p.core.Revise(ctx, visit(v), acp.UpdateRequest{DiscountCodes: acp.Some(append(before[:len(before):len(before)], code))})
	if refused, ok := errors.AsType[*acp.Error](err); ok && refused.Status == http.StatusTooManyRequests {
		return &web.Refusal{Message: t.Say("code.guessing")}
	}
	if err != nil {
		return pageError(err)
	}
	if sess.Discounts == nil { // the shop has just given them up
		return web.ErrChanged
	}
	for _, r := range sess.Discounts.Rejected {
		if r.Code != code {
			continue
		}
		if _, err := p.core.Revise(ctx, visit(v), acp.UpdateRequest{DiscountCodes: acp.Some(before)}); err != nil {
			return pageError(err)
		}
		return &web.Refusal{Message: r.Message}
	}
	return nil
}

func (p checkoutPages) RemoveCode(ctx context.Context, v web.Visit, code string) error {
	before, _, err := p.codes(ctx, v)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(before), func(c string) bool { return c == code })
	if len(left) == len(before) {
		return web.ErrChanged
	}
	_, err = p.core.Revise(ctx, visit(v), acp.UpdateRequest{DiscountCodes: acp.Some(left)})
	return pageError(err)
}

// codes are those that a session has now, with the texts of its language.
func (p checkoutPages) codes(ctx context.Context, v web.Visit) ([]string, *text.Texts, error) {
	sess, m, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return nil, nil, pageError(err)
	}
	t := text.For(cmp.Or(sess.Locale, m.Locale))
	if sess.Discounts == nil {
		return []string{}, t, nil
	}
	return sess.Discounts.Codes, t, nil
}
