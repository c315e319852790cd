package stripetest

// PayElsewhere makes a payment that has nothing to do with Checkstand, as the
// merchant's other shops do. It gives the payment's id.
func (s *Server) PayElsewhere(currency string, amount int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &intent{id: s.id("pi"), status: "succeeded", currency: currency, amount: amount, received: amount, card: "pm_card_visa", tried: true, created: s.now(),
		metadata: map[string]string{"cart": "7"}}
	s.intents[in.id] = in
	return in.id
}

// ExpireHold lets the hold of a payment run out, as it does after some days.
func (s *Server) ExpireHold(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[id]; in != nil && in.status == "requires_capture" {
		s.cancel(in, "")
		s.emit("charge.expired", s.charge(in))
	}
}

// CancelElsewhere gives a hold back in the dashboard.
func (s *Server) CancelElsewhere(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[id]; in != nil && in.status == "requires_capture" {
		s.cancel(in, "requested_by_customer")
	}
}

// CaptureElsewhere takes a part of a hold in the dashboard.
func (s *Server) CaptureElsewhere(id string, amount int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.intents[id]; in != nil && in.status == "requires_capture" && amount <= in.capturable {
		s.capture(in, amount)
	}
}

// RefundElsewhere gives back a part of a payment in the dashboard. It gives the
// refund's id, "" when there is not so much to give back.
func (s *Server) RefundElsewhere(id string, amount int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.intents[id]
	if in == nil || in.received-in.refunded < amount {
		return ""
	}
	return s.giveBack(in, amount, map[string]string{}).id
}

// dispute is a buyer's bank that takes a payment back.
type dispute struct {
	id, status string
	intent     *intent
}

func (d *dispute) show() object {
	return object{"id": d.id, "object": "dispute", "status": d.status, "amount": d.intent.received, "currency": d.intent.currency,
		"charge": "ch_" + d.intent.id[3:], "payment_intent": d.intent.id, "reason": "general"}
}

// Dispute opens a dispute over all of a payment and gives its id.
func (s *Server) Dispute(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.intents[id]
	if in == nil || in.received == 0 {
		return ""
	}
	d := &dispute{id: s.id("du"), status: "needs_response", intent: in}
	s.disputes[d.id] = d
	s.emit("charge.dispute.created", d.show())
	return d.id
}

// CloseDispute decides a dispute.
func (s *Server) CloseDispute(id string, won bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.disputes[id]
	if d == nil || d.status != "needs_response" {
		return
	}
	if d.status = "lost"; won {
		d.status = "won"
	}
	s.emit("charge.dispute.closed", d.show())
}
