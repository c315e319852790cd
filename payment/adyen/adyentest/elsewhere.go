package adyentest

// FailLater reports that a capture or refund that was done has failed after
// all, and undoes it. event is CAPTURE_FAILED, REFUND_FAILED or
// REFUNDED_REVERSED.
func (f *Fake) FailLater(event, psp, op, reference string, value int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.find(psp)
	if c == nil {
		return
	}
	if event == "CAPTURE_FAILED" {
		c.captured -= value
	} else {
		c.refunded -= value
	}
	f.queue(notice{event: event, success: true, psp: op, original: psp, reference: reference, reason: "Failed at the acquirer",
		amount: amount{c.amount.Currency, value}})
}

// ExpireHold lets the hold of a payment run out.
func (f *Fake) ExpireHold(psp string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.find(psp); c != nil && c.state == authorised && c.captured == 0 {
		c.state = cancelled
		f.queue(notice{event: "EXPIRE", success: true, psp: psp, reference: c.reference, amount: c.amount})
	}
}

// inCustomerArea makes a move as somebody does in the Customer Area, where it
// carries the payment's own reference. It gives the move's pspReference.
func (f *Fake) inCustomerArea(psp string, do func(c *charge, op string, m modification)) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.find(psp)
	if c == nil {
		return ""
	}
	op := newReference()
	do(c, op, modification{Reference: c.reference})
	return op
}

// CancelElsewhere gives a hold back in the Customer Area.
func (f *Fake) CancelElsewhere(psp string) string { return f.inCustomerArea(psp, f.cancel) }

// CaptureElsewhere takes a part of a hold in the Customer Area.
func (f *Fake) CaptureElsewhere(psp string, value int64) string {
	return f.inCustomerArea(psp, func(c *charge, op string, m modification) {
		m.Amount = &amount{c.amount.Currency, value}
		f.capture(c, op, m)
	})
}

// RefundElsewhere gives back a part of a payment in the Customer Area.
func (f *Fake) RefundElsewhere(psp string, value int64) string {
	return f.inCustomerArea(psp, func(c *charge, op string, m modification) {
		m.Amount = &amount{c.amount.Currency, value}
		f.refund(c, op, m)
	})
}

// Dispute opens a dispute over all of a payment, whose sum is taken from the
// shop at once. It gives the dispute's pspReference.
func (f *Fake) Dispute(psp string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.find(psp)
	if c == nil || c.captured == 0 {
		return ""
	}
	id := newReference()
	f.disputes[id] = c
	f.dispute(id, "NOTIFICATION_OF_CHARGEBACK")
	f.dispute(id, "CHARGEBACK")
	return id
}

// CloseDispute decides a dispute.
func (f *Fake) CloseDispute(id string, won bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.disputes[id] == nil {
		return
	}
	if !won {
		f.dispute(id, "DISPUTE_DEFENSE_PERIOD_ENDED")
		return
	}
	f.dispute(id, "CHARGEBACK_REVERSED")
	f.dispute(id, "ISSUER_RESPONSE_TIMEFRAME_EXPIRED")
}

// dispute queues an event of a dispute; all of them have its pspReference.
func (f *Fake) dispute(id, event string) {
	c := f.disputes[id]
	f.queue(notice{event: event, success: true, psp: id, original: c.psp, reference: c.reference, amount: amount{c.amount.Currency, c.captured}})
}
