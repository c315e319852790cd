package mcp_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/server/servertest"
)

// A call that was refused for what it lacked is another one when it comes with
// it, by the same token: no payment was made with that.
func TestTheSameTokenWithWhatWasMissing(t *testing.T) {
	s := open(t, servertest.Options{})
	ready := s.ready(t, servertest.Book)
	token := s.token(t, ready, servertest.CardApproved)
	whole := payment(ready, token)
	without := payment(ready, token)
	delete(without, "buyer")
	if got := call(t, s.host, "complete_checkout", without).sheet(t); got.Order != nil || got.codes() == "" {
		t.Fatalf("without an e-mail address: %s %s", got.Status, got.codes())
	}
	for range 2 {
		if got := call(t, s.host, "complete_checkout", whole).sheet(t); got.Status != string(acp.Completed) || got.codes() != "" {
			t.Errorf("with one: %s %s", got.Status, got.codes())
		}
	}
	if b := s.books(t, ready.ID); b.Charges != 1 || b.Taken != ready.total() {
		t.Errorf("the provider's books: %+v, total %d", b, ready.total())
	}
}

// A proof that was refused as it was written can be sent again as it should have
// been.
func TestTheSameProofWrittenRight(t *testing.T) {
	s := open(t, servertest.Options{Configure: selling(offering)})
	with := cart(servertest.Mug)
	with["checkout_session"].(object)["capabilities"] = object{"interventions": object{"supported": []string{"3ds"}}}
	id := call(t, s.host, "checkout_session", with).sheet(t).ID
	of := change(t, s, id, object{"fulfillment_address": address()}).sheet(t)
	args := payment(of, s.token(t, of, servertest.CardChallenged))
	if r := call(t, s.host, "complete_checkout", args); beside(t, r).Status != "authentication_required" {
		t.Fatalf("the bank asks nobody: %s", r.Raw)
	}
	proof := object{"transaction_id": "00000000-0000-4000-8000-000000000001", "three_ds_cryptogram": "AAECAwQFBgcICQoLDA0ODxAREhM=", "electronic_commerce_indicator": "05", "version": "1.0.2"}
	args["authentication_result"] = object{"outcome": "authenticated", "outcome_details": proof}
	refused := call(t, s.host, "complete_checkout", args)
	if got := refused.sheet(t); !strings.HasPrefix(got.codes(), acp.CodeInvalid) || beside(t, refused).Status != "authentication_required" {
		t.Fatalf("a version that is not taken: %s %s", got.codes(), refused.Raw)
	}
	proof["version"] = "2.2.0"
	// The bank has not made it, so that it pays nothing; but it is looked at.
	if r := call(t, s.host, "complete_checkout", args); strings.HasPrefix(r.sheet(t).codes(), acp.CodeInvalid) || beside(t, r).Status == "authentication_required" {
		t.Errorf("in a version that is: %s", r.Raw)
	}
}
