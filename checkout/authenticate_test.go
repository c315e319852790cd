package checkout_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
)

var acquirer = acp.AcquirerDetails{AcquirerBIN: "412345", AcquirerCountry: "US", AcquirerMerchantID: "1234", MerchantName: "Test Shop"}

// newAuthenticatingWorld is a shop that takes proofs of authentication.
func newAuthenticatingWorld(t testing.TB, mode checkout.ThreeDSMode) *world {
	w := newWorld(t)
	w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: mode, Acquirer: acquirer}
	return w
}

// createFor opens a session for an agent that can do what is named; nil says
// nothing of it.
func (w *world) createFor(supported []string, items ...string) *acp.Session {
	w.t.Helper()
	req := acp.CreateRequest{Items: want(items...), Currency: "usd", FulfillmentDetails: california}
	if supported != nil {
		req.Capabilities.Interventions = &acp.Interventions{Supported: supported}
	}
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"), req))
}

var can3DS = []string{"3ds"}

// proven is a complete request with the proof of an authentication.
func proven(token, cryptogram, transaction string) acp.CompleteRequest {
	r := pay(token)
	r.Authentication = &acp.AuthenticationResult{Outcome: acp.OutcomeAuthenticated, Details: &acp.AuthenticationDetails{
		Cryptogram: cryptogram, ECI: "05", TransactionID: transaction, Version: "2.2.0"}}
	return r
}

func outcome(token, what string) acp.CompleteRequest {
	r := pay(token)
	r.Authentication = &acp.AuthenticationResult{Outcome: what}
	return r
}

func (w *world) send(id string, req acp.CompleteRequest) checkout.Answer {
	return w.core.Complete(context.Background(), w.call("/checkout_sessions/"+id+"/complete"), id, req)
}

// asked takes a session to where it waits for an authentication.
func (w *world) asked(token string) *acp.Session {
	w.t.Helper()
	s := w.must(w.send(w.createFor(can3DS, "mug").ID, pay(token)))
	if s.Status != acp.AuthenticationRequired {
		w.t.Fatalf("%s %v", s.Status, said(s))
	}
	return s
}

// codes are those of a session's messages; an info has none.
func codes(s *acp.Session) []string {
	var out []string
	for _, m := range s.Messages {
		out = append(out, m.Code)
	}
	return out
}

// CMP-08 and CMP-10: what the bank asks for is asked for, and its proof pays.
func TestAuthenticationPays(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_1")
	if m := s.AuthenticationMetadata; m == nil || m.AcquirerDetails != acquirer || m.DirectoryServer != "visa" {
		t.Errorf("metadata %+v", m)
	}
	if !slices.Equal(codes(s), []string{acp.CodeRequires3DS}) || s.Messages[0].Param != "$.authentication_metadata" || s.Messages[0].Resolution != acp.RequiresBuyerReview {
		t.Errorf("%+v", s.Messages)
	}
	if mug := w.item("mug"); mug.Reserved != 0 {
		t.Errorf("stock is held while the buyer is asked: %+v", mug)
	}
	paid := w.must(w.send(s.ID, proven("tok_3ds_1", "good", "ds-1")))
	if paid.Status != acp.Completed || paid.AuthenticationMetadata != nil || len(paid.Messages) != 0 {
		t.Fatalf("%s %v", paid.Status, said(paid))
	}
	w.settled(s.ID, true)
	attempts, err := w.store.SessionAttempts(context.Background(), "shop", s.ID)
	if err != nil || len(attempts) != 2 {
		t.Fatal(len(attempts), err)
	}
	for _, a := range attempts {
		if a.Sealed != nil {
			t.Errorf("attempt %s keeps its sealed request", a.ID)
		}
	}
}

// CMP-09: the result is missing, and nothing changes.
func TestAnAuthenticationThatIsAskedForHasToBeReported(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_1")
	w.refused(w.send(s.ID, pay("tok_3ds_1")), 400, acp.CodeRequires3DS, "$.authentication_result")
	w.refused(w.send(s.ID, outcome("tok_3ds_1", acp.OutcomeAuthenticated)), 400, acp.CodeMissing, "$.authentication_result.outcome_details")
	half := proven("tok_3ds_1", "", "ds-1")
	w.refused(w.send(s.ID, half), 400, acp.CodeMissing, "$.authentication_result.outcome_details")
	for _, version := range []string{"1.0.2", "2", "2.20", "22.0"} {
		odd := proven("tok_3ds_1", "good", "ds-1")
		odd.Authentication.Details.Version = version
		w.refused(w.send(s.ID, odd), 400, acp.CodeInvalid, "$.authentication_result.outcome_details.version")
	}
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || got.Status != acp.AuthenticationRequired || got.AuthenticationMetadata == nil {
		t.Fatalf("%v %+v", err, got)
	}
	w.must(w.send(s.ID, proven("tok_3ds_1", "good", "ds-1")))
	w.settled(s.ID, true)
}

// CMP-10: an authentication that proves nothing makes no order.
func TestAnAuthenticationThatFailed(t *testing.T) {
	for what, code := range map[string]string{
		acp.OutcomeDenied: acp.CodePaymentDeclined, acp.OutcomeRejected: acp.CodePaymentDeclined, acp.OutcomeCanceled: acp.CodePaymentDeclined, acp.OutcomeAbandoned: acp.CodePaymentDeclined,
		acp.OutcomeNotSupported: acp.CodeRequires3DS, acp.OutcomeInternalError: acp.CodeRequires3DS, acp.OutcomeProcessingError: acp.CodeRequires3DS,
	} {
		t.Run(what, func(t *testing.T) {
			w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
			s := w.asked("tok_3ds_1")
			sent := w.psp.sent
			got := w.must(w.send(s.ID, outcome("tok_3ds_1", what)))
			if got.Status != acp.ReadyForPayment || !slices.Equal(codes(got), []string{code}) || got.AuthenticationMetadata != nil {
				t.Fatalf("%s %v", got.Status, said(got))
			}
			if w.psp.sent != sent {
				t.Error("the PSP was asked for money")
			}
			if paid := w.must(w.send(s.ID, pay("tok_ok"))); paid.Status != acp.Completed || len(paid.Messages) != 0 {
				t.Errorf("%s %v", paid.Status, said(paid))
			}
			w.settled(s.ID, true)
		})
	}
}

// CMP-11: a proof is worth its own session, token and amount, and nothing else.
func TestAProofIsBound(t *testing.T) {
	t.Run("to the session", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		a, b := w.asked("tok_3ds_a"), w.asked("tok_3ds_b")
		w.must(w.send(a.ID, proven("tok_3ds_a", "good", "ds-1")))
		w.refused(w.send(b.ID, proven("tok_3ds_b", "good", "ds-1")), 400, acp.CodeInvalid, "$.authentication_result.outcome_details.transaction_id")
		w.clock.Advance(20 * time.Minute)
		w.refused(w.send(b.ID, proven("tok_3ds_b", "good", "ds-1")), 400, acp.CodeInvalid, "$.authentication_result.outcome_details.transaction_id")
		w.must(w.send(b.ID, proven("tok_3ds_b", "good", "ds-2")))
		if n, _ := w.psp.taken(); n != 2 {
			t.Errorf("%d charges", n)
		}
	})
	t.Run("to the token", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		s := w.asked("tok_3ds_a")
		w.refused(w.send(s.ID, proven("tok_3ds_other", "good", "ds-1")), 400, acp.CodeInvalid, "$.payment_data.instrument.credential.token")
	})
	t.Run("to what was asked for", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		s := w.createFor(can3DS, "mug")
		for _, what := range []string{acp.OutcomeRejected, acp.OutcomeDenied, acp.OutcomeCanceled, acp.OutcomeAbandoned} {
			got := w.must(w.send(s.ID, outcome("tok_ok", what)))
			if n, _ := w.psp.taken(); n != 0 || got.Status != acp.ReadyForPayment || !slices.Equal(codes(got), []string{acp.CodePaymentDeclined}) {
				t.Fatalf("%s: %d charges, %s %v", what, n, got.Status, said(got))
			}
		}
		asked := w.must(w.send(s.ID, proven("tok_3ds_early", "good", "ds-1")))
		if n, _ := w.psp.taken(); n != 0 || asked.Status != acp.AuthenticationRequired {
			t.Fatalf("a proof before it was asked for: %d charges, %s", n, asked.Status)
		}
		w.must(w.send(s.ID, proven("tok_3ds_early", "good", "ds-1")))
		w.settled(s.ID, true)
		other := w.createFor(can3DS, "mug")
		w.refused(w.send(other.ID, proven("tok_ok", "good", "ds-1")), 400, acp.CodeInvalid, "$.authentication_result.outcome_details.transaction_id")
	})
	t.Run("to the amount", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		s := w.asked("tok_3ds_a")
		dearer := goods[0]
		dearer.Price += 100
		w.stock(dearer)
		w.clock.Advance(time.Hour) // the quote has expired
		got := w.must(w.send(s.ID, proven("tok_3ds_a", "good", "ds-1")))
		if got.Status != acp.ReadyForPayment || !slices.Contains(codes(got), acp.CodePriceChange) {
			t.Fatalf("%s %v", got.Status, said(got))
		}
		if n, _ := w.psp.taken(); n != 0 {
			t.Fatal("charged")
		}
		again := w.must(w.send(s.ID, pay("tok_3ds_a")))
		if again.Status != acp.AuthenticationRequired {
			t.Fatal(again.Status)
		}
		w.must(w.send(s.ID, proven("tok_3ds_a", "good", "ds-2")))
		w.settled(s.ID, true)
	})
	t.Run("an update asks anew", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		s := w.asked("tok_3ds_a")
		got := w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("print"))})
		if got.Status != acp.ReadyForPayment || got.AuthenticationMetadata != nil || len(got.Messages) != 0 {
			t.Fatalf("%s %v", got.Status, said(got))
		}
		if again := w.must(w.send(s.ID, proven("tok_3ds_a", "good", "ds-1"))); again.Status != acp.AuthenticationRequired {
			t.Fatal(again.Status)
		}
		if n, _ := w.psp.taken(); n != 0 {
			t.Errorf("%d charges", n)
		}
	})
}

func TestAProofThatThePSPRefuses(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	for cryptogram, code := range map[string]string{"bad": acp.CodePaymentDeclined, "again": acp.CodeRequires3DS} {
		token := "tok_3ds_" + cryptogram
		s := w.asked(token)
		got := w.must(w.send(s.ID, proven(token, cryptogram, "ds-"+cryptogram)))
		if got.Status != acp.ReadyForPayment || !slices.Equal(codes(got), []string{code}) {
			t.Errorf("%s: %s %v", cryptogram, got.Status, said(got))
		}
	}
}

// A technical failure charges nothing, and the same request goes on with the
// same proof.
func TestAProofSurvivesATechnicalFailure(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_a")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "pay")
	w.psp.refuseAll = true
	if a := w.core.Complete(context.Background(), call, s.ID, proven("tok_3ds_a", "good", "ds-1")); a.Status != 503 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	got, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || got.Status != acp.AuthenticationRequired || got.AuthenticationMetadata == nil {
		t.Fatalf("%v %s", err, got.Status)
	}
	w.psp.refuseAll = false
	if paid := w.must(w.core.Complete(context.Background(), call, s.ID, proven("tok_3ds_a", "good", "ds-1"))); paid.Status != acp.Completed {
		t.Fatal(paid.Status)
	}
	w.settled(s.ID, true)
}

// Who cannot be authenticated is declined, as without 3-D Secure.
func TestWhoCannotBeAuthenticatedIsDeclined(t *testing.T) {
	for name, test := range map[string]struct {
		mode      checkout.ThreeDSMode
		supported []string
		token     string
	}{
		"the agent cannot":       {checkout.ThreeDSWhenRequired, []string{"biometric"}, "tok_3ds_1"},
		"the agent says nothing": {checkout.ThreeDSWhenRequired, nil, "tok_3ds_1"},
		"the shop does not":      {checkout.ThreeDSNever, can3DS, "tok_3ds_1"},
		"the card has no server": {checkout.ThreeDSWhenRequired, can3DS, "tok_3ds_jcb"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAuthenticatingWorld(t, test.mode)
			s := w.must(w.send(w.createFor(test.supported, "mug").ID, pay(test.token)))
			if s.Status != acp.ReadyForPayment || !slices.Contains(codes(s), acp.CodeRequires3DS) || s.AuthenticationMetadata != nil {
				t.Errorf("%s %v", s.Status, said(s))
			}
		})
	}
}

// A shop that insists on authentication gets it, whatever an
// agent says that it can do.
func TestAShopThatAlwaysAuthenticates(t *testing.T) {
	t.Run("CAP-06, CAP-07 who cannot be authenticated there cannot pay", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSAlways)
		s := w.must(w.send(w.createFor(can3DS, "mug").ID, pay("tok_ok")))
		if s.Status != acp.AuthenticationRequired {
			t.Fatalf("%s %v", s.Status, said(s))
		}
		w.must(w.send(s.ID, proven("tok_ok", "good", "ds-1")))
		w.settled(s.ID, true)

		// Nor does a token that says it comes from our own page.
		sneaking := w.createFor(can3DS, "mug")
		script := pay("tok_ok_1")
		script.Payment.CredentialType = payment.FromScript
		w.refused(w.send(sneaking.ID, script), 400, acp.CodeUnsupported, "$.payment_data.instrument.credential.token")

		blocked := w.createFor([]string{"biometric"}, "mug")
		if blocked.Status != acp.NotReadyForPayment || !slices.Equal(codes(blocked), []string{acp.CodeInterventionRequired}) {
			t.Errorf("%s %v", blocked.Status, said(blocked))
		}
		if got := w.must(w.send(blocked.ID, pay("tok_ok_2"))); got.Status != acp.NotReadyForPayment {
			t.Errorf("%s", got.Status)
		}
		if n, _ := w.psp.taken(); n != 1 {
			t.Errorf("%d charges", n)
		}
	})
}

// CAP-03, CAP-08: what is shown of interventions.
func TestInterventionsAreTheIntersection(t *testing.T) {
	for name, test := range map[string]struct {
		mode        checkout.ThreeDSMode
		asked       []string
		supported   []string // nil: none are shown
		required    []string
		enforcement string
		code        string // "info" for a message without one
	}{
		"nothing asked":         {checkout.ThreeDSWhenRequired, nil, nil, nil, "", ""},
		"both":                  {checkout.ThreeDSWhenRequired, []string{"biometric", "3ds"}, can3DS, []string{}, "conditional", ""},
		"none in common":        {checkout.ThreeDSWhenRequired, []string{"biometric"}, []string{}, []string{}, "conditional", "info"},
		"an empty list":         {checkout.ThreeDSWhenRequired, []string{}, []string{}, []string{}, "conditional", "info"},
		"never":                 {checkout.ThreeDSNever, can3DS, []string{}, []string{}, "optional", ""},
		"always":                {checkout.ThreeDSAlways, can3DS, can3DS, can3DS, "always", ""},
		"always, nothing asked": {checkout.ThreeDSAlways, nil, []string{}, can3DS, "always", acp.CodeInterventionRequired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAuthenticatingWorld(t, test.mode)
			s := w.createFor(test.asked, "mug")
			stored, err := w.core.Get(context.Background(), agent, s.ID)
			if err != nil {
				t.Fatal(err)
			}
			caps := w.merchant.Present(stored).Capabilities
			i := caps.Interventions
			switch {
			case (i == nil) != (test.supported == nil):
				t.Fatalf("%+v", i)
			case i != nil && (!slices.Equal(i.Supported, test.supported) || !slices.Equal(i.Required, test.required) || i.Enforcement != test.enforcement):
				t.Errorf("%+v", i)
			}
			config := caps.Payment.Handlers[0].Config
			if on := test.mode != checkout.ThreeDSNever; config.Supports3DS != on || (len(config.ThreeDSVersions) > 0) != on {
				t.Errorf("%+v", config)
			}
			var told []string
			for _, m := range s.Messages {
				told = append(told, m.Code+map[bool]string{true: "info"}[m.Type == acp.Info])
			}
			if strings.Join(told, " ") != test.code {
				t.Errorf("messages %q, want %q", told, test.code)
			}
		})
	}
}

// A process that dies anywhere on the way of an authentication leaves what the
// next one ends in one order and one charge.
func TestAProcessThatDiesOnTheWayOfAnAuthentication(t *testing.T) {
	for _, step := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
		for _, withProof := range []bool{false, true} {
			for _, byAgent := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, with proof: %v, found by the agent: %v", step, withProof, byAgent), func(t *testing.T) {
					w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
					s := w.createFor(can3DS, "mug")
					req := pay("tok_3ds_a")
					if withProof {
						w.must(w.send(s.ID, req))
						req = proven("tok_3ds_a", "good", "ds-1")
					}
					call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
					w.dies(step, func(core *checkout.Service) { core.Complete(context.Background(), call, s.ID, req) })
					w.clock.Advance(10 * time.Second) // leases end
					if byAgent {
						w.must(w.core.Complete(context.Background(), call, s.ID, req))
					} else {
						w.runJobs("payment.reconcile")
					}
					got, err := w.core.Get(context.Background(), agent, s.ID)
					if err != nil {
						t.Fatal(err)
					}
					if !withProof {
						if got.Status != acp.AuthenticationRequired || got.AuthenticationMetadata == nil {
							t.Fatalf("%s", got.Status)
						}
						w.must(w.send(s.ID, proven("tok_3ds_a", "good", "ds-1")))
					}
					w.settled(s.ID, true)
				})
			}
		}
	}
}

func TestAHundredProofsMakeOneCharge(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	s := w.asked("tok_3ds_a")
	answers := make([]checkout.Answer, 100)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = w.core.Complete(context.Background(), w.callWithKey("/checkout_sessions/"+s.ID+"/complete", fmt.Sprint("k", i)), s.ID, proven("tok_3ds_a", "good", "ds-1"))
		})
	}
	wg.Wait()
	for _, a := range answers {
		if a.Status != 200 && a.Status != 409 {
			t.Errorf("answer %d %s", a.Status, a.Body)
		}
	}
	w.settled(s.ID, true)
}

// Two sessions that wait cannot both use one proof, however they race.
func TestOneProofForTwoSessionsAtOnce(t *testing.T) {
	w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
	a, b := w.asked("tok_3ds_a"), w.asked("tok_3ds_b")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { w.send(a.ID, proven("tok_3ds_a", "good", "ds-1")) })
		wg.Go(func() { w.send(b.ID, proven("tok_3ds_b", "good", "ds-1")) })
	}
	wg.Wait()
	if n, _ := w.psp.taken(); n != 1 {
		t.Errorf("%d charges", n)
	}
}

var _ payment.ProofTaker = (*fakePSP)(nil)

// What an agent cannot do for a shop that always authenticates, the PSP's page
// can: the buyer who takes up the link pays there. So can one whose agent has
// given the authentication up.
func TestAPageAuthenticatesByItself(t *testing.T) {
	for name, mode := range map[string]checkout.ThreeDSMode{"the agent cannot": checkout.ThreeDSAlways, "the agent was asked": checkout.ThreeDSWhenRequired} {
		t.Run(name, func(t *testing.T) {
			w, psp := pageWorld(t)
			w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: mode, Acquirer: acquirer}
			var s *acp.Session
			if mode == checkout.ThreeDSAlways {
				if s = w.createFor(nil, "mug"); s.Status != acp.NotReadyForPayment {
					t.Fatal(s.Status)
				}
			} else {
				s = w.must(w.send(w.createFor(can3DS, "mug").ID, pay("tok_3ds_1")))
			}
			v := w.visit(s.ID)
			opened, err := w.core.OpenPage(context.Background(), v)
			if err != nil || opened.URL == "" || opened.Session.Status != acp.CompleteInProgress || opened.Session.AuthenticationMetadata != nil {
				t.Fatalf("%v %+v", err, opened)
			}
			if len(psp.pages) != 1 {
				t.Errorf("%d pages", len(psp.pages))
			}
		})
	}
}
