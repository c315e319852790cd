package server_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/store/pgtest"
)

// The load of the soak test: agents that buy without a pause while their server
// is killed again and again.
const (
	soakAgents    = 8
	soakKills     = 10
	soakPurchases = 40 // of one agent at most: the receiver remembers 500 events
	soakShortest  = time.Millisecond
	soakLongest   = 300 * time.Millisecond
)

// A server that is killed at random moments under load, of whichever
// transaction it is in the middle, never loses a purchase, never makes two of
// one, and never sells what it does not have. Agents only do what the protocol
// asks of them: they repeat an unanswered request with its key.
func TestAServerKilledAtRandomUnderLoad(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a soak test")
	}
	servertest.EachStore(t, func(t *testing.T, database string) {
		place := servertest.NewWorld(t, servertest.Options{Database: database, PaymentTimeout: paymentTimeout}).Place(t)
		b := &buyers{place: place, orders: map[string]string{}}
		process := place.Spawn(t, servertest.ProcessOptions{})
		b.start(t)
		var ahead time.Duration
		for range soakKills {
			soakPause(t.Context(), soakShortest+rand.N(soakLongest-soakShortest))
			process.Kill(t)
			ahead += past(paymentLease, database) // as if nobody had been there for so long
			process = place.Spawn(t, servertest.ProcessOptions{Ahead: ahead})
		}
		b.finish(t)
		// What the dead had in delivery is free for a server that comes later.
		process.Kill(t)
		place.Spawn(t, servertest.ProcessOptions{Ahead: ahead + webhookLease})
		t.Logf("%d purchases, %d kills, %d requests repeated", len(b.orders), soakKills, b.repeats.Load())
		oneToOne(t, place.World, b.orders)
		for sessionID := range b.orders {
			servertest.Eventually(t, webhookTime, func() error { return place.ToldOnce(sessionID) })
		}
	})
}

// buyers are agents that buy until they are told to stop.
type buyers struct {
	place   *servertest.Place
	stop    atomic.Bool
	done    sync.WaitGroup
	repeats atomic.Int64

	mu     sync.Mutex
	orders map[string]string // by session
}

func (b *buyers) start(t *testing.T) {
	for i := range soakAgents {
		agent := b.place.Agent(t)
		b.done.Go(func() {
			for n := 0; n < soakPurchases && !b.stop.Load() && !t.Failed(); n++ {
				if err := b.buy(t.Context(), agent, fmt.Sprintf("agent-%d-%d", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func (b *buyers) finish(t *testing.T) {
	b.stop.Store(true)
	b.done.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// buy makes one purchase, with keys of its own.
func (b *buyers) buy(ctx context.Context, agent *servertest.Agent, name string) error {
	sess, err := b.persist(ctx, func() (*client.Session, error) {
		return agent.Create(ctx, servertest.Cart(servertest.Mug), client.IdempotencyKey("open-"+name))
	})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	token, err := agent.Token(ctx, sess, servertest.CardApproved)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	p := servertest.Purchase{Session: sess, Key: "pay-" + name, Request: servertest.Payment(sess, token)}
	paid, err := b.persist(ctx, func() (*client.Session, error) { return agent.Pay(ctx, p) })
	switch {
	case err != nil:
		return fmt.Errorf("pay: %w", err)
	case paid.Status != acp.Completed || paid.Order == nil:
		return fmt.Errorf("paid, and the session is %s: %s", paid.Status, paid.Raw)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[sess.ID] = paid.Order.ID
	return nil
}

// persist is servertest.Persist, counting.
func (b *buyers) persist(ctx context.Context, call func() (*client.Session, error)) (*client.Session, error) {
	first := true
	return servertest.Persist(ctx, func() (*client.Session, error) {
		if !first {
			b.repeats.Add(1)
		}
		first = false
		return call()
	})
}

// oneToOne checks that the database and the PSP's ledger have exactly the
// purchases that agents were told of, and each of them once.
func oneToOne(t *testing.T, w *servertest.World, orders map[string]string) {
	t.Helper()
	for sessionID, orderID := range orders {
		if err := w.Outcome(t, sessionID).Bought(); err != nil {
			t.Error(err)
		}
		placed, err := w.Store.OrderOfSession(t.Context(), servertest.MerchantID, sessionID)
		if err != nil || placed.ID != orderID {
			t.Errorf("session %s: order %v, %v; the agent was told %s", sessionID, placed, err, orderID)
		}
	}
	n := len(orders)
	ledger, err := w.Sandbox.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(ledger.ChargedTwice) != 0 || ledger.Sessions != int64(n) || len(ledger.Totals) != 1 || ledger.Totals[0].Charges != int64(n) {
		t.Errorf("ledger of %d purchases: %+v", n, ledger)
	}
	if sessions, placed := w.Rows(t, "session"), w.Rows(t, "orders"); sessions != n || placed != n {
		t.Errorf("%d sessions and %d orders in the database; want %d of each", sessions, placed, n)
	}
	if mug := w.Item(t, servertest.Mug); mug.Stock != 1000-int64(n) || mug.Reserved != 0 {
		t.Errorf("%d mugs, %d of them reserved, after %d sales", mug.Stock, mug.Reserved, n)
	}
	if open, err := w.Store.OpenAttempts(t.Context(), time.Now().Add(time.Hour), "", 10); err != nil || len(open) != 0 {
		t.Errorf("%d payments are still open: %v", len(open), err)
	}
}

func soakPause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// Two servers on one PostgreSQL database share the work. Agents send each
// request, and each repeat of it, to the other server than the one before; one
// server is killed in the middle, and the other ends what it had begun.
func TestTwoServersOnOneDatabase(t *testing.T) {
	t.Parallel()
	const purchases, killAfter = 50, 10
	w := servertest.NewWorld(t, servertest.Options{Database: pgtest.Migrated(t), PaymentTimeout: paymentTimeout})
	places := [2]*servertest.Place{w.Place(t), w.Place(t)}
	doomed := places[0].Spawn(t, servertest.ProcessOptions{})
	places[1].Spawn(t, servertest.ProcessOptions{})
	agents := [2]*servertest.Agent{places[0].Agent(t), places[1].Agent(t)}

	prepared := make([]servertest.Purchase, purchases)
	for i := range prepared {
		prepared[i] = agents[i%2].Prepare(t, servertest.Mug)
	}
	var answered, moved atomic.Int64
	enough := make(chan struct{})
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		<-enough
		doomed.Kill(t)
		places[0].Leave(t)
	}()
	var mu sync.Mutex
	orders := map[string]string{}
	together(purchases, func(i int) {
		server := i
		got, err := servertest.Persist(t.Context(), func() (*client.Session, error) {
			server++
			paid, err := agents[server%2].Pay(t.Context(), prepared[i])
			var lost *client.TransportError
			if errors.As(err, &lost) {
				moved.Add(1)
			}
			return paid, err
		})
		if answered.Add(1) == killAfter {
			close(enough)
		}
		if err != nil || got.Order == nil {
			t.Errorf("purchase %d: %+v, %v", i, got, err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		orders[prepared[i].Session.ID] = got.Order.ID
	})
	<-killed
	t.Logf("%d requests lost their server", moved.Load())
	oneToOne(t, w, orders)
	w.Place(t).Spawn(t, servertest.ProcessOptions{Ahead: webhookLease})
	for _, p := range prepared {
		servertest.Eventually(t, webhookTime, func() error { return w.ToldOnce(p.Session.ID) })
	}
}
