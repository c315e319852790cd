package checkout_test

import (
	"context"
	"testing"

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
