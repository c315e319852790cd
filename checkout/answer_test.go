package checkout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
)

// A refusal that asks for a repeat is no answer to keep: the repeat comes
// under the same key. What was answered before stays, though.
func TestARefusalForTheMomentIsNotStored(t *testing.T) {
	w := newWorld(t)
	s := w.create("lamp")
	path := "/checkout_sessions/" + s.ID
	notes := acp.UpdateRequest{OrderNotes: acp.Some("Ring twice")}
	before := w.core.Update(context.Background(), w.callWithKey(path, "before"), s.ID, notes)
	w.must(before)

	w.psp.loseAnswers = 1
	w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
	during := w.core.Cancel(context.Background(), w.callWithKey(path+"/cancel", "during"), s.ID, acp.CancelRequest{})
	w.refused(during, 409, "conflict", "")
	if during.RetryAfter <= 0 {
		t.Fatal("a refusal for the moment says when to come again")
	}
	if again := w.core.Update(context.Background(), w.callWithKey(path, "before"), s.ID, notes); !again.Replayed || string(again.Body) != string(before.Body) {
		t.Fatalf("the answer from before the payment is lost: %d %s", again.Status, again.Body)
	}

	w.clock.Advance(time.Hour)
	w.runJobs("payment.reconcile")
	again := w.core.Cancel(context.Background(), w.callWithKey(path+"/cancel", "during"), s.ID, acp.CancelRequest{})
	if w.refused(again, 405, "conflict", ""); again.Replayed {
		t.Fatal("the refusal for the moment came again")
	}
}

// What cannot be written in the caller's version is a fault of the server:
// nothing is changed, and nothing is stored under the key.
func TestAnAnswerThatCannotBeWrittenIsNotStored(t *testing.T) {
	t.Run("IDM-12 a fault is not kept under the key", func(t *testing.T) {
		w := newWorld(t)
		fault := acp.AsError(errors.New("no word for it"))
		call := w.callWithKey("/checkout_sessions", "first")
		render := call.Render
		call.Render = func(s *checkout.Session, e *acp.Error) checkout.Answer {
			if e == nil {
				e = fault
			}
			return render(nil, e)
		}
		req := acp.CreateRequest{Items: want("mug"), Currency: "usd"}
		w.refused(w.core.Create(context.Background(), call, req), 500, "internal_error", "")
		call.Render = render
		if a := w.core.Create(context.Background(), call, req); a.Replayed || w.must(a).ID == "" {
			t.Fatal("the fault was stored")
		}

		t.Run("a paid order stays an order", func(t *testing.T) {
			w := newWorld(t)
			s := w.create("lamp")
			call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "pay")
			render := call.Render
			call.Render = func(*checkout.Session, *acp.Error) checkout.Answer { return render(nil, fault) }
			w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok")), 500, "internal_error", "")
			w.settled(s.ID, true)
			call.Render = render
			if got := w.must(w.core.Complete(context.Background(), call, s.ID, pay("tok_ok"))); got.Order == nil {
				t.Fatal(got.Status)
			}
			w.settled(s.ID, true)
		})
	})
}

// A choice of delivery together with other goods does not hide what else has
// changed.
func TestAPriceThatMovesIsToldWithAChoiceOfDelivery(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	dearer := goods[0]
	dearer.Price = 2100
	w.stock(dearer)
	got := w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("mug", "print")),
		Selected: acp.Some([]acp.SelectedFulfillmentOption{{OptionID: "express"}})})
	if !slices.Contains(said(got), "warning:price_change@$.line_items[0]") {
		t.Fatal(said(got))
	}
}

func TestAQuoteEndsWithItsSession(t *testing.T) {
	w := newWorld(t)
	s := w.create("mug")
	w.clock.Advance(w.merchant.SessionTTL - time.Minute)
	got := w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("mug", "print"))})
	if !got.QuoteExpiresAt.Equal(got.ExpiresAt) {
		t.Fatalf("the quote lasts until %s, the session until %s", got.QuoteExpiresAt, got.ExpiresAt)
	}
}
