package paymenttest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// AnyProof is a proof for a stand-in that takes every one.
func AnyProof(testing.TB, payment.Charge) payment.Proof {
	return payment.Proof{Cryptogram: secret.New("AQIDBAUGBwgJCgsMDQ4PEBESExQ="), ECI: "05", TransactionID: "c4e59ceb-a382-4d6a-bc87-385d591fa09d", Version: "2.2.0"}
}

// proof: a charge that needs the buyer authenticated charges nothing and names
// the card's brand; with the proof the same token pays, in another attempt. A
// shop can demand it of any card.
func (s suite) proof(t *testing.T) {
	if !payment.TakesProof(s.h.Provider) || s.h.Prove == nil {
		t.Skip("the PSP takes no proof of an authentication that was made elsewhere")
	}
	for name, outcome := range map[string]Outcome{"asked for by the issuer": Authentication, "asked for by the shop": Approve} {
		t.Run(name, func(t *testing.T) {
			if s.h.AskedFirst && outcome == Authentication {
				t.Skip("what the issuer asks for uses the token up")
			}
			demand := func(c *payment.Charge) { c.RequireAuthentication = outcome == Approve }
			x := s.prepare(t, outcome, demand)
			r := s.send(t, x)
			wantClass(t, r, payment.ClassRequiresAction)
			if r.Brand != "visa" {
				t.Errorf("the card's brand is %q", r.Brand)
			}
			// Who asks, as after a crash, learns as much.
			again := s.reconcile(t, x)
			wantClass(t, again, payment.ClassRequiresAction)
			if again.Brand != "visa" {
				t.Errorf("asked about, the card's brand is %q", again.Brand)
			}
			s.wantBooks(t, x.charge.SessionID, nothing)

			proof := s.h.Prove(t, x.charge)
			y := s.ready(t, x.charge.SessionID, x.charge.Credential, demand, func(c *payment.Charge) { c.Proof = &proof })
			if printed := fmt.Sprintf("%+v %#v", y.charge, proof); strings.Contains(printed, proof.Cryptogram.Reveal()) {
				t.Error("a printed charge shows the cryptogram")
			}
			if again, err := s.h.Provider.Build(y.charge); err != nil || !bytes.Equal(again, y.body) {
				t.Errorf("the same charge was built as other bytes (err %v)", err)
			}
			wantCaptured(t, s.send(t, y))
			wantCaptured(t, s.send(t, y))
			s.wantBooks(t, x.charge.SessionID, once)
			wantCaptured(t, s.reconcile(t, y))
		})
	}
	t.Run("half a proof is not built", func(t *testing.T) {
		x := s.prepare(t, Approve)
		c := x.charge
		c.Proof = &payment.Proof{ECI: "05"}
		if _, err := s.h.Provider.Build(c); err == nil {
			t.Error("built without an error")
		}
	})
}
