package wire

import (
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
)

// SheetView is what a payment-sheet session shows and an acp.Session does not
// know.
type SheetView struct {
	// Provider is the payment provider's slug and MerchantID the shop's id
	// there. An empty Provider leaves payment_provider out: the host has nothing
	// to pay with then.
	Provider, MerchantID string
	// Methods are the ways to pay, such as card or apple_pay; Brands the card
	// brands that are taken.
	Methods, Brands []string
	// NamedMethods writes the ways to pay as their names alone, as hosts before
	// the form with objects read them.
	NamedMethods bool
	Live         bool
	// CheckoutURL is the page where a buyer can pay instead; "" when there is
	// none.
	CheckoutURL string
}

// sheet is the shape that a payment-sheet session shares with the versions of
// 2025-09.
var sheet = flat{version: "the payment sheet", phone: true, buyer: buyer20250929}

// sheetDescription bounds a line's description, in characters: a model reads
// all of it.
const sheetDescription = 160

// AppendSheet appends a session as ChatGPT's payment sheet takes it and as the
// tools of the ChatGPT app return it: the flat session of 2025-09-29 with a
// name and pictures on each line, the provider to pay at and the mode. The
// currency is in upper case. Of a buyer it shows what the sheet asks for, and
// nothing any more once the session is completed. Every list is an array, be
// it empty. It fails as Codec.AppendSession does.
func AppendSheet(dst []byte, s *acp.Session, v SheetView) ([]byte, error) {
	w := writer{b: dst}
	w.b = append(w.b, '{')
	w.text("id", s.ID)
	if s.Order == nil {
		sheet.buyer(&w, s)
	}
	sheetProvider(&w, v)
	w.text("payment_mode", sheetMode(v.Live))
	w.text("status", sheet.status(&w, s))
	w.text("currency", strings.ToUpper(s.Currency))
	w.open("line_items", '[')
	for i := range s.LineItems {
		sheetLine(&w, &s.LineItems[i])
	}
	w.close(']')
	if s.FulfillmentDetails != nil && s.FulfillmentDetails.Address != nil {
		sheet.address(&w, s.FulfillmentDetails)
	}
	w.open("fulfillment_options", '[')
	for i := range s.FulfillmentOptions {
		sheet.option(&w, s, &s.FulfillmentOptions[i], SessionView{})
	}
	w.close(']')
	w.optText("fulfillment_option_id", mainOption(s))
	sheet.totals(&w, sheetTotals(s.Totals))
	sheetMessages(&w, s)
	sheetLinks(&w, s.Links)
	sheetMetadata(&w, s.Metadata)
	if s.Status == acp.AuthenticationRequired && s.AuthenticationMetadata != nil { // the host has said that it can use it
		authenticationMetadata(&w, s.AuthenticationMetadata, nil)
	}
	if s.Order != nil {
		w.open("order", '{')
		w.text("id", s.Order.ID)
		w.text("checkout_session_id", s.Order.CheckoutSessionID)
		w.text("permalink_url", s.Order.PermalinkURL)
		w.optText("order_number", s.Order.OrderNumber)
		w.close('}')
	}
	w.optText("checkout_url", v.CheckoutURL)
	w.close('}')
	return w.result(dst)
}

func sheetMode(live bool) string {
	if live {
		return "live"
	}
	return "test"
}

func sheetProvider(w *writer, v SheetView) {
	if v.Provider == "" {
		return
	}
	w.open("payment_provider", '{')
	w.text("provider", v.Provider)
	w.text("merchant_id", v.MerchantID)
	w.open("supported_payment_methods", '[')
	for _, m := range v.Methods {
		if v.NamedMethods {
			w.text("", m)
			continue
		}
		w.open("", '{')
		w.text("type", m)
		if m == "card" {
			w.optTexts("allowed_card_brands", v.Brands)
		}
		w.close('}')
	}
	w.close(']')
	w.close('}')
}

func sheetLine(w *writer, l *acp.LineItem) {
	w.open("", '{')
	w.text("id", l.ID)
	w.open("item", '{')
	w.text("id", l.Item.ID)
	w.integer("quantity", l.Quantity)
	w.close('}')
	w.optText("name", l.Name)
	w.optText("description", sheetCut(l.Description))
	if len(l.Images) > 0 {
		w.texts("images", l.Images)
	}
	flatAmounts(w, l)
	w.close('}')
}

// sheetCut shortens a description at the end of a word.
func sheetCut(s string) string {
	short := cut(s, sheetDescription)
	if short == s {
		return s
	}
	if i := strings.LastIndexByte(short, ' '); i > len(short)/2 {
		short = short[:i]
	}
	return strings.TrimRight(short, " ,.;:") + "…"
}

// sheetTotals names all that is shown as one: fees, gift wrap and tip are one
// fee, and discount and store credit one discount.
func sheetTotals(totals []acp.Total) []acp.Total {
	named := slices.Clone(totals)
	first := map[acp.TotalType]int{}
	for i := range named {
		as := named[i].Type
		switch as {
		case acp.TotalGiftWrap, acp.TotalTip:
			as = acp.TotalFee
		case acp.TotalStoreCredit:
			as = acp.TotalDiscount
		}
		at, seen := first[as]
		if !seen {
			first[as] = i
		} else if totals[i].Amount != 0 {
			named[at].DisplayText += ", " + named[i].DisplayText
		}
	}
	return named
}

// sheetMessages writes infos and errors; a warning is an info here. A session
// whose time is over says so: the sheet has no status for it but canceled.
func sheetMessages(w *writer, s *acp.Session) {
	w.open("messages", '[')
	for i := range s.Messages {
		m := &s.Messages[i]
		w.open("", '{')
		if m.Type == acp.ErrorMessage {
			w.text("type", "error")
			w.text("code", sheetCode(m))
		} else {
			w.text("type", "info")
		}
		w.optText("param", flatSessionParam(m.Param))
		w.text("content_type", contentType(m.ContentType))
		w.text("content", m.Content)
		w.close('}')
	}
	if s.Status == acp.Expired {
		w.open("", '{')
		w.text("type", "info")
		w.text("content_type", "plain")
		w.text("content", "This checkout has expired. Nothing was charged. Start a new one to go on.")
		w.close('}')
	}
	w.close(']')
}

// sheetCode is an error's code. The sheet shows payment_declined and
// requires_3ds itself and lets the buyer try again, so what another token cures
// is a declined payment; with any other code it closes.
func sheetCode(m *acp.Message) string {
	switch m.Code {
	case acp.CodeLowStock, acp.CodeQuantityExceeded:
		return acp.CodeOutOfStock
	case acp.CodeRequires3DS, acp.CodeUnsupported:
		return m.Code
	}
	if strings.HasPrefix(m.Param, "$.payment_data") {
		return acp.CodePaymentDeclined
	}
	return m.Code
}

// sheetLinkTypes are the sheet's names for the shop's policies, in the order in
// which they are written. Of several for one name the first is shown.
var sheetLinkTypes = []struct{ sheet, acp string }{
	{"terms_of_use", "terms_of_use"},
	{"privacy_policy", "privacy_policy"},
	{"refund_policy", "return_policy"},
	{"support_url", "support"},
	{"support_url", "contact_us"},
}

func sheetLinks(w *writer, links []acp.Link) {
	w.open("links", '[')
	written := ""
	for _, t := range sheetLinkTypes {
		i := slices.IndexFunc(links, func(l acp.Link) bool { return l.Type == t.acp })
		if i < 0 || written == t.sheet {
			continue
		}
		w.open("", '{')
		w.text("type", t.sheet)
		w.text("url", links[i].URL)
		w.close('}')
		written = t.sheet
	}
	w.close(']')
}

// sheetMetadata writes those members whose values are strings: the sheet takes
// no others.
func sheetMetadata(w *writer, m map[string]any) {
	texts := make(map[string]any, len(m))
	for name, v := range m {
		if s, ok := v.(string); ok {
			texts[name] = s
		}
	}
	w.optAny("metadata", texts)
}
