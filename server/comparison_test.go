package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/adyen"
	"github.com/checkstand/checkstand/payment/reconciliation"
	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/server/servertest"
)

// compared is the report on everything that the shop sold in the last hour.
func compared(t *testing.T, s *servertest.Server) reconciliation.Report {
	t.Helper()
	const ahead = 2 * time.Hour
	now := time.Now()
	r, err := s.Desk(t, ahead).Compare(t.Context(), servertest.MerchantID, false, now.Add(-time.Hour), now.Add(ahead))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What the shop has sold is what the provider has taken, and the report says so.
func TestTheBooksAgreeWithTheProviders(t *testing.T) {
	t.Parallel()
	for _, provider := range servertest.PSPs() {
		if provider == adyen.Name {
			continue // it has no list
		}
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, provider, &logBuffer{})
			agent := s.Agent(t)
			var sold int64
			for _, card := range []servertest.Card{servertest.CardApproved, servertest.CardDeclined, servertest.CardApproved, servertest.CardChallenged} {
				session := agent.Open(t, "mug")
				done, err := agent.Complete(t.Context(), session.ID, servertest.Payment(session, mint(t, s.World, session, card)))
				if err != nil {
					t.Fatal(err)
				}
				if card == servertest.CardApproved {
					sold += done.Total
				}
			}
			r := compared(t, s)
			if !r.Agrees() || r.Counts.Agreed != 2 || len(r.Totals) != 1 || r.Totals[0].Charged != (reconciliation.Sides{Ours: sold, Theirs: sold}) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// An operator was wrong: the provider had taken the money.
func TestMoneyWithoutAnOrderIsReported(t *testing.T) {
	t.Parallel()
	for _, provider := range servertest.PSPs() {
		if provider == adyen.Name {
			continue
		}
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, provider, &logBuffer{})
			agent := s.Agent(t)
			session := agent.Open(t, "mug")
			loses(t, s.World)
			if _, err := agent.Complete(t.Context(), session.ID, servertest.Payment(session, mint(t, s.World, session, servertest.CardApproved))); err == nil {
				t.Fatal("the answer was not lost")
			}
			attempts, err := s.Store.SessionAttempts(t.Context(), servertest.MerchantID, session.ID)
			if err != nil || len(attempts) != 1 {
				t.Fatal(attempts, err)
			}
			_, err = s.Operator(t).Decide(t.Context(), servertest.MerchantID, attempts[0].ID, checkout.NotCharged, "", "test")
			if err != nil {
				t.Fatal(err)
			}
			servertest.Eventually(t, webhookTime, func() error { // the provider's faults have not all been met
				_, err := s.Desk(t, 0).Compare(t.Context(), servertest.MerchantID, false, time.Now().Add(-time.Hour), time.Now())
				return err
			})
			r := compared(t, s)
			if len(r.Differences) != 1 || r.Differences[0].Kind != reconciliation.ChargedWithoutOrder || r.Differences[0].Delta != session.Total {
				t.Fatalf("%+v", r.Differences)
			}
		})
	}
}

// The server compares by itself, keeps what it found, and goes on a day later.
func TestTheDailyComparison(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		desk := s.Desk(t, 0)
		if _, found, err := desk.Latest(t.Context(), servertest.MerchantID, false); found || err != nil {
			t.Fatal("a report before the first comparison", err)
		}
		jobID := "job_compare_test_" + servertest.MerchantID
		hasten := func() error {
			return s.App.Store().Update(t.Context(), func(tx checkout.Tx) error {
				return tx.HastenJob(servertest.MerchantID, jobID, time.Now())
			})
		}
		var first reconciliation.Report
		for _, after := range []time.Time{{}, time.Now()} {
			if err := hasten(); err != nil {
				t.Fatal(err)
			}
			servertest.Eventually(t, webhookTime, func() error {
				r, found, err := desk.Latest(t.Context(), servertest.MerchantID, false)
				if err != nil || !found || !r.StartedAt.After(after) || !r.StartedAt.After(first.StartedAt) {
					return errors.Join(fmt.Errorf("no new report; found one: %v", found), err)
				}
				first = r
				return nil
			})
			// The report is there a moment before its job is put off.
			servertest.Eventually(t, webhookTime, func() error {
				due, err := s.Store.NextDue(t.Context(), []string{"payment.compare"})
				if err == nil && time.Until(due) < 23*time.Hour {
					err = fmt.Errorf("due again at %v", due)
				}
				return err
			})
		}
	})
}

// What the ledger says is compared by itself too, and kept: a balance that was
// charged for nothing that we know of is found by whoever looks.
func TestTheDailyComparisonWithTheLedger(t *testing.T) {
	t.Parallel()
	servertest.EachStore(t, func(t *testing.T, database string) {
		s := servertest.Start(t, servertest.Options{Database: database})
		desk := s.Desk(t, 0)
		if _, found, err := desk.LatestLedger(t.Context(), servertest.MerchantID, false); found || err != nil {
			t.Fatal("a report before the first comparison", err)
		}
		before := time.Now().Add(-2 * time.Hour)
		b := &balance.Balance{ID: id.New(balance.Prefix, before), MerchantID: servertest.MerchantID, Kind: balance.StoreCredit, CustomerID: "cus_1",
			Currency: "usd", Rate: balance.Par, Available: 5000, CreatedAt: before}
		if err := balance.Issue(t.Context(), s.Store, b, "", "test"); err != nil {
			t.Fatal(err)
		}
		ledger := seller.New(s.Store, servertest.MerchantID, false, func() time.Time { return before })
		body, err := ledger.Build(payment.Charge{AttemptID: id.New(id.Attempt, before), SessionID: "cs_1", Amount: 700, Currency: "usd",
			Capture: payment.CaptureNow, Credential: seller.Credential("vt_1", b.ID)})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := ledger.Send(t.Context(), "key", body); err != nil || r.Class != payment.ClassCaptured {
			t.Fatal(r, err)
		}
		err = s.App.Store().Update(t.Context(), func(tx checkout.Tx) error {
			return tx.HastenJob(servertest.MerchantID, "job_compare_test_"+servertest.MerchantID, time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		servertest.Eventually(t, webhookTime, func() error {
			r, found, err := desk.LatestLedger(t.Context(), servertest.MerchantID, false)
			if err != nil || !found {
				return errors.Join(fmt.Errorf("no report; found one: %v", found), err)
			}
			if len(r.Differences) != 1 || r.Differences[0].Kind != reconciliation.Orphan || r.Differences[0].Theirs != 700 {
				return fmt.Errorf("%+v", r)
			}
			return nil
		})
	})
}

func TestAShopThatIsNotThereIsNotCompared(t *testing.T) {
	t.Parallel()
	s := servertest.Start(t, servertest.Options{})
	for _, tt := range []struct {
		shop string
		live bool
	}{{"nobody", false}, {servertest.MerchantID, true}} {
		if _, err := s.Desk(t, 0).Compare(t.Context(), tt.shop, tt.live, time.Now().Add(-time.Hour), time.Now()); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// Adyen has no list: the report says so rather than that everything agrees.
func TestAProviderWithoutAListIsNotSaidToAgree(t *testing.T) {
	t.Parallel()
	s := openShop(t, adyen.Name, &logBuffer{})
	r := compared(t, s)
	if r.Compared || r.Agrees() || !strings.Contains(strings.Join(r.Limits, " "), "no list") {
		t.Errorf("%+v", r)
	}
}
