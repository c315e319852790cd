package adyentest

import (
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// standIn is the Fake in the words of paymenttest.
type standIn struct{ *Fake }

// StandIn gives the Fake in the words that all stand-ins share.
func (f *Fake) StandIn() paymenttest.StandIn { return standIn{f} }

var cards = map[paymenttest.Outcome]Outcome{
	paymenttest.Approve:         Authorised,
	paymenttest.Decline:         Refused,
	paymenttest.NoFunds:         NoBalance,
	paymenttest.ExpiredCard:     ExpiredCard,
	paymenttest.WrongCVC:        WrongCVC,
	paymenttest.Fraud:           Fraud,
	paymenttest.TechnicalFault:  AcquirerError,
	paymenttest.Authentication:  Redirect,
	paymenttest.Slow:            Pending,
	paymenttest.ApproveAndDrop:  AuthorisedDrop,
	paymenttest.ApproveAndError: AuthorisedError,
}

var faults = map[paymenttest.Fault]Fault{
	paymenttest.DropBeforeCommit:    DropBefore,
	paymenttest.DropAfterCommit:     DropAfter,
	paymenttest.ErrorBeforeCommit:   ErrorBefore,
	paymenttest.ErrorAfterCommit:    ErrorAfter,
	paymenttest.TimeoutBeforeCommit: HangBefore,
	paymenttest.TimeoutAfterCommit:  HangAfter,
	paymenttest.RateLimited:         RateLimited,
	paymenttest.WrongAmount:         WrongAmount,
	paymenttest.LookupFails:         LookupFails, // of payment pages: of payments there is nothing to look up
}

func (s standIn) Mint(a paymenttest.Allowance) string {
	g := Grant{Outcome: cards[a.Outcome], Currency: strings.ToUpper(a.Currency), MaxAmount: a.MaxAmount, ExpiresAt: s.Now().Add(a.Lifetime)}
	if a.OtherMerchant {
		g.Account = OtherAccount
	}
	return s.Fake.Mint(g)
}

func (s standIn) Keep(customer string, o paymenttest.Outcome) payment.Stored {
	return s.Store(customer, cards[o])
}

func (s standIn) Forget(stored payment.Stored) { s.Disable(stored.Card) }

func (s standIn) Break(next ...paymenttest.Fault) {
	for _, f := range next {
		s.Fake.Break(faults[f])
	}
}

func (s standIn) Books(session string) paymenttest.Books {
	b := s.Fake.Books(session)
	return paymenttest.Books{Charges: b.Charges, Taken: b.Taken}
}

func (s standIn) Decide(paid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.payments {
		if c.state == pending {
			s.decide(c, paid)
		}
	}
}

func (s standIn) PayPage(ref string, o paymenttest.Outcome) bool {
	psp, _ := s.payPage(ref, cards[o])
	return psp != "" && (o == paymenttest.Approve || o == paymenttest.Slow)
}

func (s standIn) EndHold(ref string) { s.ExpireHold(ref) }

func (s standIn) RefundElsewhere(ref string, amount int64) { s.Fake.RefundElsewhere(ref, amount) }
