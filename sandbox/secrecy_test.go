package sandbox

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Whatever happens to a card, its number and its security code are in no
// file and no log line. That the session ids are found shows that the test looks
// in the right place.
func TestNoCardDataIsKept(t *testing.T) {
	t.Run("DP-06, DA-05 card numbers and codes are in no file, log or answer", func(t *testing.T) {
		d := openDesk(t)
		d.wait = func(time.Duration) error { return nil }
		var cards []string
		seen := make(map[Outcome]bool)
		for _, card := range TestCards() {
			cards = append(cards, card.Number)
			if seen[card.Outcome] {
				continue
			}
			seen[card.Outcome] = true
			body := delegateBody(card.Number, "cs_"+card.Last4())
			r := d.delegate(newest, d.freshKey(), body)
			token := r.str("id")
			d.delegate("2025-09-29", "", body)
			d.delegate(newest, "same-key", body) // conflicts from the second card on
			d.merchant("POST", "/v1/charges", chargeBody(token, "cs_"+card.Last4(), "pay_"+token))
			for _, bad := range []string{
				strings.Replace(body, card.Number, card.Number[:len(card.Number)-1]+"x", 1),
				strings.Replace(body, `"test"`, `"`+card.Number+`"`, 1),
				strings.Replace(body, "cs_", card.Number, 1),
				strings.Replace(body, `"metadata": {"source"`, `"metadata": {"`+card.Number+`": 1, "source"`, 1),
				strings.Replace(body, `"`+card.Number+`"`, card.Number, 1),
				strings.Replace(body, `"metadata"`, `"`+card.Number+`": 1, "`+card.Number+`": 2, "metadata"`, 1),
				strings.Replace(body, "2027", "2020", 1),
				body[:len(body)/2],
			} {
				if r := d.delegate(newest, d.freshKey(), bad); r.status < 400 || strings.Contains(r.raw, card.Number) {
					t.Errorf("%d %s", r.status, r.raw)
				}
			}
			d.auth("POST", "", authBody(card.Number, "cs_"+card.Last4(), `"channel": `+browser), "Idempotency-Key", "auth-"+card.Last4())
			d.auth("POST", "", authBody(card.Number, card.Number))
			d.auth("POST", "", authBody(card.Number, "cs_1"), "Idempotency-Key", card.Number)
			d.delegate(newest, card.Number, body)
			d.merchant("POST", "/v1/cards", vaultBody(card.Number, "cus_"+card.Last4(), 2027)).want(t, 201, "")
			d.merchant("POST", "/v1/cards", vaultBody(card.Number, "cus_"+card.Number, 2027)).want(t, 400, "invalid")
			d.merchantWith(card.Number, "POST", "/v1/cards", vaultBody(card.Number, "cus_1", 2027)).want(t, 400, "invalid")
			d.do("POST", "/agentic_commerce/delegate_payment", body, "Authorization", "Bearer wrong")
			d.merchant("POST", "/v1/test/faults", `{"next": "drop_after_commit", "on": "delegate"}`)
			d.delegate(newest, d.freshKey(), body)
			d.merchant("POST", "/v1/test/faults", `{"next": "500_after_commit", "on": "delegate"}`)
			d.delegate(newest, d.freshKey(), body)
		}
		scan := func(when string) {
			t.Helper()
			found := false
			for name, content := range filesOf(t, filepath.Dir(d.path)) {
				mustNotHold(t, when+" "+name, content, cards)
				found = found || bytes.Contains(content, []byte("cs_9995"))
			}
			if !found {
				t.Errorf("%s: the files do not even hold the session ids", when)
			}
		}
		scan("open")
		d.stop()
		scan("closed")
		d.start()
		mustNotHold(t, "logs", []byte(d.logs.String()), cards)
		for _, secret := range []string{agentKey, merchantKey, "vt_"} {
			if strings.Contains(d.logs.String(), secret) {
				t.Errorf("the logs hold %q", secret)
			}
		}
		if !strings.Contains(d.logs.String(), "delegate_payment") {
			t.Error("nothing was logged: the test looks in the wrong place")
		}
	})
}

// chance matches what could spell a security code by chance: ids and times.
var chance = regexp.MustCompile(`(vt|ch|req|re|key|pg|chal|evt|cap|void)[_-][0-9a-z]+|(time|took)=\S+|127.0.0.1:\d+`)

func mustNotHold(t *testing.T, where string, content []byte, cards []string) {
	t.Helper()
	for _, secret := range append(cards, testCVC) {
		if bytes.Contains(content, []byte(secret)) && bytes.Contains(chance.ReplaceAll(content, nil), []byte(secret)) {
			t.Errorf("%s holds %q", where, secret)
		}
	}
}

func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = content
	}
	if len(files) == 0 {
		t.Fatal("there are no files to look into")
	}
	return files
}

func TestDataFileIsPrivate(t *testing.T) {
	d := openDesk(t)
	d.delegate(newest, "k", delegateBody("4242424242424242", "cs_1"))
	for name := range filesOf(t, filepath.Dir(d.path)) {
		info, err := os.Stat(filepath.Join(filepath.Dir(d.path), name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is readable for others: %v", name, info.Mode())
		}
	}
	if r := d.do("GET", "/healthz", ""); r.status != http.StatusOK {
		t.Errorf("health: %d", r.status)
	}
}
