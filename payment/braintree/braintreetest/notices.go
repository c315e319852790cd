package braintreetest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"net/url"
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
	return g.Webhook(marshal(notification{Timestamp: datetime(g.now()), Kind: kind, Subject: transactionSubject{g.transactions[id]}}))
}

// DisputeNotice is a webhook about a dispute of a transaction.
func (g *Gateway) DisputeNotice(kind, disputeID, status, id string) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.transactions[id]
	var s disputeSubject
	s.Dispute.ID, s.Dispute.Kind, s.Dispute.Status, s.Dispute.Amount, s.Dispute.Currency = disputeID, "chargeback", status, t.Amount, t.Currency
	s.Dispute.Transaction.ID, s.Dispute.Transaction.OrderID, s.Dispute.Transaction.Amount = t.ID, t.OrderID, t.Amount
	return g.Webhook(marshal(notification{Timestamp: datetime(g.now()), Kind: kind, Subject: s}))
}
