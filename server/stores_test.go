package server_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/server/servertest"
	"github.com/checkstand/checkstand/store/pgtest"
)

// sequences is how many random sequences are tried; each costs a few requests
// on two servers.
const sequences = "25"

// A shop on SQLite and one on PostgreSQL answer the same requests alike, but
// for ids and times, and have sold the same afterwards.
func TestBothStoresAnswerAlike(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		if err := flag.Set("rapid.checks", sequences); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
	}
	var shops [2]*twin
	for i, database := range []string{"", pgtest.Migrated(t)} {
		s := servertest.Start(t, servertest.Options{Database: database})
		shops[i] = &twin{Server: s, agent: s.Agent(t), known: map[string]string{}}
	}
	key := 0
	rapid.Check(t, func(rt *rapid.T) {
		for _, s := range shops {
			s.sessions, s.calls, s.tokens = nil, nil, []string{"tok_visa", "tok_chargeDeclined", "tok_nobody_knows"}
		}
		for n := rapid.IntRange(1, 12).Draw(rt, "requests"); n > 0; n-- {
			key++
			does := drawRequest(rt, fmt.Sprint("key-", key), shops[0])
			var answers [2]string
			for i, s := range shops {
				answers[i] = does(t.Context(), s)
			}
			if diff := cmp.Diff(answers[0], answers[1]); diff != "" {
				rt.Fatalf("SQLite (-) and PostgreSQL (+) answer differently:\n%s", diff)
			}
		}
		if diff := cmp.Diff(shops[0].sold(t), shops[1].sold(t)); diff != "" {
			rt.Fatalf("SQLite (-) and PostgreSQL (+) have sold differently:\n%s", diff)
		}
	})
}

// twin is one of the two shops, and what an agent knows of it. Sessions, tokens and
// calls have the same place in the lists of both.
type twin struct {
	*servertest.Server
	agent    *servertest.Agent
	sessions []*client.Session
	tokens   []string
	calls    []func(context.Context) string
	known    map[string]string // names for ids, by their first appearance
}

// drawRequest draws a request that can be sent to either shop.
func drawRequest(rt *rapid.T, key string, drawn *twin) func(context.Context, *twin) string {
	kinds := []string{"create"}
	if len(drawn.sessions) > 0 {
		kinds = append(kinds, "update", "update", "get", "cancel", "complete", "complete", "token")
	}
	if len(drawn.calls) > 0 {
		kinds = append(kinds, "repeat")
	}
	kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
	pick := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
	session := 0
	if len(drawn.sessions) > 0 {
		session = pick(len(drawn.sessions), "session")
	}
	switch kind {
	case "create":
		return drawCreate(rt, key)
	case "update":
		r := drawUpdate(rt)
		return func(ctx context.Context, s *twin) string {
			id := s.sessions[session].ID
			return s.call(ctx, func(ctx context.Context) (*client.Session, error) {
				return s.agent.Update(ctx, id, r, client.IdempotencyKey(key))
			})
		}
	case "get":
		return func(ctx context.Context, s *twin) string {
			return s.answer(s.agent.Get(ctx, s.sessions[session].ID))
		}
	case "cancel":
		return func(ctx context.Context, s *twin) string {
			id := s.sessions[session].ID
			return s.call(ctx, func(ctx context.Context) (*client.Session, error) {
				return s.agent.Cancel(ctx, id, acp.CancelRequest{}, client.IdempotencyKey(key))
			})
		}
	case "token":
		card := rapid.SampledFrom([]servertest.Card{servertest.CardApproved, servertest.CardDeclined}).Draw(rt, "card")
		return func(ctx context.Context, s *twin) string { return s.token(ctx, session, card) }
	case "complete":
		token := pick(len(drawn.tokens), "token")
		return func(ctx context.Context, s *twin) string {
			sess, r := s.sessions[session], servertest.Payment(s.sessions[session], s.tokens[token])
			return s.call(ctx, func(ctx context.Context) (*client.Session, error) {
				return s.agent.Complete(ctx, sess.ID, r, client.IdempotencyKey(key))
			})
		}
	}
	call := pick(len(drawn.calls), "call")
	return func(ctx context.Context, s *twin) string { return s.calls[call](ctx) }
}

func drawCart(rt *rapid.T) []acp.RequestedItem {
	item := rapid.Custom(func(rt *rapid.T) acp.RequestedItem {
		return acp.RequestedItem{
			ID:       rapid.SampledFrom([]string{servertest.Mug, servertest.Lamp, servertest.Book, servertest.Gone, "nothing"}).Draw(rt, "item"),
			Quantity: rapid.Int64Range(0, 4).Draw(rt, "quantity")}
	})
	return rapid.SliceOfN(item, 1, 3).Draw(rt, "items")
}

func drawCreate(rt *rapid.T, key string) func(context.Context, *twin) string {
	r := servertest.Cart()
	r.Items = drawCart(rt)
	r.Currency = rapid.SampledFrom([]string{servertest.Currency, servertest.Currency, "eur"}).Draw(rt, "currency")
	if rapid.Bool().Draw(rt, "anonymous") {
		r.Buyer, r.FulfillmentDetails = nil, nil
	}
	return func(ctx context.Context, s *twin) string {
		var opened *client.Session
		said := s.call(ctx, func(ctx context.Context) (*client.Session, error) {
			got, err := s.agent.Create(ctx, r, client.IdempotencyKey(key))
			if err == nil {
				opened = got
			}
			return got, err
		})
		if opened != nil {
			s.sessions = append(s.sessions, opened)
		}
		return said
	}
}

func drawUpdate(rt *rapid.T) acp.UpdateRequest {
	var r acp.UpdateRequest
	if rapid.Bool().Draw(rt, "changes items") {
		r.Items = acp.Some(drawCart(rt))
	}
	if rapid.Bool().Draw(rt, "changes delivery") {
		option := rapid.SampledFrom([]string{"standard", "express", "electronic", "none"}).Draw(rt, "option")
		r.Selected = acp.Some([]acp.SelectedFulfillmentOption{{Type: acp.FulfillmentShipping, OptionID: option}})
	}
	if rapid.Bool().Draw(rt, "changes address") {
		address := *servertest.Address()
		address.State = rapid.SampledFrom([]string{"CA", "NY"}).Draw(rt, "state")
		address.Country = rapid.SampledFrom([]string{"US", "DE"}).Draw(rt, "country")
		r.FulfillmentDetails = acp.Some(acp.FulfillmentDetailsPatch{Address: acp.Some(address)})
	}
	return r
}

// call makes a call that may be repeated later.
func (s *twin) call(ctx context.Context, do func(context.Context) (*client.Session, error)) string {
	said := func(ctx context.Context) string { return s.answer(do(ctx)) }
	s.calls = append(s.calls, said)
	return said(ctx)
}

func (s *twin) token(ctx context.Context, session int, card servertest.Card) string {
	token, err := s.agent.Token(ctx, s.sessions[session], card)
	if err != nil {
		return s.answer(nil, err)
	}
	s.tokens = append(s.tokens, token)
	return "a token"
}

// answer is what came back, with names for the ids and times in it.
func (s *twin) answer(got *client.Session, err error) string {
	var refused *client.Error
	switch {
	case errors.As(err, &refused):
		return s.plain(fmt.Sprintf("%d %s %s %s %s %s", refused.HTTPStatus, refused.Type, refused.Code, refused.Param, refused.Message, refused.RetryAfter))
	case err != nil:
		return s.plain(err.Error())
	}
	return s.plain(fmt.Sprintf("%d replayed=%v %s", got.HTTPStatus, got.Replayed, got.Raw))
}

var (
	timePattern   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	originPattern = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	linkPattern   = regexp.MustCompile(`"continue_url":"(.*?)/[^/"]+"`) // its end is a secret
	numberPattern = regexp.MustCompile(`"order_number":"[^"]*"`)
	idPattern     = regexp.MustCompile(`\b[a-z]+_[0-9a-hjkmnp-tv-z]{26}`)
)

func (s *twin) plain(text string) string {
	text = timePattern.ReplaceAllString(text, "TIME")
	text = originPattern.ReplaceAllString(text, "ORIGIN")
	text = linkPattern.ReplaceAllString(text, `"continue_url":"$1/SECRET"`)
	text = numberPattern.ReplaceAllString(text, `"order_number":"NUMBER"`)
	return idPattern.ReplaceAllStringFunc(text, func(id string) string {
		if s.known[id] == "" {
			s.known[id] = fmt.Sprint("ID", len(s.known)+1)
		}
		return s.known[id]
	})
}

// sold is what the shop has sold and charged since it was opened.
func (s *twin) sold(t *testing.T) map[string]int64 {
	t.Helper()
	out := map[string]int64{"sessions": int64(s.Rows(t, "session")), "orders": int64(s.Rows(t, "orders")), "attempts": int64(s.Rows(t, "attempt"))}
	for _, id := range []string{servertest.Mug, servertest.Lamp, servertest.Book, servertest.Gone} {
		it := s.Item(t, id)
		out[id], out[id+" reserved"] = it.Stock, it.Reserved
	}
	ledger, err := s.Sandbox.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, total := range ledger.Totals {
		out["charges"], out["captured"] = total.Charges, total.Captured
	}
	if slices.ContainsFunc(slices.Collect(maps.Keys(out)), func(k string) bool { return out[k] < 0 }) {
		t.Errorf("something is below zero: %v", out)
	}
	return out
}
