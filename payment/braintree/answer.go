package braintree

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Limits of what is read from an answer.
const (
	maxWords = 120 // characters of the gateway's words that are kept
	maxCodes = 16  // validation codes that are kept
)

// transaction is a sale or a refund ("credit") as the gateway shows it.
type transaction struct {
	ID           string   `xml:"id"`
	Type         string   `xml:"type"`
	Status       string   `xml:"status"`
	Amount       string   `xml:"amount"`
	Currency     string   `xml:"currency-iso-code"`
	Account      string   `xml:"merchant-account-id"`
	OrderID      string   `xml:"order-id"`
	ResponseCode string   `xml:"processor-response-code"`
	ResponseText string   `xml:"processor-response-text"`
	Rejection    string   `xml:"gateway-rejection-reason"`
	CreatedAt    string   `xml:"created-at"`
	RefundIDs    []string `xml:"refund-ids>item"`
	RefundOf     string   `xml:"refunded-transaction-id"`
}

// types of a transaction.
const (
	typeSale   = "sale"
	typeCredit = "credit"
)

// created is when the transaction was made; zero when the gateway does not say.
func (t transaction) created() time.Time {
	at, err := time.Parse(time.RFC3339, t.CreatedAt)
	if err != nil {
		return time.Time{}
	}
	return at
}

// words are the gateway's reasons, for the operator: "2001 Insufficient Funds",
// "gateway_rejected fraud".
func (t transaction) words() string {
	var w string
	switch {
	case t.Rejection != "":
		w = t.Status + " " + t.Rejection
	case t.ResponseCode != "":
		w = strings.TrimSpace(t.ResponseCode + " " + t.ResponseText)
	default:
		w = t.Status
	}
	return clean(w)
}

// clean makes a foreign text fit for one line of a log.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	runes := []rune(text)
	return string(runes[:min(maxWords, len(runes))])
}

// apiError is <api-error-response>: a decline when it has a transaction,
// otherwise a request that was not accepted.
type apiError struct {
	Errors      node         `xml:"errors"`
	Transaction *transaction `xml:"transaction"`
}

// node is any element: validation errors are nested as the request was.
type node struct {
	XMLName  xml.Name
	Text     string `xml:",chardata"`
	Children []node `xml:",any"`
}

// codes lists the validation codes wherever they are nested, in order.
func (e apiError) codes() []string { return e.Errors.codes(nil) }

func (n node) codes(found []string) []string {
	for _, child := range n.Children {
		if n.XMLName.Local == "error" && child.XMLName.Local == "code" && len(found) < maxCodes {
			found = append(found, clean(strings.TrimSpace(child.Text)))
		}
		found = child.codes(found)
	}
	return found
}

// searchIDs is <search-results>, the answer of advanced_search_ids.
type searchIDs struct {
	PageSize int      `xml:"page-size"`
	IDs      *idArray `xml:"ids"`
}

type idArray struct {
	Items []string `xml:"item"`
}

// searchPage is <credit-card-transactions>, the answer of advanced_search.
type searchPage struct {
	Transactions []transaction `xml:"transaction"`
}

// clientToken is <client-token>.
type clientToken struct {
	Value string `xml:"value"`
}

// Names of the root elements.
const (
	rootTransaction = "transaction"
	rootError       = "api-error-response"
	rootIDs         = "search-results"
	rootPage        = "credit-card-transactions"
	rootClientToken = "client-token"
	rootNotice      = "notification"
	rootNonce       = "payment-method-nonce"
	rootCard        = "credit-card"
)

// decode reads one document whose root has that name, and nothing after it.
// Errors do not quote the document.
func decode(document []byte, root string, into any) error {
	d := xml.NewDecoder(bytes.NewReader(document))
	for {
		tok, err := d.Token()
		if err != nil {
			return errors.New("no XML document")
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != root {
			return fmt.Errorf("the document is not <%s>", root)
		}
		if err := d.DecodeElement(into, &start); err != nil {
			return fmt.Errorf("<%s> cannot be read", root)
		}
		break
	}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if text, ok := tok.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(text)) > 0 {
			return errors.New("something follows the document")
		}
	}
}
