package braintreetest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
)

// Sign signs a text as Braintree does for a key pair: "public|hex".
func Sign(publicKey, privateKey, text string) string {
	key := sha1.Sum([]byte(privateKey))
	mac := hmac.New(sha1.New, key[:])
	mac.Write([]byte(text))
	return publicKey + "|" + hex.EncodeToString(mac.Sum(nil))
}

// Webhook is the form with which a document is sent, signed by the account and
// by another key pair of it, in lines of base64 as Braintree writes them.
func (g *Gateway) Webhook(document string) []byte {
	const line = 60
	encoded, payload := base64.StdEncoding.EncodeToString([]byte(document)), ""
	for len(encoded) > line {
		payload, encoded = payload+encoded[:line]+"\n", encoded[line:]
	}
	payload += encoded + "\n"
	signatures := Sign("another_public_key", "another_private_key", payload) + "&" + Sign(g.options.PublicKey, g.options.PrivateKey, payload)
	return []byte(url.Values{"bt_signature": {signatures}, "bt_payload": {payload}}.Encode())
}

type notification struct {
	XMLName   xml.Name `xml:"notification"`
	Timestamp typed    `xml:"timestamp"`
	Kind      string   `xml:"kind"`
	Subject   any      `xml:"subject"`
}

type transactionSubject struct {
	Transaction *transaction
}

type disputeSubject struct {
	Dispute struct {
		ID          string `xml:"id"`
		Kind        string `xml:"kind"`
		Status      string `xml:"status"`
		Amount      string `xml:"amount"`
		Currency    string `xml:"currency-iso-code"`
		Transaction struct {
			ID      string   `xml:"id"`
			OrderID optional `xml:"order-id"`
			Amount  string   `xml:"amount"`
		} `xml:"transaction"`
	} `xml:"dispute"`
}

// Notice is a webhook about a transaction as it is now: transaction_settled,
// transaction_settlement_declined, transaction_disbursed, refund_failed.
func (g *Gateway) Notice(kind, id string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Webhook(g.document(kind, g.transactions[id]))
}

func (g *Gateway) document(kind string, t *transaction) string {
	return marshal(notification{Timestamp: datetime(g.now()), Kind: kind, Subject: transactionSubject{t}})
}

// DisputeNotice is a webhook about a dispute of a transaction.
func (g *Gateway) DisputeNotice(kind, disputeID, status, id string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Webhook(g.disputeDocument(kind, disputeID, status, g.transactions[id]))
}

func (g *Gateway) disputeDocument(kind, disputeID, status string, t *transaction) string {
	var s disputeSubject
	s.Dispute.ID, s.Dispute.Kind, s.Dispute.Status, s.Dispute.Amount, s.Dispute.Currency = disputeID, "chargeback", status, t.Amount, t.Currency
	s.Dispute.Transaction.ID, s.Dispute.Transaction.OrderID, s.Dispute.Transaction.Amount = t.ID, t.OrderID, t.Amount
	return marshal(notification{Timestamp: datetime(g.now()), Kind: kind, Subject: s})
}

// queue lets a webhook about a transaction wait. The lock is held.
func (g *Gateway) queue(kind string, t *transaction) {
	g.outbox = append(g.outbox, g.document(kind, t))
}

// queueDispute lets a webhook about a dispute wait. The lock is held.
func (g *Gateway) queueDispute(kind, dispute, status string) {
	g.outbox = append(g.outbox, g.disputeDocument(kind, dispute, status, g.transactions[g.disputes[dispute]]))
}

// Deliver sets how webhooks go out from now on.
func (g *Gateway) Deliver(d paymenttest.Delivery) { g.set(func() { g.delivery = d }) }

// Webhooks takes the webhooks that wait, oldest first, signed and ready for a
// receiver. Taking them late is what a late webhook is.
func (g *Gateway) Webhooks() (out []payment.WebhookRequest) {
	g.set(func() {
		for _, document := range g.outbox {
			if g.delivery.WrongAmount {
				document = amountElement.ReplaceAllStringFunc(document, lessAmount)
			}
			for range map[bool]int{false: 1, true: 2}[g.delivery.Twice] {
				out = append(out, payment.WebhookRequest{Method: http.MethodPost,
					Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: g.Webhook(document)})
			}
		}
		g.outbox = nil
		if g.delivery.Backwards {
			slices.Reverse(out)
		}
	})
	return out
}

// lessAmount takes the smallest unit from <amount>19.99</amount>.
func lessAmount(element string) string {
	amount := strings.TrimSuffix(strings.TrimPrefix(element, "<amount>"), "</amount>")
	units, err := strconv.ParseInt(strings.Replace(amount, ".", "", 1), 10, 64)
	if err != nil {
		panic(err) // the gateway wrote it
	}
	less := fmt.Sprintf("%0*d", len(strings.Replace(amount, ".", "", 1)), units-1)
	if point := strings.IndexByte(amount, '.'); point >= 0 {
		less = less[:point] + "." + less[point:]
	}
	return "<amount>" + less + "</amount>"
}
