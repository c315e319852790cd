package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/store/pgtest"
)

// A key that was made with a window has that one, be it shorter or longer than
// the configured one, in every mode and whichever way the request comes in. One
// without has the configured one.
func TestAKeyHasAWindowOfItsOwn(t *testing.T) {
	t.Parallel()
	const configured, margin = 20 * time.Minute, 5 * time.Second
	m := openMarketWith(t, func(c *config.Config) { c.Limits.SignatureWindow = configured })
	body := string(bytesOf(t, dialect(acp.V20260417).order(line("ok", 1))))
	for _, mode := range sign.Modes() {
		for name, w := range map[string]struct{ own, counts time.Duration }{
			"none": {0, configured}, "shorter": {30 * time.Second, 30 * time.Second}, "longer": {45 * time.Minute, 45 * time.Minute},
		} {
			private, public := keyPair(t, mode)
			bearer := m.issue(t, credential.Params{MerchantID: dollars, Agent: theAgent, SignaturePolicy: credential.SignatureRequired,
				SignatureMode: string(mode), SignatureSecret: public, SignatureWindow: w.own})
			for surface, send := range m.surfaces() {
				t.Run(string(mode)+"/"+name+"/"+surface, func(t *testing.T) {
					call := func(age time.Duration) answer {
						signature, timestamp, err := sign.SignRequest(mode, private, []byte(body), m.clock.Now().Add(-age))
						must(t, err)
						return send(t, signedCall{bearer, body, signature, timestamp, m.freshKey()})
					}
					for _, age := range []time.Duration{w.counts - margin, margin - w.counts} {
						if a := call(age); a.text("status") != "ready_for_payment" {
							t.Errorf("signed %v ago: %d %s", age, a.status, a.body)
						}
					}
					for _, age := range []time.Duration{w.counts + margin, -w.counts - margin} {
						if a := call(age); a.text("code") != "stale_timestamp" {
							t.Errorf("signed %v ago: %d %s", age, a.status, a.body)
						}
					}
				})
			}
		}
	}
}

// A change that was taken in a short window is known when the window has grown,
// at this server or at another one on the same database.
func TestReplaysAreRefusedWhenTheWindowHasGrown(t *testing.T) {
	t.Parallel()
	windows := []time.Duration{time.Minute, sign.MaxWindow}
	w := servertest.NewWorld(t, servertest.Options{Database: pgtest.Migrated(t), Configure: func(c *config.Config) {
		c.Limits.SignatureWindow, windows = windows[0], windows[1:]
	}})
	short, long := limitedServer{w.Start(t)}, limitedServer{w.Start(t)}
	body := string(bytesOf(t, dialect(acp.V20260417).order(line(servertest.Mug, 1))))
	signed := time.Now().Add(-30 * time.Second)
	signature, timestamp, err := sign.SignRequest(sign.TimestampMode, w.SignatureKey, []byte(body), signed)
	if err != nil {
		t.Fatal(err)
	}
	send := func(s limitedServer, key string) reply {
		return s.call(t, "POST", "/checkout_sessions", one, w.SignedAPIKey.Reveal(), body, "Signature", signature, "Timestamp", timestamp, "Idempotency-Key", key)
	}
	if first := send(short, "first"); first.StatusCode != 201 {
		t.Fatalf("%d %s", first.StatusCode, first.body)
	}
	if _, err := w.Store.SweepExpired(t.Context(), signed.Add(sign.MaxWindow-time.Second), 1000); err != nil {
		t.Fatal(err)
	}
	if replay := send(long, "second"); replay.StatusCode != 401 || !strings.Contains(replay.body, "replayed_request") {
		t.Errorf("another key, in a longer window: %d %s", replay.StatusCode, replay.body)
	}
}
