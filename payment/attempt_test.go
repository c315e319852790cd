package payment_test

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

var states = []payment.State{payment.Sending, payment.Unknown, payment.Pending, payment.Authorized, payment.Captured,
	payment.Declined, payment.Failed, payment.Voided}

var classes = []payment.Class{payment.ClassAuthorized, payment.ClassCaptured, payment.ClassPending, payment.ClassRequiresAction,
	payment.ClassDeclined, payment.ClassTokenInvalid, payment.ClassTokenExpired, payment.ClassTokenUsed, payment.ClassAmountExceeded,
	payment.ClassCurrencyMismatch, payment.ClassProcessorError, payment.ClassConfig, payment.ClassRateLimited, payment.ClassNotFound,
	payment.ClassUnknown, "a word that no adapter should say"}

// States have ranks, and a move goes up: what was learned is never unlearned.
func TestStatesOnlyMoveForward(t *testing.T) {
	rank := map[payment.State]int{payment.Sending: 0, payment.Unknown: 1, payment.Pending: 2, payment.Authorized: 3, payment.Declined: 4,
		payment.Failed: 4, payment.Captured: 4, payment.Voided: 4}
	for _, from := range states {
		for _, to := range states {
			if from.CanBecome(to) && rank[to] <= rank[from] {
				t.Errorf("%s can become %s", from, to)
			}
			if !from.Live() && from != payment.Authorized && from.CanBecome(to) {
				t.Errorf("%s is final and can become %s", from, to)
			}
		}
	}
}

func TestWhatIsNotUnderstoodIsUnknown(t *testing.T) {
	for _, c := range classes {
		s := c.State()
		switch c {
		case payment.ClassUnknown, "a word that no adapter should say":
			if s != payment.Unknown {
				t.Errorf("class %s leads to %s", c, s)
			}
		default:
			if s == payment.Unknown {
				t.Errorf("class %s leads nowhere", c)
			}
		}
	}
}

// Any two answers in any order leave what the first definite one said.
func TestTheFirstDefiniteAnswerCounts(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, first := range classes {
		for _, second := range classes {
			a := payment.Attempt{ID: "pay_1", State: payment.Sending, Sealed: []byte("sealed")}
			a.Move(payment.Result{Class: first, PSPRef: "ch_1", Captured: 5}, "complete", at)
			before := a
			ev, moved := a.Move(payment.Result{Class: second, PSPRef: "ch_2"}, "reconcile", at.Add(time.Second))
			if !moved {
				if a.State != before.State || a.PSPRef != before.PSPRef || a.Class != before.Class {
					t.Errorf("%s, then %s: refused and changed all the same", first, second)
				}
				continue
			}
			if !before.State.CanBecome(a.State) || ev.From != before.State || ev.To != a.State || ev.AttemptID != "pay_1" {
				t.Errorf("%s, then %s: %s became %s, event %+v", first, second, before.State, a.State, ev)
			}
			if before.State.Paid() && a.State != payment.Captured {
				t.Errorf("%s, then %s: paid money became %s", first, second, a.State)
			}
		}
	}
}

func TestASettledAttemptKeepsNoRequest(t *testing.T) {
	for _, c := range classes {
		a := payment.Attempt{State: payment.Sending, Sealed: []byte("sealed")}
		a.Move(payment.Result{Class: c}, "complete", time.Now())
		if a.State.Live() == (a.Sealed == nil) {
			t.Errorf("%s: state %s with %d sealed bytes", c, a.State, len(a.Sealed))
		}
	}
}
