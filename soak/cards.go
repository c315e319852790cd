package soak

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/savedcard"
)

// savedCard is what the simulation knows of a card that a provider keeps for a
// member of a shop. The wallet's lock guards the times.
type savedCard struct {
	id        string
	member    int
	stored    payment.Stored
	ends      paymenttest.Outcome // a payment
	removed   time.Time           // by the shop; zero while it is there
	forgotten time.Time           // by the provider
}

// wallet has the cards of a shop's members. Families share them, as they do
// accounts: several payments are made with one at a time.
type wallet struct {
	mu    sync.Mutex
	cards map[string]*savedCard // by id, those that are gone too
	use   [members]*savedCard   // that each member pays with now
}

// Shares of payments with saved cards.
const (
	cardFails    = 0.15 // one that is saved is not good
	cardRemoved  = 0.1  // between the session and the payment
	removedAtPay = 0.1  // while it pays
	removesHere  = 0.7  // of those removed: by the shop; by the provider alone otherwise
	removesBoth  = 0.5  // of those that the shop removes: by the provider too
	paysNewCard  = 0.5  // after a decline, and with a card that nobody keeps otherwise
)

// failingCards are how cards that are not good end a payment.
var failingCards = []paymenttest.Outcome{paymenttest.Decline, paymenttest.NoFunds, paymenttest.Authentication, paymenttest.TechnicalFault}

// save has the shop's provider keep a new card for a member, which pays from now
// on.
func (s *sim) save(sh *shop, member int, ends paymenttest.Outcome) {
	s.t.Helper()
	c := &savedCard{member: member, ends: ends, stored: sh.bank.elsewhere().Keep(fmt.Sprint("member", member), ends)}
	now := s.clock.Now()
	c.id = id.New(savedcard.Prefix, now)
	if err := s.store.AddCard(s.ctx, &savedcard.Card{ID: c.id, MerchantID: sh.merchant.ID, CustomerID: memberID(member), Provider: sh.provider,
		Account: sh.bank.account(), PSPCustomer: c.stored.Customer, PSPCard: c.stored.Card, Brand: "visa", Last4: "4242", ExpMonth: 12,
		ExpYear: begin.Year() + 4, CreatedAt: now, AddedBy: "soak"}); err != nil {
		s.fail("card of %s: %v", sh.merchant.ID, err)
	}
	sh.wallet.mu.Lock()
	defer sh.wallet.mu.Unlock()
	sh.wallet.cards[c.id], sh.wallet.use[member] = c, c
}

// remove takes a card away and saves another in its place. Many may try at once.
func (s *sim) remove(c *savedCard, sh *shop, here, there bool, next paymenttest.Outcome) {
	w := &sh.wallet
	w.mu.Lock()
	mine := w.use[c.member] == c
	if mine {
		w.use[c.member] = nil
	}
	w.mu.Unlock()
	if !mine {
		return
	}
	if there {
		sh.bank.elsewhere().Forget(c.stored)
		at := s.clock.Now()
		w.mu.Lock()
		c.forgotten = at
		w.mu.Unlock()
	}
	if here {
		if _, err := s.store.RemoveCard(s.ctx, sh.merchant.ID, c.id, "soak", s.clock.Now()); err != nil {
			s.fail("card %s of %s: %v", c.id, sh.merchant.ID, err)
		}
		at := s.clock.Now()
		w.mu.Lock()
		c.removed = at
		w.mu.Unlock()
	}
	s.save(sh, c.member, next)
}

// inUse is the card that a member of the shop pays with; nil for none.
func (sh *shop) inUse(member int) *savedCard {
	sh.wallet.mu.Lock()
	defer sh.wallet.mu.Unlock()
	return sh.wallet.use[member]
}

// newCard is how the next card of a member behaves.
func (v *visit) newCard() paymenttest.Outcome {
	if v.rng.Float64() < cardFails {
		return failingCards[v.rng.IntN(len(failingCards))]
	}
	return paymenttest.Approve
}

// payByCard asks for the purchase with the saved card, which somebody may remove
// before that or at the same time.
func (v *visit) payByCard() {
	c, p := v.saved, v.rng.Float64()
	here := v.rng.Float64() < removesHere
	there, next := !here || v.rng.Float64() < removesBoth, v.newCard()
	remove := func() { v.remove(c, v.shop, here, there, next) }
	switch {
	case p < cardRemoved:
		v.count("saved cards", "removed before it pays")
		remove()
		v.note("card %s was removed: in the shop %t, at the provider %t", c.id, here, there)
		v.complete()
	case p < cardRemoved+removedAtPay:
		v.count("saved cards", "removed while it pays")
		v.note("card %s is removed meanwhile: in the shop %t, at the provider %t", c.id, here, there)
		together([]func(){v.complete, remove})
	default:
		v.complete()
	}
}

// cardDeclined is a buyer whose saved card was refused: it is given up, and the
// next payment is made with the one that takes its place, or with any other.
func (v *visit) cardDeclined(code string) {
	c := v.saved
	v.count("saved cards", "declined: "+code)
	if code != acp.CodePaymentDeclined && (code != acp.CodeRequires3DS || c.ends != paymenttest.Authentication) {
		v.wrong("a saved card that ends a payment with %s was refused: %s", c.ends, code)
	}
	v.remove(c, v.shop, true, true, v.newCard())
	v.saved = nil
	if v.rng.Float64() < paysNewCard {
		v.saved = v.shop.inUse(c.member)
	}
}

// checkCards checks that no card has paid but the buyer's own, a good one, and
// before it was removed; and that what the shop had removed was not tried.
func (v *visit) checkCards(attempts []payment.Attempt) error {
	for i := range attempts {
		a := &attempts[i]
		events, err := v.store.AttemptEvents(v.ctx, a.MerchantID, a.ID)
		if err != nil {
			return err
		}
		if len(events) == 0 || !strings.HasPrefix(events[0].Detail, savedcard.Prefix+"_") {
			continue
		}
		w := &v.shop.wallet
		w.mu.Lock()
		c := w.cards[events[0].Detail]
		w.mu.Unlock()
		paid := a.State.Paid() || a.State == payment.Voided
		after := func(t time.Time) bool { return !t.IsZero() && a.CreatedAt.After(t) }
		switch {
		case c == nil || c.member != v.member:
			v.wrong("payment %s was made with card %s, which is not the buyer's", a.ID, events[0].Detail)
		case after(c.removed):
			v.wrong("payment %s was begun with card %s, which the shop had removed at %s", a.ID, c.id, c.removed)
		case paid && (c.ends != paymenttest.Approve || after(c.forgotten)):
			v.wrong("payment %s was made with card %s, which ends payments with %s and was forgotten at %s", a.ID, c.id, c.ends, c.forgotten)
		case paid:
			v.count("saved cards", "paid")
		default:
			v.count("saved cards", "payment failed: "+string(a.Class))
		}
	}
	return nil
}
