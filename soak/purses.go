package soak

import (
	"context"
	"fmt"
	"slices"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/payment/seller"
)

// members is how many customers of a shop have something to spend there. They
// share their accounts with their families: several of them pay at once.
const members = 3

// purseful is what a member has in each account, in its units: for some of what
// the members will want.
func (s *sim) purseful() int64 { return 45_000 * int64(max(s.buyers/len(s.mall)/150, 1)) }

// pointRate makes points odd to count: three of them are worth two minor units.
var pointRate = balance.Rate{Units: 3, Amount: 2}

// fill gives the members of a shop points and store credit, and saves a card of
// each where the provider keeps any.
func (s *sim) fill(sh *shop) {
	s.t.Helper()
	sh.merchant.Test.Ledger = seller.New(s.store, sh.merchant.ID, false, s.clock.Now)
	sh.merchant.Identifies = map[string]bool{agentName: true}
	for n := range members {
		for _, kind := range []balance.Kind{balance.Points, balance.StoreCredit} {
			now := s.clock.Now()
			b := &balance.Balance{ID: id.New(balance.Prefix, now), MerchantID: sh.merchant.ID, Kind: kind, CustomerID: memberID(n),
				Currency: sh.currency, Rate: balance.Par, Available: s.purseful(), CreatedAt: now}
			if kind == balance.Points {
				b.Rate = pointRate
			}
			if err := balance.Issue(s.ctx, s.store, b, "", "soak"); err != nil {
				s.t.Fatal(err)
			}
			sh.purses = append(sh.purses, b.ID)
		}
		if sh.bank.elsewhere() != nil {
			s.save(sh, n, paymenttest.Approve)
		}
	}
}

func memberID(n int) string { return fmt.Sprintf("cus_%d", n) }

// signsIn makes the buyer a member, who pays from an account or with a saved
// card.
func (v *visit) signsIn() *acp.Buyer {
	v.member = v.rng.IntN(members)
	if account := v.rng.IntN(3); account < 2 {
		v.purse = v.shop.purses[2*v.member+account]
	} else {
		v.saved = v.shop.inUse(v.member)
	}
	return &acp.Buyer{Email: fmt.Sprintf("member%d@example.com", v.member), CustomerID: memberID(v.member), AuthenticationStatus: "authenticated"}
}

// LedgerAccount implements order.Ledgers.
func (s *sim) LedgerAccount(merchantID string, live bool) (payment.Provider, string) {
	sh := s.byID[merchantID]
	if sh == nil || live {
		return nil, ""
	}
	return sh.merchant.Test.Ledger, merchantID
}

// statement is what the shop's provider and its own ledger say of sessions.
func (s *sim) statement(ctx context.Context, sh *shop, sessions []string) (map[string]books, error) {
	out, err := sh.bank.statement(ctx, sessions)
	if err != nil {
		return nil, err
	}
	charges, err := s.ledgerCharges(sh)
	if err != nil {
		return nil, err
	}
	for _, q := range charges {
		if !slices.Contains([]balance.RequestState{balance.Held, balance.Taken}, q.State) {
			continue
		}
		b := out[q.SessionID]
		if b.charges++; q.State == balance.Held {
			b.in += q.Amount
		} else {
			b.in, b.out = b.in+q.Captured, b.out+q.Refunded
		}
		out[q.SessionID] = b
	}
	return out, nil
}

// ledgerCharges reads all charges that a shop's ledger has made.
func (s *sim) ledgerCharges(sh *shop) (list []balance.Request, err error) {
	for after := ""; ; {
		page, err := s.store.Balances(s.ctx).Charges(sh.merchant.ID, false, begin.Add(-day), s.clock.Now().Add(day), after, attemptPage)
		if err != nil {
			return nil, err
		}
		for _, q := range page {
			list, after = append(list, q), q.Reference
		}
		if len(page) < attemptPage {
			return list, nil
		}
	}
}

// checkPurses checks that every account is what its moves add up to, that the
// moves are those of the payments, and that nothing is held for nobody. settled
// tells that nothing is under way.
func (s *sim) checkPurses(sh *shop, settled bool) {
	s.t.Helper()
	charges, err := s.ledgerCharges(sh)
	if err != nil {
		s.fail("ledger of %s: %v", sh.merchant.ID, err)
		return
	}
	held, spent := map[string]int64{}, map[string]int64{}
	for _, q := range charges {
		switch q.State {
		case balance.Held:
			held[q.BalanceID] += q.Units
		case balance.Taken:
			spent[q.BalanceID] += q.Units - q.UnitsBack
			if worth := pointRate.Worth(q.Units); q.Captured > max(worth, q.Units) || q.Refunded > q.Captured || q.UnitsBack > q.Units {
				s.fail("ledger of %s: %+v", sh.merchant.ID, q)
			}
		}
	}
	for _, purse := range sh.purses {
		r := s.store.Balances(s.ctx)
		b, err := r.Balance(sh.merchant.ID, purse)
		if err != nil {
			s.fail("balance %s: %v", purse, err)
			return
		}
		entries, err := r.Entries(sh.merchant.ID, purse)
		if err != nil {
			s.fail("balance %s: %v", purse, err)
			return
		}
		var available, inHand int64
		for _, e := range entries {
			if available, inHand = available+e.Available, inHand+e.Held; available < 0 || inHand < 0 {
				s.fail("balance %s went below zero: %+v", purse, e)
			}
		}
		switch {
		case available != b.Available || inHand != b.Held:
			s.fail("balance %s has %d and %d held, and its moves come to %d and %d", purse, b.Available, b.Held, available, inHand)
		case b.Held != held[purse] || b.Available+b.Held+spent[purse] != s.purseful():
			s.fail("balance %s has %d and %d held of %d; payments hold %d and have spent %d", purse, b.Available, b.Held, s.purseful(), held[purse], spent[purse])
		}
	}
	if settled {
		s.compareLedger(sh)
	}
}

// compareLedger compares the payments out of balances with the ledger, as a
// server does each day. There is nothing that could explain a difference.
func (s *sim) compareLedger(sh *shop) {
	s.t.Helper()
	r, err := reconciliation.Compare(s.ctx, reconciliation.Account{MerchantID: sh.merchant.ID, Provider: sh.merchant.Test.Ledger,
		ID: sh.merchant.ID}, ours{s.store}, begin.Add(-day), s.clock.Now(), s.clock.Now)
	if err != nil {
		s.fail("comparison with the ledger of %s: %v", sh.merchant.ID, err)
		return
	}
	for _, d := range r.Differences {
		s.fail("comparison with the ledger of %s: %s: ours %d, theirs %d: %s", sh.merchant.ID, d.Kind, d.Ours, d.Theirs, d.What)
	}
}

// payWith is how the buyer pays: with a card, or out of an account, or with a
// card that the provider keeps.
func (v *visit) payWith(token string) acp.PaymentData {
	pay := acp.PaymentData{HandlerID: checkout.CardHandler, InstrumentType: "card", CredentialType: "spt", Token: token,
		TokenParam: "$.payment_data.instrument.credential.token", HandlerParam: "$.payment_data.handler_id"}
	if v.purse != "" {
		pay.HandlerID, pay.InstrumentType = v.purse, ""
	} else if v.saved != nil {
		pay.HandlerID, pay.InstrumentType = v.saved.id, "seller_backed_saved_card"
	}
	return pay
}
