package servertest_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

func TestAWholePurchaseOnEachStore(t *testing.T) {
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		buy(t, s.World, s.Agent(t))
		buy(t, s.World, s.SigningAgent(t, s.BaseURL))
	})
}

func TestAPurchaseFromAnotherProcess(t *testing.T) {
	place := servertest.NewWorld(t, servertest.Options{}).Place(t)
	process := place.Spawn(t, servertest.ProcessOptions{})
	buy(t, place.World, place.Agent(t))
	process.Kill(t)
	process.Kill(t) // which does nothing
	place.Spawn(t, servertest.ProcessOptions{Ahead: time.Minute})
	buy(t, place.World, place.Agent(t))
}

func buy(t *testing.T, w *servertest.World, agent *servertest.Agent) {
	t.Helper()
	p := agent.Prepare(t, servertest.Mug, servertest.Book)
	if err := w.Outcome(t, p.Session.ID).Lawful(); err != nil {
		t.Error(err)
	}
	if w.Outcome(t, p.Session.ID).Bought() == nil {
		t.Error("bought before it was paid")
	}
	got, err := agent.Pay(t.Context(), p)
	if err != nil || got.Status != acp.Completed {
		t.Fatalf("%+v: %v", got, err)
	}
	if err := w.Outcome(t, p.Session.ID).Bought(); err != nil {
		t.Error(err)
	}
	servertest.Eventually(t, 30*time.Second, func() error { return w.ToldOnce(p.Session.ID) })
}

func TestLawfulOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      servertest.Outcome
		lawful bool
	}{
		{"bought", servertest.Outcome{Charges: 1, Taken: 100, Orders: 1, Total: 100}, true},
		{"not bought", servertest.Outcome{}, true},
		{"not known, not charged", servertest.Outcome{Open: 1}, true},
		{"not known, charged", servertest.Outcome{Charges: 1, Taken: 100, Open: 1}, true},
		{"charged without an order", servertest.Outcome{Charges: 1, Taken: 100}, false},
		{"an order without a charge", servertest.Outcome{Orders: 1, Total: 100}, false},
		{"charged twice", servertest.Outcome{Charges: 2, Taken: 200, Orders: 1, Total: 100}, false},
		{"charged twice, and not known", servertest.Outcome{Charges: 2, Taken: 200, Open: 1}, false},
		{"charged another amount", servertest.Outcome{Charges: 1, Taken: 90, Orders: 1, Total: 100}, false},
		{"ordered, and still open", servertest.Outcome{Charges: 1, Taken: 100, Orders: 1, Total: 100, Open: 1}, false},
	} {
		if err := c.o.Lawful(); (err == nil) != c.lawful {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestADeclinedCardIsNoPurchase(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	agent := s.Agent(t)
	sess := agent.Open(t, servertest.Mug)
	token, err := agent.Token(t.Context(), sess, servertest.CardDeclined)
	if err != nil {
		t.Fatal(err)
	}
	got, err := agent.Complete(t.Context(), sess.ID, servertest.Payment(sess, token))
	if err != nil || got.Status != acp.ReadyForPayment {
		t.Fatalf("%+v: %v", got, err)
	}
	if o := s.Outcome(t, sess.ID); o != (servertest.Outcome{SessionID: sess.ID}) {
		t.Errorf("%+v", o)
	}
}

// Only what may come out otherwise the next time is repeated.
func TestPersistGivesUpOnARefusal(t *testing.T) {
	calls := 0
	refusal := &client.Error{HTTPStatus: http.StatusBadRequest}
	_, err := servertest.Persist(t.Context(), func() (int, error) {
		if calls++; calls < 3 {
			return 0, &client.Error{HTTPStatus: http.StatusServiceUnavailable}
		}
		return 0, refusal
	})
	if !errors.Is(err, refusal) || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("world", func(t *testing.T) {
		s := servertest.Start(t, servertest.Options{})
		buy(t, s.World, s.Agent(t))
		place := servertest.NewWorld(t, servertest.Options{}).Place(t)
		place.Spawn(t, servertest.ProcessOptions{})
		buy(t, place.World, place.Agent(t))
	})
	http.DefaultClient.CloseIdleConnections() // of webhooks
	goleak.VerifyNone(t, before)
}
