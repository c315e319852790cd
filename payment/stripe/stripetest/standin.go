package stripetest

import (
	"time"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// standIn is the server in the words of paymenttest.
type standIn struct{ *Server }

// StandIn gives the server in the words that all stand-ins share.
func (s *Server) StandIn() paymenttest.StandIn { return standIn{s} }

var cards = map[paymenttest.Outcome]string{
	paymenttest.Approve:         "pm_card_visa",
	paymenttest.Decline:         "pm_card_visa_chargeDeclined",
	paymenttest.NoFunds:         "pm_card_visa_chargeDeclinedInsufficientFunds",
	paymenttest.ExpiredCard:     "pm_card_chargeDeclinedExpiredCard",
	paymenttest.WrongCVC:        "pm_card_chargeDeclinedIncorrectCvc",
	paymenttest.Fraud:           "pm_card_radarBlock",
	paymenttest.TechnicalFault:  "pm_card_chargeDeclinedProcessingError",
	paymenttest.Authentication:  "pm_card_authenticationRequired",
	paymenttest.Slow:            "pm_card_fakeProcessing",
	paymenttest.ApproveAndDrop:  "pm_card_fakeDropAnswer",
	paymenttest.ApproveAndError: "pm_card_fakeServerError",
}

var faults = map[paymenttest.Fault]Fault{
	paymenttest.DropBeforeCommit:    DropBefore,
	paymenttest.DropAfterCommit:     DropAfter,
	paymenttest.ErrorBeforeCommit:   ErrorBefore,
	paymenttest.ErrorAfterCommit:    ErrorAfter,
	paymenttest.TimeoutBeforeCommit: HangBefore,
	paymenttest.TimeoutAfterCommit:  HangAfter,
	paymenttest.RateLimited:         RateLimit,
	paymenttest.WrongAmount:         WrongAmount,
	paymenttest.LookupFails:         LookupFails,
}

func (s standIn) Mint(a paymenttest.Allowance) string {
	g := Grant{Card: cards[a.Outcome], Currency: a.Currency, MaxAmount: a.MaxAmount, ExpiresAt: s.Now().Add(a.Lifetime)}
	if a.OtherMerchant {
		g.Account = "acct_other"
	}
	return s.Grant(g)
}

func (s standIn) Keep(customer string, o paymenttest.Outcome) payment.Stored {
	return s.Attach(customer, cards[o])
}

func (s standIn) Forget(stored payment.Stored) { s.Detach(stored.Card) }

func (s standIn) Break(next ...paymenttest.Fault) {
	for _, f := range next {
		s.Server.Break(faults[f])
	}
}

func (s standIn) Books(session string) paymenttest.Books {
	b := s.Server.Books(session)
	return paymenttest.Books{Charges: b.Charges, Taken: b.Held + b.Taken - b.Refunded}
}

// Decide ends the wait on pages too, which have events of their own.
func (s standIn) Decide(paid bool) {
	s.mu.Lock()
	var pages, intents []string
	for id, page := range s.sessions {
		if page.intent != nil && page.intent.status == "processing" {
			pages = append(pages, id)
		}
	}
	for id, in := range s.intents {
		if in.status == "processing" {
			intents = append(intents, id)
		}
	}
	s.mu.Unlock()
	for _, id := range pages {
		s.DecidePage(id, paid)
	}
	for _, id := range intents {
		s.SettleIntent(id, paid)
	}
}

// Settle does nothing: Stripe does a move when it answers.
func (s standIn) Settle() {}

func (s standIn) PayPage(ref string, o paymenttest.Outcome) bool {
	return s.Server.PayPage(ref, cards[o])
}

func (s standIn) EndHold(ref string) { s.ExpireHold(ref) }

func (s standIn) RefundElsewhere(ref string, amount int64) { s.Server.RefundElsewhere(ref, amount) }

// Advance moves the clock, and ends the pages whose time is over, as Stripe
// does by itself.
func (s standIn) Advance(d time.Duration) {
	s.Server.Advance(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, page := range s.sessions {
		s.expireIfDue(page)
	}
}
