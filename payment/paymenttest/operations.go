package paymenttest

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// TestOperator runs the contract of payment.Operator: captures, voids and
// refunds, done in full and in part, repeated, refused and lost on the way.
// Beside what the adapter says it judges by the PSP's books, where Taken is
// what is held or captured less what was refunded.
func TestOperator(t *testing.T, h Harness) {
	operator, ok := h.Provider.(payment.Operator)
	if !ok {
		t.Fatalf("%T is not a payment.Operator", h.Provider)
	}
	s := newOperations(h, operator)
	t.Run("Done", s.done)
	t.Run("InPart", s.inPart)
	t.Run("PieceByPiece", s.pieceByPiece)
	t.Run("PartOfHold", func(t *testing.T) { s.partOfHold(t, s.prepare(t, payment.OpCapture)) })
	t.Run("Refused", s.refused)
	t.Run("VoidOfCaptured", s.voidOfCaptured)
	t.Run("Again", s.again)
	t.Run("SameKeyOtherAmount", s.sameKeyOtherAmount)
	t.Run("LostAnswer", s.lostAnswer)
	t.Run("LostRequest", s.lostRequest)
	t.Run("NeverAsked", s.neverAsked)
	t.Run("FailingLookup", s.failingLookup)
	t.Run("Unreachable", s.unreachable)
	t.Run("WrongKeys", s.wrongKeys)
	t.Run("RateLimited", s.rateLimited)
	t.Run("RefusedRepeat", s.refusedRepeat)
	t.Run("AnySequence", s.anySequence)
}

// operations is the suite of an Operator. Its methods shadow those of the
// suite of the payment itself where the name is the same.
type operations struct {
	suite
	operator payment.Operator
	told     map[string]bool // moves of which a webhook has told the outcome
}

func newOperations(h Harness, operator payment.Operator) operations {
	return operations{suite: suite{h}, operator: operator, told: map[string]bool{}}
}

// move is an Op with the session whose books tell what it did.
type move struct {
	payment.Op
	session string
}

// kinds are the moves with what they come to and what the books hold after.
var kinds = []struct {
	kind  payment.OpKind
	class payment.Class
	after int64
}{
	{payment.OpCapture, payment.ClassCaptured, amount},
	{payment.OpVoid, payment.ClassVoided, 0},
	{payment.OpRefund, payment.ClassRefunded, 0},
}

// prepare makes a payment that the kind of move is possible on, and the move
// of all of it.
func (s operations) prepare(t *testing.T, kind payment.OpKind) move {
	t.Helper()
	if kind == payment.OpRefund {
		x := s.suite.prepare(t, Approve)
		paid := s.send(t, x)
		wantCaptured(t, paid)
		if s.h.Mature != nil {
			s.h.Mature(t, paid.PSPRef)
		}
		return s.op(x, paid, kind)
	}
	x := s.suite.prepare(t, Approve, func(c *payment.Charge) { c.Capture = payment.CaptureLater })
	held := s.send(t, x)
	if held.Class != payment.ClassAuthorized || held.Amount != amount || held.Captured != 0 || held.Currency != currency {
		t.Fatalf("got %+v, want %d %s held", held, amount, currency)
	}
	s.wantBooks(t, x.charge.SessionID, once)
	return s.op(x, held, kind)
}

func (s operations) op(x try, paid payment.Result, kind payment.OpKind) move {
	now := time.Now()
	name := id.New("op", now)
	return move{session: x.charge.SessionID, Op: payment.Op{ID: name, Kind: kind, AttemptID: x.attempt.ID, PSPRef: paid.PSPRef,
		Amount: amount, Currency: currency, Key: "acp_" + name, Reason: "requested_by_customer", CreatedAt: now}}
}

// another is a further move of the same payment.
func (m move) another(kind payment.OpKind, amount int64) move {
	now := time.Now()
	m.ID = id.New("op", now)
	m.Kind, m.Amount, m.Key, m.OpRef, m.CreatedAt = kind, amount, "acp_"+m.ID, "", now
	return m
}

func (s operations) operate(t *testing.T, m move) payment.Result {
	t.Helper()
	r, err := s.operator.Operate(t.Context(), m.Op)
	if err != nil {
		t.Fatalf("Operate: %v", err)
	}
	return r
}

// wantDone checks that the move was made, and how much it moved. Where the PSP
// decides later it is pending until then.
func (s operations) wantDone(t *testing.T, m move, r payment.Result, class payment.Class) {
	t.Helper()
	if s.h.Settle != nil && r.Class == payment.ClassPending {
		s.settle(t, m, class)
		return
	}
	s.hear(t, m, class)
	if r.Class != class || r.Amount != m.Amount || r.Currency != m.Currency || r.PSPRef == "" {
		t.Errorf("got %+v, want %d %s %s", r, m.Amount, m.Currency, class)
	}
}

// wantKnown checks what is found out about a move that was made. A PSP that
// decides later tells by its webhooks, and asking may tell nothing.
func (s operations) wantKnown(t *testing.T, m move, class payment.Class) {
	t.Helper()
	r, err := s.operator.ReconcileOp(t.Context(), m.Op)
	if err != nil {
		t.Fatalf("ReconcileOp: %v", err)
	}
	if s.h.Settle != nil && (r.Class == payment.ClassUnknown || r.Class == payment.ClassPending) {
		return
	}
	s.wantDone(t, m, r, class)
}

// settle lets the PSP finish a move that it has accepted, and checks what it
// tells then.
func (s operations) settle(t *testing.T, m move, class payment.Class) {
	t.Helper()
	s.h.Settle(t)
	s.hear(t, m, class)
	if s.h.Notices != nil && !s.told[m.ID] {
		t.Errorf("no webhook tells what became of the %s", m.Kind)
	}
}

// hear takes the webhooks that wait. Those about the move must say what it came
// to, with its amount.
func (s operations) hear(t *testing.T, m move, class payment.Class) {
	t.Helper()
	if s.h.Notices == nil {
		return
	}
	for _, n := range s.h.Notices(t) {
		switch {
		case n.Subject == payment.AboutPayment && n.Final && n.Result.Class == payment.ClassVoided && n.PSPRef == m.PSPRef:
			if class != payment.ClassVoided {
				t.Errorf("the webhook says that the hold has ended: %+v", n)
			}
		case n.Subject != payment.AboutOperation || n.Reference != m.ID:
		case n.OpKind != m.Kind || n.PSPRef != m.PSPRef:
			t.Errorf("the webhook is about %s of %s, want %s of %s", n.OpKind, n.PSPRef, m.Kind, m.PSPRef)
		case n.Final:
			s.told[m.ID] = true
			if r := n.Result; r.Class != class || (class != payment.ClassDeclined && (r.Amount != m.Amount || r.Currency != m.Currency)) {
				t.Errorf("the webhook says %+v, want %d %s %s", r, m.Amount, m.Currency, class)
			}
		}
	}
}

// wantRefused checks that nothing moved. Where the PSP decides later it may
// have accepted the request first.
func (s operations) wantRefused(t *testing.T, m move, r payment.Result) {
	t.Helper()
	if s.h.Settle != nil && r.Class == payment.ClassPending {
		s.settle(t, m, payment.ClassDeclined)
		return
	}
	wantClass(t, r, payment.ClassDeclined)
}

// wantTaken checks the PSP's books.
func (s operations) wantTaken(t *testing.T, m move, want int64) {
	t.Helper()
	if s.h.Books == nil {
		return
	}
	if got := s.h.Books(t, m.session); got.Taken != want {
		t.Errorf("the PSP's books say that %d is held or taken, want %d", got.Taken, want)
	}
}

func (s operations) done(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k.kind), func(t *testing.T) {
			m := s.prepare(t, k.kind)
			r := s.operate(t, m)
			s.wantDone(t, m, r, k.class)
			s.wantTaken(t, m, k.after)
			m.OpRef = r.PSPRef
			s.wantKnown(t, m, k.class)
			m.OpRef = "" // the answer was lost: the key and our own id must do
			s.wantKnown(t, m, k.class)
		})
	}
}

// inPart: the rest of an authorisation is given back, the rest of a refunded
// payment stays.
func (s operations) inPart(t *testing.T) {
	const part = amount / 3
	for kind, want := range map[payment.OpKind]struct {
		class payment.Class
		after int64
	}{
		payment.OpCapture: {payment.ClassCaptured, part},
		payment.OpRefund:  {payment.ClassRefunded, amount - part},
	} {
		t.Run(string(kind), func(t *testing.T) {
			m := s.prepare(t, kind)
			m.Amount = part
			s.wantDone(t, m, s.operate(t, m), want.class)
			s.wantTaken(t, m, want.after)
			s.wantKnown(t, m, want.class)
		})
	}
}

// pieceByPiece: refunds add up to the payment and not beyond it.
func (s operations) pieceByPiece(t *testing.T) {
	m := s.prepare(t, payment.OpRefund)
	first, second, beyond := m.another(payment.OpRefund, 500), m.another(payment.OpRefund, amount-500), m.another(payment.OpRefund, 1)
	s.wantDone(t, first, s.operate(t, first), payment.ClassRefunded)
	s.wantTaken(t, m, amount-500)
	s.wantDone(t, second, s.operate(t, second), payment.ClassRefunded)
	s.wantTaken(t, m, 0)
	s.wantRefused(t, beyond, s.operate(t, beyond))
	s.wantTaken(t, m, 0)
	s.wantKnown(t, first, payment.ClassRefunded)
	s.wantKnown(t, second, payment.ClassRefunded)
}

// partOfHold: what is captured of a hold can be refunded, the rest is released
// and cannot be taken any more. m is the capture of all of a fresh hold.
func (s operations) partOfHold(t *testing.T, m move) {
	const part, first = 1200, 500
	captured := m.another(payment.OpCapture, part)
	s.wantDone(t, captured, s.operate(t, captured), payment.ClassCaptured)
	s.wantTaken(t, m, part)
	rest := m.another(payment.OpCapture, amount-part)
	s.wantRefused(t, rest, s.operate(t, rest))
	s.wantTaken(t, m, part)
	if s.h.Mature != nil {
		s.h.Mature(t, m.PSPRef)
	}
	for _, c := range []struct {
		amount, left int64
		refused      bool
	}{
		{amount: part + 1, left: part, refused: true}, // all of the hold is not there
		{amount: first, left: part - first},
		{amount: part - first + 1, left: part - first, refused: true},
		{amount: part - first, left: 0},
		{amount: 1, left: 0, refused: true},
	} {
		refund := m.another(payment.OpRefund, c.amount)
		if r := s.operate(t, refund); c.refused {
			s.wantRefused(t, refund, r)
		} else {
			s.wantDone(t, refund, r, payment.ClassRefunded)
			s.wantKnown(t, refund, payment.ClassRefunded)
		}
		s.wantTaken(t, m, c.left)
	}
	s.wantKnown(t, captured, payment.ClassCaptured)
}

// refused: what the state of the payment does not allow moves nothing.
func (s operations) refused(t *testing.T) {
	capture, void, refund := payment.OpCapture, payment.OpVoid, payment.OpRefund
	for _, c := range []struct {
		name     string
		first    payment.OpKind // done before; "" for nothing
		kind     payment.OpKind
		amount   int64
		on       payment.OpKind // the payment is prepared for it
		wantLeft int64
	}{
		{"capture of more than is held", "", capture, amount + 1, capture, amount},
		{"capture of nothing", "", capture, 0, capture, amount},
		{"capture of what is captured", capture, capture, amount, capture, amount},
		{"capture of what is voided", void, capture, amount, void, 0},
		{"refund of more than was taken", "", refund, amount + 1, refund, amount},
		{"refund of a negative amount", "", refund, -1, refund, amount},
		{"refund of what is only held", "", refund, amount, capture, amount},
		{"refund of what is refunded", refund, refund, amount, refund, 0},
		{"void of what is refunded", refund, void, amount, refund, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := s.prepare(t, c.on)
			if c.first != "" {
				before := m.another(c.first, amount)
				if r := s.operate(t, before); r.Class == payment.ClassPending && s.h.Settle != nil {
					s.h.Settle(t)
				}
			}
			refused := m.another(c.kind, c.amount)
			s.wantRefused(t, refused, s.operate(t, refused))
			s.wantTaken(t, m, c.wantLeft)
		})
	}
}

// voidOfCaptured: some PSPs take a captured payment back until it is settled,
// others want a refund. Either way the answer is what the books say.
func (s operations) voidOfCaptured(t *testing.T) {
	m := s.prepare(t, payment.OpCapture)
	s.wantDone(t, m, s.operate(t, m), payment.ClassCaptured)
	void := m.another(payment.OpVoid, amount)
	r := s.operate(t, void)
	switch {
	case r.Class == payment.ClassVoided:
		s.wantTaken(t, m, 0)
	default:
		s.wantRefused(t, void, r)
		s.wantTaken(t, m, amount)
	}
}

// again: however often one Op is asked for, it moves the money once.
func (s operations) again(t *testing.T) {
	for _, k := range kinds {
		t.Run(string(k.kind), func(t *testing.T) {
			m := s.prepare(t, k.kind)
			if k.kind == payment.OpRefund {
				m.Amount, k.after = amount/4, amount-amount/4
			}
			for range 3 {
				s.wantDone(t, m, s.operate(t, m), k.class)
				s.wantTaken(t, m, k.after)
			}
			// A PSP forgets its keys some day. The Op is then old.
			m.CreatedAt = m.CreatedAt.AddDate(0, -2, 0)
			if r := s.operate(t, m); r.Class != k.class && r.Class != payment.ClassUnknown && r.Class != payment.ClassPending {
				t.Errorf("long after: %+v", r)
			}
			s.wantTaken(t, m, k.after)
		})
	}
}

// sameKeyOtherAmount: one key is one move, whatever is asked under it later.
func (s operations) sameKeyOtherAmount(t *testing.T) {
	m := s.prepare(t, payment.OpRefund)
	m.Amount = 500
	s.wantDone(t, m, s.operate(t, m), payment.ClassRefunded)
	other := m
	other.Amount = 501
	r := s.operate(t, other)
	if r.Class == payment.ClassRefunded && r.Amount == other.Amount {
		t.Errorf("another amount under the same key: %+v", r)
	}
	s.wantTaken(t, m, amount-500)
}
