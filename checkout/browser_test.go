package checkout_test

import (
	"context"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// What the agent tells of the buyer's browser is there while the bank is asked,
// and nowhere afterwards, however it ends.
func TestTheBrowserIsKnownWhileTheBankIsAsked(t *testing.T) {
	const address, agentName = "203.0.113.42", "Quillfeather/1.0"
	for name, end := range map[string]func(w *world, id string) acp.Status{
		"proven": func(w *world, id string) acp.Status {
			return w.must(w.send(id, proven("tok_3ds_1", "good", "ds-1"))).Status
		},
		"given up": func(w *world, id string) acp.Status {
			return w.must(w.send(id, outcome("tok_3ds_1", acp.OutcomeCanceled))).Status
		},
		"cancelled": func(w *world, id string) acp.Status {
			return w.must(w.core.Cancel(context.Background(), w.call("/checkout_sessions/"+id+"/cancel"), id, acp.CancelRequest{})).Status
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
			req := pay("tok_3ds_1")
			req.RiskSignals = &acp.RiskSignals{IPAddress: address, UserAgent: agentName, AcceptLanguage: "fr-CA;q=0.9, en"}
			s := w.must(w.send(w.createFor(can3DS, "mug").ID, req))
			if s.Status != acp.AuthenticationRequired || s.AuthenticationMetadata.Browser == nil ||
				*s.AuthenticationMetadata.Browser != (acp.Browser{IPAddress: address, UserAgent: agentName, Language: "fr-CA"}) {
				t.Fatalf("%s %+v", s.Status, s.AuthenticationMetadata)
			}
			status := end(w, s.ID)
			kept, err := w.store.Reader(context.Background()).Session("shop", s.ID)
			if err != nil {
				t.Fatal(err)
			}
			if kept.Status != status || status == acp.AuthenticationRequired {
				t.Fatalf("%s, told %s", kept.Status, status)
			}
			if kept.AuthenticationMetadata != nil || kept.Authentication != nil && (kept.Authentication.Browser != nil ||
				kept.Authentication.Metadata != nil && kept.Authentication.Metadata.Browser != nil) {
				t.Errorf("kept %+v", kept.Authentication)
			}
		})
	}
	t.Run("paid at once", func(t *testing.T) {
		w := newAuthenticatingWorld(t, checkout.ThreeDSWhenRequired)
		req := pay("tok_ok_1")
		req.RiskSignals = &acp.RiskSignals{UserAgent: agentName}
		s := w.must(w.send(w.createFor(can3DS, "mug").ID, req))
		kept, err := w.store.Reader(context.Background()).Session("shop", s.ID)
		if err != nil || s.Status != acp.Completed || kept.Authentication != nil && kept.Authentication.Browser != nil {
			t.Errorf("%v %s %+v", err, s.Status, kept.Authentication)
		}
	})
}

// A session that expires while the bank asks forgets the browser then, and not
// when it is removed a month later.
func TestTheBrowserIsForgottenWithTheExpiry(t *testing.T) {
	const job = "session.expiry"
	onBothStores(t, func(t *testing.T, w *world, all []*world) {
		w.merchant.Test.ThreeDS = checkout.ThreeDS{Mode: checkout.ThreeDSWhenRequired, Acquirer: acquirer}
		agree(all)
		last := all[len(all)-1] // may be another node than the one that asked
		ask := func(token string, signals *acp.RiskSignals) *acp.Session {
			req := pay(token)
			req.RiskSignals = signals
			s := w.must(w.send(w.createFor(can3DS, "mug").ID, req))
			if s.Status != acp.AuthenticationRequired {
				t.Fatal(s.Status)
			}
			return s
		}
		known := &acp.RiskSignals{IPAddress: "203.0.113.42", UserAgent: "Quillfeather/1.0"}
		waits, paid := ask("tok_3ds_1", known), ask("tok_3ds_2", known)
		ask("tok_3ds_3", nil) // there is nothing to forget
		if s := w.must(w.send(paid.ID, proven("tok_3ds_2", "good", "ds-2"))); s.Status != acp.Completed {
			t.Fatal(s.Status)
		}
		row := func(sessionID string) *checkout.Session {
			s, err := w.store.Reader(context.Background()).Session("shop", sessionID)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		w.clock.Advance(row(waits.ID).ExpiresAt.Sub(w.clock.Now()) - time.Millisecond)
		if done, errs := last.runJobs(job); done != 0 || errs != nil || row(waits.ID).Authentication.Browser == nil {
			t.Fatalf("a moment before: %d, %v, %+v", done, errs, row(waits.ID).Authentication)
		}
		w.clock.Advance(time.Millisecond)
		version := row(paid.ID).Version
		if done, errs := last.runJobs(job); done != 2 || errs != nil {
			t.Fatal(done, errs)
		}
		kept := row(waits.ID)
		if a := kept.Authentication; kept.Status != acp.Expired || kept.AuthenticationMetadata != nil || a.Browser != nil || a.Metadata.Browser != nil {
			t.Errorf("%s, %+v, kept %+v", kept.Status, kept.AuthenticationMetadata, a)
		}
		if s := row(paid.ID); s.Status != acp.Completed || s.Version != version {
			t.Errorf("the one that was paid is %s, and was written %d times", s.Status, s.Version-version)
		}
		if s, err := w.core.Get(context.Background(), agent, waits.ID); err != nil || s.Status != acp.Expired || len(s.Messages) != 0 {
			t.Errorf("shown as %+v, %v", s, err)
		}
		w.refused(w.send(waits.ID, proven("tok_3ds_1", "good", "ds-1")), 409, "conflict", "")
	})
}
