package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/braintree"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// Timing of the servers in these tests. A process owns a payment that it sends
// for the time limit of the PSP, the budget for unclear outcomes and five
// seconds more; when it dies, others take the payment over after that. The only
// server on a SQLite file need not wait: it knows at its start that the one
// before is dead.
const (
	paymentTimeout = time.Second
	paymentLease   = paymentTimeout + servertest.DefaultUnknownBudget + 5*time.Second
	atOnce         = 45 * time.Second // on a busy machine, with the race detector
	// webhookLease is how long a process owns a webhook that it delivers.
	webhookLease = time.Minute
)

// recovery is the time within which a purchase must be settled after its
// process died, without any help of the agent's, by a server whose clock is
// ahead.
func recovery(database string, ahead time.Duration) time.Duration {
	if config.Database(database).Engine() == config.SQLite {
		return atOnce
	}
	return max(paymentLease-ahead, 0) + atOnce
}

// A point is a moment in the life of a purchase at which its process is
// killed, and what must be true then: how many charges and orders there are,
// and whether the payment is listed as open.
type point struct {
	name    string
	dieAt   checkout.Step // the process does it itself; else the test does, while the PSP has the request
	webhook bool          // or the process does, when the PSP's webhook is there and the answer is not
	charges int
	orders  int
	open    int
}

var points = []point{
	{name: "committed, nothing sent", dieAt: checkout.StepReserved, open: 1},
	{name: "sent, the PSP has not looked at it", open: 1},
	{name: "sent, the PSP has charged and not answered", charges: 1, open: 1},
	{name: "told by the PSP's webhook, nothing recorded", webhook: true, charges: 1, open: 1},
	{name: "answered, nothing recorded", dieAt: checkout.StepAnswered, charges: 1, open: 1},
	{name: "recorded, nobody told", dieAt: checkout.StepSettled, charges: 1, orders: 1},
}

// victim is a purchase whose process was killed.
type victim struct {
	servertest.Purchase
	point
}

// desk stands in front of the PSP and keeps back a payment: the request before
// the PSP looks at it, or the answer.
type desk struct {
	place   *servertest.Place
	release chan struct{} // closed to let go what was kept
	kept    sync.WaitGroup
}

func newDesk(t *testing.T, place *servertest.Place) *desk {
	d := &desk{place: place, release: make(chan struct{})}
	t.Cleanup(sync.OnceFunc(d.letGo)) // before the PSP is closed
	return d
}

// letGo lets every request go on that was kept, and waits until the PSP has
// done with them.
func (d *desk) letGo() {
	select {
	case <-d.release:
	default:
		close(d.release)
	}
	d.kept.Wait()
}

// keep keeps the next payment of a session; arrived is closed when it is there.
func (d *desk) keep(sessionID string, afterCharge bool) (arrived chan struct{}) {
	arrived = make(chan struct{})
	var once sync.Once
	d.place.InterceptPSP(func(psp http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !d.place.PSP.Charges(r) {
				psp.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			mine := false
			if err == nil && bytes.Contains(body, []byte(sessionID)) {
				once.Do(func() { mine = true })
			}
			if !mine {
				psp.ServeHTTP(w, r)
				return
			}
			d.kept.Add(1)
			defer d.kept.Done()
			r = r.WithContext(context.WithoutCancel(r.Context())) // it is on its way, whoever sent it
			if afterCharge {
				psp.ServeHTTP(unheard{http.Header{}}, r)
			}
			close(arrived)
			<-d.release
			if !afterCharge {
				psp.ServeHTTP(unheard{http.Header{}}, r)
			}
			panic(http.ErrAbortHandler)
		})
	})
	return arrived
}

// unheard is an answer that never arrives.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(b []byte) (int, error) { return len(b), nil }
func (u unheard) WriteHeader(int)             {}

// crash kills a process in the middle of a purchase, and checks what it leaves.
func crash(t *testing.T, place *servertest.Place, d *desk, at point) victim {
	t.Helper()
	process := place.Spawn(t, servertest.ProcessOptions{DieAt: at.dieAt, DieInNotice: at.webhook})
	agent := place.Agent(t)
	v := victim{agent.Prepare(t, servertest.Mug), at}
	var arrived chan struct{}
	if at.dieAt == "" {
		arrived = d.keep(v.Session.ID, at.charges > 0)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := agent.Pay(t.Context(), v.Purchase)
		answered <- err
	}()
	switch {
	case at.dieAt != "":
		process.Died(t)
	case at.webhook:
		<-arrived
		for _, call := range webhooksAbout(t, place.World, v.Session) {
			if _, _, err := callAt(t.Context(), place.BaseURL+webhookOfTestMode, call); err != nil {
				break // nobody is there any more
			}
		}
		process.Died(t)
	default:
		<-arrived
		process.Kill(t)
	}
	if err := <-answered; err == nil {
		t.Fatal("the agent got an answer from a dead process")
	}
	got := place.Outcome(t, v.Session.ID)
	if err := got.Lawful(); err != nil || got.Charges != at.charges || got.Orders != at.orders || got.Open != at.open {
		t.Fatalf("killed when %s: %+v; want %d charges, %d orders, %d open (%v)", at.name, got, at.charges, at.orders, at.open, err)
	}
	return v
}

// webhooksAbout takes what the PSP reports of a session's only payment.
func webhooksAbout(t *testing.T, w *servertest.World, s *client.Session) []payment.WebhookRequest {
	t.Helper()
	attempts, err := w.Store.SessionAttempts(t.Context(), servertest.MerchantID, s.ID)
	if err != nil || len(attempts) != 1 {
		t.Fatal(attempts, err)
	}
	return w.PSP.Webhooks(attempts[0].ID)
}

// A process that is killed at any point of a purchase leaves one that the next
// process ends in one order and one charge, at every PSP: by itself, and for
// the agent that repeats its request. A request of a dead process that reaches
// the PSP after all that changes nothing, and neither do the PSP's webhooks.
func TestAProcessKilledInAPurchase(t *testing.T) {
	t.Parallel()
	eachPSP(t, func(t *testing.T, psp string) {
		servertest.EachStore(t, func(t *testing.T, database string) {
			opts := servertest.Options{PSP: psp, Database: database, PaymentTimeout: paymentTimeout}
			ahead := past(webhookLease, database)
			if psp == servertest.PSPs()[0] { // with one, leases are waited for in earnest
				ahead = 0
			}
			if config.Database(database).Engine() == config.SQLite {
				opts.PaymentTimeout = min(4*atOnce, braintree.MaxTimeout) // to wait for such a lease would take too long
			}
			killedAtEachPoint(t, opts, ahead)
		})
	})
}

// counted is a discount that each purchase of these tests uses once.
var counted = config.DiscountConfig{ID: "counted", Name: "Counted", Code: "COUNTED", Kind: "percent", Percent: "10", Priority: 1, MaxUses: 1000, MaxUsesPerBuyer: 1000}

// usesOf reads how often a discount was used or is held, in test mode.
func usesOf(t *testing.T, w *servertest.World, discountID string) int64 {
	t.Helper()
	u := checkout.Use{DiscountID: discountID}
	n, err := w.Store.Reader(t.Context()).DiscountUses(servertest.MerchantID, false, []checkout.Use{u})
	if err != nil {
		t.Fatal(err)
	}
	return n[u]
}

func killedAtEachPoint(t *testing.T, opts servertest.Options, ahead time.Duration) {
	opts.Discounts, opts.Codes = []config.DiscountConfig{counted}, []string{counted.Code}
	place := servertest.NewWorld(t, opts).Place(t)
	d := newDesk(t, place)
	var left, repeated []victim
	for _, at := range points {
		if at.webhook && opts.PSP == servertest.PSPs()[0] {
			continue // the sandbox does not call
		}
		left = append(left, crash(t, place, d, at))
		repeated = append(repeated, crash(t, place, d, at))
	}
	all := slices.Concat(left, repeated)
	place.Spawn(t, servertest.ProcessOptions{Ahead: ahead})
	started := time.Now()
	agent := place.Agent(t)
	var repeats sync.WaitGroup
	t.Cleanup(repeats.Wait)
	for _, v := range repeated {
		repeats.Go(func() { repeatUntilBought(t, agent, v) })
	}
	limit := recovery(opts.Database, ahead)
	for _, v := range left {
		servertest.Eventually(t, limit, func() error {
			got, err := agent.Get(t.Context(), v.Session.ID)
			if err == nil && (got.Status != acp.Completed || got.Order == nil) {
				err = fmt.Errorf("killed when %s: the session is %s", v.name, got.Status)
			}
			return err
		})
	}
	repeats.Wait()
	if took := time.Since(started); took > limit {
		t.Errorf("all settled %s after the start; want %s at most", took, limit)
	}
	d.letGo()
	for _, v := range all {
		for _, call := range webhooksAbout(t, place.World, v.Session) {
			for range 2 {
				if status, body, err := callAt(t.Context(), place.BaseURL+webhookOfTestMode, call); err != nil || status != http.StatusOK {
					t.Errorf("a late webhook: %d %q, %v", status, body, err)
				}
			}
		}
	}
	for _, v := range all {
		if err := place.Outcome(t, v.Session.ID).Bought(); err != nil {
			t.Errorf("killed when %s: %v", v.name, err)
		}
	}
	if mug := place.Item(t, servertest.Mug); mug.Stock != 1000-int64(len(all)) || mug.Reserved != 0 {
		t.Errorf("%d mugs, %d of them reserved, after %d sales", mug.Stock, mug.Reserved, len(all))
	}
	if n := usesOf(t, place.World, counted.ID); n != int64(len(all)) {
		t.Errorf("%d uses of the discount after %d sales", n, len(all))
	}
	// A process may have died with a webhook in its hands.
	told := webhookTime
	if config.Database(opts.Database).Engine() != config.SQLite {
		told += webhookLease - ahead
	}
	for _, v := range all {
		servertest.Eventually(t, told, func() error { return place.ToldOnce(v.Session.ID) })
	}
}

// repeatUntilBought repeats a victim's request until it is answered, as an
// agent does: under its key and, having lost the answer, under a new one too.
// Both are told of the same order; once more is the same bytes again.
func repeatUntilBought(t *testing.T, agent *servertest.Agent, v victim) {
	t.Helper()
	renewed := v.Purchase
	renewed.Key += "-again"
	var orders [2]string
	together(len(orders), func(i int) {
		p := []servertest.Purchase{v.Purchase, renewed}[i]
		pay := func() (*client.Session, error) { return agent.Pay(t.Context(), p) }
		got, err := servertest.Persist(t.Context(), pay)
		if err != nil || got.Status != acp.Completed || got.Order == nil {
			t.Errorf("killed when %s, request repeated under key %s: %+v, %v", v.name, p.Key, got, err)
			return
		}
		orders[i] = got.Order.ID
		again, err := pay()
		if err != nil || !again.Replayed || string(again.Raw) != string(got.Raw) {
			t.Errorf("killed when %s, request repeated after its answer: %v", v.name, err)
		}
	})
	if orders[0] != orders[1] {
		t.Errorf("killed when %s: told of the orders %q", v.name, orders)
	}
}

// A webhook whose delivery was cut off is delivered by the next process. The
// receiver may have it twice then, and knows it for the same.
func TestAProcessKilledInAWebhook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		received   bool // the receiver has it before the process dies
		deliveries int
	}{
		{"before the receiver has it", false, 1},
		{"after the receiver has it", true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			servertest.EachStore(t, func(t *testing.T, database string) {
				place := servertest.NewWorld(t, servertest.Options{Database: database, PaymentTimeout: paymentTimeout}).Place(t)
				arrived, release := make(chan struct{}, 1), make(chan struct{})
				place.InterceptWebhooks(func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						if c.received {
							next.ServeHTTP(unheard{http.Header{}}, r)
						}
						arrived <- struct{}{}
						<-release
						panic(http.ErrAbortHandler)
					})
				})
				process := place.Spawn(t, servertest.ProcessOptions{})
				agent := place.Agent(t)
				p := agent.Prepare(t, servertest.Mug)
				if _, err := agent.Pay(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				<-arrived
				process.Kill(t)
				place.InterceptWebhooks(nil)
				close(release)

				place.Spawn(t, servertest.ProcessOptions{Ahead: past(webhookLease, database)})
				servertest.Eventually(t, webhookTime, func() error {
					err := place.ToldOnce(p.Session.ID)
					if err == nil && place.Told(p.Session.ID)[0].Deliveries < c.deliveries {
						err = fmt.Errorf("delivered %d times", place.Told(p.Session.ID)[0].Deliveries)
					}
					return err
				})
				if n := place.Told(p.Session.ID)[0].Deliveries; n != c.deliveries {
					t.Errorf("delivered %d times; want %d", n, c.deliveries)
				}
			})
		})
	}
}

// past is how far a clock is put forward for a new process to find free what a
// dead one had a lease of: not at all on SQLite, which must not need it.
func past(lease time.Duration, database string) time.Duration {
	if config.Database(database).Engine() == config.SQLite {
		return 0
	}
	return lease
}

// Only one server may run on a SQLite file. The file is free again at once
// when that server is killed.
func TestASecondServerOnASQLiteFileIsRefused(t *testing.T) {
	t.Parallel()
	w := servertest.NewWorld(t, servertest.Options{})
	place := w.Place(t)
	first := place.Spawn(t, servertest.ProcessOptions{})
	if said := w.Place(t).Refused(t); !strings.Contains(said, "another server is running on") || !strings.Contains(said, "PostgreSQL") {
		t.Errorf("the second server said: %s", said)
	}
	agent := place.Agent(t)
	agent.Open(t, servertest.Mug) // the first one does not mind
	first.Kill(t)
	place.Spawn(t, servertest.ProcessOptions{})
	agent.Open(t, servertest.Mug)
}
