package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/servertest"
)

// webhookTime is what the webhook of an order may take when nothing is wrong, on
// a busy machine.
const webhookTime = 30 * time.Second

// together runs n calls at the same time and waits for all.
func together(n int, call func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			call(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func TestTwoHundredCreatesWithOneKeyMakeOneSession(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		agent := s.Agent(t)
		answers := make([]*client.Session, 200)
		together(len(answers), func(i int) {
			var err error
			answers[i], err = servertest.Persist(t.Context(), func() (*client.Session, error) {
				return agent.Create(t.Context(), servertest.Cart(servertest.Mug), client.IdempotencyKey("same"))
			})
			if err != nil {
				t.Error(err)
			}
		})
		if t.Failed() {
			return
		}
		first := 0
		for _, a := range answers {
			if a.HTTPStatus != http.StatusCreated || !bytes.Equal(a.Raw, answers[0].Raw) {
				t.Fatalf("two answers under one key:\n%d %s\n%d %s", answers[0].HTTPStatus, answers[0].Raw, a.HTTPStatus, a.Raw)
			}
			if !a.Replayed {
				first++
			}
		}
		if first != 1 {
			t.Errorf("%d answers are not marked as replays; want 1", first)
		}
		if n := s.Rows(t, "session"); n != 1 {
			t.Errorf("%d sessions in the database; want 1", n)
		}
	})
}

// However a hundred agents, or one that has lost its patience, complete one
// session, it is bought once.
func TestAHundredCompletesAreOnePurchase(t *testing.T) {
	t.Parallel()
	const n = 100
	for name, c := range map[string]struct {
		key, token func(i int) int // which of many each request uses
	}{
		"one key, one token":    {key: func(int) int { return 0 }, token: func(int) int { return 0 }},
		"many keys, one token":  {key: func(i int) int { return i }, token: func(int) int { return 0 }},
		"many keys, ten tokens": {key: func(i int) int { return i }, token: func(i int) int { return i % 10 }},
	} {
		t.Run(name, func(t *testing.T) {
			servertest.EachStore(t, func(t *testing.T, database string) {
				s := servertest.Start(t, servertest.Options{Database: database})
				agent := s.Agent(t)
				sess := agent.Open(t, servertest.Lamp)
				var tokens [10]string
				for i := range tokens {
					var err error
					if tokens[i], err = agent.Token(t.Context(), sess, servertest.CardApproved); err != nil {
						t.Fatal(err)
					}
				}
				orders := make([]string, n)
				var paidBy [len(tokens)]atomic.Bool
				together(n, func(i int) {
					p := servertest.Purchase{Session: sess, Key: fmt.Sprint("pay-", c.key(i)), Request: servertest.Payment(sess, tokens[c.token(i)])}
					got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agent.Pay(t.Context(), p) })
					var refused *client.Error
					switch {
					case errors.As(err, &refused) && refused.HTTPStatus == http.StatusConflict: // another token was first
					case err != nil:
						t.Error(err)
					case got.Status != acp.Completed || got.Order == nil:
						t.Errorf("answered 200 with a session that is %s", got.Status)
					default:
						orders[i] = got.Order.ID
						paidBy[c.token(i)].Store(true)
					}
				})
				payers := 0
				for i := range paidBy {
					if paidBy[i].Load() {
						payers++
					}
				}
				if payers != 1 {
					t.Errorf("%d tokens were told that they paid; want 1", payers)
				}
				boughtOnce(t, s.World, sess.ID, orders)
				if lamp := s.Item(t, servertest.Lamp); lamp.Stock != 2 || lamp.Reserved != 0 {
					t.Errorf("%d lamps, %d of them reserved; want 2 and 0", lamp.Stock, lamp.Reserved)
				}
			})
		})
	}
}

// boughtOnce checks that a session has one order, which is the one that agents
// were told of, and one charge, and that the webhook came once.
func boughtOnce(t *testing.T, w *servertest.World, sessionID string, told []string) {
	t.Helper()
	if err := w.Outcome(t, sessionID).Bought(); err != nil {
		t.Fatal(err)
	}
	placed, err := w.Store.OrderOfSession(t.Context(), servertest.MerchantID, sessionID)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, orderID := range told {
		if orderID == placed.ID {
			n++
		} else if orderID != "" {
			t.Errorf("an agent was told of order %s; the order is %s", orderID, placed.ID)
		}
	}
	if n == 0 {
		t.Error("no agent was told of the order")
	}
	servertest.Eventually(t, webhookTime, func() error { return w.ToldOnce(sessionID) })
	if e := w.Told(sessionID)[0]; e.OrderID != placed.ID || e.Deliveries != 1 {
		t.Errorf("webhook about order %s, delivered %d times; want %s and 1", e.OrderID, e.Deliveries, placed.ID)
	}
}

// Concurrent updates are one after the other, whole: the session ends in a
// state that one of them asked for, and each answer is what its request asked
// for.
func TestConcurrentUpdatesDoNotMix(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		agent := s.Agent(t)
		sess := agent.Open(t, servertest.Mug)
		together(40, func(i int) {
			quantity := int64(i%20 + 1)
			got, err := servertest.Persist(t.Context(), func() (*client.Session, error) {
				return agent.Update(t.Context(), sess.ID, wholeUpdate(quantity))
			})
			if err != nil {
				t.Error(err)
				return
			}
			if err := isWhole(got); err != nil || got.Lines[0].Quantity != quantity {
				t.Errorf("the answer to an update to %d: %v\n%s", quantity, err, got.Raw)
			}
		})
		got, err := agent.Get(t.Context(), sess.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := isWhole(got); err != nil {
			t.Error(err)
		}
	})
}

// wholeUpdate asks for a number of mugs, and for the delivery and the number of
// notes that go with it.
func wholeUpdate(quantity int64) acp.UpdateRequest {
	option := "standard"
	if quantity%2 == 0 {
		option = "express"
	}
	return acp.UpdateRequest{Items: acp.Some([]acp.RequestedItem{{ID: servertest.Mug, Quantity: quantity}}),
		Selected: acp.Some([]acp.SelectedFulfillmentOption{{Type: acp.FulfillmentShipping, OptionID: option}})}
}

// isWhole checks that quantity, delivery and total are of one update.
func isWhole(s *client.Session) error {
	if len(s.Lines) != 1 || len(s.Selected) != 1 {
		return fmt.Errorf("%d lines, %d deliveries", len(s.Lines), len(s.Selected))
	}
	quantity, option, delivery := s.Lines[0].Quantity, "standard", int64(590)
	if quantity%2 == 0 {
		option, delivery = "express", 1490
	}
	if s.Selected[0].OptionID != option {
		return fmt.Errorf("%d mugs with %s delivery", quantity, s.Selected[0].OptionID)
	}
	sum := int64(0)
	for _, total := range s.Totals {
		switch total.Type {
		case acp.TotalSubtotal, acp.TotalFulfillment, acp.TotalTax:
			sum += total.Amount
		}
	}
	if sum != s.Total || s.Total < 1800*quantity+delivery {
		return fmt.Errorf("total %d; its parts are %d, goods and delivery cost %d", s.Total, sum, 1800*quantity+delivery)
	}
	return nil
}

func TestTheLastOneIsSoldOnce(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		agent := s.Agent(t)
		purchases := make([]servertest.Purchase, 20)
		for i := range purchases {
			purchases[i] = agent.Prepare(t, servertest.Last)
		}
		together(len(purchases), func(i int) {
			got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agent.Pay(t.Context(), purchases[i]) })
			if err != nil {
				t.Error(err)
			} else if got.Status != acp.Completed && !got.HasCode(acp.CodeOutOfStock) {
				t.Errorf("not bought, and not told why: %s", got.Raw)
			}
		})
		orders, charges := 0, 0
		for _, p := range purchases {
			o := s.Outcome(t, p.Session.ID)
			if err := o.Lawful(); err != nil || o.Open != 0 {
				t.Errorf("%+v: %v", o, err)
			}
			orders, charges = orders+o.Orders, charges+o.Charges
		}
		if orders != 1 || charges != 1 {
			t.Errorf("%d orders and %d charges for one piece", orders, charges)
		}
		if last := s.Item(t, servertest.Last); last.Stock != 0 || last.Reserved != 0 {
			t.Errorf("%d left, %d of them reserved", last.Stock, last.Reserved)
		}
	})
}

// A signing agent repeats a signed request under its key and gets the first
// answer; an unsigned request with that credential is refused.
func TestASigningAgentBuysOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, servertest.Options{})
	agent := s.SigningAgent(t, s.BaseURL)
	p := agent.Prepare(t, servertest.Mug)
	orders := make([]string, 10)
	together(len(orders), func(i int) {
		got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agent.Pay(t.Context(), p) })
		if err != nil {
			t.Error(err)
			return
		}
		orders[i] = got.Order.ID
	})
	boughtOnce(t, s.World, p.Session.ID, orders)

	bare, err := client.New(client.Config{BaseURL: s.BaseURL, APIKey: s.SignedAPIKey, Version: acp.V20260417})
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.Error
	if _, err := bare.Get(context.Background(), p.Session.ID); !errors.As(err, &refused) || refused.HTTPStatus != http.StatusUnauthorized {
		t.Errorf("an unsigned request with a credential that signs: %v", err)
	}
}
