package mcp

import (
	"fmt"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/money"
)

// maxNamed bounds how many lines or products a text names.
const maxNamed = 10

// sessionWords tell the model about a session in a sentence or two: the
// essential figures, what is missing, and where to pay.
func (a *app) sessionWords(s *acp.Session) string {
	var b strings.Builder
	total, _ := acp.Amount(s.Totals, acp.TotalTotal)
	price := money.Format(total, s.Currency, a.locale)
	mode := ""
	if !a.Live {
		mode = " (test mode, no real money)"
	}
	switch s.Status {
	case acp.Completed:
		fmt.Fprintf(&b, "Paid %s%s.", price, mode)
		if s.Order != nil {
			fmt.Fprintf(&b, " Order %s, id %s. %s", s.Order.OrderNumber, s.Order.ID, s.Order.PermalinkURL)
		}
		return b.String()
	case acp.Canceled, acp.Expired:
		fmt.Fprintf(&b, "Checkout session %s is %s; nothing was charged.", s.ID, s.Status)
		refusalWords(&b, s)
		return b.String()
	}
	fmt.Fprintf(&b, "Checkout session %s: %s. Total %s%s.", s.ID, lineWords(s), price, mode)
	refusalWords(&b, s)
	switch s.Status {
	case acp.CompleteInProgress, acp.InProgress:
		b.WriteString(" A payment is being processed.")
	case acp.PendingApproval:
		b.WriteString(" The shop has to approve the purchase order first; nothing is charged.")
	case acp.ReadyForPayment:
		b.WriteString(" Ready for payment.")
	}
	switch {
	case s.ContinueURL == "":
	case s.Status == acp.PendingApproval:
		b.WriteString(" What the shop decides is shown at " + s.ContinueURL)
	default:
		b.WriteString(" To pay at the shop: " + s.ContinueURL)
	}
	return b.String()
}

// refusalWords say what stands in the way.
func refusalWords(b *strings.Builder, s *acp.Session) {
	for i := range s.Messages {
		if s.Messages[i].Type != acp.Info {
			b.WriteString(" " + s.Messages[i].Content)
		}
	}
}

func lineWords(s *acp.Session) string {
	var names []string
	for i := range s.LineItems {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("and %d more", len(s.LineItems)-i))
			break
		}
		l := &s.LineItems[i]
		name := l.Name
		if name == "" {
			name = l.Item.ID
		}
		names = append(names, fmt.Sprintf("%d × %s", l.Quantity, name))
	}
	return strings.Join(names, ", ")
}
