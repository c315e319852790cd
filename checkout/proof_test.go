package checkout_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// CMP-11: that a proof was used is remembered however it is written down again,
// and when the keys that seal have changed since.
func TestAProofIsKnownAgain(t *testing.T) {
	const cryptogram, transaction = "AAABBWcSNIdjeUZThmNHAAAAAAA=", "8a880dc0-d2d2-4067-bcb1-b08d1690b26e"
	for name, test := range map[string]struct {
		cryptogram, transaction string
		param                   string
		rotate                  bool
	}{
		"as it was":                                    {cryptogram, transaction, "transaction_id", false},
		"after a new sealing key":                      {cryptogram, transaction, "transaction_id", true},
		"its transaction in capitals":                  {cryptogram, strings.ToUpper(transaction), "transaction_id", false},
		"its transaction in blanks":                    {cryptogram, " " + transaction + " ", "transaction_id", false},
		"its cryptogram beside another transaction":    {cryptogram, "d2a7e8cf-8d09-4f3d-a6d0-1cbd3d8b8b3f", "three_ds_cryptogram", false},
		"its cryptogram beside another, after new key": {cryptogram, "d2a7e8cf-8d09-4f3d-a6d0-1cbd3d8b8b3f", "three_ds_cryptogram", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
			a, b := w.asked("tok_3ds_a"), w.asked("tok_3ds_b")
			w.must(w.send(a.ID, proven("tok_3ds_a", cryptogram, transaction)))
			if test.rotate {
				w.rotateKeys()
			}
			w.refused(w.send(b.ID, proven("tok_3ds_b", test.cryptogram, test.transaction)), 400, acp.CodeInvalid,
				"$.authentication_result.outcome_details."+test.param)
			if n, _ := w.psp.taken(); n != 1 {
				t.Errorf("%d charges", n)
			}
		})
	}
	t.Run("but not by what no bank has made", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		const nothing = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
		for _, x := range []string{"a", "b"} {
			s := w.asked("tok_3ds_" + x)
			req := proven("tok_3ds_"+x, nothing, "ds-"+x)
			req.Authentication.Outcome, req.Authentication.Details.ECI = acp.OutcomeInformational, "07"
			if paid := w.must(w.send(s.ID, req)); paid.Status != acp.Completed {
				t.Errorf("%s %v", paid.Status, said(paid))
			}
		}
	})
}

// rotateKeys makes the shop seal with a new key, and still know the old one.
func (w *world) rotateKeys() {
	w.t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{8}, secret.KeySize), bytes.Repeat([]byte{7}, secret.KeySize))
	if err != nil {
		w.t.Fatal(err)
	}
	w.core = w.coreWith(func(c *checkout.Config) { c.Box = box })
}

// A session that asked before the keys changed takes its proof after it.
func TestAProofAfterNewKeys(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_a")
	w.rotateKeys()
	w.must(w.send(s.ID, proven("tok_3ds_a", "good", "ds-1")))
	w.settled(s.ID, true)
}

// A session that waits for what its agent brings from the bank can be paid in the
// provider's form on our page, which asks the buyer by itself.
func TestAPageOfOursPaysWhatWaitsForAnAuthentication(t *testing.T) {
	w, _ := pageWorld(t)
	w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: checkout.ThreeDSWhenRequired, Acquirer: acquirer}
	s := w.asked("tok_3ds_1")
	got, err := w.core.PayEmbedded(t.Context(), w.visit(s.ID), payment.Credential{Type: payment.FromScript, Token: secret.New("tok_ok")})
	if err != nil || got.Status != acp.Completed {
		t.Fatal(got, err)
	}
	w.settled(s.ID, true)
}

// What the bank wants may be told by the PSP's webhook while its answer is still
// on the way.
func TestTheBanksWishComesByWebhookFirst(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.createFor(can3DS, "mug")
	gate := make(chan struct{})
	w.psp.set(func(f *fakePSP) { f.gate = gate })
	answered := make(chan checkout.Answer, 1)
	go func() { answered <- w.send(s.ID, pay("tok_3ds_1")) }()
	for w.gated() { // until it is on its way
		runtime.Gosched()
	}
	n := refusedAs(w.attempt(s.ID), payment.ClassRequiresAction)
	n.Result.Brand = "visa"
	w.notice(n)
	close(gate)
	got := w.must(<-answered)
	if got.Status != acp.AuthenticationRequired || got.AuthenticationMetadata == nil || got.AuthenticationMetadata.DirectoryServer != "visa" {
		t.Fatalf("%s %v", got.Status, said(got))
	}
	w.must(w.send(s.ID, proven("tok_3ds_1", "good", "ds-1")))
	w.settled(s.ID, true)
}

// A proof is of one instrument: the same token beside another handler pays with
// something else.
func TestAProofIsBoundToItsHandler(t *testing.T) {
	w, b := owes(t, 100_000, payment.CaptureNow)
	w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: checkout.ThreeDSWhenRequired, Acquirer: acquirer}
	s := w.must(w.core.Create(t.Context(), w.call("/checkout_sessions"), acp.CreateRequest{Items: want("lamp"), Currency: "usd", FulfillmentDetails: california,
		Buyer: member, Capabilities: acp.RequestedCapabilities{Interventions: &acp.Interventions{Supported: can3DS}}}))
	if s = w.must(w.send(s.ID, pay("tok_3ds_1"))); s.Status != acp.AuthenticationRequired {
		t.Fatalf("%s %v", s.Status, said(s))
	}
	other := payFrom(b, "tok_3ds_1")
	other.Authentication = proven("", "good", "ds-1").Authentication
	w.refused(w.send(s.ID, other), 400, acp.CodeInvalid, "$.payment_data.instrument.credential.token")
	if available, _ := w.purse(b.ID); available != 100_000 {
		t.Errorf("%d are left", available)
	}
	// The card's handler may be left out.
	req := proven("tok_3ds_1", "good", "ds-1")
	req.Payment.HandlerID, req.Payment.Provider = "", "stripe"
	if paid := w.must(w.send(s.ID, req)); paid.Status != acp.Completed {
		t.Errorf("%s %v", paid.Status, said(paid))
	}
}

// What the agent's word for it was goes with the proof.
func TestAProofIsPassedOnForWhatItIs(t *testing.T) {
	for outcome, want := range map[string]string{acp.OutcomeAuthenticated: `"Status":""`,
		acp.OutcomeAttemptAcknowledged: `"Status":"attempted"`, acp.OutcomeInformational: `"Status":"informational"`} {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		s := w.asked("tok_3ds_1")
		req := proven("tok_3ds_1", "good", "ds-1")
		req.Authentication.Outcome = outcome
		if paid := w.must(w.send(s.ID, req)); paid.Status != acp.Completed {
			t.Errorf("%s: %s %v", outcome, paid.Status, said(paid))
		}
		told := false
		for _, body := range w.psp.bodies {
			told = told || strings.Contains(body, `"Proof":"good"`) && strings.Contains(body, want)
		}
		if !told {
			t.Errorf("%s: the PSP was sent %v", outcome, w.psp.bodies)
		}
	}
}

// A shop that always authenticates wants it of payments on a page too, of its
// provider's as of its provider's form on ours.
func TestEveryPaymentIsAuthenticatedWhereTheShopWantsIt(t *testing.T) {
	for mode, want := range map[checkout.ThreeDSMode]bool{checkout.ThreeDSNever: false, checkout.ThreeDSWhenRequired: false, checkout.ThreeDSAlways: true} {
		w, psp := pageWorld(t)
		w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: mode, Acquirer: acquirer}
		if _, err := w.core.OpenPage(t.Context(), w.visit(w.createFor(can3DS, "mug").ID)); err != nil {
			t.Fatal(err)
		}
		for _, page := range psp.pages {
			if page.body.RequireAuthentication != want {
				t.Errorf("%s: on the provider's page %v", mode, page.body.RequireAuthentication)
			}
		}
		got, err := w.core.PayEmbedded(t.Context(), w.visit(w.createFor(can3DS, "mug").ID), payment.Credential{Type: payment.FromScript, Token: secret.New("tok_ok")})
		if err != nil || (got.Status == acp.Completed) == want {
			t.Errorf("%s: in the form %s, %v", mode, got.Status, err)
		}
		if want && (got.Status != acp.ReadyForPayment || !slices.Contains(codes(&got.Session), acp.CodeRequires3DS)) {
			t.Errorf("%s: %s %v", mode, got.Status, said(&got.Session))
		}
	}
}

// The flow that the shop would like is the agent's to hand on.
func TestTheFlowThatTheShopPrefers(t *testing.T) {
	for flow, want := range map[checkout.ThreeDSFlow]string{
		checkout.FlowOpen:            "null",
		checkout.ChallengeMandated:   `{"type":"challenge","challenge":{"type":"mandated"}}`,
		checkout.ChallengePreferred:  `{"type":"challenge","challenge":{"type":"preferred"}}`,
		checkout.FrictionlessLowRisk: `{"type":"frictionless","frictionless":{"type":"low_risk"}}`,
	} {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		w.merchant.Test.ThreeDS.Flow = flow
		got, err := json.Marshal(w.asked("tok_3ds_1").AuthenticationMetadata.FlowPreference)
		if err != nil || string(got) != want {
			t.Errorf("%q: %s, %v", flow, got, err)
		}
	}
}

// A session whose time is over while it waits asks for nothing any more.
func TestAnExpiredSessionAsksForNoAuthentication(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_1")
	w.clock.Advance(7 * time.Hour)
	got, err := w.core.Get(t.Context(), agent, s.ID)
	if err != nil || got.Status != acp.Expired || got.AuthenticationMetadata != nil {
		t.Errorf("%v, %+v", err, got)
	}
	w.refused(w.send(s.ID, proven("tok_3ds_1", "good", "ds-1")), 409, acp.CodeConflict, "")
}

// A server of before the letters of a transaction were disregarded has noted it
// as it was sent. That note still says that the proof was used.
func TestAProofThatAnOlderServerHasNoted(t *testing.T) {
	const transaction = "8A880DC0-D2D2-4067-BCB1-B08D1690B26E"
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	scope := idempotency.Scope{MerchantID: "shop", Path: "3-D Secure", Key: string(w.box().Fingerprints(transaction)[0])}
	err := w.store.Update(t.Context(), func(tx checkout.Tx) error {
		return tx.PutIdempotencyRecord(idempotency.Record{Hash: scope.Hash(), MerchantID: "shop", Fingerprint: sha256.Sum256([]byte("cs_of_another")),
			State: idempotency.Done, ExpiresAt: w.clock.Now().Add(time.Hour)}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	s := w.asked("tok_3ds_a")
	w.refused(w.send(s.ID, proven("tok_3ds_a", "good", transaction)), 400, acp.CodeInvalid, "$.authentication_result.outcome_details.transaction_id")
	if n, _ := w.psp.taken(); n != 0 {
		t.Errorf("%d charges", n)
	}
}
