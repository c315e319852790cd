package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/servertest"
)

// provenPurchase opens a session whose card's bank wants the buyer, has the
// buyer authenticated, and gives what pays the session now.
func provenPurchase(t *testing.T, w *servertest.World, agent *servertest.Agent) servertest.Purchase {
	t.Helper()
	cart := servertest.Cart(servertest.Lamp)
	cart.Capabilities.Interventions = &acp.Interventions{Supported: []string{"3ds"}}
	s, err := agent.Create(t.Context(), cart)
	if err != nil {
		t.Fatal(err)
	}
	token, err := agent.Token(t.Context(), s, servertest.CardChallenged)
	if err != nil {
		t.Fatal(err)
	}
	p := servertest.Purchase{Session: s, Key: "proof-" + s.ID, Request: servertest.Payment(s, token)}
	asked, err := agent.Complete(t.Context(), s.ID, p.Request)
	if err != nil || asked.Status != acp.AuthenticationRequired || asked.Authentication == nil {
		t.Fatalf("%v %+v", err, asked)
	}
	a, err := agent.CreateAuthentication(t.Context(), w.PSPURL, w.AgentKey, client.AuthenticationRequest{
		Card:       client.Card{Number: secret.New("4000002760003184"), ExpMonth: 12, ExpYear: time.Now().Year() + 3, Name: "Test Buyer"},
		MerchantID: s.Handlers[0].MerchantID, Amount: s.Total, Currency: s.Currency, SessionID: s.ID, Metadata: asked.Authentication, NotifyURL: "https://agent.example/3ds",
		Browser: client.Browser{AcceptHeader: "text/html", IPAddress: "192.0.2.1", Language: "en", UserAgent: "test"}})
	if err == nil {
		a, err = agent.Authenticate(t.Context(), w.PSPURL, w.AgentKey, a.ID, "N")
	}
	if err == nil && a.Challenge != nil {
		err = client.AnswerChallenge("approve")(t.Context(), agent.Client, *a.Challenge)
	}
	if err == nil {
		a, err = agent.GetAuthentication(t.Context(), w.PSPURL, w.AgentKey, a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.Request.Authentication = a.Report()
	return p
}

// However many at once complete one session with the proof of its buyer's
// authentication, at several servers, it is bought once.
func TestAHundredProofsAreOnePurchase(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		agent := s.Agent(t)
		p := provenPurchase(t, s.World, agent)
		together(100, func(i int) {
			mine := p
			mine.Key = fmt.Sprint("proof-", i)
			got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agent.Pay(t.Context(), mine) })
			var refused *client.Error
			switch {
			case errors.As(err, &refused) && refused.HTTPStatus == http.StatusConflict:
			case err != nil:
				t.Error(err)
			case got.Status != acp.Completed:
				t.Errorf("answered 200 with a session that is %s", got.Status)
			}
		})
		if err := s.Outcome(t, p.Session.ID).Bought(); err != nil {
			t.Error(err)
		}
	})
}

// A process that is killed while it pays with a proof leaves a purchase that
// the next one ends in one order and one charge.
func TestAProcessKilledWithAProof(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
			t.Run(string(step), func(t *testing.T) {
				w := servertest.NewWorld(t, servertest.Options{Database: database, PaymentTimeout: paymentTimeout})
				place := w.Place(t)
				first := place.Spawn(t, servertest.ProcessOptions{})
				agent := place.Agent(t)
				p := provenPurchase(t, w, agent)
				first.Kill(t)
				dying := place.Spawn(t, servertest.ProcessOptions{DieAt: step})
				if _, err := agent.Pay(t.Context(), p); err == nil {
					t.Fatal("the agent got an answer from a dead process")
				}
				dying.Died(t)
				place.Spawn(t, servertest.ProcessOptions{Ahead: past(paymentLease, database)})
				got, err := servertest.Persist(t.Context(), func() (*client.Session, error) { return agent.Pay(t.Context(), p) })
				if err != nil || got.Status != acp.Completed {
					t.Fatalf("%v %+v", err, got)
				}
				if err := w.Outcome(t, p.Session.ID).Bought(); err != nil {
					t.Error(err)
				}
			})
		}
	})
}
