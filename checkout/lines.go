package checkout

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/text"
)

// What a line shows of its item is cut to these sizes: an agent needs enough to
// recognise the thing, not the whole catalogue page.
const (
	maxLineDescription = 500 // bytes
	maxLineImages      = 5
)

// itemIDs lists the items of the session's lines.
func (s *Session) itemIDs() []string {
	ids := make([]string, len(s.LineItems))
	for i := range s.LineItems {
		ids[i] = s.LineItems[i].Item.ID
	}
	return ids
}

func requestedIDs(req []acp.RequestedItem) []string {
	ids := make([]string, len(req))
	for i := range req {
		ids[i] = req[i].ID
	}
	return ids
}

// replaceLines makes the session's lines those that are asked for. A line whose
// item was there before keeps its id. It returns an *acp.Error for an item that
// the shop does not sell.
func (s *Session) replaceLines(req []acp.RequestedItem, items map[string]*catalog.Item, now time.Time) error {
	old := make(map[string]string, len(s.LineItems))
	for i := range s.LineItems {
		old[s.LineItems[i].Item.ID] = s.LineItems[i].ID
	}
	lines := make([]acp.LineItem, 0, len(req))
	for i := range req {
		if items[req[i].ID] == nil {
			return acp.Refused(400, acp.CodeInvalid, lineParam(i)+".id",
				"This shop does not sell an item with this id. Use an id from its product feed.")
		}
		lineID := old[req[i].ID]
		if lineID == "" {
			lineID = id.New(id.Line, now)
		}
		lines = append(lines, acp.LineItem{ID: lineID, Item: acp.ItemRef{ID: req[i].ID}, Quantity: req[i].Quantity})
	}
	s.LineItems = lines
	return nil
}

// believed notes the prices an agent sent along, so that the quote can tell
// the buyer where the shop's price is another.
func believed(req []acp.RequestedItem) map[string]int64 {
	var prices map[string]int64
	for i := range req {
		if req[i].HasUnitAmount {
			if prices == nil {
				prices = make(map[string]int64, len(req))
			}
			prices[req[i].ID] = req[i].UnitAmount
		}
	}
	return prices
}

// describe fills in what a line shows of its item.
func describe(l *acp.LineItem, it *catalog.Item, m *Merchant) {
	l.Name = it.Title
	l.Description = cut(it.Description, maxLineDescription)
	l.Images = nil
	for _, img := range it.Images[:min(len(it.Images), maxLineImages)] {
		l.Images = append(l.Images, absolute(img, m.BaseURL))
	}
	l.ProductID, l.SKU = it.ProductID, it.SKU
	if len(it.Categories) > 0 {
		l.Category = it.Categories[0]
	}
	l.VariantOptions = nil
	for _, o := range it.Options {
		l.VariantOptions = append(l.VariantOptions, acp.VariantOption{Name: o.Name, Value: o.Value})
	}
	if it.WeightGrams > 0 {
		l.Weight = &acp.Weight{Value: float64(it.WeightGrams), Unit: "g"}
	}
	l.TaxExempt = it.TaxExempt
}

// lineParam points to a line of the session. Most lines are never pointed to.
func lineParam(index int) string { return "$.line_items[" + strconv.Itoa(index) + "]" }

// checkStock compares a line with what can be sold now. The message is nil when
// all is well; blocking tells whether it stands in the way of a payment.
func checkStock(l *acp.LineItem, index int, it *catalog.Item, lowStock int64, t *text.Texts) (msg *acp.Message, blocking bool) {
	available := it.Available()
	l.AvailableQuantity = nil
	if available != catalog.Unlimited {
		shown := available
		l.AvailableQuantity = &shown
	}
	switch {
	case available == 0:
		l.AvailabilityStatus = "out_of_stock"
		return blockingMessage(acp.CodeOutOfStock, lineParam(index), t.Say("stock.none", "item", it.Title)), true
	case available < l.Quantity:
		l.AvailabilityStatus = "low_stock"
		return blockingMessage(acp.CodeLowStock, lineParam(index), t.Say("stock.fewer", "count", available, "item", it.Title)), true
	case it.Availability == catalog.Preorder:
		l.AvailabilityStatus = "pre_order"
	case it.Availability == catalog.Backorder || (it.Tracked && it.Backorder && it.Stock-it.Reserved < l.Quantity):
		l.AvailabilityStatus = "backorder"
	case available != catalog.Unlimited && available <= lowStock:
		l.AvailabilityStatus = "low_stock"
		return &acp.Message{Type: acp.Warning, Code: acp.CodeLowStock, Param: lineParam(index), ContentType: "plain",
			Content: t.Say("stock.low", "count", available, "item", it.Title)}, false
	default:
		l.AvailabilityStatus = "in_stock"
	}
	return nil, false
}

func priceChanged(index int, name string, was, is int64, currency string, t *text.Texts) acp.Message {
	return acp.Message{Type: acp.Warning, Code: acp.CodePriceChange, ContentType: "plain",
		Param:   lineParam(index),
		Content: t.Say("price.changed", "item", name, "now", text.Money{Amount: is, Currency: currency}, "before", text.Money{Amount: was, Currency: currency})}
}

// blockingMessage is an error that the buyer can cure and that stands in the
// way of a payment until then.
func blockingMessage(code, param, content string) *acp.Message {
	return &acp.Message{Type: acp.ErrorMessage, Code: code, Param: param, Resolution: acp.RequiresBuyerInput,
		ContentType: "plain", Content: content}
}

// absolute puts the origin before a /-rooted path.
func absolute(url, base string) string {
	if strings.HasPrefix(url, "/") {
		return base + url
	}
	return url
}

// cut shortens text to at most n bytes at the end of a word.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	if i := strings.LastIndexByte(s[:n+1], ' '); i > n/2 {
		n = i
	}
	for n > 0 && s[n]&0xC0 == 0x80 { // not inside a rune
		n--
	}
	return strings.TrimRight(s[:n], " ,.;:") + "…"
}

// blocked reports whether a message stands in the way of a payment.
func blocked(msgs []acp.Message) bool {
	return slices.ContainsFunc(msgs, func(m acp.Message) bool {
		return m.Type == acp.ErrorMessage && m.Code != acp.CodePaymentDeclined && m.Code != acp.CodeRequires3DS
	})
}

func hasCode(msgs []acp.Message, code string) bool {
	return slices.ContainsFunc(msgs, func(m acp.Message) bool { return m.Code == code })
}
