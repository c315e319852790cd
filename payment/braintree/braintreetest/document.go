package braintreetest

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// transaction is a sale or a refund in the gateway's books and on the wire.
type transaction struct {
	XMLName   xml.Name   `xml:"transaction"`
	ID        string     `xml:"id"`
	Status    string     `xml:"status"`
	Type      string     `xml:"type"`
	Currency  string     `xml:"currency-iso-code"`
	Amount    string     `xml:"amount"`
	Account   string     `xml:"merchant-account-id"`
	OrderID   optional   `xml:"order-id"`
	CreatedAt typed      `xml:"created-at"`
	Code      optional   `xml:"processor-response-code"`
	Text      optional   `xml:"processor-response-text"`
	Rejection optional   `xml:"gateway-rejection-reason"`
	RefundOf  optional   `xml:"refunded-transaction-id"`
	RefundIDs array      `xml:"refund-ids"`
	Card      creditCard `xml:"credit-card"`

	minor   int64 // of Amount
	session string
	made    time.Time
}

// creditCard shows that elements repeat inside others: a card has an id and a
// status of its own no less than a transaction.
type creditCard struct {
	ID   optional `xml:"id"`
	Last string   `xml:"last-4"`
	Type string   `xml:"card-type"`
}

// optional is an element that says nil="true" when it has no value.
type optional struct {
	Nil   string `xml:"nil,attr,omitempty"`
	Value string `xml:",chardata"`
}

func maybe(value string) optional {
	if value == "" {
		return optional{Nil: "true"}
	}
	return optional{Value: value}
}

// typed is an element with the type attribute that the gateway writes.
type typed struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

func datetime(t time.Time) typed { return typed{"datetime", t.UTC().Format(time.RFC3339)} }

type array struct {
	Type  string   `xml:"type,attr"`
	Items []string `xml:"item"`
}

// held and taken say what a sale holds or took.
func (t *transaction) held() bool { return t.Type == "sale" && t.Status == "authorized" }

func (t *transaction) taken() bool { return t.Type == "sale" && submitted(t.Status) }

func submitted(status string) bool {
	return status == "submitted_for_settlement" || strings.HasPrefix(status, "settl") && status != "settlement_declined"
}

// refused reports whether the answer to the request that made it is a 422.
func (t *transaction) refused() bool {
	switch t.Status {
	case "processor_declined", "gateway_rejected", "failed":
		return true
	}
	return false
}

// marshal writes a document as the gateway does.
func marshal(v any) string {
	b, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // the types of this file can be written
	}
	return xml.Header + string(b) + "\n"
}

// show answers with a transaction as it is now.
func (t *transaction) show(success int) answer {
	if !t.refused() {
		return answer{success, marshal(t)}
	}
	message := t.Text.Value
	if t.Rejection.Value != "" {
		message = "Gateway Rejected: " + t.Rejection.Value
	}
	return answer{http.StatusUnprocessableEntity, marshal(apiError{Errors: errorTree{List: errorList{Type: "array"}}, Message: message, Transaction: t})}
}

type apiError struct {
	XMLName     xml.Name     `xml:"api-error-response"`
	Errors      errorTree    `xml:"errors"`
	Message     string       `xml:"message"`
	Transaction *transaction `xml:"transaction,omitempty"`
}

type errorTree struct {
	List        errorList  `xml:"errors"`
	Transaction *errorTree `xml:"transaction,omitempty"`
}

type errorList struct {
	Type   string       `xml:"type,attr"`
	Errors []fieldError `xml:"error"`
}

type fieldError struct {
	Code      string `xml:"code"`
	Attribute typed  `xml:"attribute"`
	Message   string `xml:"message"`
}

// invalid answers with a validation code.
func invalid(code, attribute string) answer {
	list := errorList{"array", []fieldError{{code, typed{"symbol", attribute}, "Invalid " + attribute + "."}}}
	e := apiError{Errors: errorTree{List: errorList{Type: "array"}, Transaction: &errorTree{List: list}}, Message: "Invalid " + attribute + "."}
	return answer{http.StatusUnprocessableEntity, marshal(e)}
}
