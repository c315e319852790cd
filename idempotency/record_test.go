package idempotency_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/idempotency"
)

// Two scopes have one hash only if they are one: moving a character from the
// end of one part to the start of the next makes another scope.
func TestEachScopeHasItsOwnHash(t *testing.T) {
	part := rapid.StringMatching(`[ab]{0,3}`)
	scope := rapid.Custom(func(t *rapid.T) idempotency.Scope {
		return idempotency.Scope{MerchantID: part.Draw(t, "merchant"), CredentialID: part.Draw(t, "credential"), Path: part.Draw(t, "path"), Key: part.Draw(t, "key")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := scope.Draw(t, "a"), scope.Draw(t, "b")
		if (a == b) != (a.Hash() == b.Hash()) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}
