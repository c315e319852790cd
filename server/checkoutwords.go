package server

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server/web"
	"github.com/checkstand/checkstand/text"
)

// addressProblems are the texts of the shop's complaints about an address for its
// buyer, by the member that they are about.
var addressProblems = map[string]string{
	"country":     "form.country_again",
	"postal_code": "form.postal_code_misfit",
	"state":       "form.state_misfit",
}

// tell puts the session's messages where they belong on the page. last is the
// last try to pay, or nil.
func tell(c *web.Checkout, sess *checkout.Session, last *payment.Attempt) {
	const line, address, code = "$.line_items[", "$.fulfillment_details.address", "$.discounts.codes["
	declined, t := false, text.For(c.Locale)
	for _, m := range sess.Messages {
		switch {
		case strings.HasPrefix(m.Param, line):
			index, _, _ := strings.Cut(m.Param[len(line):], "]")
			if i, err := strconv.Atoi(index); err == nil && i < len(c.Lines) {
				c.Lines[i].Note = worse(c.Lines[i].Note, &web.Notice{Tone: toneOf(m), Text: m.Content})
			}
		case strings.HasPrefix(m.Param, code) && c.Codes != nil:
			index, _, _ := strings.Cut(m.Param[len(code):], "]")
			if i, err := strconv.Atoi(index); err == nil && i < len(c.Codes.Given) {
				c.Codes.Given[i].Note = &web.Notice{Tone: toneOf(m), Text: m.Content}
			}
		case strings.HasPrefix(m.Param, address):
			complain(c, m, strings.TrimPrefix(m.Param[len(address):], "."))
		case strings.HasPrefix(m.Param, "$.payment_data"):
			declined = true
			said := m.Content // of a purchase order
			if m.Type != acp.Info {
				said = t.Say(paymentKey(m))
			}
			c.Notices = append(c.Notices, web.Notice{Tone: toneOf(m), Text: said})
		default:
			c.Notices = append(c.Notices, web.Notice{Tone: toneOf(m), Text: m.Content})
		}
	}
	// A page that closed without a payment leaves no message: the agent has
	// nothing to do about it.
	if !declined && last != nil && last.Kind == payment.OnPage && last.State == payment.Failed && last.PageRef != "" && sess.Status == acp.ReadyForPayment {
		c.Notices = append(c.Notices, web.Notice{Tone: web.Caution, Text: t.Say("checkout.page_closed")})
	}
	for _, total := range sess.Totals {
		if total.Type == acp.TotalTotal && sess.Status == acp.NotReadyForPayment {
			c.TotalNote = total.Description
		}
	}
}

// complain makes a message about the address one about a field. That there is
// no address yet is no complaint: the form asks for it.
func complain(c *web.Checkout, m acp.Message, member string) {
	problem, field := "", member
	switch {
	case m.Code == acp.CodeMissing:
		return
	case m.Code == acp.CodeRegionRestricted:
		field, problem = "country", "form.not_here"
	default:
		problem = addressProblems[member]
	}
	if problem == "" {
		c.Notices = append(c.Notices, web.Notice{Tone: toneOf(m), Text: m.Content})
		return
	}
	if c.Problems == nil {
		c.Problems = map[string]string{}
	}
	c.Problems[field] = text.For(c.Locale).Say(problem)
}

// paymentKey is the text on what became of a payment for somebody who has no
// token, but a card.
func paymentKey(m acp.Message) string {
	switch m.Code {
	case acp.CodePaymentDeclined:
		return "checkout.declined"
	case acp.CodeRequires3DS:
		return "checkout.needs_3ds"
	}
	return "checkout.not_paid"
}

func toneOf(m acp.Message) web.Tone {
	switch m.Type {
	case acp.ErrorMessage:
		return web.Negative
	case acp.Warning:
		return web.Caution
	}
	return web.Neutral
}

// worse keeps the note that the buyer has to act on.
func worse(a, b *web.Notice) *web.Notice {
	if a != nil && a.Tone == web.Negative {
		return a
	}
	return b
}
