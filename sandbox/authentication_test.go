package sandbox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

const (
	authVersion = "2026-01-28"
	notifyURL   = "https://agent.example/3ds"
	browser     = `{"type": "browser", "browser": {"accept_header": "text/html", "ip_address": "192.0.2.1", "javascript_enabled": true,
		"language": "en-US", "user_agent": "Test", "color_depth": 24, "java_enabled": false, "screen_height": 900, "screen_width": 1440, "timezone_offset": 0}}`
)

// authBody asks for an authentication of 10.00 usd in a session. more are
// further members.
func authBody(card, session string, more ...string) string {
	return fmt.Sprintf(`{"merchant_id": %q, "payment_method": {"type": "card", "number": %q, "exp_month": "11", "exp_year": "2027", "name": "Test Buyer"},
		"amount": {"value": 1000, "currency": "USD"}, "checkout_session_id": %q, "challenge_notification_url": %q%s}`,
		shop, card, session, notifyURL, strings.Join(append([]string{""}, more...), ", "))
}

// auth calls the delegate authentication API.
func (d *desk) auth(method, path, body string, header ...string) result {
	d.t.Helper()
	return d.do(method, "/delegate_authentication"+path, body, append([]string{"Authorization", "Bearer " + agentKey, "API-Version", authVersion}, header...)...)
}

// asked creates an authentication of a card and has its issuer asked.
func (d *desk) asked(card, session string, more ...string) result {
	d.t.Helper()
	r := d.auth("POST", "", authBody(card, session, more...))
	if r.status != http.StatusCreated {
		d.t.Fatalf("create: %d %s", r.status, r.raw)
	}
	return d.auth("POST", "/"+r.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "U", "channel": `+browser+`}`)
}

// proof retrieves an authentication as a charge takes it.
func (d *desk) proof(r result) map[string]any {
	d.t.Helper()
	got := d.auth("GET", "/"+r.str("authentication_session_id"), "")
	v, _ := got.body["authentication_result"].(map[string]any)
	if v == nil {
		d.t.Fatalf("no result: %s", got.raw)
	}
	return map[string]any{"cryptogram": v["three_ds_cryptogram"], "electronic_commerce_indicator": v["electronic_commerce_indicator"],
		"transaction_id": v["transaction_id"], "version": v["version"]}
}

// member reads a path of objects.
func (r result) member(path ...string) string {
	at := r.body
	for _, name := range path[:len(path)-1] {
		at, _ = at[name].(map[string]any)
	}
	s, _ := at[path[len(path)-1]].(string)
	return s
}

func TestIssuersAnswer(t *testing.T) {
	d := openDesk(t)
	for _, c := range []struct{ card, status, trans, indicator string }{
		{"4000000000002701", "authenticated", "Y", "05"},
		{"5200000000002235", "authenticated", "Y", "02"},
		{"4242424242424242", "authenticated", "Y", "05"},
		{"378282246310005", "authenticated", "Y", "05"},
		{"4000000000002719", "attempted", "A", "06"},
		{"4000000000002925", "not_authenticated", "N", "07"},
		{"4000000000002537", "rejected", "R", ""},
		{"4000000000002313", "unavailable", "U", ""},
	} {
		t.Run(c.card, func(t *testing.T) {
			r := d.asked(c.card, "cs_1")
			if r.status != 200 || r.str("status") != c.status || r.body["authentication_result"] != nil {
				t.Fatalf("authenticate: %d %s", r.status, r.raw)
			}
			got := d.auth("GET", "/"+r.str("authentication_session_id"), "")
			if got.str("status") != c.status || got.member("authentication_result", "trans_status") != c.trans ||
				got.member("authentication_result", "electronic_commerce_indicator") != c.indicator {
				t.Errorf("%s", got.raw)
			}
			proven := c.trans == "Y" || c.trans == "A"
			if cryptogram, err := base64.StdEncoding.DecodeString(got.member("authentication_result", "three_ds_cryptogram")); err != nil || (len(cryptogram) == 20) != proven {
				t.Errorf("cryptogram of %d bytes: %s", len(cryptogram), got.raw)
			}
			if again := d.auth("POST", "/"+r.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "N"}`); again.str("status") != c.status {
				t.Errorf("asked again: %d %s", again.status, again.raw)
			}
		})
	}
	t.Run("a card that takes no part", func(t *testing.T) {
		r := d.auth("POST", "", authBody("6011111111111117", "cs_1"))
		if r.status != 201 || r.str("status") != "not_supported" {
			t.Fatalf("%d %s", r.status, r.raw)
		}
		d.auth("POST", "/"+r.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "U", "channel": `+browser+`}`).want(t, 409, codeDuplicate)
	})
	t.Run("a mandated challenge is granted", func(t *testing.T) {
		r := d.asked("4000000000002701", "cs_1", `"flow_preference": {"type": "challenge", "challenge": {"type": "mandated"}}`)
		if r.str("status") != "action_required" || r.member("action", "type") != "challenge" {
			t.Errorf("%s", r.raw)
		}
		if r := d.asked("4000000000002701", "cs_1", `"flow_preference": {"type": "challenge", "challenge": {"type": "preferred"}}`); r.str("status") != "authenticated" {
			t.Errorf("%s", r.raw)
		}
	})
	t.Run("time runs out", func(t *testing.T) {
		unasked, open := d.auth("POST", "", authBody("4000002760003184", "cs_1")), d.asked("4000002760003184", "cs_1")
		d.advance(authenticationLifetime)
		if r := d.auth("POST", "/"+unasked.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "U", "channel": `+browser+`}`); r.status != 200 || r.str("status") != "expired" {
			t.Errorf("%d %s", r.status, r.raw)
		}
		if r := d.auth("GET", "/"+open.str("authentication_session_id"), ""); r.str("status") != "challenge_abandoned" || r.member("authentication_result", "trans_status") != "U" {
			t.Errorf("%s", r.raw)
		}
	})
}

// DA-01 to DA-05.
func TestRulesOfDelegateAuthentication(t *testing.T) {
	d := openDesk(t)
	valid := authBody("4000000000002701", "cs_1", `"channel": `+browser)
	t.Run("DA-01 its own version, and 201", func(t *testing.T) {
		for version, code := range map[string]string{"": "missing_api_version", "2026-04-17": "unsupported_api_version"} {
			r := d.do("POST", "/delegate_authentication", valid, "Authorization", "Bearer "+agentKey, "API-Version", version)
			r.want(t, 400, code)
			if fmt.Sprint(r.body["supported_versions"]) != "["+authVersion+"]" {
				t.Errorf("%s", r.raw)
			}
		}
		d.do("POST", "/delegate_authentication", valid, "API-Version", authVersion).want(t, 401, codeUnauthorized)
		r := d.auth("POST", "", valid)
		if r.status != 201 || r.str("status") != "action_required" || r.member("action", "fingerprint", "three_ds_method_url") != d.url+methodPath {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
	t.Run("DA-02 what the issuer has to know is asked for by then", func(t *testing.T) {
		bare := d.auth("POST", "", strings.Replace(authBody("4000000000002701", "cs_1"), `"challenge_notification_url"`, `"x"`, 1))
		at := "/" + bare.str("authentication_session_id") + "/authenticate"
		for body, param := range map[string]string{
			`{}`:                              "$.fingerprint_completion",
			`{"fingerprint_completion": "X"}`: "$.fingerprint_completion",
			`{"fingerprint_completion": "U"}`: "$.channel",
			`{"fingerprint_completion": "U", "channel": ` + browser + `}`:                                                                                   "$.challenge_notification_url",
			`{"fingerprint_completion": "U", "channel": ` + browser + `, "challenge_notification_url": "http://agent.example/x"}`:                           "$.challenge_notification_url",
			`{"fingerprint_completion": "U", "channel": ` + browser + `, "challenge_notification_url": "` + notifyURL + `", "checkout_session_id": "cs_2"}`: "$.checkout_session_id",
		} {
			r := d.auth("POST", at, body)
			if r.want(t, 400, codeInvalidCard); r.str("param") != param {
				t.Errorf("%s: %s", body, r.raw)
			}
		}
		if r := d.auth("POST", at, `{"fingerprint_completion": "U", "channel": `+browser+`, "challenge_notification_url": "`+notifyURL+`"}`); r.str("status") != "authenticated" {
			t.Errorf("%s", r.raw)
		}
		d.auth("POST", "/auth_unknown/authenticate", `{"fingerprint_completion": "U"}`).want(t, 404, codeNotFound)
		d.auth("GET", "/auth_unknown", "").want(t, 404, codeNotFound)
	})
	t.Run("DA-03 reading gives the whole result, once there is one", func(t *testing.T) {
		open := d.auth("POST", "", valid)
		at := "/" + open.str("authentication_session_id")
		if r := d.auth("GET", at, ""); r.status != 200 || r.str("status") != "action_required" || r.body["authentication_result"] != nil {
			t.Errorf("before: %d %s", r.status, r.raw)
		}
		d.auth("POST", at+"/authenticate", `{"fingerprint_completion": "Y"}`)
		r := d.auth("GET", at, "")
		result, _ := r.body["authentication_result"].(map[string]any)
		if r.status != 200 || r.str("status") != "authenticated" || result["trans_status"] != "Y" || result["electronic_commerce_indicator"] != "05" {
			t.Errorf("%d %s", r.status, r.raw)
		}
		cryptogram, _ := result["three_ds_cryptogram"].(string)
		if raw, err := base64.StdEncoding.DecodeString(cryptogram); err != nil || len(raw) != 20 {
			t.Errorf("cryptogram %q", cryptogram)
		}
		transaction := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
		for _, name := range []string{"transaction_id", "three_ds_server_trans_id"} {
			if id, _ := result[name].(string); !transaction.MatchString(id) {
				t.Errorf("%s of %s", name, r.raw)
			}
		}
		if version, _ := result["version"].(string); !regexp.MustCompile(`^2\.[0-9](\.[0-9])?$`).MatchString(version) {
			t.Errorf("version of %s", r.raw)
		}
		if again := d.auth("GET", at, ""); again.raw != r.raw {
			t.Errorf("%s became %s", r.raw, again.raw)
		}
	})
	t.Run("DA-04 every field", func(t *testing.T) {
		for _, c := range []struct {
			old, new string
			status   int
			param    string
		}{
			{shop, "nobody", 422, "$.merchant_id"}, {`"merchant_id"`, `"m"`, 400, "$.merchant_id"}, {`"payment_method"`, `"p"`, 400, "$.payment_method"},
			{`"type": "card"`, `"type": "wallet"`, 400, "$.payment_method.type"}, {"4000000000002701", "4000000000002702", 422, "$.payment_method.number"},
			{"4000000000002701", "4539578763621486", 422, "$.payment_method.number"}, {`"11"`, `"13"`, 422, "$.payment_method.exp_month"},
			{`"2027"`, `"27"`, 422, "$.payment_method.exp_year"}, {`"2027"`, `"2025"`, 422, "$.payment_method.exp_year"}, {`"name": "Test Buyer"`, `"n": ""`, 400, "$.payment_method.name"},
			{`"value": 1000`, `"value": 0`, 400, "$.amount.value"}, {`"value": 1000`, `"value": -5`, 400, "$.amount.value"}, {`"value": 1000`, `"value": 10.5`, 400, "$.amount.value"},
			{`"USD"`, `"usd"`, 400, "$.amount.currency"}, {`"USD"`, `"ZZZ"`, 400, "$.amount.currency"}, {`"type": "browser"`, `"type": "app"`, 400, "$.channel.type"},
			{`"accept_header"`, `"a"`, 400, "$.channel.browser.accept_header"}, {`"192.0.2.1"`, `"` + strings.Repeat("1", 46) + `"`, 400, "$.channel.browser.ip_address"},
			{`"javascript_enabled": true,`, ``, 400, "$.channel.browser.javascript_enabled"}, {`"language": "en-US"`, `"language": ""`, 400, "$.channel.browser.language"},
			{`"user_agent"`, `"u"`, 400, "$.channel.browser.user_agent"}, {`"color_depth"`, `"c"`, 400, "$.channel.browser.color_depth"}, {`"java_enabled"`, `"j"`, 400, "$.channel.browser.java_enabled"},
			{`"screen_height"`, `"h"`, 400, "$.channel.browser.screen_height"}, {`"screen_width"`, `"w"`, 400, "$.channel.browser.screen_width"}, {`"timezone_offset"`, `"z"`, 400, "$.channel.browser.timezone_offset"},
			{`"channel"`, `"flow_preference": {"type": "fast"}, "channel"`, 400, "$.flow_preference.type"},
			{`"channel"`, `"acquirer_details": {"acquirer_bin": "123456789012"}, "channel"`, 400, "$.acquirer_details.acquirer_bin"},
			{`"channel"`, `"acquirer_details": {"acquirer_bin": "1", "acquirer_country": "USA"}, "channel"`, 400, "$.acquirer_details.acquirer_country"},
			{`"channel"`, `"shopper_details": {"address": {"name": "Test Buyer"}}, "channel"`, 400, "$.shopper_details.address.line_one"},
			{`"cs_1"`, `"4000 0000 0000 2701"`, 422, "$.checkout_session_id"},
		} {
			r := d.auth("POST", "", strings.Replace(valid, c.old, c.new, 1))
			if r.status != c.status || r.str("param") != c.param || r.str("code") != codeInvalidCard || strings.Contains(r.raw, "2701") {
				t.Errorf("%s: %d %s, want %d at %s", c.new, r.status, r.raw, c.status, c.param)
			}
		}
	})
	t.Run("DA-05 keys are kept, and a mismatch is 409", func(t *testing.T) {
		first := d.auth("POST", "", valid, "Idempotency-Key", "auth-key")
		if again := d.auth("POST", "", valid, "Idempotency-Key", "auth-key"); again.raw != first.raw || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s became %s", first.raw, again.raw)
		}
		d.auth("POST", "", strings.Replace(valid, "1000", "1001", 1), "Idempotency-Key", "auth-key").want(t, 409, codeConflict)
	})
	t.Run("DA-05 a signature, where one was agreed on", func(t *testing.T) {
		d.signature = secret.New("a-secret-for-signatures")
		defer func() { d.signature = secret.String{} }()
		d.auth("POST", "", valid).want(t, 401, sign.CodeSignatureRequired)
		for _, mode := range []sign.Mode{sign.BodyURLMode, sign.TimestampMode} {
			signature, at, err := sign.SignRequest(mode, d.signature, []byte(valid), d.now())
			if err != nil {
				t.Fatal(err)
			}
			if at == "" {
				at = d.now().Format(time.RFC3339)
			}
			if r := d.auth("POST", "", valid, "Signature", signature, "Timestamp", at, "Idempotency-Key", string(mode)); r.status != 201 {
				t.Errorf("%s: %d %s", mode, r.status, r.raw)
			}
			d.auth("POST", "", strings.Replace(valid, "1000", "9", 1), "Signature", signature, "Timestamp", at).want(t, 401, sign.CodeInvalidSignature)
			d.auth("POST", "", valid, "Signature", signature, "Timestamp", d.now().Add(-10*time.Minute).Format(time.RFC3339)).want(t, 401, sign.CodeStaleTimestamp)
		}
	})
	if logs := d.logs.String(); strings.Contains(logs, "2701") || strings.Contains(logs, "authentication_result") {
		t.Error("the logs hold a card or a proof")
	}
}

// A proof is worth one charge of its card, session, shop and amount.
func TestProofOfAuthentication(t *testing.T) {
	d := openDesk(t)
	const card = "4000000000002701"
	charge := func(card, session string, proof any, change ...any) result {
		token := d.token(card, session)
		return d.merchant("POST", "/v1/charges", chargeBody(token, session, "pay_"+token, append([]any{"three_d_secure", proof}, change...)...))
	}
	t.Run("with it the card is charged", func(t *testing.T) {
		proof := d.proof(d.asked(card, "cs_good"))
		if r := charge(card, "cs_good", proof); r.status != 201 || r.str("status") != "captured" {
			t.Fatalf("%d %s", r.status, r.raw)
		}
		charge(card, "cs_good", proof).want(t, 402, badProof.decline) // used
		d.wantCharges("cs_good", 1, 1000)
	})
	t.Run("an attempt is proof too", func(t *testing.T) {
		if r := charge("4000000000002719", "cs_tried", d.proof(d.asked("4000000000002719", "cs_tried"))); r.status != 201 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
	})
	t.Run("a shop may ask for it with any card", func(t *testing.T) {
		token := d.token("4242424242424242", "cs_always")
		d.merchant("POST", "/v1/charges", chargeBody(token, "cs_always", "pay_1", "require_authentication", true)).want(t, 402, verdicts[Requires3DS].decline)
		r := d.merchant("POST", "/v1/charges", chargeBody(token, "cs_always", "pay_2", "require_authentication", true, "three_d_secure", d.proof(d.asked("4242424242424242", "cs_always"))))
		if r.status != 201 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
	})
	t.Run("proof does not make up for a declined card", func(t *testing.T) {
		charge("4000000000009995", "cs_poor", d.proof(d.asked("4000000000009995", "cs_poor"))).want(t, 402, "insufficient_funds")
	})
	t.Run("a token of no issue has its card's", func(t *testing.T) {
		proof := d.proof(d.asked("4242424242424242", "cs_static"))
		r := d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_static", "pay_static", "three_d_secure", proof))
		if r.status != 201 {
			t.Fatalf("%d %s", r.status, r.raw)
		}
	})
	for name, try := range map[string]func() result{
		"another session": func() result { return charge(card, "cs_b", d.proof(d.asked(card, "cs_a"))) },
		"another card":    func() result { return charge("4000002760003184", "cs_c", d.proof(d.asked(card, "cs_c"))) },
		"another currency": func() result {
			euros := d.auth("POST", "", strings.Replace(authBody(card, "cs_h"), "USD", "EUR", 1))
			d.auth("POST", "/"+euros.str("authentication_session_id")+"/authenticate", `{"fingerprint_completion": "U", "channel": `+browser+`}`)
			return charge(card, "cs_h", d.proof(euros))
		},
		"a smaller amount": func() result { return charge(card, "cs_d", d.proof(d.asked(card, "cs_d")), "amount", 999) },
		"no authentication": func() result {
			return charge("4000000000002925", "cs_e", withCryptogram(d.proof(d.asked("4000000000002925", "cs_e"))))
		},
		"a wrong cryptogram": func() result {
			return charge(card, "cs_f", withCryptogram(d.proof(d.asked(card, "cs_f"))))
		},
		"too late": func() result {
			proof := d.proof(d.asked(card, "cs_g"))
			d.advance(authenticationLifetime)
			return charge(card, "cs_g", proof)
		},
	} {
		t.Run(name, func(t *testing.T) {
			try().want(t, 402, badProof.decline)
		})
	}
	t.Run("half a proof", func(t *testing.T) {
		r := charge(card, "cs_half", map[string]any{"cryptogram": "AAAA"})
		if r.want(t, 400, "invalid"); !strings.HasPrefix(r.str("param"), "$.three_d_secure.") {
			t.Errorf("%s", r.raw)
		}
	})
	t.Run("of many charges at once one has it", func(t *testing.T) {
		proof := d.proof(d.asked("4242424242424242", "cs_many"))
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				d.merchant("POST", "/v1/charges", chargeBody("tok_visa", "cs_many", fmt.Sprint("pay_many_", i), "three_d_secure", proof))
			})
		}
		wg.Wait()
		d.wantCharges("cs_many", 1, 1000)
	})
}

func withCryptogram(proof map[string]any) map[string]any {
	proof["cryptogram"] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
	return proof
}

// The published examples are taken, and every answer fits the published schema,
// whose session with a result joins closed objects and is opened for that.
func TestAnswersFitThePublishedAuthenticationSchema(t *testing.T) {
	dir := sharedDir(t)
	file := filepath.Join(dir, "spec", newest, "json-schema", "schema.delegate_authentication.json")
	base, failure, proof := compile(t, file, "DelegateAuthenticationSessionBase"), compile(t, file, "Error"), compile(t, file, "AuthenticationResult")
	content, err := os.ReadFile(filepath.Join(dir, "examples", newest, "examples.delegate_authentication.json"))
	if err != nil {
		t.Fatal(err)
	}
	var examples map[string]map[string]any
	if err := json.Unmarshal(content, &examples); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t)
	for name, example := range examples {
		body, err := encode(example)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(name, "create_authentication_session_request"):
			example["merchant_id"] = shop
			if body, err = encode(example); err != nil {
				t.Fatal(err)
			}
			r := d.auth("POST", "", string(body))
			if r.status != 201 {
				t.Errorf("%s: %d %s", name, r.status, r.raw)
			}
			fits(t, base, r)
		case strings.HasPrefix(name, "authenticate_request"):
			for _, card := range []string{"4000000000002701", "4000002760003184", "4000000000002537"} {
				r := d.auth("POST", "", authBody(card, "cs_1", `"channel": `+browser))
				r = d.auth("POST", "/"+r.str("authentication_session_id")+"/authenticate", string(body))
				if r.status != 200 {
					t.Errorf("%s: %d %s", name, r.status, r.raw)
				}
				fits(t, base, r)
				whole := d.auth("GET", "/"+r.str("authentication_session_id"), "")
				if result := whole.body["authentication_result"]; result != nil {
					if err := proof.Validate(plain(t, result)); err != nil {
						t.Error(err)
					}
					delete(whole.body, "authentication_result")
				}
				if err := base.Validate(plain(t, whole.body)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, bad := range []result{d.auth("POST", "", "{}"), d.auth("POST", "", "no"), d.auth("POST", "", authBody("4242424242424241", "cs_1"))} {
		fits(t, failure, bad)
	}
}

// plain is a value as the schema's validator reads it.
func plain(t *testing.T, v any) any {
	t.Helper()
	body, err := encode(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// creq is the question that the agent has the browser take to the issuer.
func creq(r result) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"threeDSServerTransID":%q,"acsTransID":%q,"messageVersion":"2.2.0","messageType":"CReq","challengeWindowSize":"05"}`,
		r.member("action", "challenge", "three_ds_server_trans_id"), r.member("action", "challenge", "acs_trans_id")))
}

// form sends a form to an issuer's page.
func (d *desk) form(path string, header []string, fields ...string) (int, string, http.Header) {
	d.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	s := d.visitAt(http.MethodPost, path, values, header...)
	return s.status, s.text, s.header
}

// The buyer's answer decides, once, and only on the issuer's own page.
func TestIssuersChallenge(t *testing.T) {
	d := openDesk(t)
	const card = "4000002760003184"
	acquirer := `"acquirer_details": {"acquirer_bin": "412345", "acquirer_country": "US", "acquirer_merchant_id": "1", "merchant_name": "Corner & Sons"}`
	for answer, want := range map[string]struct{ status, trans, cres string }{
		"approve": {"authenticated", "Y", `"transStatus":"Y"`},
		"refuse":  {"not_authenticated", "N", `"transStatus":"N"`},
		"cancel":  {"challenge_abandoned", "U", `"challengeCancel":"01"`},
	} {
		t.Run(answer, func(t *testing.T) {
			r := d.asked(card, "cs_"+answer, acquirer)
			if r.str("status") != "action_required" || r.member("action", "challenge", "acs_url") != d.url+challengePath {
				t.Fatalf("%s", r.raw)
			}
			status, page, h := d.form(challengePath, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://agent.example"}, "creq", creq(r), "threeDSSessionData", "mine")
			if status != 200 || !strings.Contains(page, "Is this payment yours?") || !strings.Contains(page, "Corner &amp; Sons") || !strings.Contains(page, "$10.00") || !strings.Contains(page, "3184") {
				t.Fatalf("%d %s", status, page)
			}
			if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "frame-ancestors") || !strings.Contains(csp, "script-src 'sha256-") || h.Get("X-Frame-Options") != "" {
				t.Errorf("policy %q", csp)
			}
			if status, _, _ := d.form(challengePath, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://agent.example"}, "creq", creq(r), "action", answer); status != 403 {
				t.Errorf("an answer from another site: %d", status)
			}
			status, page, h = d.form(challengePath, []string{"Sec-Fetch-Site", "same-origin"}, "creq", creq(r), "threeDSSessionData", "mine", "action", answer)
			if status != 200 || !strings.Contains(page, notifyURL) || !strings.Contains(page, `value="mine"`) || !strings.Contains(h.Get("Content-Security-Policy"), "https://agent.example") {
				t.Fatalf("%d %s", status, page)
			}
			_, cres, _ := strings.Cut(page, `name="cres" value="`)
			cres, _, _ = strings.Cut(cres, `"`)
			if told, err := base64.RawURLEncoding.DecodeString(cres); err != nil || !strings.Contains(string(told), want.cres) {
				t.Errorf("CRes %s %v", told, err)
			}
			other := map[string]string{"approve": "refuse", "refuse": "approve", "cancel": "approve"}[answer]
			d.form(challengePath, nil, "creq", creq(r), "action", other)
			got := d.auth("GET", "/"+r.str("authentication_session_id"), "")
			if got.str("status") != want.status || got.member("authentication_result", "trans_status") != want.trans {
				t.Errorf("%s", got.raw)
			}
		})
	}
	t.Run("a link asks too", func(t *testing.T) {
		if s := d.visitAt(http.MethodGet, challengePath+"?creq="+creq(d.asked(card, "cs_link")), nil); s.status != 200 || !strings.Contains(s.text, "A shop asks") {
			t.Errorf("%d %s", s.status, s.text)
		}
	})
	t.Run("what is no question", func(t *testing.T) {
		unasked := d.auth("POST", "", authBody(card, "cs_1"))
		for _, q := range []string{"", "%", "e30", creq(unasked)} {
			if status, _, _ := d.form(challengePath, nil, "creq", q, "action", "approve"); status != 400 {
				t.Errorf("%q: %d", q, status)
			}
		}
		late := d.asked(card, "cs_late")
		d.advance(authenticationLifetime)
		if status, _, _ := d.form(challengePath, nil, "creq", creq(late), "action", "approve"); status != 410 {
			t.Errorf("too late: %d", status)
		}
		if s := d.visitAt(http.MethodPut, challengePath, nil); s.status != 405 {
			t.Errorf("PUT: %d", s.status)
		}
	})
}

func TestFingerprint(t *testing.T) {
	d := openDesk(t)
	r := d.auth("POST", "", authBody("4000000000002701", "cs_1", `"channel": `+browser))
	data := func(id, to string) string {
		return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"threeDSServerTransID":%q,"threeDSMethodNotificationURL":%q}`, id, to))
	}
	id := r.member("action", "fingerprint", "three_ds_server_trans_id")
	status, page, _ := d.form(methodPath, []string{"Sec-Fetch-Site", "cross-site"}, "threeDSMethodData", data(id, "https://agent.example/method"))
	if status != 200 || !strings.Contains(page, `action="https://agent.example/method"`) || !strings.Contains(page, `name="threeDSMethodData"`) {
		t.Errorf("%d %s", status, page)
	}
	for _, wrong := range []string{"", data("x", "https://agent.example/method"), data(id, "javascript:alert(1)"), data(id, "http://agent.example/")} {
		if status, _, _ := d.form(methodPath, nil, "threeDSMethodData", wrong); status != 400 {
			t.Errorf("%q: %d", wrong, status)
		}
	}
}
