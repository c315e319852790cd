package reconciliation

import (
	"fmt"
	"strings"
	"time"

	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
)

// Kind is what a disagreement is about.
type Kind string

// Every kind there is.
const (
	ChargedWithoutOrder Kind = "charged_without_order" // the attempt ended here without money
	Orphan              Kind = "orphan"                // no attempt of that reference
	ChargedTwice        Kind = "charged_twice"         // another payment under one reference
	ChargedWhileOpen    Kind = "charged_while_open"    // the attempt is still open here
	NotAtProvider       Kind = "not_at_provider"       // paid here, and not at the PSP
	AmountDiffers       Kind = "amount_differs"        // of what is held
	CurrencyDiffers     Kind = "currency_differs"
	CapturedDiffers     Kind = "captured_differs"
	RefundedDiffers     Kind = "refunded_differs"
	HoldEnded           Kind = "hold_ended"      // authorised here, given back or run out at the PSP
	CaptureBounced      Kind = "capture_bounced" // captured once, and nothing of it is left
	OpenTooLong         Kind = "open_too_long"
	OperationOpen       Kind = "operation_open" // a capture, void or refund
)

// titles are the kinds in plain words.
var titles = map[Kind]string{
	ChargedWithoutOrder: "Charged, and no order",
	Orphan:              "Charged, and unknown here",
	ChargedTwice:        "Charged twice",
	ChargedWhileOpen:    "Charged, and still open here",
	NotAtProvider:       "Paid here, and not at the provider",
	AmountDiffers:       "Another amount is held",
	CurrencyDiffers:     "Another currency",
	CapturedDiffers:     "Another amount is captured",
	RefundedDiffers:     "Another amount is refunded",
	HoldEnded:           "The hold has ended",
	CaptureBounced:      "The capture came back",
	OpenTooLong:         "Open for too long",
	OperationOpen:       "A move of money is open for too long",
}

// Title is the kind in plain words, without a full stop.
func (k Kind) Title() string { return titles[k] }

// Difference is one disagreement. Amounts are in minor units of Currency.
type Difference struct {
	Kind      Kind   `json:"kind"`
	AttemptID string `json:"attempt_id,omitzero"`
	SessionID string `json:"session_id,omitzero"`
	OrderID   string `json:"order_id,omitzero"`
	OpID      string `json:"operation_id,omitzero"`
	PSPRef    string `json:"psp_ref,omitzero"`
	Currency  string `json:"currency"`
	// Ours and Theirs are the figure in both books: what was refunded of
	// RefundedDiffers, else what is held or captured, less refunds where the
	// whole payment is in question.
	Ours   int64 `json:"ours"`
	Theirs int64 `json:"theirs"`
	// TheirCurrency is the currency of Theirs where it is not Currency.
	TheirCurrency string `json:"their_currency,omitzero"`
	// Delta is how much more money the PSP has for us than our books say:
	// Theirs less Ours, of refunds the other way round, as they take money away.
	// Where TheirCurrency is set Theirs comes on top, in that currency.
	Delta int64 `json:"delta"`
	// AtStake is the amount in question, never negative, also where the books
	// do not differ and something is merely open.
	AtStake int64 `json:"at_stake"`
	// What says what happened and whose money it is, Advice what to do.
	What   string    `json:"what"`
	Advice string    `json:"advice"`
	Since  time.Time `json:"since"`
}

// amount writes money as the reports do.
func amount(minor int64, currency string) string {
	return money.English(minor, currency)
}

// writer words the differences of one payment.
type writer struct {
	provider string
	o        ours
}

// about begins a difference of the payment.
func (w writer) about(k Kind, pspRef string, since time.Time) Difference {
	return Difference{Kind: k, AttemptID: w.o.id, SessionID: w.o.session, OrderID: w.o.order, PSPRef: pspRef, Currency: w.o.currency, Since: since}
}

// figures sets both sides, with everything that follows from them. stake is
// the amount in question where they do not differ.
func (d *Difference) figures(ours, theirs, stake int64) {
	d.Ours, d.Theirs, d.Delta = ours, theirs, theirs-ours
	if d.AtStake = magnitude(d.Delta); d.Delta == 0 {
		d.AtStake = stake
	}
}

// askBuyer is what is left to do about goods that are gone and not paid.
const askBuyer = "ask the buyer to pay in another way or to send the goods back."

func (w writer) show() string { return "'checkstand payments show " + w.o.session + "'" }

func (w writer) withoutOrder(p listed) Difference {
	d := w.about(ChargedWithoutOrder, p.ref, p.at)
	d.Currency = p.currency
	d.figures(0, p.net(), p.charged)
	d.What = fmt.Sprintf("%s %s %s for a payment that ended here as %s. It is the buyer's money, and no order stands against it.",
		w.provider, p.verb(), amount(p.net(), p.currency), w.o.state)
	d.Advice = fmt.Sprintf("Give it back at %s, payment %s. %s tells what happened here.", w.provider, p.ref, w.show())
	return d
}

func orphan(provider string, p listed) Difference {
	d := Difference{Kind: Orphan, AttemptID: p.reference, PSPRef: p.ref, Currency: p.currency, Since: p.at}
	d.figures(0, p.net(), p.charged)
	d.What = fmt.Sprintf("%s %s %s under a reference of ours that this shop's books do not have. It is the buyer's money until an order is found for it.",
		provider, p.verb(), amount(p.net(), p.currency))
	d.Advice = fmt.Sprintf("Find out whether another installation uses the account, or the database was restored from an older copy. If neither, give it back at %s, payment %s.", provider, p.ref)
	return d
}

func (w writer) twice(p listed, first string) Difference {
	d := w.about(ChargedTwice, p.ref, p.at)
	d.Currency = p.currency
	d.figures(0, p.net(), p.charged)
	d.What = fmt.Sprintf("%s %s %s once more for one payment, beside %s. It is the buyer's money.", w.provider, p.verb(), amount(p.net(), p.currency), first)
	d.Advice = fmt.Sprintf("Give %s back at %s, and leave %s as it is. %s tells what was asked for.", p.ref, w.provider, first, w.show())
	return d
}

func (w writer) whileOpen(p listed) Difference {
	d := w.about(ChargedWhileOpen, p.ref, p.at)
	d.Currency = p.currency
	d.figures(0, p.net(), p.charged)
	d.What = fmt.Sprintf("%s %s %s, and the payment is still %s here. It is the buyer's money until the order is made.",
		w.provider, p.verb(), amount(p.net(), p.currency), w.o.state)
	d.Advice = fmt.Sprintf("Ask again: 'checkstand payments reconcile %s'. ", w.o.id)
	if p.charged == w.o.amount && p.currency == w.o.currency && p.refunded == 0 {
		d.Advice += fmt.Sprintf("If it stays open: 'checkstand payments settle %s --charged %s'.", w.o.id, p.ref)
	} else {
		d.Advice += fmt.Sprintf("The payment was to be %s: if it stays open, give it back at %s, then 'checkstand payments settle %s --not-charged'.",
			amount(w.o.amount, w.o.currency), w.provider, w.o.id)
	}
	return d
}

func (w writer) notThere(p listed) Difference {
	d := w.about(NotAtProvider, w.o.ref, w.o.created)
	d.figures(w.o.net(), 0, w.o.net())
	d.What = fmt.Sprintf("Our books have %s as paid, and %s has no such payment.", amount(w.o.net(), w.o.currency), w.provider)
	if p.ref != "" {
		d.PSPRef = p.ref
		d.What = fmt.Sprintf("Our books have %s as paid, and %s has it as %s.", amount(w.o.net(), w.o.currency), w.provider, p.state)
	}
	d.What += " It is the shop's money that is missing."
	look := fmt.Sprintf("look %s up at %s", d.PSPRef, w.provider)
	if d.PSPRef == "" {
		look = fmt.Sprintf("look for %s at %s", w.o.id, w.provider)
	}
	d.Advice = fmt.Sprintf("Do not ship before it is found: %s. If it was not paid, 'checkstand orders cancel %s'.", look, w.o.order)
	if w.o.shipped {
		d.Advice = fmt.Sprintf("Order %s is shipped: %s. If it was not paid, %s", w.o.order, look, askBuyer)
	}
	return d
}

func (w writer) holdEnded(p listed) Difference {
	d := w.about(HoldEnded, p.ref, w.o.final)
	d.figures(w.o.net(), 0, w.o.net())
	d.What = fmt.Sprintf("%s are held for us in our books, and no longer at %s: the hold ran out or was given back there. The buyer was not charged.",
		amount(w.o.net(), w.o.currency), w.provider)
	d.Advice = fmt.Sprintf("Do not ship: it cannot be captured any more. Then 'checkstand orders cancel %s'.", w.o.order)
	if w.o.shipped {
		d.Advice = fmt.Sprintf("Order %s is shipped, and it cannot be captured any more: %s", w.o.order, askBuyer)
	}
	return d
}

func (w writer) bounced(ours, charged int64) Difference {
	d := w.about(CaptureBounced, w.o.ref, w.o.final)
	d.figures(ours, charged, w.o.amount)
	d.What = fmt.Sprintf("The payment counts as captured, and the capture of %s has come back. It is the shop's money that is missing.", amount(w.o.amount, w.o.currency))
	if charged > 0 {
		d.What = fmt.Sprintf("The capture of %s has come back in our books, and %s has %s of it.", amount(w.o.amount, w.o.currency), w.provider, amount(charged, w.o.currency))
	}
	d.Advice = fmt.Sprintf("Do not ship; ask the buyer to pay in another way. %s tells when it came back; 'checkstand orders cancel %s' ends the order.", w.show(), w.o.order)
	if w.o.shipped {
		d.Advice = fmt.Sprintf("Order %s is shipped; %s %s tells when it came back.", w.o.order, askBuyer, w.show())
	}
	return d
}

func (w writer) currencies(p listed) Difference {
	d := w.about(CurrencyDiffers, p.ref, p.at)
	d.Ours, d.Theirs, d.Delta = w.o.net(), p.net(), -w.o.net()
	if d.TheirCurrency, d.AtStake = p.currency, magnitude(w.o.net()); d.AtStake == 0 {
		d.AtStake = w.o.amount
	}
	d.What = fmt.Sprintf("The payment is %s here, and %s %s %s. One of the two amounts is wrong for the buyer.",
		amount(d.Ours, d.Currency), w.provider, p.verb(), amount(d.Theirs, p.currency))
	d.Advice = fmt.Sprintf("Give it back at %s, payment %s, then 'checkstand orders cancel %s'.", w.provider, p.ref, w.o.order)
	if w.o.shipped {
		d.Advice = fmt.Sprintf("Order %s is shipped: agree with the buyer which of the two is right. Give what is too much back at %s, payment %s; "+
			"if it is too little, ask the buyer for the rest.", w.o.order, w.provider, p.ref)
	}
	return d
}

func (w writer) held(p listed) Difference {
	d := w.about(AmountDiffers, p.ref, p.at)
	d.figures(w.o.charged(), p.charged, 0)
	d.What = fmt.Sprintf("%s holds %s for a payment of %s.", w.provider, amount(d.Theirs, d.Currency), amount(d.Ours, d.Currency))
	if d.Delta > 0 {
		d.What += " The buyer is held more than was agreed."
		d.Advice = fmt.Sprintf("Capture no more than %s; the rest is given back with the capture.", amount(d.Ours, d.Currency))
	} else {
		d.What += " The shop cannot get the rest."
		d.Advice = fmt.Sprintf("Ship for what is held, or give it back: 'checkstand orders cancel %s'.", w.o.order)
		if w.o.shipped {
			d.Advice = fmt.Sprintf("Order %s is shipped: capture what is held, and ask the buyer for the rest.", w.o.order)
		}
	}
	return d
}

func (w writer) captured(p listed) Difference {
	d := w.about(CapturedDiffers, p.ref, p.at)
	d.figures(w.o.charged(), p.charged, p.charged)
	here, there := "captured", "captured"
	if w.o.state == payment.Authorized {
		here = "only held"
	}
	if p.state == payment.Authorized {
		there = "only holds"
	}
	d.What = fmt.Sprintf("%s are %s here, and %s %s %s.", amount(d.Ours, d.Currency), here, w.provider, there, amount(d.Theirs, d.Currency))
	switch {
	case p.state == payment.Authorized:
		d.What += " The shop has not got its money yet, and a hold runs out."
		d.Advice = fmt.Sprintf("Capture it at %s, payment %s, or give it back: 'checkstand orders cancel %s'.", w.provider, p.ref, w.o.order)
		if w.o.shipped {
			d.Advice = fmt.Sprintf("Order %s is shipped: capture it at %s, payment %s, before the hold runs out.", w.o.order, w.provider, p.ref)
		}
	case d.Delta < 0:
		d.What += " The shop got less than its books say."
		d.Advice = fmt.Sprintf("%s tells what was asked for. What was not captured is for the buyer to pay in another way.", w.show())
	case d.Delta > 0:
		d.What += " What is too much is the buyer's money."
		d.Advice = fmt.Sprintf("%s tells what was asked for. Give back what is too much at %s, payment %s.", w.show(), w.provider, p.ref)
	default:
		d.What += " Somebody captured it there."
		d.Advice = fmt.Sprintf("Ship the order, or give the money back at %s, payment %s.", w.provider, p.ref)
		if w.o.shipped {
			d.Advice = fmt.Sprintf("Order %s is shipped and paid: nothing is to be paid or given back. %s tells what was asked for here.", w.o.order, w.show())
		}
	}
	return d
}

func (w writer) refunded(p listed, ops []payment.Operation) Difference {
	d := w.about(RefundedDiffers, p.ref, w.o.created)
	d.figures(w.o.refunded, p.refunded, 0)
	d.Delta = -d.Delta
	d.What = fmt.Sprintf("%s are given back here, and %s at %s.", amount(d.Ours, d.Currency), amount(d.Theirs, d.Currency), w.provider)
	var open []string
	var sum int64
	for _, op := range ops {
		if op.State.Open() && op.Kind == payment.OpRefund {
			open = append(open, fmt.Sprintf("'checkstand payments reconcile %s'", op.ID))
			sum += op.Amount
		}
	}
	switch gap := p.refunded - w.o.refunded; {
	case len(open) > 0:
		d.What += fmt.Sprintf(" Refunds of %s are still open here, ", amount(sum, d.Currency))
		if magnitude(gap) == sum {
			d.What += "which is the difference."
		} else {
			d.What += "which is not all of the difference."
		}
		d.Advice = fmt.Sprintf("Ask what became of them: %s.", strings.Join(open, ", "))
	case gap > 0:
		d.What += " The buyer has more back than our books say: it was refunded at the provider itself, or its notice was lost."
		d.Advice = fmt.Sprintf("There is nothing to pay. Let %s send its notice of the refund again, so that order %s shows it.", w.provider, w.o.order)
	default:
		d.What += " The buyer has not got all of it."
		d.Advice = fmt.Sprintf("%s tells what was asked for. Give back what is missing at %s, payment %s.", w.show(), w.provider, p.ref)
	}
	return d
}

func (w writer) open() Difference {
	d := w.about(OpenTooLong, w.o.ref, w.o.created)
	d.figures(0, 0, w.o.amount)
	d.What = fmt.Sprintf("What became of the payment of %s is not known. Whether the buyer's money moved is open, and the session waits.", amount(w.o.amount, w.o.currency))
	d.Advice = fmt.Sprintf("Ask again: 'checkstand payments reconcile %[1]s'. If %[2]s does not tell, look it up there, then 'checkstand payments settle %[1]s --charged ID' or '--not-charged'.", w.o.id, w.provider)
	return d
}

func openOperation(provider string, op payment.Operation) Difference {
	d := Difference{Kind: OperationOpen, AttemptID: op.AttemptID, OrderID: op.OrderID, OpID: op.ID, PSPRef: op.PSPRef, Currency: op.Currency, Since: op.CreatedAt}
	d.figures(0, 0, op.Amount)
	d.What = fmt.Sprintf("A %s of %s was asked for, and %s has not said what became of it.", op.Kind, amount(op.Amount, op.Currency), provider)
	d.Advice = fmt.Sprintf("Ask again: 'checkstand payments reconcile %[1]s'. If %[2]s does not tell, look it up there, then 'checkstand payments settle %[1]s --done ID' or '--failed'.", op.ID, provider)
	return d
}
