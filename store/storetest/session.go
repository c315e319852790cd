package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/store"
)

func testSession(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()

	t.Run("reads back what was written", func(t *testing.T) {
		amount := int64(1 << 52)
		want := &checkout.Session{
			MerchantID: shop, Agent: "agent", CredentialID: "key_1", Live: true, APIVersion: acp.V20260417,
			Chosen: []checkout.Choice{{OptionID: "express", Lines: []string{"li_1"}}, {OptionID: "pickup"}}, DigitalLines: []string{"li_2"}, Prices: map[string]int64{"a": 5, "ü\"": amount}, Reserved: []checkout.Reservation{{ItemID: "mug", Quantity: 2}}, AttemptID: "pay_1", OrderNotes: "ring twice\n\u0000 ☃",
			DeletableAt: at.Add(time.Hour),
			Session: acp.Session{ID: "cs_full", Status: acp.ReadyForPayment, Currency: "eur", Buyer: &acp.Buyer{FullName: "Test Buyer", Email: "buyer@example.com"},
				LineItems: []acp.LineItem{{ID: "li_1", Item: acp.ItemRef{ID: "a"}, Quantity: 3, UnitAmount: &amount, Totals: []acp.Total{{Type: acp.TotalTotal, Amount: amount}}}},
				Totals:    []acp.Total{}, CreatedAt: at, UpdatedAt: at, ExpiresAt: at.Add(time.Hour), Metadata: map[string]any{"k": "v", "n": 1.5, "b": true}},
		}
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(want) })
		got, err := s.Reader(ctx).Session(shop, "cs_full")
		if err != nil {
			t.Fatal(err)
		}
		if want.Version != 1 {
			t.Errorf("version = %d after the insert", want.Version)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		want.Status, want.LineItems, want.Live, want.DeletableAt = acp.Canceled, nil, false, time.Time{}
		holds(t, s, func(tx *store.Tx) error { return tx.SaveSession(want) })
		if got, err = s.Reader(ctx).Session(shop, "cs_full"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 2 {
			t.Errorf("version %d, %s", got.Version, diff)
		}
	})

	t.Run("another merchant has no such session", func(t *testing.T) {
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_mine")) })
		if _, err := s.Reader(ctx).Session(otherShop, "cs_mine"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("err = %v", err)
		}
		theirs := newSession(otherShop, "cs_mine")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(theirs) })
		theirs.OrderNotes = "theirs"
		holds(t, s, func(tx *store.Tx) error { return tx.SaveSession(theirs) })
		if got, err := s.Reader(ctx).Session(shop, "cs_mine"); err != nil || got.OrderNotes != "" || got.Version != 1 {
			t.Errorf("session = %+v, %v", got, err)
		}
	})

	t.Run("guards", func(t *testing.T) {
		first := newSession(shop, "cs_guard")
		holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(first) })
		refused(t, s, "an id that exists", func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_guard")) })
		stale := *first
		holds(t, s, func(tx *store.Tx) error { return tx.SaveSession(first) })
		refused(t, s, "an old version", func(tx *store.Tx) error { return tx.SaveSession(&stale) })
		if stale.Version != 1 || first.Version != 2 {
			t.Errorf("versions %d and %d; want 1 and 2", stale.Version, first.Version)
		}
		refused(t, s, "a session that is not there", func(tx *store.Tx) error {
			ses := newSession(shop, "cs_absent")
			ses.Version = 1
			return tx.SaveSession(ses)
		})
	})

	t.Run("two saves in one unit count as two", func(t *testing.T) {
		ses := newSession(shop, "cs_two")
		holds(t, s, func(tx *store.Tx) error {
			return errors.Join(tx.InsertSession(ses), tx.SaveSession(ses), tx.SaveSession(ses))
		})
		if got, err := s.Reader(ctx).Session(shop, "cs_two"); err != nil || got.Version != 3 || ses.Version != 3 {
			t.Errorf("stored %v, in hand %d, %v", got, ses.Version, err)
		}
	})
}
