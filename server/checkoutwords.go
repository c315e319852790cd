package server

import (
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server/web"
)

// addressProblems are the shop's complaints about an address in words for its
// buyer, by the member that they are about.
var addressProblems = map[string]string{
	"country":     "Choose the country again.",
	"postal_code": "This postal code does not fit the country. Check both.",
	"state":       "Enter the state or province of the address, such as CA.",
}

// tell puts the session's messages where they belong on the page. last is the
// last try to pay, or nil.
func tell(c *web.Checkout, sess *checkout.Session, last *payment.Attempt) {
	const line, address, code = "$.line_items[", "$.fulfillment_details.address", "$.discounts.codes["
	declined := false
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
			c.Notices = append(c.Notices, web.Notice{Tone: toneOf(m), Text: paymentWords(m)})
		default:
			c.Notices = append(c.Notices, web.Notice{Tone: toneOf(m), Text: m.Content})
		}
	}
	// A page that closed without a payment leaves no message: the agent has
	// nothing to do about it.
	if !declined && last != nil && last.Kind == payment.OnPage && last.State == payment.Failed && last.PageRef != "" && sess.Status == acp.ReadyForPayment {
		c.Notices = append(c.Notices, web.Notice{Tone: web.Caution, Text: "The payment page was closed. You have not been charged."})
	}
	for _, t := range sess.Totals {
		if t.Type == acp.TotalTotal && sess.Status == acp.NotReadyForPayment {
			c.TotalNote = t.Description
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
		field, problem = "country", "The shop does not deliver to this address. Give another one."
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
	c.Problems[field] = problem
}

// paymentWords says what became of a payment to somebody who has no token, but
// a card.
func paymentWords(m acp.Message) string {
	switch m.Code {
	case acp.CodePaymentDeclined:
		return "Your payment was declined. You have not been charged. Try again, or pay in another way."
	case acp.CodeRequires3DS:
		return "Your bank asked for a confirmation that was not given. You have not been charged. Try again, or pay in another way."
	}
	return "The payment could not be made. You have not been charged. Try again."
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
