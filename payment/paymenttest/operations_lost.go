package paymenttest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/checkstand/checkstand/payment"
)

func (s operations) lostAnswer(t *testing.T) {
	for _, f := range []Fault{DropAfterCommit, ErrorAfterCommit} {
		for _, k := range kinds {
			t.Run(fmt.Sprint(f, " ", k.kind), func(t *testing.T) {
				m := s.prepare(t, k.kind)
				s.breakNext(t, f)
				wantClass(t, s.operate(t, m), payment.ClassUnknown)
				s.wantKnown(t, m, k.class)
				s.wantDone(t, m, s.operate(t, m), k.class)
				s.wantTaken(t, m, k.after)
			})
		}
	}
}

// lostRequest: the PSP knows nothing, and nobody may claim otherwise; asking
// again moves the money once.
func (s operations) lostRequest(t *testing.T) {
	for _, f := range []Fault{DropBeforeCommit, ErrorBeforeCommit} {
		for _, k := range kinds {
			t.Run(fmt.Sprint(f, " ", k.kind), func(t *testing.T) {
				m := s.prepare(t, k.kind)
				s.breakNext(t, f)
				wantClass(t, s.operate(t, m), payment.ClassUnknown)
				r, err := s.operator.ReconcileOp(t.Context(), m.Op)
				if err != nil || (r.Class != payment.ClassNotFound && r.Class != payment.ClassUnknown) {
					t.Errorf("ReconcileOp: %+v, %v", r, err)
				}
				s.wantDone(t, m, s.operate(t, m), k.class)
				s.wantTaken(t, m, k.after)
			})
		}
	}
}

// neverAsked: when no request can be on its way any more, there is a definite
// no. A PSP that cannot be asked stays silent.
func (s operations) neverAsked(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k.kind), func(t *testing.T) {
			m := s.prepare(t, k.kind)
			m.CreatedAt = m.CreatedAt.Add(-time.Hour)
			r, err := s.operator.ReconcileOp(t.Context(), m.Op)
			silent := s.h.Settle != nil && r.Class == payment.ClassUnknown
			if err != nil || (r.Class != payment.ClassNotFound && !silent) {
				t.Errorf("ReconcileOp: %+v, %v", r, err)
			}
		})
	}
}

func (s operations) failingLookup(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k.kind), func(t *testing.T) {
			m := s.prepare(t, k.kind)
			m.CreatedAt = m.CreatedAt.Add(-time.Hour)
			s.breakNext(t, LookupFails)
			if r, err := s.operator.ReconcileOp(t.Context(), m.Op); err == nil && r.Class != payment.ClassUnknown {
				t.Errorf("ReconcileOp: %+v", r)
			}
			if s.h.Settle == nil { // else nobody asked, and the fault waits for the next test
				s.wantDone(t, m, s.operate(t, m), k.class)
			}
		})
	}
}

func (s operations) unreachable(t *testing.T) {
	unreachable, ok := s.h.Unreachable.(payment.Operator)
	if !ok {
		t.Skip("the harness has no unreachable operator")
	}
	for _, k := range kinds {
		m := s.prepare(t, k.kind)
		if r, err := unreachable.Operate(t.Context(), m.Op); !errors.Is(err, payment.ErrNotSent) {
			t.Errorf("%s: %+v, %v, want ErrNotSent", k.kind, r, err)
		}
		if r, err := unreachable.ReconcileOp(t.Context(), m.Op); err == nil && r.Class != payment.ClassUnknown {
			t.Errorf("%s: ReconcileOp: %+v", k.kind, r)
		}
	}
}

func (s operations) wrongKeys(t *testing.T) {
	stranger, ok := s.h.WrongKeys.(payment.Operator)
	if !ok {
		t.Skip("the harness has no operator with wrong keys")
	}
	for _, k := range kinds {
		m := s.prepare(t, k.kind)
		if r, err := stranger.Operate(t.Context(), m.Op); err != nil || r.Class != payment.ClassConfig {
			t.Errorf("%s: %+v, %v", k.kind, r, err)
		}
		if r, err := stranger.ReconcileOp(t.Context(), m.Op); err == nil && r.Class != payment.ClassUnknown {
			t.Errorf("%s: ReconcileOp: %+v", k.kind, r)
		}
		s.wantTaken(t, m, amount)
	}
}

func (s operations) rateLimited(t *testing.T) {
	for _, k := range kinds {
		m := s.prepare(t, k.kind)
		s.breakNext(t, RateLimited)
		wantClass(t, s.operate(t, m), payment.ClassRateLimited)
		s.wantTaken(t, m, amount)
		s.wantDone(t, m, s.operate(t, m), k.class)
	}
}

// refusedRepeat: that a repeat is refused says nothing about the first time,
// and changes nothing of it.
func (s operations) refusedRepeat(t *testing.T) {
	stranger, _ := s.h.WrongKeys.(payment.Operator)
	for _, k := range kinds {
		t.Run(string(k.kind), func(t *testing.T) {
			m := s.prepare(t, k.kind)
			s.breakNext(t, DropAfterCommit)
			wantClass(t, s.operate(t, m), payment.ClassUnknown)
			s.breakNext(t, RateLimited)
			wantClass(t, s.operate(t, m), payment.ClassRateLimited)
			if stranger != nil {
				r, err := stranger.Operate(t.Context(), m.Op)
				if err != nil || r.Class != payment.ClassConfig {
					t.Errorf("with wrong keys: %+v, %v", r, err)
				}
			}
			s.wantKnown(t, m, k.class)
			s.wantDone(t, m, s.operate(t, m), k.class)
			s.wantTaken(t, m, k.after)
		})
	}
}
