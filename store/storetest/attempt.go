package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

func testAttempt(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	insert := func(a *payment.Attempt) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.InsertAttempt(a) }
	}

	t.Run("reads back what was written", func(t *testing.T) {
		want := &payment.Attempt{ID: "pay_full", MerchantID: shop, SessionID: "cs_full", OrderID: "ord_1", Live: true, Provider: "sandbox",
			Amount: 1 << 52, Currency: "eur", IdemKey: "k", TokenFP: []byte{0, 1, 255}, Sealed: []byte{1, 2}, State: payment.Sending,
			Tries: 2, CreatedAt: at, LeaseUntil: at.Add(time.Minute)}
		holds(t, s, insert(want))
		got, err := s.Reader(ctx).Attempt(shop, "pay_full")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 1 {
			t.Error(got.Version, diff)
		}
		want.State, want.Class, want.PSPRef, want.Decline, want.Captured, want.Sealed, want.FinalAt = payment.Captured, payment.ClassCaptured, "ch_1", "x", 7, nil, at
		holds(t, s, func(tx *store.Tx) error { return tx.SaveAttempt(want) })
		if got, err = s.Reader(ctx).Attempt(shop, "pay_full"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 2 {
			t.Error(got.Version, diff)
		}
		if _, err := s.Reader(ctx).Attempt(otherShop, "pay_full"); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("another merchant: %v", err)
		}
	})

	t.Run("one live or paid attempt a session", func(t *testing.T) {
		for state, over := range map[payment.State]bool{
			payment.Sending: false, payment.Unknown: false, payment.Pending: false, payment.Authorized: false, payment.Captured: false,
			payment.Declined: true, payment.Failed: true, payment.Voided: true,
		} {
			session := "cs_one_" + string(state)
			holds(t, s, insert(newAttempt("pay_a_"+string(state), session, state, "")))
			second := insert(newAttempt("pay_b_"+string(state), session, payment.Sending, ""))
			if over {
				holds(t, s, second)
			} else {
				refused(t, s, "a second attempt beside one that is "+string(state), second)
			}
		}
	})

	t.Run("an attempt that comes to life beside another is refused", func(t *testing.T) {
		first := newAttempt("pay_dead", "cs_life", payment.Declined, "")
		holds(t, s, insert(first))
		holds(t, s, insert(newAttempt("pay_live", "cs_life", payment.Sending, "")))
		first.State = payment.Captured
		refused(t, s, "a second captured attempt", func(tx *store.Tx) error { return tx.SaveAttempt(first) })
	})

	t.Run("one session a token", func(t *testing.T) {
		for state, free := range map[payment.State]bool{
			payment.Sending: false, payment.Unknown: false, payment.Pending: false, payment.Authorized: false, payment.Captured: false, payment.Voided: false,
			payment.Declined: true, payment.Failed: true,
		} {
			token := "token " + string(state)
			holds(t, s, insert(newAttempt("pay_t_"+string(state), "cs_t_"+string(state), state, token)))
			session, used, err := s.Reader(ctx).TokenUsed("sandbox", [][]byte{[]byte("older key"), []byte(token)})
			if err != nil || used == free || (used && session != "cs_t_"+string(state)) {
				t.Errorf("%s: TokenUsed = %q, %t, %v", state, session, used, err)
			}
			again := insert(newAttempt("pay_u_"+string(state), "cs_u_"+string(state), payment.Sending, token))
			if free {
				holds(t, s, again)
			} else {
				refused(t, s, "a token held by an attempt that is "+string(state), again)
			}
		}
		if _, used, err := s.Reader(ctx).TokenUsed("another", [][]byte{[]byte("token sending")}); used || err != nil {
			t.Errorf("another provider: %t, %v", used, err)
		}
		if _, used, err := s.Reader(ctx).TokenUsed("sandbox", nil); used || err != nil {
			t.Errorf("no fingerprints: %t, %v", used, err)
		}
	})

	t.Run("racing attempts for a session and for a token: one wins each", func(t *testing.T) {
		var bySession, byToken atomic.Int64
		together(40, func(i int) {
			if once(ctx, s, insert(newAttempt(fmt.Sprintf("pay_rs_%d", i), "cs_raced", payment.Sending, ""))) == nil {
				bySession.Add(1)
			}
			if once(ctx, s, insert(newAttempt(fmt.Sprintf("pay_rt_%d", i), fmt.Sprintf("cs_raced_%d", i), payment.Sending, "raced"))) == nil {
				byToken.Add(1)
			}
		})
		if bySession.Load() != 1 || byToken.Load() != 1 {
			t.Errorf("%d attempts of the session, %d of the token", bySession.Load(), byToken.Load())
		}
	})

	t.Run("the version guards", func(t *testing.T) {
		a := newAttempt("pay_v", "cs_v", payment.Sending, "")
		holds(t, s, insert(a))
		stale := *a
		a.State = payment.Unknown
		holds(t, s, func(tx *store.Tx) error { return tx.SaveAttempt(a) })
		refused(t, s, "an old version", func(tx *store.Tx) error { return tx.SaveAttempt(&stale) })
	})

	t.Run("history keeps its order", func(t *testing.T) {
		var want []payment.Event
		for i := range 5 {
			ev := payment.Event{AttemptID: "pay_h", At: at, From: payment.Sending, To: payment.Unknown, Who: "complete", Detail: fmt.Sprint(i)}
			want = append(want, ev)
			if i%2 == 0 {
				continue
			}
			holds(t, s, func(tx *store.Tx) error {
				return errors.Join(tx.AppendEvent(shop, want[i-1]), tx.AppendEvent(shop, ev))
			})
		}
		holds(t, s, func(tx *store.Tx) error { return tx.AppendEvent(shop, want[4]) })
		got, err := s.AttemptEvents(ctx, shop, "pay_h")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if got, err := s.AttemptEvents(ctx, otherShop, "pay_h"); err != nil || len(got) != 0 {
			t.Errorf("another merchant sees %v, %v", got, err)
		}
		together(20, func(int) {
			if err := s.Do(ctx, func(tx *store.Tx) error { return tx.AppendEvent(shop, want[0]) }); err != nil {
				t.Error(err)
			}
		})
		if got, err := s.AttemptEvents(ctx, shop, "pay_h"); err != nil || len(got) != 25 {
			t.Errorf("%d events, %v", len(got), err)
		}
	})

	t.Run("lists", func(t *testing.T) {
		s := open(t)
		for i, state := range []payment.State{payment.Sending, payment.Captured, payment.Unknown, payment.Declined, payment.Pending} {
			a := newAttempt(fmt.Sprintf("pay_%d", i), fmt.Sprintf("cs_%d", i/4), state, "")
			a.CreatedAt = at.Add(time.Duration(i) * time.Second)
			if i == 1 || i == 2 {
				a.SessionID = fmt.Sprintf("cs_solo_%d", i)
			}
			holds(t, s, insert(a))
		}
		ids := func(list []payment.Attempt, err error) string {
			if err != nil {
				t.Fatal(err)
			}
			out := ""
			for _, a := range list {
				out += a.ID + " "
			}
			return out
		}
		if got := ids(s.OpenAttempts(ctx, at.Add(time.Hour), "", 2)); got != "pay_0 pay_2 " {
			t.Errorf("open attempts: %s", got)
		}
		if got := ids(s.OpenAttempts(ctx, at.Add(time.Hour), "pay_2", 2)); got != "pay_4 " {
			t.Errorf("open attempts, second page: %s", got)
		}
		if got := ids(s.OpenAttempts(ctx, at.Add(time.Second), "", 9)); got != "pay_0 " {
			t.Errorf("open attempts of before: %s", got)
		}
		if got := ids(s.SessionAttempts(ctx, shop, "cs_0")); got != "pay_0 pay_3 " {
			t.Errorf("attempts of a session: %s", got)
		}
	})
}
