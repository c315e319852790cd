package braintreetest

import (
	"net/http"

	"github.com/checkstand/checkstand/money"
)

type moveBody struct {
	Transaction struct {
		Key     string `json:"api_request_key"`
		Amount  string `json:"amount"`
		OrderID string `json:"order_id"`
	} `json:"transaction"`
}

// move handles a request that changes a transaction. do gives the transaction
// that it comes to, or the code of a refusal; the lock is held.
func (g *Gateway) move(verb, id string, body []byte, do func(t *transaction, amount int64, b moveBody) (*transaction, string)) answer {
	var b moveBody
	if len(body) > 0 && !strictly(body, &b) {
		return badRequest
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.transactions[id]
	if t == nil {
		return notFound
	}
	use, again, ok := g.claim(b.Transaction.Key, verb+" "+id+" "+string(body))
	if !ok {
		return again
	}
	amount, code := t.minor, ""
	if b.Transaction.Amount != "" {
		var err error
		if amount, err = money.Parse(b.Transaction.Amount, g.options.Accounts[t.Account]); err != nil || amount < 0 {
			code = "81503"
		} else if amount == 0 {
			code = "81531"
		}
	}
	var result *transaction
	if code == "" {
		result, code = do(t, amount, b)
	}
	if code != "" {
		g.fail(use)
		return invalid(code, "base")
	}
	use.id = result.ID
	g.succeed(use)
	return result.show(http.StatusOK)
}

func (g *Gateway) submit(id string, body []byte) answer {
	return g.move("submit", id, body, func(t *transaction, amount int64, _ moveBody) (*transaction, string) {
		switch {
		case !t.held():
			return nil, "91507"
		case amount > t.minor:
			return nil, "91522"
		}
		t.Status, t.minor, t.Amount = "submitted_for_settlement", amount, money.Decimal(amount, t.Currency)
		return t, ""
	})
}

func (g *Gateway) void(id string, body []byte) answer {
	return g.move("void", id, body, func(t *transaction, _ int64, b moveBody) (*transaction, string) {
		if t.Status != "authorized" && t.Status != "submitted_for_settlement" || b.Transaction.Amount != "" {
			return nil, "91504"
		}
		t.Status = "voided"
		return t, ""
	})
}

func (g *Gateway) refund(id string, body []byte) answer {
	return g.move("refund", id, body, func(t *transaction, amount int64, b moveBody) (*transaction, string) {
		left := t.minor - g.refunded(t)
		switch {
		case t.Type != "sale":
			return nil, "91505"
		case t.Status != "settled" && t.Status != "settling":
			return nil, "91506"
		case left == 0:
			return nil, "91512"
		case amount > left:
			return nil, "91521"
		}
		return g.credit(t, amount, b.Transaction.OrderID), ""
	})
}

// refunded adds up the refunds of a sale that were not refused. The lock is
// held.
func (g *Gateway) refunded(sale *transaction) (sum int64) {
	for _, id := range sale.RefundIDs.Items {
		if t := g.transactions[id]; submitted(t.Status) {
			sum += t.minor
		}
	}
	return sum
}

// Settle settles what was submitted, as the nightly batch does, and queues the
// webhook. Amounts from 4001.00 to 4001.99 are declined then.
func (g *Gateway) Settle(id string) { g.set(func() { g.settle(g.transactions[id]) }) }

func (g *Gateway) settle(t *transaction) {
	switch {
	case t.Status != "submitted_for_settlement":
	case len(t.Amount) >= 4 && t.Amount[:4] == "4001":
		t.Status = "settlement_declined"
		g.queue("transaction_settlement_declined", t)
	default:
		t.Status = "settled"
		g.queue("transaction_settled", t)
	}
}

// SettleAll settles everything that was submitted.
func (g *Gateway) SettleAll() {
	g.set(func() {
		for _, id := range g.order {
			g.settle(g.transactions[id])
		}
	})
}

// SetStatus puts a transaction into a state that nothing else leads to, such
// as settling.
func (g *Gateway) SetStatus(id, status string) {
	g.set(func() { g.transactions[id].Status = status })
}

// Books are what the gateway knows of a checkout session.
type Books struct {
	Charges  int   // sales that hold or took money
	Held     int64 // minor units
	Taken    int64
	Refunded int64
}

// Books reads the record of a session.
func (g *Gateway) Books(session string) (b Books) {
	g.set(func() {
		for _, id := range g.order {
			t := g.transactions[id]
			if t.session != session || t.Type != "sale" {
				continue
			}
			switch {
			case t.held():
				b.Charges++
				b.Held += t.minor
			case t.taken():
				b.Charges++
				b.Taken += t.minor
			}
			b.Refunded += g.refunded(t)
		}
	})
	return b
}

// IDs lists the transactions with an order id, as they were made.
func (g *Gateway) IDs(orderID string) (ids []string) {
	g.set(func() {
		for _, id := range g.order {
			if g.transactions[id].OrderID.Value == orderID {
				ids = append(ids, id)
			}
		}
	})
	return ids
}
