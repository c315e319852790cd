package soak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/checkstand/checkstand/order"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/seller"
)

// keeper is the shop's side of one purchase, from the order on.
type keeper struct {
	*visit
	rng     *rand.Rand // of the shop alone
	order   string
	attempt string
	there   bool // the provider has a dashboard, and the payment

	// What the shop and others have done to the money, as far as the simulation
	// knows it. v.mu guards them.
	lowered  int64 // taken off while the money was held
	outside  int64 // given back in the provider's dashboard
	ended    bool  // the hold was ended at the provider
	disputed bool
}

// What becomes of orders, as shares of all of them or of those before.
const (
	callsOff    = 0.04
	racesCall   = 0.3 // of those: while it is being shipped
	takesOff    = 0.05
	holdsEnd    = 0.01
	shipsAtOnce = 0.15 // of those whose money is taken already; the others are not followed
	inParts     = 0.2
	givesPart   = 0.06
	givesAll    = 0.03
	givesMore   = 0.3 // of those
	givesThere  = 0.01
	disputes    = 0.01
	keeperDies  = 0.02
	keeperTwice = 0.03
	keeperRaces = 0.01
)

// Times of a shop.
const (
	packing  = time.Hour
	shipping = 30 * time.Hour
	regret   = 24 * time.Hour
)

// PaymentAccount implements order.Payments.
func (s *sim) PaymentAccount(merchantID string, live bool) (payment.Provider, string) {
	sh := s.byID[merchantID]
	if sh == nil || live {
		return nil, ""
	}
	return sh.merchant.Test.Provider, sh.merchant.Test.MerchantID
}

// orderService is the after-sale of one process. onStep may kill it.
func (s *sim) orderService(onStep func(order.Step)) *order.Service {
	return order.New(order.Config{Store: s.store, Payments: s, Now: s.clock.Now, Timeout: paymentTimeout, OnStep: onStep})
}

// keep begins the shop's side of an order that an agent was told of.
func (v *visit) keep(o *order.Order) {
	k := &keeper{visit: v, rng: rand.New(rand.NewPCG(v.seed, uint64(v.n)|1<<40)), order: o.ID, attempt: o.AttemptID}
	v.mu.Lock()
	v.keeper = k
	v.mu.Unlock()
	a, err := v.store.Reader(v.ctx).Attempt(v.shop.merchant.ID, o.AttemptID)
	if err != nil {
		v.wrong("payment %s: %v", o.AttemptID, err)
		return
	}
	k.there = a.Provider != seller.Name && v.shop.bank.elsewhere() != nil
	if a.Provider == seller.Name {
		v.count("balances", "paid")
	} else if _, able := v.shop.bank.provider().(payment.Operator); !able {
		return
	}
	held := v.shop.capture == payment.CaptureLater
	switch p := k.rng.Float64(); {
	case p < callsOff:
		k.later(packing, k.callOff)
		return
	case p < callsOff+takesOff && held:
		k.later(packing, k.takeOff)
	case p < callsOff+takesOff+holdsEnd && held && k.there:
		k.later(packing, k.endHold)
	}
	if held || k.rng.Float64() < shipsAtOnce {
		k.later(shipping, k.ship)
	}
	k.money()
}

// money plans what is given back.
func (k *keeper) money() {
	switch p := k.rng.Float64(); {
	case p < givesPart:
		k.later(shipping+regret, func() { k.refund(k.total / 4) })
	case p < givesPart+givesAll:
		k.later(shipping+regret, func() { k.refund(k.total) })
	case p < givesPart+givesAll+givesThere && k.there:
		k.later(shipping+regret, k.refundThere)
	case p < givesPart+givesAll+givesThere+disputes && k.there:
		k.later(shipping+regret, k.dispute)
	}
}

// later does something after half of a time, or up to all of it.
func (k *keeper) later(within time.Duration, do func()) {
	k.agenda.at(k.clock.Now().Add(within/2+time.Duration(k.rng.Int64N(int64(within/2)))), do)
}

// command is what a shop's command has with it.
func (k *keeper) command() order.Command {
	return order.Command{MerchantID: k.shop.merchant.ID, OrderID: k.order, Key: k.shop.key(), Who: "operator:keeper"}
}

// do carries a command out, now and then in an odd way. done is false when it
// was refused, or nobody knows.
func (k *keeper) do(name string, run func(*order.Service, order.Command) (order.Outcome, error)) (out order.Outcome, done bool) {
	c := k.command()
	p := k.rng.Float64()
	var err error
	switch dies, twice, races := keeperDies*k.oddities, keeperTwice*k.oddities, keeperRaces*k.oddities; {
	case p < dies:
		k.count("oddities", "process died in the middle of a move of money")
		if k.diesIn(c, run) {
			k.note("%s: the process died", name)
		}
		out, err = run(k.desk.orders, c) // the operator tries again
	case p < dies+twice:
		k.count("oddities", "command repeated")
		out, err = run(k.desk.orders, c)
		if again, e := run(k.desk.orders, c); err == nil && (e != nil || !again.Repeated) {
			k.wrong("%s: the same command under the same key was carried out again: %v", name, e)
		}
	case p < dies+twice+races:
		k.count("oddities", "command raced with itself")
		var other error
		together([]func(){
			func() { out, err = run(k.desk.orders, c) },
			func() { _, other = run(k.desk.orders, c) },
		})
		if err == nil && other != nil {
			k.wrong("%s: carried out, and refused at the same time under the same key: %v", name, other)
		}
	default:
		out, err = run(k.desk.orders, c)
	}
	if refused := order.Refused(""); errors.As(err, &refused) {
		k.note("%s: refused: %v", name, err)
		k.count("commands", name+" refused")
		return out, false
	}
	if err != nil {
		k.wrong("%s: %v", name, err)
		return out, false
	}
	k.note("%s: %s", name, outcomeOf(out))
	k.count("commands", name)
	return out, true
}

func outcomeOf(out order.Outcome) string {
	if out.Operation == nil {
		return "done without money"
	}
	return fmt.Sprintf("%s of %d: %s %s", out.Operation.Kind, out.Operation.Amount, out.Operation.State, out.Operation.Class)
}

// orderDied ends a process in the middle of a move of money.
type orderDied struct{}

// diesIn lets a process die at one of the steps of a command. died is false when
// the command had none.
func (k *keeper) diesIn(c order.Command, run func(*order.Service, order.Command) (order.Outcome, error)) (died bool) {
	at := []order.Step{order.StepCommitted, order.StepAnswered, order.StepRecorded}[k.rng.IntN(3)]
	service := k.orderService(func(s order.Step) {
		if s == at {
			panic(orderDied{})
		}
	})
	defer func() {
		switch p := recover().(type) {
		case nil:
		case orderDied:
			died = true
		default:
			panic(p)
		}
	}()
	_, err := run(service, c)
	if refused := order.Refused(""); err != nil && !errors.As(err, &refused) {
		k.wrong("a command failed: %v", err)
	}
	return false
}

func (k *keeper) ship() {
	if k.rng.Float64() < inParts {
		k.do("ship a part", func(s *order.Service, c order.Command) (order.Outcome, error) {
			o, err := k.store.Orders(k.ctx).Order(c.MerchantID, c.OrderID)
			if err != nil {
				return order.Outcome{}, err
			}
			return s.Ship(k.ctx, c, []order.Line{{ID: o.LineItems[0].ID, Quantity: 1}}, order.Parcel{Carrier: "Post"})
		})
		k.later(packing, k.shipRest)
		return
	}
	k.shipRest()
}

func (k *keeper) shipRest() {
	k.do("ship", func(s *order.Service, c order.Command) (order.Outcome, error) {
		return s.Ship(k.ctx, c, nil, order.Parcel{Carrier: "Post", TrackingNumber: "1Z"})
	})
}

// callOff cancels the order, now and then while it is being shipped.
func (k *keeper) callOff() {
	run := func() {
		k.do("cancel", func(s *order.Service, c order.Command) (order.Outcome, error) {
			return s.Cancel(k.ctx, c, order.Reason{})
		})
	}
	if k.rng.Float64() >= racesCall {
		run()
		return
	}
	k.count("oddities", "order canceled while it is shipped")
	c := k.command()
	together([]func(){run, func() {
		_, err := k.desk.orders.Ship(k.ctx, c, nil, order.Parcel{})
		if refused := order.Refused(""); err != nil && !errors.As(err, &refused) {
			k.wrong("ship: %v", err)
		}
	}})
}

// takeOff takes a part off an order whose money is only held.
func (k *keeper) takeOff() { k.giveBack("take off", k.total/5, order.Reason{}) }

// refund gives a part back, and perhaps half as much again.
func (k *keeper) refund(amount int64) {
	k.giveBack("refund", amount, order.Reason{Code: "requested_by_customer"})
	if k.rng.Float64() < givesMore {
		k.later(packing, func() { k.refund(amount / 2) })
	}
}

// giveBack refunds an amount. While the money is only held there is nothing to
// refund, and the capture will take that much less.
func (k *keeper) giveBack(name string, amount int64, why order.Reason) {
	out, done := k.do(name, func(s *order.Service, c order.Command) (order.Outcome, error) {
		return s.Refund(k.ctx, c, amount, nil, why)
	})
	if done && out.Operation == nil {
		k.mu.Lock()
		k.lowered += amount
		k.mu.Unlock()
	}
}

// ref is the provider's id of the payment.
func (k *keeper) ref() string {
	a, err := k.store.Reader(k.ctx).Attempt(k.shop.merchant.ID, k.attempt)
	if err != nil {
		k.wrong("payment %s: %v", k.attempt, err)
		return ""
	}
	return a.PSPRef
}

// taken is what the provider itself says of the session.
func (k *keeper) taken() books {
	b, err := k.shop.bank.statement(k.ctx, []string{k.session}) // none of it is out of a balance
	if err != nil {
		k.wrong("statement: %v", err)
	}
	return b[k.session]
}

// refundThere gives a part back in the provider's dashboard.
func (k *keeper) refundThere() {
	part := k.total / 3
	before := k.taken().out
	k.shop.bank.elsewhere().RefundElsewhere(k.ref(), k.shop.bank.units(part))
	given := k.taken().out - before
	k.note("%d given back in the provider's dashboard", given)
	if given == 0 {
		return // it is not there, or not settled yet
	}
	k.count("differences caused", "refund in the dashboard of "+k.shop.provider)
	k.mu.Lock()
	k.outside += given
	k.mu.Unlock()
}

// endHold lets the hold run out.
func (k *keeper) endHold() {
	before := k.taken().in
	k.shop.bank.elsewhere().EndHold(k.ref())
	if before == 0 || k.taken().in > 0 {
		return // it was captured
	}
	k.note("the hold has run out")
	k.count("differences caused", "hold run out at "+k.shop.provider)
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
}

// dispute lets the buyer's bank take the payment back.
func (k *keeper) dispute() {
	id := k.shop.bank.elsewhere().Dispute(k.ref())
	if id == "" {
		return
	}
	k.note("disputed")
	k.count("differences caused", "dispute at "+k.shop.provider)
	k.mu.Lock()
	k.disputed = true
	k.mu.Unlock()
	won := k.rng.IntN(2) == 0
	k.later(shipping, func() { k.shop.bank.elsewhere().CloseDispute(id, won) })
}
