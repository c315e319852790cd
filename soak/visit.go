package soak

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// visit is one buyer in one shop, with an agent.
type visit struct {
	*sim
	n    int
	shop *shop
	rng  *rand.Rand // of the one thread that the buyer acts in

	session string
	total   int64
	token   string
	member  int        // of the shop, who the buyer is, where there is a purse or a saved card
	purse   string     // that the buyer pays out of
	saved   *savedCard // that the buyer pays with; without both it is a card that nobody keeps
	key     string     // of the complete request that is under way
	asked   int        // how often, under that key
	tries   int        // to pay

	mu       sync.Mutex
	order    string // that an agent was told of
	canceled bool   // that an agent was told
	history  []event
	keeper   *keeper // the shop's side, once there is an order
}

type event struct {
	at   time.Time
	what string
}

func newVisit(s *sim, n int, sh *shop) *visit {
	return &visit{sim: s, n: n, shop: sh, rng: rand.New(rand.NewPCG(s.seed, uint64(n)+1))}
}

// note writes into the visit's history.
func (v *visit) note(format string, args ...any) {
	what := format
	if len(args) > 0 {
		what = fmt.Sprintf(format, args...)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.history = append(v.history, event{v.clock.Now(), what})
}

// story is the history for people.
func (v *visit) story() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "visit %d, shop %s, session %s, total %d:", v.n, v.shop.merchant.ID, v.session, v.total)
	for _, e := range v.history {
		fmt.Fprintf(&b, "\n    %s  %s", e.at.Format("01-02 15:04:05.000000"), e.what)
	}
	return b.String()
}

// wrong reports something about this visit that must not be.
func (v *visit) wrong(format string, args ...any) {
	v.t.Helper()
	v.fail("%s\n  %s", fmt.Sprintf(format, args...), v.story())
}

// How buyers behave, as shares.
const (
	takesScarce  = 0.05
	repeatsOpen  = 0.01
	leaves       = 0.03
	cancels      = 0.02
	paysLate     = 0.01 // after the token has expired
	triesAgain   = 0.75 // after a decline
	losesHeart   = 0.02 // an agent that does not ask again after an unclear answer
	repeatsPaid  = 0.05
	repeatsOther = 0.02
	cancelsPaid  = 0.01
)

// ends are how a card ends a payment.
var ends = []struct {
	outcome paymenttest.Outcome
	share   float64
}{{paymenttest.Decline, 0.04}, {paymenttest.NoFunds, 0.02}, {paymenttest.Authentication, 0.02}, {paymenttest.TechnicalFault, 0.01}, {paymenttest.Slow, 0.01}}

var home = &acp.FulfillmentDetails{Address: &acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco",
	State: "CA", Country: "US", PostalCode: "94105"}}

// cart is what the buyer wants.
func (v *visit) cart() []acp.RequestedItem {
	var items []acp.RequestedItem
	for _, i := range v.rng.Perm(len(goods) - 1)[:1+v.rng.IntN(2)] {
		items = append(items, acp.RequestedItem{ID: goods[i].ID, Quantity: 1 + v.rng.Int64N(3)})
	}
	if v.rng.Float64() < takesScarce {
		items = append(items, acp.RequestedItem{ID: scarce, Quantity: 1})
	}
	return items
}

// begin is the visit until the buyer is ready to pay.
func (v *visit) begin() {
	call := v.call("POST /checkout_sessions", "create")
	req := acp.CreateRequest{Items: v.cart(), Currency: v.shop.currency, FulfillmentDetails: home}
	if v.rng.Float64() < hasCodes {
		req.Buyer, req.DiscountCodes = v.named(), v.enters()
	}
	if v.rng.Float64() < isMember {
		req.Buyer = v.signsIn()
	}
	a := v.core.Create(v.ctx, call, req)
	if a.Status != 201 {
		v.wrong("a session was not made: %d %s", a.Status, a.Body)
		return
	}
	opened := read(a)
	v.session, v.total = opened.Session, opened.Total
	v.bySession.Store(v.session, v)
	v.note("opened, %s", opened.Status)
	if v.odds(v.rng, repeatsOpen) {
		v.count("oddities", "create repeated")
		if again := v.core.Create(v.ctx, call, req); string(again.Body) != string(a.Body) {
			v.wrong("the same request under the same key was answered differently: %s, then %s", a.Body, again.Body)
		}
	}
	update := acp.UpdateRequest{Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: []string{"standard", "express"}[v.rng.IntN(2)]}})}
	if opened.Status != acp.ReadyForPayment {
		update = acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: plentiful, Quantity: 1}})}
		v.count("oddities", "goods sold out")
	}
	b := v.core.Update(v.ctx, v.call("POST /checkout_sessions/"+v.session, "update"), v.session, update)
	changed := read(b)
	if b.Status == 200 && slices.ContainsFunc(changed.Codes, soldOut) && changed.Status == acp.NotReadyForPayment {
		v.end("sold out")
		return
	}
	if b.Status != 200 || changed.Status != acp.ReadyForPayment {
		v.wrong("the session cannot be paid: %d %s", b.Status, b.Body)
		return
	}
	v.total = changed.Total
	switch p := v.rng.Float64(); {
	case p < leaves:
		v.end("left without paying")
	case p < leaves+cancels:
		v.cancel()
		v.end("canceled")
	default:
		v.pay(v.card())
	}
}

// card is how the buyer's card behaves.
func (v *visit) card() paymenttest.Outcome {
	p := v.rng.Float64()
	for _, e := range ends {
		if p -= e.share; p < 0 {
			return e.outcome
		}
	}
	return paymenttest.Approve
}

// Times of agents and buyers.
const (
	tokenLife  = time.Hour
	shortLife  = time.Minute
	thinks     = 2 * time.Minute // a buyer, longer than shortLife
	firstAgain = 10 * time.Second
	lastAgain  = 2 * time.Minute
	patience   = 12 // requests
	looksAgain = 3 * time.Hour
)

// pay gets a token and asks for the purchase.
func (v *visit) pay(card paymenttest.Outcome) {
	if card == paymenttest.Slow && !v.shop.bank.slow() {
		card = paymenttest.Approve
	}
	if card == paymenttest.Slow {
		v.count("oddities", "slow payment")
		v.shop.slow.Store(true)
	}
	late := v.odds(v.rng, paysLate)
	life := tokenLife
	if late {
		life = shortLife
	}
	var err error
	if v.purse != "" || v.saved != nil {
		v.tries++
		v.key, v.asked, v.token = v.shop.key(), 0, "vt_"+v.shop.key()
		if v.saved != nil {
			v.payByCard()
		} else {
			v.complete()
		}
		return
	}
	v.token, err = v.shop.bank.mint(v.ctx, v.allowance(card, life))
	if err != nil {
		v.wrong("no token: %v", err)
		return
	}
	v.tries++
	v.key, v.asked = v.shop.key(), 0
	if late {
		v.count("oddities", "token expired")
		v.agenda.at(v.clock.Now().Add(thinks), v.complete)
		return
	}
	v.complete()
}

// allowance is what a token for this session is good for.
func (v *visit) allowance(card paymenttest.Outcome, life time.Duration) paymenttest.Allowance {
	return paymenttest.Allowance{Outcome: card, SessionID: v.session, MaxAmount: v.total, Currency: v.shop.currency, Lifetime: life}
}

// end counts how a visit has ended.
func (v *visit) end(how string) {
	v.note("ended: %s", how)
	v.count("visits", how)
}
