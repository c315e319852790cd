package stripetest

import (
	"slices"
	"strconv"
	"time"
)

// refund is money on its way back.
type refund struct {
	id, status, failure string
	intent              *intent
	amount              int64
	created             time.Time
	metadata            map[string]string
}

func (r *refund) show() object {
	o := object{"id": r.id, "object": "refund", "status": r.status, "amount": r.amount, "currency": r.intent.currency, "payment_intent": r.intent.id,
		"created": r.created.Unix(), "metadata": r.metadata}
	if r.failure != "" {
		o["failure_reason"] = r.failure
	}
	return o
}

func (s *Server) createRefund(r request) answer {
	in, found := s.intents[r.params.Get("payment_intent")]
	if !found {
		return refuse(404, invalid, "resource_missing", "payment_intent", "No such payment_intent")
	}
	left := in.received - in.refunded
	amount := left
	if given := r.params.Get("amount"); given != "" {
		var err error
		if amount, err = strconv.ParseInt(given, 10, 64); err != nil || amount <= 0 {
			return refuse(400, invalid, "parameter_invalid_integer", "amount", "Invalid positive integer")
		}
	}
	switch {
	case !slices.Contains([]string{"", "duplicate", "fraudulent", "requested_by_customer"}, r.params.Get("reason")):
		return refuse(400, invalid, "", "reason", "Invalid reason")
	case in.status != "succeeded":
		return refuse(400, invalid, "", "payment_intent", "This PaymentIntent does not have a successful charge to refund.")
	case left == 0:
		return refuse(400, invalid, "charge_already_refunded", "", "Charge has already been refunded.")
	case amount > left:
		return refuse(400, invalid, "", "amount", "Refund amount is greater than unrefunded amount on charge")
	}
	return ok(s.giveBack(in, amount, metadata(r, "metadata")).show())
}

// giveBack refunds a part of a payment.
func (s *Server) giveBack(in *intent, amount int64, metadata map[string]string) *refund {
	back := &refund{id: s.id("re"), status: "succeeded", intent: in, amount: amount, created: s.now(), metadata: metadata}
	if s.fault(PendingRefund) != "" {
		back.status = "pending"
	}
	s.refunds[back.id] = back
	in.refunded += amount
	s.emit("refund.created", back.show())
	s.emit("charge.refunded", s.charge(in))
	return back
}

// SettleRefund decides about a pending refund.
func (s *Server) SettleRefund(id string, paid bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back := s.refunds[id]
	if back == nil || back.status != "pending" {
		return
	}
	if paid {
		back.status = "succeeded"
		s.emit("refund.updated", back.show())
		return
	}
	s.fail(back)
}

// FailRefund lets a refund come back from the buyer's bank, pending or done.
func (s *Server) FailRefund(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if back := s.refunds[id]; back != nil && back.status != "failed" {
		s.fail(back)
	}
}

func (s *Server) fail(back *refund) {
	back.status, back.failure = "failed", "expired_or_canceled_card"
	back.intent.refunded -= back.amount
	s.emit("refund.failed", back.show())
}

func (s *Server) getRefund(r request) answer {
	back, found := s.refunds[r.id]
	if !found {
		return refuse(404, invalid, "resource_missing", "id", "No such refund")
	}
	return ok(back.show())
}

func (s *Server) listRefunds(r request) answer {
	of := r.params.Get("payment_intent")
	return s.list(r, "re_", func(id string) (object, time.Time, bool) {
		back := s.refunds[id]
		return back.show(), back.created, of == "" || back.intent.id == of
	})
}
