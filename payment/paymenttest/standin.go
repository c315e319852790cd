package paymenttest

import (
	"time"

	"github.com/checkstand/checkstand/payment"
)

// StandIn is a PSP in memory in the words of this package, so that one test can
// drive a server against each of them. The stand-ins of the adapters give
// theirs by a method of the same name. Amounts are minor units; they are right
// for currencies that the PSP counts as ISO 4217 does.
type StandIn interface {
	// Mint makes a delegated token.
	Mint(Allowance) string
	// Keep keeps a card for a customer, named by any word of letters and digits,
	// as the shop's own pages would have done. Forget takes it away again.
	Keep(customer string, o Outcome) payment.Stored
	Forget(payment.Stored)
	// Break queues faults, for the next requests that they concern.
	Break(...Fault)
	// Storm answers the next n requests, of whatever kind, with an error of the
	// server's, and carries none of them out.
	Storm(n int)
	// Heal forgets the faults that have not struck yet, and ends a storm.
	Heal()
	// Advance moves the PSP's clock.
	Advance(time.Duration)
	// Decide ends the wait of all payments by slow methods.
	Decide(paid bool)
	// Settle finishes what the PSP does in its own time: moves that it has
	// accepted, or the batch of the night.
	Settle()
	// PayPage is a buyer who pays on a page, named by HostedPage.Ref. It reports
	// whether the page took it. A PSP without pages takes none.
	PayPage(ref string, o Outcome) bool
	// Deliver sets how webhooks go out from now on.
	Deliver(Delivery)
	// Webhooks takes those that wait, signed and ready for a receiver, the oldest
	// first. Taking them late is what a late webhook is.
	Webhooks() []payment.WebhookRequest
	// Books reads the record of a checkout session.
	Books(sessionID string) Books

	// EndHold lets the hold of a payment, named by the PSP's id, run out or be
	// canceled by somebody at the PSP.
	EndHold(pspRef string)
	// RefundElsewhere gives back a part of a payment in the PSP's own dashboard.
	RefundElsewhere(pspRef string, amount int64)
	// Dispute opens a dispute over all of a payment and gives its id;
	// CloseDispute ends it.
	Dispute(pspRef string) (disputeID string)
	CloseDispute(disputeID string, won bool)
}

// Delivery says how webhooks go out.
type Delivery struct {
	Twice       bool // each a second time
	Backwards   bool // the newest first
	WrongAmount bool // each says one unit less than was moved, and is signed so
}
