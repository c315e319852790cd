package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/server/servertest/tcpproxy"
)

// Timing of the servers whose way to the PSP is broken. It is close, so that no
// other tests run beside theirs.
const (
	wireTimeout = 400 * time.Millisecond
	wireBudget  = 250 * time.Millisecond // room for two questions
	// wireTime is within which the background work has learned all outcomes
	// once the network is well: the lease of the payments, and the pauses
	// between questions.
	wireTime = time.Minute
)

// wireFaults are what can befall a connection to a PSP. taken says whether a
// payment that it befalls reached the PSP.
var wireFaults = []struct {
	name  string
	fault tcpproxy.Fault
	taken bool
}{
	// These are first, while no payment is open: a question in the background about
	// one would be struck instead, and the payment refused before it was sent.
	{"answer lost, then refused", tcpproxy.Fault{Kind: tcpproxy.AnswerLost, Leaves: true}, true},
	{"request lost, then refused", tcpproxy.Fault{Kind: tcpproxy.RequestLost, Leaves: true}, false},
	{"slow", tcpproxy.Fault{Kind: tcpproxy.Slow, Pause: 10 * time.Millisecond}, true},
	{"slower than the time limit", tcpproxy.Fault{Kind: tcpproxy.Slow, Pause: wireTimeout}, true},
	{"in drops", tcpproxy.Fault{Kind: tcpproxy.Dripping, Bytes: 40, Pause: time.Millisecond}, true},
	{"in drops, slower than the time limit", tcpproxy.Fault{Kind: tcpproxy.Dripping, Bytes: 1, Pause: wireTimeout / 8}, true},
	{"request lost", tcpproxy.Fault{Kind: tcpproxy.RequestLost}, false},
	{"answer lost", tcpproxy.Fault{Kind: tcpproxy.AnswerLost}, true},
	{"closed after the answer's first bytes", tcpproxy.Fault{Kind: tcpproxy.Truncated, Bytes: 9}, true},
	{"closed in the answer's body", tcpproxy.Fault{Kind: tcpproxy.Truncated, Bytes: 300}, true},
	{"reset in the answer's body", tcpproxy.Fault{Kind: tcpproxy.CutOff, Bytes: 300}, true},
	{"silent", tcpproxy.Fault{Kind: tcpproxy.Stalled}, false},
	{"silent after the request", tcpproxy.Fault{Kind: tcpproxy.AnswerStalled}, true},
	{"refused", tcpproxy.Fault{Kind: tcpproxy.Refused}, false},
}

// eachPSP runs a test with every PSP, side by side.
func eachPSP(t *testing.T, test func(t *testing.T, psp string)) {
	t.Helper()
	for _, psp := range servertest.PSPs() {
		t.Run(psp, func(t *testing.T) {
			t.Parallel() // it waits for leases most of the time
			test(t, psp)
		})
	}
}

// Whatever the network does to a payment and to the questions about it, it
// ends as a purchase or as nothing: in the request, for the agent that repeats
// it, or by itself once the network is well again.
func TestAPurchaseOverABrokenNetwork(t *testing.T) {
	eachPSP(t, func(t *testing.T, psp string) {
		shop := servertest.Start(t, servertest.Options{PSP: psp, Wired: true, PaymentTimeout: wireTimeout, UnknownBudget: wireBudget})
		agent := shop.Agent(t)
		var left []broken
		sold := 0
		for _, f := range wireFaults {
			for _, lasting := range []bool{false, true} {
				for _, repeats := range []bool{true, false} {
					if isRefused(f.fault) && !lasting {
						continue // all are refused or none
					}
					b := broken{Purchase: agent.Prepare(t, servertest.Mug), name: fmt.Sprintf("%s, lasting: %v", f.name, lasting), taken: f.taken}
					b.attempt(t, shop, agent, f.fault, lasting)
					if repeats {
						persist(t, agent, b.Purchase)
						if err := shop.Outcome(t, b.Session.ID).Bought(); err != nil {
							t.Errorf("%s, repeated: %v", b.name, err)
						}
						sold++
					} else {
						left = append(left, b)
					}
				}
			}
		}
		for _, b := range left {
			servertest.Eventually(t, wireTime, func() error { return b.known(t, shop) })
			if shop.Outcome(t, b.Session.ID).Orders == 1 {
				sold++
			} else if b.taken {
				t.Errorf("%s: the PSP had it, and nothing was bought", b.name)
			}
		}
		if mug := shop.Item(t, servertest.Mug); mug.Stock != int64(1000-sold) || mug.Reserved != 0 {
			t.Errorf("%d mugs, %d of them reserved, after %d sales", mug.Stock, mug.Reserved, sold)
		}
	})
}

func isRefused(f tcpproxy.Fault) bool { return f.Kind == tcpproxy.Refused || f.Leaves }

// broken is a purchase that something befell on its way.
type broken struct {
	servertest.Purchase
	name  string
	taken bool
}

// attempt sends the payment once while the fault is there, and checks what it
// is told and what is left.
func (b *broken) attempt(t *testing.T, shop *servertest.Server, agent *servertest.Agent, fault tcpproxy.Fault, lasting bool) {
	t.Helper()
	struck := shop.Wire.Struck(fault.Kind)
	if lasting {
		shop.Wire.Set(t, fault)
	} else {
		shop.Wire.Next(t, fault)
	}
	got, err := agent.Pay(t.Context(), b.Purchase)
	shop.Wire.Heal(t)
	if shop.Wire.Struck(fault.Kind) == struck {
		t.Errorf("%s: it did not strike", b.name)
	}
	o := shop.Outcome(t, b.Session.ID)
	if lawful := o.Lawful(); lawful != nil {
		t.Errorf("%s: %v", b.name, lawful)
	}
	switch {
	case err == nil:
		if got.Status != acp.Completed || o.Orders != 1 {
			t.Errorf("%s: told %s, and there is %+v", b.name, got.Raw, o)
		}
	case !isUnavailable(err):
		t.Errorf("%s: %v; want an order, or 503", b.name, err)
	case o.Orders != 0:
		t.Errorf("%s: told %v, and there is %+v", b.name, err, o)
	}
}

// known is nil when the payment's outcome is.
func (b *broken) known(t *testing.T, shop *servertest.Server) error {
	t.Helper()
	o := shop.Outcome(t, b.Session.ID)
	if o.Open != 0 {
		return fmt.Errorf("%s: %+v", b.name, o)
	}
	return o.Lawful()
}

func isUnavailable(err error) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return ok && refused.HTTPStatus == http.StatusServiceUnavailable
}

// At a PSP that cannot be asked, and does not call, a lost answer stays lost. It
// is listed, neither success nor decline, until an operator has looked.
func TestWhatNobodyCanLearnIsForAnOperator(t *testing.T) {
	const operator, found = "ops@example.com", "looked-up-by-hand"
	shop := servertest.Start(t, servertest.Options{PSP: "adyen", Wired: true, PaymentTimeout: wireTimeout, UnknownBudget: wireBudget,
		Configure: func(cfg *config.Config) {
			cfg.Merchants[0].Payment.Test.Adyen.ResendFor = time.Nanosecond // its answers are no longer kept
		}})
	agent, core := shop.Agent(t), shop.Operator(t)
	for _, c := range []struct {
		fault   tcpproxy.Kind
		verdict checkout.Verdict
		charges int
	}{
		{tcpproxy.AnswerLost, checkout.WasCharged, 1},
		{tcpproxy.RequestLost, checkout.NotCharged, 0},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			b := broken{Purchase: agent.Prepare(t, servertest.Mug), name: string(c.fault)}
			b.attempt(t, shop, agent, tcpproxy.Fault{Kind: c.fault}, false)
			a := attemptOf(t, shop, b.Session)
			if asked, err := core.Ask(t.Context(), servertest.MerchantID, a.ID, operator); err != nil || asked.State != payment.Unknown {
				t.Fatalf("%+v, %v", asked, err)
			}
			if _, err := agent.Pay(t.Context(), b.Purchase); !isUnavailable(err) {
				t.Errorf("%v; want 503, as nobody knows", err)
			}
			if o := shop.Outcome(t, b.Session.ID); o.Lawful() != nil || o.Open != 1 || o.Charges != c.charges {
				t.Errorf("%+v", o)
			}
			if _, err := core.Decide(t.Context(), servertest.MerchantID, a.ID, c.verdict, found, operator); err != nil {
				t.Fatal(err)
			}
			o := shop.Outcome(t, b.Session.ID)
			if o.Lawful() != nil || o.Open != 0 || o.Orders != c.charges {
				t.Errorf("%+v", o)
			}
			if c.charges == 0 { // the buyer may try again
				pay(t, agent, b.Session, mint(t, shop.World, b.Session, servertest.CardApproved))
			} else {
				persist(t, agent, b.Purchase)
			}
			if err := shop.Outcome(t, b.Session.ID).Bought(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Agents that buy while each connection to the PSP may suffer anything get what
// they pay for, once.
func TestAgentsBuyOverANetworkThatBreaksAtRandom(t *testing.T) {
	const agents, purchases, seed = 4, 6, 20260417
	eachPSP(t, func(t *testing.T, psp string) {
		shop := servertest.Start(t, servertest.Options{PSP: psp, Wired: true, PaymentTimeout: wireTimeout, UnknownBudget: wireBudget})
		faults := []tcpproxy.Fault{{}, {}, {}, {}, {}, {}}
		for _, f := range wireFaults {
			if !isRefused(f.fault) {
				faults = append(faults, f.fault)
			}
		}
		agent := shop.Agent(t)
		prepared := make([]servertest.Purchase, agents*purchases)
		for i := range prepared {
			prepared[i] = agent.Prepare(t, servertest.Mug)
		}
		shop.Wire.Random(t, seed, faults...)
		ctx, cancel := context.WithTimeout(t.Context(), 2*wireTime)
		defer cancel()
		var working sync.WaitGroup
		for some := range slices.Chunk(prepared, purchases) {
			working.Go(func() {
				for _, p := range some {
					got, err := servertest.Persist(ctx, func() (*client.Session, error) { return agent.Pay(ctx, p) })
					if err != nil || got.Status != acp.Completed || got.Order == nil {
						t.Errorf("%+v, %v", got, err)
					}
				}
			})
		}
		working.Wait()
		for _, p := range prepared {
			if err := shop.Outcome(t, p.Session.ID).Bought(); err != nil {
				t.Error(err)
			}
		}
		if mug := shop.Item(t, servertest.Mug); mug.Stock != int64(1000-len(prepared)) || mug.Reserved != 0 {
			t.Errorf("%d mugs, %d of them reserved, after %d sales", mug.Stock, mug.Reserved, len(prepared))
		}
	})
}
