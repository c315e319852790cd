package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/secret"
)

// Invariant 9, with marked secrets and a marked buyer: a purchase with
// everything that can go wrong on its way, a log at debug level, and then a
// search.
func TestNothingSecretOrPersonalIsToldOrLeftBehind(t *testing.T) {
	t.Parallel()
	m := openMarket(t)
	const marked = "Quillfeather"
	person := map[string]string{"the buyer's name": marked, "the buyer's e-mail address": "quill.marked@example.com", "the buyer's street": "77 Marmalade Row",
		"the buyer's phone number": "+15550104477", "the buyer's notes": "leave it with the heron", "the agent's reference": "clk-marked-4477"}
	signing := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, SignaturePolicy: credential.SignatureOptional, SignatureSecret: secret.New(m.secrets["signature key"])})
	m.secrets["signing API key"] = signing

	var tokens []string
	var refusals bytes.Buffer
	for _, version := range wire.Supported() {
		v := dialect(version)
		buyer := v.buyer().with("email", person["the buyer's e-mail address"]).with("phone_number", person["the buyer's phone number"])
		for _, name := range []string{"name", "last_name"} {
			if buyer[name] != nil {
				buyer[name] = marked
			}
		}
		where := address("CA", "94105").with("name", marked).with("line_one", person["the buyer's street"])
		body := v.cart(line("ok", 1)).with("buyer", buyer).to(v, where).with("order_notes", person["the buyer's notes"]).
			with("affiliate_attribution", object{"provider": "p", "token": person["the agent's reference"]})
		s := m.create(t, v, body)

		refuse := func(r request) {
			r.version = v
			if a := m.exchange(t, m.url, r); a.status >= 400 {
				refusals.Write(a.body)
			}
		}
		text := string(bytesOf(t, body))
		at := "/checkout_sessions/" + s.text("id")
		for _, broken := range []string{strings.Replace(text, marked, marked+`\ud800`, 1), text[:len(text)-1], text + text, strings.Replace(text, `"US"`, `"`+marked+`"`, 1),
			strings.Replace(text, "quill.marked@", "quill.marked", 1), strings.Replace(text, `"ok"`, `"`+marked+`"`, 1), strings.Replace(text, `"94105"`, `["`+marked+`"]`, 1)} {
			refuse(request{method: "POST", path: "/checkout_sessions", body: broken})
			refuse(request{method: "POST", path: at, body: broken})
		}
		refuse(request{method: "GET", path: at, bearer: m.bearer + marked})
		refuse(request{method: "GET", path: at, bearer: signing, head: map[string]string{"Signature": marked, "Timestamp": marked}})
		refuse(request{method: "POST", path: "/checkout_sessions/" + marked + "/complete", body: v.paying(s, "tok_visa")})

		for _, outcome := range []sandbox.Outcome{sandbox.Decline, sandbox.Approve} {
			token := m.token(t, m.pays(s, card(outcome)))
			tokens = append(tokens, token)
			pay := v.paying(s, token)
			payText := string(bytesOf(t, pay))
			refuse(request{method: "POST", path: at + "/complete", body: payText[:len(payText)-1]})
			refuse(request{method: "POST", path: at + "/complete", body: strings.Replace(payText, token, token+" x", 1)})
			refuse(request{method: "POST", path: at + "/complete", body: strings.Replace(payText, `"`+token+`"`, `["`+token+`"]`, 1)})
			if outcome == sandbox.Approve {
				m.fault(t, `{"next": "500_after_commit", "on": "charge"}`) // asked about, then found
			}
			m.complete(t, v, s.text("id"), pay).want(t, 200)
			refuse(request{method: "POST", path: at + "/complete", body: v.paying(s, "tok_other")})
		}
		m.get(t, v, s.text("id")).is(t, "completed")
		m.told(t, s.text("id"))
	}

	// Some of what is searched for below is shown to those whose it is.
	search := func(where string, content []byte, words map[string]string) {
		t.Helper()
		for name, word := range words {
			if bytes.Contains(content, []byte(word)) {
				t.Errorf("%s shows %s", where, name)
			}
		}
	}
	m.secrets["a card number"], m.secrets["another card number"] = card(sandbox.Approve), card(sandbox.Decline)
	for i, token := range tokens {
		m.secrets["token "+string(rune('a'+i))] = token
	}
	m.clock.Advance(time.Minute)
	log := []byte(m.logs.String())
	if !bytes.Contains(log, []byte("payment settled")) || !bytes.Contains(log, []byte("msg=webhook")) {
		t.Fatal("the log says nothing of the purchases: the test looks in the wrong place")
	}
	search("the log", log, m.secrets)
	search("the log", log, person)
	search("a refusal", refusals.Bytes(), m.secrets)
	search("a refusal", refusals.Bytes(), person)

	// Files hold the buyer, as they must, and no secret. The PSP keeps its own
	// tokens.
	files, err := filepath.Glob(filepath.Join(m.dir, "*"))
	must(t, err)
	found := false
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		words := map[string]string{}
		for name, word := range m.secrets {
			if !strings.HasPrefix(filepath.Base(file), "psp.db") || !strings.HasPrefix(name, "token") {
				words[name] = word
			}
		}
		search(filepath.Base(file), content, words)
		found = found || bytes.Contains(content, []byte(person["the buyer's street"]))
	}
	if !found {
		t.Error("no file holds the buyer's address: the test looks in the wrong place")
	}
}
