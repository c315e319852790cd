package server_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/config"
)

// Cards whose issuers want the buyer authenticated, and what they say.
const (
	authenticated = "4000000000002701"
	asksBuyer     = "4000002760003184"
)

// authenticatingVersions have words for 3-D Secure.
var authenticatingVersions = []acp.Version{acp.V20251212, acp.V20260116, acp.V20260130, acp.V20260417}

// authenticating is a cart of an agent that can have its buyers authenticated.
func (m *market) authenticating(t testing.TB, v dialect) answer {
	t.Helper()
	body := v.order(line("ok", 2))
	if !v.flat() {
		body = body.with("capabilities", object{"interventions": object{"supported": []any{"3ds"}}})
	}
	return m.create(t, v, body).is(t, "ready_for_payment")
}

// atPSP calls the delegate authentication API.
func (m *market) atPSP(t testing.TB, method, path string, body any) answer {
	t.Helper()
	return m.exchange(t, m.pspURL, request{method: method, path: "/delegate_authentication" + path, version: dialect(client.AuthenticationVersion), body: body, bearer: m.secrets["key of delegate_payment"]})
}

// authenticate has a session's buyer authenticated, as the session asks, and
// gives what complete is told of it.
func (m *market) authenticate(t testing.TB, s answer, card string) object {
	t.Helper()
	body := object{"merchant_id": m.account, "payment_method": object{"type": "card", "number": card, "exp_month": "11", "exp_year": "2031", "name": "Test Buyer"},
		"amount": object{"value": s.total("total"), "currency": strings.ToUpper(s.text("currency"))}, "checkout_session_id": s.text("id"),
		"acquirer_details": s.at("authentication_metadata").at("acquirer_details"), "challenge_notification_url": "https://agent.example/3ds"}
	a := m.atPSP(t, "POST", "", body).want(t, 201)
	a = m.atPSP(t, "POST", "/"+a.text("authentication_session_id")+"/authenticate", object{"fingerprint_completion": "U", "channel": object{"type": "browser",
		"browser": object{"accept_header": "text/html", "ip_address": "192.0.2.1", "javascript_enabled": false, "language": "en", "user_agent": "Test"}}}).want(t, 200)
	if q := a.at("action").at("challenge"); q != nil {
		creq := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"threeDSServerTransID":%q,"acsTransID":%q,"messageVersion":"2.2.0","messageType":"CReq"}`, q.text("three_ds_server_trans_id"), q.text("acs_trans_id")))
		resp, err := m.client.PostForm(q.text("acs_url"), url.Values{"creq": {creq}, "action": {"approve"}})
		if err != nil {
			t.Fatal(err)
		}
		must(t, resp.Body.Close())
	}
	r := m.atPSP(t, "GET", "/"+a.text("authentication_session_id"), nil).want(t, 200).at("authentication_result")
	return object{"outcome": "authenticated", "outcome_details": object{"three_ds_cryptogram": r.text("three_ds_cryptogram"),
		"electronic_commerce_indicator": r.text("electronic_commerce_indicator"), "transaction_id": r.text("transaction_id"), "version": r.text("version")}}
}

func TestRulesOfAuthentication(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	// asked is a session that waits for the buyer, and the request that pays it
	// but for the result.
	asked := func(t *testing.T, v dialect, card string) (answer, object) {
		t.Helper()
		s := m.authenticating(t, v)
		pay := v.paying(s, m.token(t, m.pays(s, card)))
		return m.complete(t, v, s.text("id"), pay).want(t, 200).is(t, "authentication_required"), pay
	}
	eachVersion(t, "CMP-08 a session that waits says what the bank needs", func(t *testing.T, v dialect) {
		s, _ := asked(t, v, authenticated)
		meta := s.at("authentication_metadata")
		if meta.text("directory_server") != "visa" || meta.at("acquirer_details").text("acquirer_bin") == "" || s.says("requires_3ds") == nil || len(m.ledger(t, s.text("id"))) != 0 {
			t.Errorf("%s", s.body)
		}
		if got := m.get(t, v, s.text("id")); string(got.body) != string(s.body) {
			t.Errorf("said %s\nread %s", s.body, got.body)
		}
	}, authenticatingVersions...)
	eachVersion(t, "CMP-09 completing it without the result is refused", func(t *testing.T, v dialect) {
		s, pay := asked(t, v, authenticated)
		for range 2 {
			a := m.complete(t, v, s.text("id"), pay).want(t, 400)
			if a.text("type") != "invalid_request" || a.text("code") != "requires_3ds" || a.text("param") != "$.authentication_result" {
				t.Errorf("%s", a.body)
			}
		}
		m.get(t, v, s.text("id")).is(t, "authentication_required")
		m.complete(t, v, s.text("id"), pay.with("authentication_result", object{"outcome": "authenticated"})).refused(t, 400, "missing", "$.authentication_result.outcome_details")
	}, authenticatingVersions...)
	eachVersion(t, "CMP-10 proof pays, and any other outcome makes no order", func(t *testing.T, v dialect) {
		for _, card := range []string{authenticated, asksBuyer} {
			s, pay := asked(t, v, card)
			paid := m.complete(t, v, s.text("id"), pay.with("authentication_result", m.authenticate(t, s, card))).want(t, 200).is(t, "completed")
			if taken := m.ledger(t, s.text("id"))["usd"]; taken != s.total("total") || paid.at("authentication_metadata") != nil {
				t.Errorf("%d was taken: %s", taken, paid.body)
			}
		}
		outcomes := []string{"denied", "canceled", "rejected", "processing_error"}
		if acp.Version(v) == acp.V20260116 {
			outcomes = []string{"failed", "unavailable", "rejected"}
		}
		for _, outcome := range outcomes {
			s, pay := asked(t, v, authenticated)
			a := m.complete(t, v, s.text("id"), pay.with("authentication_result", object{"outcome": outcome})).want(t, 200).is(t, "ready_for_payment")
			if len(a.list("messages")) == 0 || len(m.ledger(t, s.text("id"))) != 0 {
				t.Errorf("%s: %s", outcome, a.body)
			}
		}
	}, authenticatingVersions...)
	eachVersion(t, "CMP-11 a result is of its own session and amount", func(t *testing.T, v dialect) {
		first, pay := asked(t, v, authenticated)
		result := m.authenticate(t, first, authenticated)
		m.complete(t, v, first.text("id"), pay.with("authentication_result", result)).want(t, 200).is(t, "completed")
		second, again := asked(t, v, authenticated)
		if a := m.complete(t, v, second.text("id"), again.with("authentication_result", result)); a.status < 400 || a.status >= 500 {
			t.Errorf("replayed in another session: %d %s", a.status, a.body)
		}
		fresh := m.authenticating(t, v)
		early := v.paying(fresh, m.token(t, m.pays(fresh, authenticated))).with("authentication_result", m.authenticate(t, fresh, authenticated))
		m.complete(t, v, fresh.text("id"), early).want(t, 200).is(t, "authentication_required") // nobody had asked
		if a := m.complete(t, v, fresh.text("id"), early.with("authentication_result", result)); a.status < 400 || a.status >= 500 {
			t.Errorf("replayed in another session: %d %s", a.status, a.body)
		}
		third, pay := asked(t, v, authenticated)
		m.update(t, v, third.text("id"), object{v.items(): []any{line("ok", 1)}}).want(t, 200).is(t, "ready_for_payment")
		m.complete(t, v, third.text("id"), pay.with("authentication_result", m.authenticate(t, third, authenticated))).want(t, 200).is(t, "authentication_required") // anew
		for _, s := range []answer{second, fresh, third} {
			if taken := m.ledger(t, s.text("id")); len(taken) != 0 {
				t.Errorf("%v was taken", taken)
			}
		}
	}, authenticatingVersions...)
	t.Run("the proof is in no log and no file", func(t *testing.T) {
		v := dialect(acp.V20260417)
		s, pay := asked(t, v, authenticated)
		result := m.authenticate(t, s, authenticated)
		m.complete(t, v, s.text("id"), pay.with("authentication_result", result)).want(t, 200).is(t, "completed")
		cryptogram := result["outcome_details"].(object).text("three_ds_cryptogram")
		if cryptogram == "" || strings.Contains(m.logs.String(), cryptogram) {
			t.Error("the logs hold a cryptogram")
		}
		for name, content := range filesBelow(t, m.dir) {
			if strings.Contains(string(content), cryptogram) {
				t.Errorf("%s holds a cryptogram", name)
			}
		}
	})
}

// filesBelow reads every file of a folder.
func filesBelow(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d files: %v", len(out), err)
	}
	return out
}

// schemaLoader gets schemas over HTTP, as an agent's validator does.
type schemaLoader struct{ client *http.Client }

func (l schemaLoader) Load(at string) (any, error) {
	resp, err := l.client.Get(at)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", at, resp.Status)
	}
	return jsonschema.UnmarshalJSON(resp.Body)
}

func TestRulesOfPaymentHandlers(t *testing.T) {
	t.Parallel()
	t.Run("PAY-01 to PAY-05 its schemas are there, and it fits them", func(t *testing.T) {
		m := openMarket(t)
		s := m.ready(t, dialect(acp.V20260417))
		handlers := s.at("capabilities").at("payment").list("handlers")
		if len(handlers) == 0 {
			t.Fatalf("CAP-05: %s", s.body)
		}
		compile := func(at string) *jsonschema.Schema {
			t.Helper()
			c := jsonschema.NewCompiler()
			c.UseLoader(jsonschema.SchemeURLLoader{"http": schemaLoader{m.client}, "https": schemaLoader{m.client}})
			schema, err := c.Compile(at)
			if err != nil {
				t.Fatalf("PAY-01: %v", err)
			}
			return schema
		}
		for _, h := range handlers {
			for _, field := range []string{"id", "name", "version", "spec", "requires_delegate_payment", "requires_pci_compliance", "psp", "config_schema", "instrument_schemas", "config"} {
				if h[field] == nil {
					t.Errorf("PAY-01: no %s in %v", field, h)
				}
			}
			if err := compile(h.text("config_schema")).Validate(map[string]any(h.at("config"))); err != nil {
				t.Errorf("PAY-02, PAY-05: %v", err)
			}
			for _, at := range h["instrument_schemas"].([]any) {
				pay := dialect(acp.V20260417).paying(s, "tok_visa")["payment_data"].(object)["instrument"]
				instrument, err := jsonschema.UnmarshalJSON(strings.NewReader(string(bytesOf(t, pay))))
				if err != nil {
					t.Fatal(err)
				}
				if err := compile(at.(string)).Validate(instrument); err != nil {
					t.Errorf("PAY-04: %v", err)
				}
			}
			for name, secret := range m.secrets {
				if strings.Contains(fmt.Sprint(h), secret) {
					t.Errorf("PAY-03: a handler shows the %s", name)
				}
			}
		}
	})
	t.Run("PAY-05 it has the publishable key, so that an agent can tokenise at the shop's own account", func(t *testing.T) {
		m := openMarketWith(t, func(cfg *config.Config) { cfg.Merchants[0].Payment.Test.PublicKey = "pbl_market" })
		for _, v := range []acp.Version{acp.V20260130, acp.V20260417} {
			handlers := m.ready(t, dialect(v)).at("capabilities").at("payment").list("handlers")
			if len(handlers) != 1 || handlers[0].at("config").text("public_key") != "pbl_market" {
				t.Errorf("%s: %v", v, handlers)
			}
		}
	})
}
