package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/catalog"
)

// Case is a test case for the reviewers: something that a buyer says, and what
// is to become of it.
type Case struct {
	ID      string `json:"id"`
	Purpose string `json:"purpose"`
	Prompt  string `json:"prompt"`
	// Calls are those that are expected, in their order; none for a case that
	// the app must not be triggered by.
	Calls   []Call `json:"expected_calls"`
	Outcome string `json:"expected_outcome"`
	// Form marks the cases for the form, which takes five and three.
	Form bool `json:"for_the_form"`
}

// Call is one expected call. In arguments, a text such as
// "{{checkout_session.id}}" stands for that member of what the tool of that
// name has returned before, and "{{sheet.token}}" for the token that the
// payment sheet was given.
type Call struct {
	Tool      string         `json:"tool"`
	By        string         `json:"by"` // "model" or "sheet"
	Arguments map[string]any `json:"arguments"`
	// Expect are members of structuredContent.
	Expect []Expectation `json:"expect"`
}

// Expectation is what a member of structuredContent is to be. In Path, a number
// is an index of a list and * any element.
type Expectation struct {
	Path string `json:"path"`
	// Is is the value, Above what a number is more than; with Present any value
	// will do.
	Is      any    `json:"is,omitempty"`
	Above   *int64 `json:"above,omitempty"`
	Present bool   `json:"present,omitempty"`
}

// What the form takes.
const (
	formPositive = 5
	formNegative = 3
)

// maker makes the positive cases out of one item.
type maker struct {
	*Input
	item    catalog.Item
	product string // title
	found   catalog.Product
	to      delivery
	list    []Case
}

// positive makes the cases that the app is to be triggered by. There are none
// when nothing can be bought.
func positive(ctx context.Context, in *Input, g *goods) ([]Case, error) {
	m := &maker{Input: in, list: []Case{}}
	if ok, err := m.choose(ctx, g); err != nil || !ok {
		return m.list, err
	}
	g.sample, g.delivery = m.item, m.to
	m.search()
	m.open()
	m.cart()
	m.quantity()
	m.discount()
	m.delivery()
	m.pay()
	m.status()
	m.cancel()
	m.forForm()
	return m.list, nil
}

// choose finds the item: one that a search for its product's name shows, that
// can be delivered, and of which there are two if there is such a one. The
// product is to have variants, if there is one that has.
func (m *maker) choose(ctx context.Context, g *goods) (bool, error) {
	best := 0
	for i := range g.choices {
		it := &g.choices[i]
		title := it.ProductTitle
		if title == "" {
			title = it.Title
		}
		if strings.TrimSpace(title) == "" {
			continue
		}
		to, err := deliver(m.shop(), m.Config.PublicURL, it, 2, m.Now)
		if err != nil {
			return false, err
		}
		score := 1
		if len(to.options) > 0 {
			score += 8
		}
		if it.Available() >= 2 {
			score += 4
		}
		if len(to.options) > 1 {
			score += 2
		}
		if score+1 <= best {
			continue // even variants would not make it better
		}
		found, shown, err := m.shownBySearch(ctx, it, title)
		if err != nil {
			return false, err
		}
		if len(found.Variants) > 1 {
			score++
		}
		if shown && score > best {
			best, m.item, m.product, m.found, m.to = score, *it, title, found, to
		}
	}
	return best > 0, nil
}

// shownBySearch reports whether a product is in what a search for its title
// shows first.
func (m *maker) shownBySearch(ctx context.Context, it *catalog.Item, title string) (catalog.Product, bool, error) {
	page, err := m.Catalogue.Search(ctx, m.shop().ID, catalog.Query{Words: title, Limit: listedFirst})
	if err != nil {
		return catalog.Product{}, false, fmt.Errorf("search the catalogue of %s: %w", m.shop().ID, err)
	}
	i := slices.IndexFunc(page.Products, func(p catalog.Product) bool {
		return slices.ContainsFunc(p.Variants, func(v catalog.Item) bool { return v.ID == it.ID })
	})
	if i < 0 {
		return catalog.Product{}, false, nil
	}
	return page.Products[i], true, nil
}

func (m *maker) add(c Case) { m.list = append(m.list, c) }

// called is a call by the model.
func called(tool string, arguments map[string]any, expect ...Expectation) Call {
	return Call{Tool: tool, By: "model", Arguments: arguments, Expect: expect}
}

func is(path string, value any) Expectation { return Expectation{Path: path, Is: value} }
func present(path string) Expectation       { return Expectation{Path: path, Present: true} }
func items(id string, quantity int) []any {
	return []any{map[string]any{"id": id, "quantity": quantity}}
}
func session(more map[string]any) map[string]any {
	args := map[string]any{"checkout_session_id": "{{checkout_session.id}}"}
	for name, v := range more {
		args[name] = v
	}
	return args
}

func (m *maker) searched() Call {
	return called("search_products", map[string]any{"query": m.product}, is("products.*.id", m.found.ID))
}

// opened opens a session for one of the item.
func (m *maker) opened() Call {
	return called("checkout_session", map[string]any{"checkout_session": map[string]any{"items": items(m.item.ID, 1)}},
		present("id"), is("line_items.0.item.id", m.item.ID), is("line_items.0.item.quantity", 1), is("status", "not_ready_for_payment"))
}

func (m *maker) addressed() Call {
	return called("update_checkout_session", session(map[string]any{"fulfillment_address": m.to.arguments()}),
		is("status", "ready_for_payment"), is("fulfillment_address.country", m.to.country), present("fulfillment_option_id"))
}

func (m *maker) search() {
	m.add(Case{ID: "search", Purpose: "Find a product in the shop's catalogue.",
		Prompt:  fmt.Sprintf("Does %s have a %s? Show me what there is and what it costs.", m.shop().Name, m.product),
		Calls:   []Call{m.searched()},
		Outcome: fmt.Sprintf("Names %s among the products found, with its price and whether it is in stock. No widget opens, and nothing is bought.", m.product)})
}

func (m *maker) open() {
	what := "what it is"
	if len(m.found.Variants) > 1 {
		what = "which variants there are"
	}
	m.add(Case{ID: "product", Purpose: "Open one product with its variants.",
		Prompt: fmt.Sprintf("Tell me more about the %s at %s: %s, and what is in stock.", m.product, m.shop().Name, what),
		Calls: []Call{m.searched(), called("get_product", map[string]any{"id": m.found.ID},
			is("product.id", m.found.ID), is("product.variants.*.id", m.item.ID))},
		Outcome: fmt.Sprintf("Describes %s with its variants, prices and stock as the shop has them. No widget opens, and nothing is bought.", m.product)})
}

func (m *maker) cart() {
	m.add(Case{ID: "cart", Purpose: "Build a cart.",
		Prompt:  fmt.Sprintf("Put one %s from %s into a cart.", m.item.Title, m.shop().Name),
		Calls:   []Call{m.searched(), m.opened()},
		Outcome: fmt.Sprintf("The checkout widget opens with 1 × %s and its price, and asks where it is to be delivered. Nothing is bought.", m.item.Title)})
}

func (m *maker) quantity() {
	if m.item.Available() < 2 {
		return
	}
	m.add(Case{ID: "quantity", Purpose: "Change the quantity in the cart.",
		Prompt: fmt.Sprintf("Start a checkout at %s with one %s, then make it two.", m.shop().Name, m.item.Title),
		Calls: []Call{m.searched(), m.opened(), called("update_checkout_session", session(map[string]any{"items": items(m.item.ID, 2)}),
			is("line_items.0.item.id", m.item.ID), is("line_items.0.item.quantity", 2))},
		Outcome: fmt.Sprintf("The widget shows 2 × %s and the total for two. Nothing is bought.", m.item.Title)})
}

func (m *maker) delivery() {
	if len(m.to.options) == 0 {
		return
	}
	way := m.to.options[len(m.to.options)-1]
	m.add(Case{ID: "delivery", Purpose: "Give a delivery address and choose a way of delivery.",
		Prompt: fmt.Sprintf("Start a checkout at %s with one %s. Deliver it to %s, by %s.", m.shop().Name, m.item.Title, m.to.words(), way.Title),
		Calls: []Call{m.searched(), m.opened(), m.addressed(), called("update_checkout_session", session(map[string]any{"fulfillment_option_id": way.ID}),
			is("fulfillment_option_id", way.ID), is("status", "ready_for_payment"))},
		Outcome: fmt.Sprintf("The widget shows the address, %s as the way of delivery, tax where there is any, and the total. The checkout is ready to be paid; nothing is bought.", way.Title)})
}

// pay is on the shop's page, in the sheet, or both.
func (m *maker) pay() {
	if len(m.to.options) == 0 {
		return
	}
	before := []Call{m.searched(), m.opened(), m.addressed()}
	if m.shop().Checkout.Enabled {
		m.add(Case{ID: "pay_at_shop", Purpose: "Go on to pay on the shop's own page.",
			Prompt: fmt.Sprintf("I want to buy one %s from %s, delivered to %s. Take me to the shop to pay.", m.item.Title, m.shop().Name, m.to.words()),
			Calls:  append(slices.Clone(before), called("start_external_checkout", session(nil), present("checkout_url"), is("status", "ready_for_payment"))),
			Outcome: "Gives a link to the shop's own checkout page, which shows the same cart and total and is paid there. " +
				"Nothing is charged in the conversation."})
	}
	if m.shop().App.PaymentSheet {
		m.add(Case{ID: "pay_in_sheet", Purpose: "Pay in the payment sheet, and ask for the order.",
			Prompt: fmt.Sprintf("I want to buy one %s from %s, delivered to %s. Once I have paid, tell me how the order is doing.", m.item.Title, m.shop().Name, m.to.words()),
			Calls: append(slices.Clone(before),
				Call{Tool: "complete_checkout", By: "sheet", Arguments: session(map[string]any{
					"buyer":        map[string]any{"first_name": "Test", "last_name": "Buyer", "email": "test.buyer@example.com"},
					"payment_data": map[string]any{"token": "{{sheet.token}}", "provider": "{{checkout_session.payment_provider.provider}}"}}),
					Expect: []Expectation{is("status", "completed"), present("order.id"), present("order.permalink_url")}},
				called("get_order", session(nil), present("order.status"), is("order.checkout_session_id", "{{checkout_session.id}}"))),
			Outcome: "The widget's button opens the payment sheet with the total. After the payment the widget shows the order's number and link, " +
				"and the answer says how the order is doing. The card is charged once."})
	}
}

func (m *maker) status() {
	m.add(Case{ID: "order_status", Purpose: "Ask for an order before it is paid.",
		Prompt:  fmt.Sprintf("Start a checkout at %s with one %s. Look up whether it is ordered already.", m.shop().Name, m.item.Title),
		Calls:   []Call{m.searched(), m.opened(), called("get_order", session(nil), is("messages.0.code", "not_found"))},
		Outcome: "Says that there is no order yet, because the checkout is not paid. After a payment the same question is answered with the order's number and state."})
}

func (m *maker) cancel() {
	m.add(Case{ID: "cancel", Purpose: "Give a checkout up.",
		Prompt:  fmt.Sprintf("Start a checkout at %s with one %s. I have changed my mind: cancel it.", m.shop().Name, m.item.Title),
		Calls:   []Call{m.searched(), m.opened(), called("cancel_checkout_session", session(nil), is("status", "canceled"))},
		Outcome: "The checkout is canceled, and the widget says so. Nothing was charged."})
}

// forForm marks those that exercise the most tools, one of each kind.
func (m *maker) forForm() {
	left := formPositive
	for _, id := range []string{"search", "product", "quantity", "delivery", "pay_at_shop", "pay_in_sheet", "cart", "order_status", "cancel"} {
		for i := range m.list {
			if c := &m.list[i]; c.ID == id && left > 0 {
				c.Form = true
				left--
			}
		}
	}
}
