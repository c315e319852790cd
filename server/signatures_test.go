package server_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/store/pgtest"
)

// signatory is an agent that signs in one mode.
type signatory struct {
	mode    sign.Mode
	private secret.String // what it signs with
	bearer  string        // of a credential that requires it
}

// signatories makes one of each mode.
func (m *market) signatories(t *testing.T) []signatory {
	t.Helper()
	var all []signatory
	for _, mode := range sign.Modes() {
		private, public := keyPair(t, mode)
		all = append(all, signatory{mode, private, m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent,
			SignaturePolicy: credential.SignatureRequired, SignatureMode: string(mode), SignatureSecret: public})})
	}
	return all
}

// keyPair is what an agent signs with and the shop verifies with.
func keyPair(t *testing.T, mode sign.Mode) (private, public secret.String) {
	t.Helper()
	var own, shared any
	switch mode {
	case sign.Ed25519Mode:
		p, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		own, shared = k, p
	case sign.ES256Mode:
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		own, shared = k, &k.PublicKey
	default:
		k := secret.New(id.Secret("sig"))
		return k, k
	}
	one, err := x509.MarshalPKCS8PrivateKey(own)
	must(t, err)
	two, err := x509.MarshalPKIXPublicKey(shared)
	must(t, err)
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: one}))),
		secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: two})))
}

// signedCall is a call to create a session, on either surface.
type signedCall struct {
	bearer, body, signature, timestamp, key string
}

// surfaces send the same call over HTTP and over MCP; the answer is that of
// the protocol.
func (m *market) surfaces() map[string]func(*testing.T, signedCall) answer {
	return map[string]func(*testing.T, signedCall) answer{
		"http": func(t *testing.T, c signedCall) answer {
			t.Helper()
			r := request{method: "POST", path: "/checkout_sessions", version: dialect(acp.V20260417), body: c.body, bearer: c.bearer}.under(c.key)
			if c.signature != "" {
				r.head["Signature"], r.head["Timestamp"] = c.signature, c.timestamp
			}
			return m.send(t, r)
		},
		"mcp": func(t *testing.T, c signedCall) answer {
			t.Helper()
			meta := object{"api_version": string(acp.V20260417), "idempotency_key": c.key}
			if c.signature != "" {
				meta["signature"], meta["timestamp"] = c.signature, c.timestamp
			}
			return m.callTool(t, c.bearer, "create_checkout_session", fmt.Sprintf(`{"meta":%s,"payload":%s}`, bytesOf(t, meta), c.body))
		},
	}
}

// callTool calls a tool of the protocol's MCP binding. The status of the answer
// is 200 or, of an error, 400.
func (m *market) callTool(t *testing.T, bearer, tool, arguments string) answer {
	t.Helper()
	return m.callToolAt(t, "/acp/mcp", bearer, tool, arguments)
}

// callToolAt calls a tool of an endpoint for chats.
func (m *market) callToolAt(t *testing.T, path, bearer, tool, arguments string) answer {
	t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, arguments)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := m.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	var reply struct {
		Result struct {
			IsError           bool            `json:"isError"`
			StructuredContent json.RawMessage `json:"structuredContent"`
		} `json:"result"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil || len(reply.Result.StructuredContent) == 0 {
		t.Fatalf("%d %s", resp.StatusCode, raw)
	}
	a := answer{status: http.StatusOK, header: resp.Header, body: reply.Result.StructuredContent}
	if reply.Result.IsError {
		a.status = http.StatusBadRequest
	}
	must(t, json.Unmarshal(a.body, &a.object))
	return a
}

// Each mode over HTTP and as meta.signature over MCP.
func TestSignatureModes(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	body := string(bytesOf(t, dialect(acp.V20260417).order(line("ok", 1))))
	all := m.signatories(t)
	for surface, send := range m.surfaces() {
		for _, s := range all {
			t.Run(surface+"/"+string(s.mode), func(t *testing.T) {
				signed := func(private secret.String, age time.Duration) signedCall {
					t.Helper()
					signature, timestamp, err := sign.SignRequest(s.mode, private, []byte(body), m.clock.Now().Add(-age))
					if err != nil {
						t.Fatal(err)
					}
					return signedCall{s.bearer, body, signature, timestamp, m.freshKey()}
				}
				taken := func(t *testing.T, a answer) {
					t.Helper()
					if a.status >= 400 || a.text("status") != "ready_for_payment" {
						t.Errorf("%d %s", a.status, a.body)
					}
				}
				refused := func(t *testing.T, a answer, code string) {
					t.Helper()
					if a.status < 400 || a.text("code") != code || a.text("type") != "invalid_request" {
						t.Errorf("%d %s, want %s", a.status, a.body, code)
					}
				}
				t.Run("SIG-01 valid is taken, anything else refused", func(t *testing.T) {
					taken(t, send(t, signed(s.private, 0)))
					taken(t, send(t, signed(s.private, 299*time.Second)))
					altered := signed(s.private, 0)
					altered.body = strings.Replace(body, `"ok"`, `"other"`, 1)
					refused(t, send(t, altered), "invalid_signature")
					refused(t, send(t, signed(s.private, 10*time.Minute)), "stale_timestamp")
					refused(t, send(t, signed(s.private, -10*time.Minute)), "stale_timestamp")
					stranger, _ := keyPair(t, s.mode)
					refused(t, send(t, signed(stranger, 0)), "invalid_signature")
					bare := signed(s.private, 0)
					bare.signature = ""
					refused(t, send(t, bare), "signature_required")
					for _, other := range all {
						c := signed(s.private, 0)
						if c.bearer = other.bearer; other.mode != s.mode {
							refused(t, send(t, c), "invalid_signature")
						}
					}
				})
				t.Run("SIG-02 base64 and base64url, padded or not", func(t *testing.T) {
					for _, alphabet := range []*strings.Replacer{strings.NewReplacer("+", "-", "/", "_"), strings.NewReplacer("-", "+", "_", "/")} {
						for _, padded := range []bool{true, false} {
							c := signed(s.private, 0)
							if c.signature = strings.TrimRight(alphabet.Replace(c.signature), "="); padded {
								c.signature += strings.Repeat("=", (4-len(c.signature)%4)%4)
							}
							taken(t, send(t, c))
						}
					}
				})
				t.Run("SIG-03 a failed signature uses no key up", func(t *testing.T) {
					c := signed(s.private, 0)
					right := c.signature
					c.signature = strings.Repeat("A", len(right))
					refused(t, send(t, c), "invalid_signature")
					c.signature = right
					first := send(t, c)
					taken(t, first)
					if again := send(t, c); !bytes.Equal(again.body, first.body) {
						t.Errorf("%s became %s", first.body, again.body)
					}
					c.key = m.freshKey()
					refused(t, send(t, c), "replayed_request")
				})
			})
		}
	}
}

// The window is the configuration's, in every version and for every mode, and a
// change is remembered as long as it lasts.
func TestTheSignatureWindowIsConfigured(t *testing.T) {
	const window, margin = 20 * time.Minute, time.Minute
	m := openMarketWith(t, func(c *config.Config) { c.Limits.SignatureWindow = window })
	for _, s := range m.signatories(t) {
		for _, v := range spoken() {
			t.Run(string(s.mode)+"/"+string(v), func(t *testing.T) {
				body := string(bytesOf(t, dialect(v).order(line("ok", 1))))
				send := func(age time.Duration) answer {
					signature, timestamp, err := sign.SignRequest(s.mode, s.private, []byte(body), m.clock.Now().Add(-age))
					must(t, err)
					r := request{method: "POST", path: "/checkout_sessions", version: dialect(v), body: body, bearer: s.bearer}.under(m.freshKey())
					r.head["Signature"], r.head["Timestamp"] = signature, timestamp
					return m.send(t, r)
				}
				send(window-margin).want(t, 201)
				send(margin-window).want(t, 201)
				send(window+margin).refused(t, 401, "stale_timestamp", "")
				send(-window-margin).refused(t, 401, "stale_timestamp", "")
			})
		}
	}
}

// What came over HTTP gets the same answer over MCP under its own key, and is a
// replay under another.
func TestReplaysAreRefusedAcrossSurfaces(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	body := string(bytesOf(t, dialect(acp.V20260417).order(line("ok", 1))))
	send := m.surfaces()
	for _, s := range m.signatories(t) {
		signature, timestamp, err := sign.SignRequest(s.mode, s.private, []byte(body), m.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		c := signedCall{s.bearer, body, signature, timestamp, m.freshKey()}
		first := send["http"](t, c).want(t, 201)
		if again := send["mcp"](t, c); !bytes.Equal(again.body, first.body) {
			t.Errorf("%s: %s became %s", s.mode, first.body, again.body)
		}
		c.key = m.freshKey()
		if a := send["mcp"](t, c); a.text("code") != "replayed_request" {
			t.Errorf("%s: %s", s.mode, a.body)
		}
	}
}

// What one server has taken, another one on the same database knows.
func TestReplaysAreRefusedByAllServers(t *testing.T) {
	t.Parallel()
	w := servertest.NewWorld(t, servertest.Options{Database: pgtest.Migrated(t)})
	one, two := limitedServer{w.Start(t)}, limitedServer{w.Start(t)}
	body := string(bytesOf(t, dialect(acp.V20260417).order(line(servertest.Mug, 1))))
	signature, timestamp, err := sign.SignRequest(sign.TimestampMode, w.SignatureKey, []byte(body), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	send := func(s limitedServer, key string) reply {
		return s.call(t, "POST", "/checkout_sessions", "198.51.100.1", w.SignedAPIKey.Reveal(), body, "Signature", signature, "Timestamp", timestamp, "Idempotency-Key", key)
	}
	first := send(one, "first")
	if first.StatusCode != 201 {
		t.Fatalf("%d %s", first.StatusCode, first.body)
	}
	if again := send(two, "first"); again.body != first.body || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("its own key, at the other server: %d %s", again.StatusCode, again.body)
	}
	if replay := send(two, "second"); replay.StatusCode != 401 || !strings.Contains(replay.body, "replayed_request") {
		t.Errorf("another key, at the other server: %d %s", replay.StatusCode, replay.body)
	}
}
