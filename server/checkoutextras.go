package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// Names of the boxes of the checkout page. Those of consents are followed by
// their channel.
const (
	termsBox   = "terms"
	consentBox = "consent_"
)

// consentKeys are the texts of the channels of consents.
var consentKeys = map[string]string{"email": "consent.email", "sms": "consent.sms", "whatsapp": "consent.whatsapp"}

// wrapOf is the offer to wrap a session; nil where the shop wraps nothing of it.
func wrapOf(sess *checkout.Session, m *checkout.Merchant) *web.GiftWrap {
	if !m.Wraps(sess) {
		return nil
	}
	return &web.GiftWrap{Price: m.WrapPrice(sess), Chosen: sess.Wrap != nil}
}

// tipOf is what a session's buyer can give beside it; nil where the shop takes
// no tips.
func tipOf(sess *checkout.Session, m *checkout.Merchant, t *text.Texts) *web.Tip {
	if m.MaxTip == 0 {
		return nil
	}
	tip := &web.Tip{Amount: sess.Tip, Max: m.MaxTip}
	for _, s := range m.SuggestedTips(sess) {
		button := web.SuggestedTip{Amount: s.Amount, Chosen: s.Amount == sess.Tip}
		if s.PPM > 0 {
			button.Share = percent(s.PPM, t)
		}
		tip.Suggested = append(tip.Suggested, button)
	}
	return tip
}

// percentSigns are those with the blank that a language puts before it.
var percentSigns = map[string]string{"de": "\u00a0%", "es": "\u00a0%", "fr": "\u202f%"}

// percent writes parts per million as a percentage: "12.5%", "12,5 %".
func percent(ppm int64, t *text.Texts) string {
	const one = 10_000 // of 1 %
	written := strconv.FormatInt(ppm/one, 10)
	if ppm%one != 0 {
		point := "."
		if strings.Contains(t.Money(150, "eur"), "1,50") {
			point = ","
		}
		written += point + strings.TrimRight(fmt.Sprintf("%04d", ppm%one), "0")
	}
	return written + cmp.Or(percentSigns[t.Language()], "%")
}

// asked are the boxes of the page, those of consents first: the one that has to
// be ticked stands beside the button to pay. What the buyer has ticked there
// before is ticked still; what an agent says for its buyer is not.
func asked(sess *checkout.Session, m *checkout.Merchant, t *text.Texts) (list []web.Question) {
	for _, o := range m.Asked(sess) {
		list = append(list, web.Question{Name: consentBox + o.Channel, Words: t.Say(consentKeys[o.Channel], "text", o.DisplayText),
			Link: o.PrivacyPolicyURL, LinkIs: t.Say("link.privacy_policy"),
			Ticked: slices.ContainsFunc(sess.Consents, func(c checkout.Consent) bool {
				return c.Channel == o.Channel && c.OptedIn && c.Agent == checkout.ByPage
			})})
	}
	if m.AcceptTerms {
		list = append(list, web.Question{Name: termsBox, Words: t.Say("consent.terms"), Link: m.TermsURL(), LinkIs: t.Say("link.terms_of_use"),
			Required: true, Missing: t.Say("consent.terms_missing"), Ticked: sess.Terms != nil})
	}
	return list
}

func (p checkoutPages) SetWrap(ctx context.Context, v web.Visit, wrap bool) error {
	_, err := p.core.Revise(ctx, visit(v), acp.UpdateRequest{GiftWrap: acp.Some(acp.GiftWrap{Enabled: wrap})})
	return pageError(err)
}

func (p checkoutPages) SetTip(ctx context.Context, v web.Visit, amount int64) error {
	_, err := p.core.Revise(ctx, visit(v), acp.UpdateRequest{Tip: acp.Some(amount)})
	if refused, ok := errors.AsType[*acp.Error](err); ok && refused.Status == http.StatusBadRequest {
		return web.ErrChanged // the shop takes less than the page said
	}
	return pageError(err)
}

// Agree notes the answer to every question that the page has put.
func (p checkoutPages) Agree(ctx context.Context, v web.Visit, ticked []string) error {
	sess, m, err := p.core.Visited(ctx, visit(v))
	if err != nil {
		return pageError(err)
	}
	answers := checkout.Agreed{Terms: slices.Contains(ticked, termsBox)}
	for _, o := range m.Asked(sess) {
		answers.Consents = append(answers.Consents, acp.MarketingConsent{Channel: o.Channel, OptedIn: slices.Contains(ticked, consentBox+o.Channel)})
	}
	return pageError(p.core.Agree(ctx, visit(v), answers))
}
