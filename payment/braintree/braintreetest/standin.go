package braintreetest

import (
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// standIn is the Gateway in the words of paymenttest.
type standIn struct{ *Gateway }

// StandIn gives the Gateway in the words that all stand-ins share. It has no
// pages: what a buyer enters on a page of ours comes as a token.
func (g *Gateway) StandIn() paymenttest.StandIn { return standIn{g} }

var outcomes = map[paymenttest.Outcome]Outcome{
	paymenttest.Approve:         Approve,
	paymenttest.Decline:         DoNotHonor,
	paymenttest.NoFunds:         NoFunds,
	paymenttest.ExpiredCard:     ExpiredCard,
	paymenttest.WrongCVC:        WrongCVV,
	paymenttest.Fraud:           Fraud,
	paymenttest.TechnicalFault:  Failure,
	paymenttest.Authentication:  ThreeDSecure,
	paymenttest.Slow:            Undecided,
	paymenttest.ApproveAndDrop:  ApproveAndDrop,
	paymenttest.ApproveAndError: ApproveAndFail,
}

var faults = map[paymenttest.Fault]Fault{
	paymenttest.DropBeforeCommit:    DropBefore,
	paymenttest.DropAfterCommit:     DropAfter,
	paymenttest.ErrorBeforeCommit:   ErrorBefore,
	paymenttest.ErrorAfterCommit:    ErrorAfter,
	paymenttest.TimeoutBeforeCommit: StallBefore,
	paymenttest.TimeoutAfterCommit:  StallAfter,
	paymenttest.RateLimited:         RateLimited,
	paymenttest.WrongAmount:         WrongAmount,
	paymenttest.LookupFails:         LookupFails,
}

func (s standIn) Mint(a paymenttest.Allowance) string {
	return s.Gateway.Mint(Allowance{Outcome: outcomes[a.Outcome], SessionID: a.SessionID, MaxAmount: a.MaxAmount, Currency: a.Currency,
		Lifetime: a.Lifetime, Foreign: a.OtherMerchant})
}

func (s standIn) Keep(customer string, o paymenttest.Outcome) payment.Stored {
	return s.Vault(customer, outcomes[o])
}

func (s standIn) Forget(stored payment.Stored) { s.Delete(stored.Card) }

func (s standIn) Break(next ...paymenttest.Fault) {
	for _, f := range next {
		s.Gateway.Break(faults[f])
	}
}

func (s standIn) Advance(d time.Duration) { s.set(func() { s.ahead += d }) }

func (s standIn) Decide(paid bool) {
	o := DoNotHonor
	if paid {
		o = Approve
	}
	s.set(func() {
		for _, id := range s.order {
			if t := s.transactions[id]; t.Status == "authorizing" {
				t.decide(decisions[o], true)
			}
		}
	})
}

func (s standIn) Settle() { s.SettleAll() }

func (s standIn) PayPage(string, paymenttest.Outcome) bool { return false }

func (s standIn) Books(session string) paymenttest.Books {
	b := s.Gateway.Books(session)
	return paymenttest.Books{Charges: b.Charges, Taken: b.Held + b.Taken - b.Refunded}
}

func (s standIn) EndHold(ref string) { s.ExpireHold(ref) }

func (s standIn) RefundElsewhere(ref string, amount int64) { s.Gateway.RefundElsewhere(ref, amount) }
