package paymenttest

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

func (s suite) reusableToken(t *testing.T) {
	if s.h.Reusable.Token.IsZero() {
		t.Skip("the PSP has no reusable test tokens")
	}
	if !s.h.Provider.Reusable(s.h.Reusable) {
		t.Error("the reusable token does not count as reusable")
	}
	for range 2 {
		x := s.ready(t, id.New(id.Session, time.Now()), s.h.Reusable)
		wantCaptured(t, s.send(t, x))
		wantCaptured(t, s.send(t, x))
		s.wantBooks(t, x.charge.SessionID, once)
	}
}

// tokenMisuse: a token is good for one charge of its session, merchant,
// currency, amount and time.
func (s suite) tokenMisuse(t *testing.T) {
	if s.h.Mint == nil {
		t.Skip("the harness cannot mint tokens")
	}
	grant := func(change func(*Allowance)) (string, payment.Credential) {
		a := Allowance{Outcome: Approve, SessionID: id.New(id.Session, time.Now()), MaxAmount: amount, Currency: currency, Lifetime: time.Hour}
		change(&a)
		return a.SessionID, s.h.Mint(t, a)
	}
	asIs := func(*Allowance) {}
	refused := func(t *testing.T, x try, want payment.Class, books Books) {
		t.Helper()
		r := s.send(t, x)
		if alike, ok := s.h.Alike[want]; ok && r.Class == alike {
			want = alike
		}
		wantClass(t, r, want)
		s.wantBooks(t, x.charge.SessionID, books)
	}
	t.Run("OtherSession", func(t *testing.T) {
		if s.h.SessionsUnbound {
			t.Skip("the PSP's tokens are not bound to a session")
		}
		_, cred := grant(asIs)
		refused(t, s.ready(t, id.New(id.Session, time.Now()), cred), payment.ClassTokenInvalid, nothing)
	})
	t.Run("OtherMerchant", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.OtherMerchant = true })
		refused(t, s.ready(t, session, cred), payment.ClassTokenInvalid, nothing)
	})
	t.Run("OtherCurrency", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.Currency = "eur" })
		refused(t, s.ready(t, session, cred), payment.ClassCurrencyMismatch, nothing)
	})
	t.Run("LargerAmount", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.MaxAmount = amount - 1 })
		refused(t, s.ready(t, session, cred), payment.ClassAmountExceeded, nothing)
	})
	t.Run("SmallerAmount", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.MaxAmount = amount + 1 })
		wantCaptured(t, s.send(t, s.ready(t, session, cred)))
	})
	t.Run("Expired", func(t *testing.T) {
		if s.h.Advance == nil {
			t.Skip("the harness cannot move the PSP's clock")
		}
		session, cred := grant(func(a *Allowance) { a.Lifetime = time.Minute })
		s.h.Advance(t, time.Minute)
		refused(t, s.ready(t, session, cred), payment.ClassTokenExpired, nothing)
	})
	t.Run("Used", func(t *testing.T) {
		session, cred := grant(asIs)
		wantCaptured(t, s.send(t, s.ready(t, session, cred)))
		refused(t, s.ready(t, session, cred), payment.ClassTokenUsed, once)
	})
	t.Run("Invented", func(t *testing.T) {
		session, cred := grant(asIs)
		refused(t, s.ready(t, session, cred, func(c *payment.Charge) { c.Credential.Token = invented(cred) }), payment.ClassTokenInvalid, nothing)
	})
	t.Run("NotUsedByADecline", func(t *testing.T) {
		session, cred := grant(func(a *Allowance) { a.Outcome = Decline })
		for range 2 {
			refused(t, s.ready(t, session, cred), payment.ClassDeclined, nothing)
		}
	})
}

// invented is a token that looks like the credential's and does not exist.
func invented(cred payment.Credential) secret.String {
	token := []byte(cred.Token.Reveal())
	last := len(token) - 1
	if token[last]++; token[last] > 'z' || token[last] == '9'+1 || token[last] == 'Z'+1 {
		token[last] = '0'
	}
	return secret.New(string(token))
}
