package soak

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// oddity is something unusual about a complete request.
type oddity struct {
	name  string
	share float64
	do    func(*visit) (a checkout.Answer, answered bool)
}

// oddities are in the order in which they are drawn.
var oddities = []oddity{
	{"process died when the stock was held", 0.003, func(v *visit) (checkout.Answer, bool) { return v.dies(checkout.StepReserved) }},
	{"process died when the provider had answered", 0.003, func(v *visit) (checkout.Answer, bool) { return v.dies(checkout.StepAnswered) }},
	{"process died before it told", 0.003, func(v *visit) (checkout.Answer, bool) { return v.dies(checkout.StepSettled) }},
	{"raced with itself under one key", 0.005, func(v *visit) (checkout.Answer, bool) { return v.race(v.token, v.key) }},
	{"raced with itself under two keys", 0.005, func(v *visit) (checkout.Answer, bool) { return v.race(v.token, v.shop.key()) }},
	{"raced with another token", 0.005, (*visit).raceOtherToken},
	{"raced with a cancel", 0.005, (*visit).raceCancel},
}

// complete asks for the purchase, now and then in an odd way.
func (v *visit) complete() {
	v.asked++
	do := func(v *visit) (checkout.Answer, bool) { return v.ask(v.core, v.token, v.key), true }
	p := v.rng.Float64()
	for _, o := range oddities {
		if p -= o.share * v.oddities; p < 0 {
			v.note("%s", o.name)
			v.count("oddities", o.name)
			do = o.do
			break
		}
	}
	if a, answered := do(v); answered {
		v.heard(a)
		return
	}
	v.note("no answer")
	v.askAgain()
}

// race asks twice at the same time, the second time with this token and key. It
// gives the answer of the two that says more.
func (v *visit) race(token, key string) (checkout.Answer, bool) {
	var a, b checkout.Answer
	together([]func(){
		func() { a = v.ask(v.core, v.token, v.key) },
		func() { b = v.ask(v.core, token, key) },
	})
	v.note("the other was answered %d %s", b.Status, b.Body)
	if t := read(b); b.Status == http.StatusOK && t.Status == acp.Completed {
		v.promised(t.Order)
		if a.Status != http.StatusOK {
			// The agent that lost the race asks on and has to learn the same.
			v.note("lost the race")
		}
	}
	return a, true
}

func (v *visit) raceOtherToken() (checkout.Answer, bool) {
	token, err := v.shop.bank.mint(v.ctx, v.allowance(paymenttest.Approve, tokenLife))
	if err != nil {
		v.wrong("no token: %v", err)
		return checkout.Answer{}, false
	}
	return v.race(token, v.shop.key())
}

func (v *visit) raceCancel() (checkout.Answer, bool) {
	var a checkout.Answer
	together([]func(){
		func() { a = v.ask(v.core, v.token, v.key) },
		func() { v.cancel() },
	})
	return a, true
}

// promised takes in that an agent was told of an order. There is one.
func (v *visit) promised(order string) {
	v.mu.Lock()
	before := v.order
	v.order = order
	v.mu.Unlock()
	if order == "" || (before != "" && before != order) {
		v.wrong("the agent was told of order %q, and of order %q before", order, before)
	}
}

// heard takes in the answer to a complete request.
func (v *visit) heard(a checkout.Answer) {
	t := read(a)
	v.note("complete: %d %s", a.Status, a.Body)
	switch {
	case a.Status == http.StatusOK && t.Status == acp.Completed:
		v.promised(t.Order)
		v.bought(a)
	case a.Status == http.StatusOK && t.Status == acp.ReadyForPayment && len(t.Codes) > 0:
		v.declined(t)
	case a.Status == http.StatusOK && t.Status == acp.NotReadyForPayment && slices.ContainsFunc(t.Codes, soldOut):
		v.end("sold out")
	case a.Status == http.StatusOK && t.Status == acp.CompleteInProgress:
		v.pending()
	case a.Status == http.StatusServiceUnavailable, a.Status == http.StatusConflict && t.again:
		v.askAgain()
	case a.Status == http.StatusConflict:
		v.over()
	default:
		v.wrong("an answer that nobody expects: %d %s", a.Status, a.Body)
	}
}

func soldOut(code string) bool { return code == acp.CodeOutOfStock || code == acp.CodeLowStock }

// askAgain repeats the request later, as the protocol says, if the agent has
// not lost interest.
func (v *visit) askAgain() {
	if v.odds(v.rng, losesHeart) || v.asked >= patience {
		v.note("does not ask again")
		v.agenda.at(v.clock.Now().Add(looksAgain), v.lookAgain)
		return
	}
	v.agenda.at(v.clock.Now().Add(pauseBefore(v.asked)), v.complete)
}

// lookAgain is an agent that comes back hours later.
func (v *visit) lookAgain() {
	status, order := v.look()
	v.note("looked: %s", status)
	if status == acp.Completed {
		v.promised(order)
		v.end("bought, and learned it hours later")
		return
	}
	v.end("gave up at " + string(status))
}

// pending is a payment that the provider decides about later.
func (v *visit) pending() {
	v.shop.slow.Store(true)
	v.agenda.at(v.clock.Now().Add(looksAgain), v.lookAgain)
}

// over is a session that ended otherwise.
func (v *visit) over() {
	status, order := v.look()
	switch status {
	case acp.Completed:
		v.promised(order)
		v.end("bought with another token")
	case acp.Canceled:
		v.end("canceled meanwhile")
	case acp.Expired:
		v.end("session expired")
	default:
		v.wrong("the session is said to be over, and is %s", status)
	}
}

// declined is a buyer whose card was refused. Most try another one.
func (v *visit) declined(t told) {
	if v.total != t.Total {
		v.note("the price is %d now", t.Total)
		v.total = t.Total
		v.count("declines", "a discount was used up meanwhile")
	} else if v.purse != "" {
		code := t.Codes[len(t.Codes)-1]
		if v.count("balances", "declined: "+code); code != acp.CodePaymentDeclined {
			v.wrong("a balance of the buyer's was refused: %s", code)
		}
		v.purse = "" // there is a card that nobody keeps
		v.agenda.at(v.clock.Now().Add(time.Minute), func() { v.pay(paymenttest.Approve) })
		return
	} else if v.saved != nil {
		v.cardDeclined(t.Codes[len(t.Codes)-1])
	} else {
		v.count("declines", t.Codes[len(t.Codes)-1])
	}
	if v.tries < 3 && v.rng.Float64() < triesAgain {
		v.agenda.at(v.clock.Now().Add(time.Minute), func() { v.pay(paymenttest.Approve) })
		return
	}
	v.end("left after a decline")
}

// bought is a purchase, after which some agents still have questions.
func (v *visit) bought(a checkout.Answer) {
	v.end("bought")
	if v.odds(v.rng, repeatsPaid) {
		v.count("oddities", "complete repeated after the purchase")
		if again := v.ask(v.core, v.token, v.key); string(again.Body) != string(a.Body) || again.Status != a.Status {
			v.wrong("the same request under the same key was answered differently: %s, then %d %s", a.Body, again.Status, again.Body)
		}
	}
	if v.odds(v.rng, repeatsOther) {
		v.count("oddities", "complete repeated under another key")
		if again := v.ask(v.core, v.token, v.shop.key()); again.Status != http.StatusOK || read(again).Order != read(a).Order {
			v.wrong("the same purchase under another key was answered %d %s", again.Status, again.Body)
		}
	}
	if v.odds(v.rng, cancelsPaid) {
		v.count("oddities", "cancel after the purchase")
		if late := v.cancel(); late.Status != http.StatusMethodNotAllowed {
			v.wrong("a completed session was canceled: %d %s", late.Status, late.Body)
		}
	}
}

// parallel does something for each of a list, a few at a time.
func parallel[T any](list []T, width int, do func(T)) {
	var wg sync.WaitGroup
	work := make(chan T)
	for range min(width, len(list)) {
		wg.Go(func() {
			for x := range work {
				do(x)
			}
		})
	}
	for _, x := range list {
		work <- x
	}
	close(work)
	wg.Wait()
}
