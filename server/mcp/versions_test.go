package mcp_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

// The binding speaks every version that HTTP speaks: meta.api_version is the
// header. A session that one version made is read in each of them.
func TestBindingSpeaksEveryVersion(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: func(c *config.Config) { c.Protocol.Unreleased = true }})
	cs := connect(t, s.BaseURL+mcp.BindingPath, bearer(s))
	versions := append(wire.Supported(), acp.Unreleased)
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			m := object{"api_version": string(v), "idempotency_key": "open-" + string(v)}
			// Every spelling is read in every version, so that one body does.
			payload := strings.Replace(newSession, `"buyer":{`, `"buyer":{"first_name":"Test","last_name":"Buyer",`, 1)
			opened := call(t, cs, "create_checkout_session", object{"meta": m, "payload": json.RawMessage(payload)})
			acptest.Schema(t, v, "CheckoutSession").Check(t, opened.Raw)
			id := opened.sheet(t).ID
			for _, other := range versions {
				read := call(t, cs, "get_checkout_session", object{"meta": object{"api_version": string(other)}, "id": id})
				acptest.Schema(t, other, "CheckoutSession").Check(t, read.Raw)
			}
		})
	}
}

// A version that is not spoken is refused with the list of those that are, and
// the draft is not spoken unless it is switched on.
func TestBindingRefusesOtherVersions(t *testing.T) {
	s := servertest.Start(t, servertest.Options{})
	cs := connect(t, s.BaseURL+mcp.BindingPath, bearer(s))
	for v, code := range map[string]string{"1999-01-01": "unsupported_api_version", string(acp.Unreleased): "unsupported_api_version", "": "missing_api_version"} {
		refused := call(t, cs, "create_checkout_session", object{"meta": object{"api_version": v, "idempotency_key": "k"}, "payload": json.RawMessage(newSession)})
		var e acp.Error
		if err := json.Unmarshal(refused.Raw, &e); err != nil {
			t.Fatal(err)
		}
		if !refused.IsError || e.Code != code || len(e.SupportedVersions) != len(wire.Supported()) || e.SupportedVersions[0] != wire.Newest().Version() {
			t.Errorf("%q: %s", v, refused.Raw)
		}
	}
}
