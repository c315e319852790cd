package paymenttest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// audit is what an agent sends beside a stored card.
const audit = "vt_for_the_audit"

// kept is a credential with a card that the PSP keeps for a customer of its
// own.
func (s suite) kept(t *testing.T, o Outcome) payment.Credential {
	t.Helper()
	return onFile(s.h.Keep(t, customer(), o))
}

func customer() string { return strings.ReplaceAll(id.New("person", time.Now()), "_", "") }

func onFile(stored payment.Stored) payment.Credential {
	return payment.Credential{Type: "spt", Token: secret.New(audit), Stored: stored}
}

// stored is an attempt with such a card.
func (s suite) stored(t *testing.T, o Outcome, change ...func(*payment.Charge)) try {
	t.Helper()
	return s.ready(t, id.New(id.Session, time.Now()), s.kept(t, o), change...)
}

// storedCard: a card that the PSP keeps is charged as a delegated token is, but
// for its customer alone, and again and again.
func (s suite) storedCard(t *testing.T) {
	vault, ok := s.h.Provider.(payment.Vault)
	if !ok || s.h.Keep == nil {
		t.Skip("the adapter charges no stored cards")
	}
	t.Run("Build", func(t *testing.T) {
		x := s.stored(t, Approve)
		if again, err := vault.Build(x.charge); err != nil || !bytes.Equal(again, x.body) {
			t.Errorf("the same charge was built as other bytes (err %v)", err)
		}
		if bytes.Contains(x.body, []byte(audit)) {
			t.Errorf("the agent's token goes to the PSP: %s", x.body)
		}
		if !vault.Reusable(x.charge.Credential) {
			t.Error("a stored card does not count as reusable")
		}
		s.wantBooks(t, x.charge.SessionID, nothing)
	})
	t.Run("Shape", func(t *testing.T) { s.shapes(t, vault) })
	t.Run("Outcomes", func(t *testing.T) {
		for _, o := range []Outcome{Approve, Decline, NoFunds, ExpiredCard, WrongCVC, Fraud, TechnicalFault, Authentication} {
			t.Run(string(o), func(t *testing.T) {
				x := s.stored(t, o)
				r := s.send(t, x)
				wantClass(t, r, o.Class())
				books := nothing
				if o == Approve {
					wantCaptured(t, r)
					books = once
				}
				s.wantBooks(t, x.charge.SessionID, books)
				if later := s.reconcile(t, x); later.Class != r.Class || later.PSPRef != r.PSPRef {
					t.Errorf("Reconcile says %+v, Send said %+v", later, r)
				}
			})
		}
	})
	t.Run("Held", func(t *testing.T) {
		x := s.stored(t, Approve, func(c *payment.Charge) { c.Capture = payment.CaptureLater })
		if r := s.send(t, x); r.Class != payment.ClassAuthorized || r.Amount != amount || r.Captured != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("AgainAndAgain", func(t *testing.T) {
		card := s.kept(t, Approve)
		for range 3 {
			x := s.ready(t, id.New(id.Session, time.Now()), card)
			wantCaptured(t, s.send(t, x))
			wantCaptured(t, s.send(t, x)) // under the same key, it is the same charge
			s.wantBooks(t, x.charge.SessionID, once)
		}
	})
	t.Run("AfterADecline", func(t *testing.T) {
		card := s.kept(t, Decline)
		for range 2 {
			wantClass(t, s.send(t, s.ready(t, id.New(id.Session, time.Now()), card)), payment.ClassDeclined)
		}
	})
	t.Run("LostAnswer", func(t *testing.T) {
		for _, o := range []Outcome{ApproveAndDrop, ApproveAndError} {
			s.lost(t, s.stored(t, o))
		}
		x := s.stored(t, Approve)
		s.breakNext(t, DropAfterCommit)
		s.lost(t, x)
	})
	t.Run("LostRequest", func(t *testing.T) {
		x := s.stored(t, Approve)
		s.breakNext(t, DropBeforeCommit)
		wantClass(t, s.send(t, x), payment.ClassUnknown)
		wantCaptured(t, s.send(t, x))
		s.wantBooks(t, x.charge.SessionID, once)
	})
	t.Run("Authenticated", func(t *testing.T) {
		if !payment.TakesProof(vault) || s.h.Prove == nil {
			t.Skip("the PSP takes no proof of an authentication that was made elsewhere")
		}
		x := s.stored(t, Authentication)
		wantClass(t, s.send(t, x), payment.ClassRequiresAction)
		proof := s.h.Prove(t, x.charge)
		y := s.ready(t, x.charge.SessionID, x.charge.Credential, func(c *payment.Charge) { c.Proof = &proof })
		wantCaptured(t, s.send(t, y))
		s.wantBooks(t, x.charge.SessionID, once)
	})
	s.storedMisuse(t)
}

// storedMisuse: what the PSP does not keep for this customer is refused, and
// nothing is charged.
func (s suite) storedMisuse(t *testing.T) {
	refused := func(t *testing.T, stored payment.Stored) {
		t.Helper()
		x := s.ready(t, id.New(id.Session, time.Now()), onFile(stored))
		r := s.send(t, x)
		wantClass(t, r, payment.ClassTokenInvalid)
		s.wantBooks(t, x.charge.SessionID, nothing)
	}
	t.Run("Unknown", func(t *testing.T) {
		card := s.kept(t, Approve)
		stored := card.Stored
		stored.Card = invented(payment.Credential{Token: secret.New(stored.Card)}).Reveal()
		refused(t, stored)
	})
	t.Run("OtherCustomer", func(t *testing.T) {
		mine, theirs := s.kept(t, Approve).Stored, s.kept(t, Approve).Stored
		refused(t, payment.Stored{Customer: mine.Customer, Card: theirs.Card})
	})
	t.Run("UnknownCustomer", func(t *testing.T) {
		stored := s.kept(t, Approve).Stored
		stored.Customer = invented(payment.Credential{Token: secret.New(stored.Customer)}).Reveal()
		refused(t, stored)
	})
	t.Run("Forgotten", func(t *testing.T) {
		card := s.kept(t, Approve)
		wantCaptured(t, s.send(t, s.ready(t, id.New(id.Session, time.Now()), card)))
		s.h.Forget(t, card.Stored)
		refused(t, card.Stored)
	})
}

// shapes: what is no reference of the PSP's is not taken for one, and is
// neither shown nor built into a request.
func (s suite) shapes(t *testing.T, vault payment.Vault) {
	good := s.kept(t, Approve).Stored
	if err := vault.CheckStored(good); err != nil {
		t.Fatal(err)
	}
	const number = "4242424242424242"
	for name, change := range map[string]func(*payment.Stored){
		"no card":                  func(r *payment.Stored) { r.Card = "" },
		"no customer":              func(r *payment.Stored) { r.Customer = "" },
		"a card number":            func(r *payment.Stored) { r.Card = number },
		"a grouped number":         func(r *payment.Stored) { r.Card = "4242-4242-4242-4242" },
		"a number as the customer": func(r *payment.Stored) { r.Customer = number },
		"white space":              func(r *payment.Stored) { r.Card += " " },
		"a line end":               func(r *payment.Stored) { r.Customer += "\n" },
		"far too long":             func(r *payment.Stored) { r.Card += strings.Repeat("x", 300) },
		"punctuation":              func(r *payment.Stored) { r.Card = "'; --" },
	} {
		stored := good
		change(&stored)
		err := vault.CheckStored(stored)
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		if stored.Card != "" && strings.Contains(err.Error(), stored.Card) || strings.Contains(err.Error(), number) {
			t.Errorf("%s: the error repeats it: %v", name, err)
		}
		c := payment.Charge{AttemptID: "pay_1", SessionID: "cs_1", OrderID: "ord_1", Amount: amount, Currency: currency, MerchantID: s.h.MerchantID, Credential: onFile(stored)}
		if body, err := vault.Build(c); err == nil {
			t.Errorf("%s: built: %s", name, body)
		}
	}
}
