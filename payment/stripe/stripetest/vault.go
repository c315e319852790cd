package stripetest

import "github.com/checkstand/checkstand/payment"

// kept is a card that is attached to a customer.
type kept struct {
	customer string // "" once it is detached
	card     string // see Cards
}

// Attach keeps a card for a customer, as the shop's own pages do. name tells
// customers apart; the references are those that Stripe would give.
func (s *Server) Attach(name, card string) payment.Stored {
	s.mu.Lock()
	defer s.mu.Unlock()
	customer := "cus_" + name
	method := s.id("pm")
	s.vault[method] = &kept{customer: customer, card: card}
	return payment.Stored{Customer: customer, Card: method}
}

// Detach takes a card from its customer; Stripe lets nobody use it again.
func (s *Server) Detach(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.vault[method]; k != nil {
		k.customer = ""
	}
}

// hasCustomer reports whether anything was ever attached to a customer.
func (s *Server) hasCustomer(customer string) bool {
	for _, k := range s.vault {
		if k.customer == customer {
			return true
		}
	}
	return false
}

// attached refuses a payment method that is not the customer's. The messages
// are Stripe's as others report them; that they come without a code is, too.
func (s *Server) attached(customer, method string) *answer {
	k, known := s.vault[method]
	var a answer
	switch {
	case !known:
		a = refuse(400, invalid, "resource_missing", "payment_method", "No such PaymentMethod")
	case k.customer == "":
		a = refuse(400, invalid, "", "", "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, "+
			"shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again.")
	case customer == "":
		a = refuse(400, invalid, "", "", "The payment method you provided is attached to a customer so for security purposes you must provide the customer in the request.")
	case !s.hasCustomer(customer):
		a = refuse(400, invalid, "resource_missing", "customer", "No such customer")
	case k.customer != customer:
		a = refuse(400, invalid, "", "payment_method", "The customer does not have a payment method with that ID. The payment method must be attached to the customer.")
	default:
		return nil
	}
	return &a
}

// getMethod is GET /v1/customers/…/payment_methods/….
func (s *Server) getMethod(r request) answer {
	k, known := s.vault[r.id]
	if !known || k.customer == "" || k.customer != r.owner {
		return refuse(404, invalid, "resource_missing", "payment_method", "No such PaymentMethod")
	}
	return ok(object{"id": r.id, "object": "payment_method", "type": "card", "customer": k.customer, "livemode": s.cfg.Live,
		"card": object{"brand": "visa", "last4": "4242"}})
}
