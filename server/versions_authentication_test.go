package server_test

import (
	"fmt"
	"testing"

	"github.com/checkstand/checkstand/acp"
)

// A session that waits for the buyer's authentication does so in every version
// that has it, and the proof can come in another one.
func TestAuthenticationAcrossVersions(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	aware := append(authenticatingVersions[:len(authenticatingVersions):len(authenticatingVersions)], acp.Unreleased)
	for i, a := range aware {
		from, to := dialect(a), dialect(aware[(i+2)%len(aware)])
		t.Run(fmt.Sprintf("%s asked, %s answered", from, to), func(t *testing.T) {
			s := m.authenticating(t, from)
			token := m.token(t, m.pays(s, authenticated))
			asked := m.complete(t, from, s.text("id"), from.paying(s, token)).want(t, 200).is(t, "authentication_required")
			for _, v := range spoken() {
				v := dialect(v)
				seen := m.get(t, v, s.text("id")).want(t, 200)
				if v.flat() && !v.nested() {
					seen.is(t, "not_ready_for_payment")
				} else if seen.is(t, "authentication_required").at("authentication_metadata").text("directory_server") != "visa" {
					t.Errorf("CMP-08: %s", seen.body)
				}
			}
			there := m.get(t, to, s.text("id"))
			m.complete(t, to, s.text("id"), to.paying(there, token)).refused(t, 400, "requires_3ds", "$.authentication_result")
			paid := m.complete(t, to, s.text("id"), to.paying(there, token).with("authentication_result", m.authenticate(t, asked, authenticated))).
				want(t, 200).is(t, "completed")
			if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") {
				t.Errorf("%d was taken, %d was shown", taken, s.total("total"))
			}
			if back := m.get(t, from, s.text("id")).is(t, "completed"); back.at("order").text("id") != paid.at("order").text("id") {
				t.Errorf("%s\nin %s: %s", paid.body, from, back.body)
			}
		})
	}
}
