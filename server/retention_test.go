package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/servertest"
)

// How long an answer is given again is the configuration's to say, for every
// operation, for refusals and for both ways in.
func TestAnswersAreGivenAgainAsLongAsConfigured(t *testing.T) {
	t.Parallel()
	const retention, margin = 72 * time.Hour, time.Minute
	m := openMarketWith(t, func(c *config.Config) {
		c.Limits.IdempotencyRetention = retention
		for i := range c.Merchants {
			c.Merchants[i].SessionTTL, c.Merchants[i].QuoteTTL = 10*retention, 10*retention
		}
	})
	v := dialect(acp.V20260417)
	post := func(path string, body any) request {
		return request{method: "POST", path: path, version: v, body: body}.under(m.freshKey())
	}
	session := func(t *testing.T) string { return "/checkout_sessions/" + m.ready(t, v).text("id") }
	for name, c := range map[string]struct {
		request func(t *testing.T) request
		status  int // of the first answer
		after   int // of a new request once the time is over
	}{
		"a create":  {func(*testing.T) request { return post("/checkout_sessions", v.order(line("ok", 1))) }, 201, 201},
		"an update": {func(t *testing.T) request { return post(session(t), object{"buyer": v.buyer()}) }, 200, 200},
		"a cancel":  {func(t *testing.T) request { return post(session(t)+"/cancel", nil) }, 200, 405},
		"a purchase": {func(t *testing.T) request {
			s := m.ready(t, v)
			return post("/checkout_sessions/"+s.text("id")+"/complete", v.paying(s, m.token(t, m.pays(s, card(sandbox.Approve)))))
		}, 200, 200}, // the token has paid, and what it paid for is told
		"a refusal": {func(t *testing.T) request {
			return post(session(t), object{"line_items": []any{line("nothing of the kind", 1)}})
		}, 400, 400},
		"a cart": {func(*testing.T) request { return post("/carts", basket(line("ok", 1))) }, 201, 201},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.request(t)
			send := func() answer { return m.exchange(t, m.url, r) }
			first := send().want(t, c.status)
			m.clock.Advance(retention - margin)
			if again := send(); again.status != c.status || !bytes.Equal(again.body, first.body) || again.header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("shortly before its end %s became %d %s", first.body, again.status, again.body)
			}
			m.clock.Advance(2 * margin)
			if fresh := send(); fresh.status != c.after || fresh.header.Get("Idempotent-Replayed") != "" {
				t.Errorf("shortly after its end: %d %s", fresh.status, fresh.body)
			}
		})
	}
	t.Run("a tool call", func(t *testing.T) {
		arguments := fmt.Sprintf(`{"meta":{"api_version":%q,"idempotency_key":%q},"payload":%s}`, acp.V20260417, m.freshKey(), bytesOf(t, v.order(line("ok", 1))))
		call := func() string { return m.callTool(t, m.bearer, "create_checkout_session", arguments).text("id") }
		first := call()
		m.clock.Advance(retention - margin)
		if again := call(); again != first {
			t.Errorf("shortly before its end %s became %s", first, again)
		}
		m.clock.Advance(2 * margin)
		if call() == first {
			t.Error("it is given for longer than is said")
		}
	})
	t.Run("the description", func(t *testing.T) {
		if body := m.exchange(t, m.url, request{method: "GET", path: "/openapi.json"}).body; !strings.Contains(string(body), "A repeat within 72 hours gets the first answer") {
			t.Error("it does not say how long")
		}
	})
}

// How long a session is kept that came to nothing is the configuration's to say,
// however it ended. One that was sold stays.
func TestUnsoldSessionsAreKeptAsLongAsConfigured(t *testing.T) {
	t.Parallel()
	const kept = 48 * time.Hour
	shop := servertest.Start(t, servertest.Options{Configure: func(c *config.Config) {
		invoiced(c)
		c.Limits.UnsoldRetention = kept
	}})
	agent := shop.Agent(t)
	complete := func(t *testing.T, c servertest.Card) string {
		t.Helper()
		s := agent.Open(t, servertest.Mug)
		token, err := agent.Token(t.Context(), s, c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := agent.Complete(t.Context(), s.ID, servertest.Payment(s, token)); err != nil {
			t.Fatal(err)
		}
		return s.ID
	}
	press := func(t *testing.T, c *client.Cart, over string) string {
		t.Helper()
		got := newBuyer(t).send(http.MethodPost, c.ContinueURL, map[string][]string{"over": {over}})
		if sessionAt(got.location) == "" {
			t.Fatalf("%d %s", got.status, got.text)
		}
		return sessionAt(got.location)
	}
	for name, open := range map[string]func(t *testing.T) string{
		"left alone": func(t *testing.T) string { return agent.Open(t, servertest.Mug).ID },
		"declined":   func(t *testing.T) string { return complete(t, servertest.CardDeclined) },
		"canceled": func(t *testing.T) string {
			s := agent.Open(t, servertest.Mug)
			if _, err := agent.Cancel(t.Context(), s.ID, acp.CancelRequest{}); err != nil {
				t.Fatal(err)
			}
			return s.ID
		},
		"of a cart's page": func(t *testing.T) string { return press(t, newCart(t, agent, servertest.Mug), "") },
		"of a cart that was started over": func(t *testing.T) string {
			c := newCart(t, agent, servertest.Mug)
			s, err := agent.Create(t.Context(), acp.CreateRequest{CartID: c.ID, Currency: servertest.Currency})
			if err != nil {
				t.Fatal(err)
			}
			press(t, c, "yes")
			return s.ID
		},
		"a purchase order that was refused": func(t *testing.T) string {
			s := agent.Open(t, servertest.Mug)
			orderOnAccount(t, shop, s.ID)
			if _, err := shop.App.Core().Refuse(t.Context(), servertest.MerchantID, s.ID, "night shift"); err != nil {
				t.Fatal(err)
			}
			return s.ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := stored(t, shop, open(t))
			end := s.ExpiresAt
			if s.Status == acp.Canceled {
				end = s.UpdatedAt
			}
			sweep(t, shop, end.Add(kept-time.Second))
			if got := stored(t, shop, s.ID); got.ID != s.ID {
				t.Errorf("%+v", got)
			}
			sweep(t, shop, end.Add(kept+time.Second))
			if _, err := shop.App.Store().Reader(t.Context()).Session(servertest.MerchantID, s.ID); !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("it is there yet: %v", err)
			}
		})
	}
	t.Run("sold", func(t *testing.T) {
		id := complete(t, servertest.CardApproved)
		sweep(t, shop, time.Now().AddDate(100, 0, 0))
		if s := stored(t, shop, id); s.Status != acp.Completed {
			t.Errorf("it is %s", s.Status)
		}
	})
}

// sweep removes what the server's own work would at a time.
func sweep(t *testing.T, shop *servertest.Server, at time.Time) {
	t.Helper()
	if _, err := shop.App.Store().SweepExpired(t.Context(), at, 1000); err != nil {
		t.Fatal(err)
	}
}
