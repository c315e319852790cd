package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/acptest"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// Each switch that the discovery document tells of, on and off, with all of the
// others: the document has what is on, nothing that is off, and the server does
// what it says.
func TestDiscoveryTellsWhatIsSwitchedOn(t *testing.T) {
	const carts, discounts, orders, authentication, draft, switches = 1, 2, 4, 8, 16, 5
	for on := range 1 << switches {
		is := func(what int) bool { return on&what != 0 }
		t.Run(fmt.Sprintf("carts %t, discounts %t, webhooks %t, 3-D Secure %t, draft %t", is(carts), is(discounts), is(orders), is(authentication), is(draft)), func(t *testing.T) {
			s := servertest.Start(t, servertest.Options{Configure: func(c *config.Config) {
				shop := &c.Merchants[0]
				if !is(carts) {
					shop.Carts.TTL = 0
				}
				if is(discounts) {
					shop.Discounts = marketDiscounts()
				}
				if !is(orders) {
					shop.Agents[0].Webhook = config.WebhookConfig{}
				}
				shop.Payment.Test.ThreeDS = "never"
				if is(authentication) {
					shop.Payment.Test.ThreeDS = "when_required"
				}
				c.Protocol.Unreleased = is(draft)
			}})
			m := &market{url: s.BaseURL, bearer: s.APIKey.Reveal(), client: http.DefaultClient, clock: &movingClock{}}
			d := m.exchange(t, m.url, request{method: "GET", path: "/.well-known/acp.json", head: map[string]string{"Authorization": "", "API-Version": ""}}).want(t, 200)
			acptest.Schema(t, acp.V20260417, "DiscoveryResponse").Check(t, d.body)
			checkDescribed(t, acp.V20260417, "Discovery", d.body)

			services, extensions, interventions := []string{"checkout"}, []string{}, []string{}
			if is(orders) {
				services = append(services, "orders")
			}
			if is(carts) {
				services = append(services, "carts")
			}
			if is(discounts) {
				extensions = append(extensions, "discount")
			}
			if is(authentication) {
				interventions = append(interventions, "3ds")
			}
			can := d.at("capabilities")
			var listed []string
			for _, e := range can.list("extensions") {
				listed = append(listed, e.text("name"))
			}
			for name, got := range map[string][2][]string{
				"services": {textsOf(can["services"]), services}, "intervention_types": {textsOf(can["intervention_types"]), interventions},
				"extensions": {listed, extensions}, "transports": {textsOf(d.object["transports"]), {"rest", "mcp"}},
				"supported_currencies": {textsOf(can["supported_currencies"]), {servertest.Currency}},
			} {
				if !slices.Equal(got[0], got[1]) {
					t.Errorf("%s are %v, switched on are %v", name, got[0], got[1])
				}
			}
			var versions []string
			for _, v := range wire.Supported() {
				versions = append(versions, string(v))
			}
			if got := textsOf(d.at("protocol")["supported_versions"]); !slices.Equal(got, versions) {
				t.Errorf("versions %v", got)
			}
			docs := d.at("protocol").text("documentation_url")
			if page := m.exchange(t, m.url, request{method: "GET", path: strings.TrimPrefix(docs, m.url), head: map[string]string{"Authorization": ""}}); page.status != 200 {
				t.Errorf("%s answers %d", docs, page.status)
			}

			newest := dialect(acp.V20260417)
			asked := newest.order(line(servertest.Mug, 1)).with("capabilities", object{"interventions": object{"supported": []any{"3ds"}}})
			made := m.exchange(t, m.url, request{method: "POST", path: "/checkout_sessions", version: newest, body: asked}).want(t, 201)
			active := []string{}
			for _, e := range made.at("capabilities").list("extensions") {
				active = append(active, e.text("name"))
			}
			if !slices.Equal(active, extensions) || !slices.Equal(textsOf(made.at("capabilities").at("interventions")["supported"]), interventions) {
				t.Errorf("a session has %v", made.at("capabilities"))
			}
			if got := m.exchange(t, m.url, request{method: "POST", path: "/carts", version: newest, body: object{"line_items": []any{line(servertest.Mug, 1)}}}); (got.status == 201) != is(carts) {
				t.Errorf("carts answer %d", got.status)
			}
			if got := m.exchange(t, m.url, request{method: "GET", path: "/checkout_sessions/" + made.text("id"), version: dialect(acp.Unreleased)}); (got.status == 200) != is(draft) {
				t.Errorf("the draft answers %d", got.status)
			}
		})
	}
}

func textsOf(list any) []string {
	values, _ := list.([]any)
	out := []string{}
	for _, v := range values {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}
