package braintreetest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

type searchBody struct {
	Search struct {
		OrderID   *text     `json:"order_id"`
		CreatedAt *between  `json:"created_at"`
		Type      []string  `json:"type"`
		IDs       *[]string `json:"ids"`
	} `json:"search"`
}

type text struct {
	Is string `json:"is"`
}

type between struct {
	Min time.Time `json:"min"`
	Max time.Time `json:"max"`
}

func (b searchBody) matches(t *transaction) bool {
	s := b.Search
	switch {
	case s.OrderID != nil && t.OrderID.Value != s.OrderID.Is:
	case s.CreatedAt != nil && (t.made.Before(s.CreatedAt.Min) || t.made.After(s.CreatedAt.Max)):
	case s.Type != nil && !slices.Contains(s.Type, t.Type):
	case s.IDs != nil && !slices.Contains(*s.IDs, t.ID):
	default:
		return true
	}
	return false
}

// match lists what a search finds, the latest first. The lock is held.
func (g *Gateway) match(b searchBody) (found []*transaction) {
	for _, id := range slices.Backward(g.order) {
		if t := g.transactions[id]; b.matches(t) && g.now().Sub(t.made) >= g.searchLag {
			found = append(found, t)
		}
	}
	return found
}

func (g *Gateway) find(id string, _ []byte) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.transactions[id]
	if t == nil {
		return notFound
	}
	return answer{http.StatusOK, marshal(t)}
}

type searchResults struct {
	XMLName  xml.Name `xml:"search-results"`
	PageSize typed    `xml:"page-size"`
	IDs      array    `xml:"ids"`
}

func (g *Gateway) searchIDs(_ string, body []byte) answer {
	var b searchBody
	if !strictly(body, &b) {
		return badRequest
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	results := searchResults{PageSize: typed{"integer", strconv.Itoa(pageSize)}, IDs: array{Type: "array"}}
	for _, t := range g.match(b) {
		results.IDs.Items = append(results.IDs.Items, t.ID)
	}
	return answer{http.StatusOK, marshal(results)}
}

type searchResultPage struct {
	XMLName      xml.Name       `xml:"credit-card-transactions"`
	Type         string         `xml:"type,attr"`
	Number       typed          `xml:"current-page-number"`
	PageSize     typed          `xml:"page-size"`
	Total        typed          `xml:"total-items"`
	Transactions []*transaction `xml:"transaction"`
}

func (g *Gateway) searchPage(_ string, body []byte) answer {
	var b searchBody
	if !strictly(body, &b) || b.Search.IDs == nil || len(*b.Search.IDs) > pageSize {
		return badRequest
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	found := g.match(b)
	return answer{http.StatusOK, marshal(searchResultPage{Type: "collection", Number: typed{"integer", "1"},
		PageSize: typed{"integer", strconv.Itoa(pageSize)}, Total: typed{"integer", strconv.Itoa(len(found))}, Transactions: found})}
}

type clientTokenBody struct {
	ClientToken struct {
		Version int    `json:"version"`
		Account string `json:"merchant_account_id"`
	} `json:"client_token"`
}

type clientTokenAnswer struct {
	XMLName xml.Name `xml:"client-token"`
	Value   string   `xml:"value"`
}

func (g *Gateway) clientToken(_ string, body []byte) answer {
	var b clientTokenBody
	if !strictly(body, &b) {
		return badRequest
	}
	if b.ClientToken.Version != 2 {
		return invalid("92806", "version")
	}
	if _, ok := g.options.Accounts[b.ClientToken.Account]; !ok {
		return invalid("92807", "merchant_account_id")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return answer{http.StatusCreated, marshal(clientTokenAnswer{Value: fmt.Sprintf("client-token-%d", g.requestCount)})}
}
