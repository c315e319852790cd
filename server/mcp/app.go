package mcp

import (
	"context"
	"errors"
	"net/http"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server/limit"
)

// app is the ChatGPT app of one shop.
type app struct {
	*App
	surface  *Surface
	shop     string // its name
	currency string
	locale   string
	hasPage  bool // buyers can pay on a page of the shop
	identity *identity
	bucket   *limit.Limiter[everybody]
	meta     sdk.Meta // of every result with a session
}

// newApp makes an app whose endpoint hosts are told of as path.
func (s *Surface) newApp(settings *App, path string) (*app, error) {
	m, err := s.Merchants.Merchant(context.Background(), settings.MerchantID)
	if err != nil {
		return nil, err
	}
	hasPage := m.CheckoutLink != nil && m.Payment(settings.Live).Hosted() != nil
	switch {
	case m.Payment(settings.Live).Provider == nil:
		return nil, errors.New("the shop has no payment account of the app's mode")
	case !settings.PaymentSheet && !hasPage:
		return nil, errors.New("the payment sheet is off and the shop has no checkout page, so nobody could pay")
	}
	a := &app{App: settings, surface: s, shop: m.Name, currency: m.Currency, locale: m.Locale, hasPage: hasPage, bucket: limit.PerSecond[everybody](settings.Calls),
		identity: newIdentity(settings.OAuth, s.BaseURL, path, s.HTTPClient, s.Now, s.Log)}
	look := map[string]any{"name": m.Name, "locale": m.Locale, "payment_sheet": settings.PaymentSheet}
	if settings.Logo != "" {
		look["logo"] = settings.Logo
	}
	a.meta = sdk.Meta{"checkstand/shop": look}
	return a, nil
}

// handler serves the app's tools and its widget.
func (a *app) handler() http.Handler {
	s := a.surface
	has := &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}, Resources: &sdk.ResourceCapabilities{},
		Extensions: map[string]any{"io.modelcontextprotocol/ui": map[string]any{}}}
	server := sdk.NewServer(&sdk.Implementation{Name: "checkstand", Title: a.shop, Version: s.Version},
		&sdk.ServerOptions{Instructions: a.instructions(), Capabilities: has})
	for _, t := range a.tools() {
		server.AddTool(t.describe(s, a.identity), func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			return a.call(ctx, t, req), nil
		})
	}
	a.addWidget(server)
	server.AddReceivingMiddleware(declaredOnly(has), a.identity.listed)
	return streamable(server, s.BodyLimit)
}

// instructions tell a model how the tools belong together. Hosts read the first
// 512 characters for certain.
func (a *app) instructions() string {
	return "Sells the products of " + a.shop + ". Find products with search_products, then open a cart with checkout_session and the ids " +
		"found there; change it with update_checkout_session. Prices, delivery and totals are what the tools return: do not compute or " +
		"promise others. The buyer pays in the widget, or at checkout_url from start_external_checkout. Never make up product ids, " +
		"addresses or payment tokens. get_order tells how an order is doing."
}

// tools are the app's tools, in the order of a purchase.
func (a *app) tools() []*tool {
	return []*tool{
		{name: "search_products", title: "Search products", input: "search_products.in", output: "search_products.out",
			description: "Search the catalogue of " + a.shop + " by words, with filters for category, brand, price and stock. " +
				"Returns products with the ids that checkout_session takes.",
			invoking: "Searching the shop", invoked: "Searched the shop", readOnly: true, idempotent: true, run: searchProducts,
			reasons: Reasons{
				ReadOnly:    "Only looks products up in the shop's catalogue and returns them; nothing is created, changed or reserved.",
				Destructive: "Nothing can be lost by it: it reads the catalogue and writes nothing.",
				OpenWorld:   "Asks the shop's own catalogue alone; nothing is sent or published elsewhere."}},
		{name: "get_product", title: "Show a product", input: "get_product.in", output: "get_product.out",
			description: "Everything about one product of " + a.shop + ": description, pictures, variants, prices and what is in stock.",
			invoking:    "Looking at the product", invoked: "Looked at the product", readOnly: true, idempotent: true, run: getProduct,
			reasons: Reasons{
				ReadOnly:    "Only reads one product of the shop's catalogue with its variants, prices and stock; nothing is changed or reserved.",
				Destructive: "Nothing can be lost by it: it reads the catalogue and writes nothing.",
				OpenWorld:   "Asks the shop's own catalogue alone; nothing is sent or published elsewhere."}},
		{name: "checkout_session", title: "Open checkout", input: "checkout_session.in", output: "session.out",
			description: "Open a checkout session for items of the catalogue and show the cart, with delivery, tax and the total. Nothing is bought yet.",
			invoking:    "Opening the checkout", invoked: "Opened the checkout", opensWidget: true, fromWidget: true, run: openSession,
			reasons: Reasons{
				ReadOnly:    "Creates a checkout session, which is a cart with a price, in the shop's own system.",
				Destructive: "A new session buys nothing, charges nothing and reserves no stock, and expires by itself; no other session is touched.",
				OpenWorld:   "The session is kept by this shop alone; no payment provider and nobody else is told of it."}},
		{name: "update_checkout_session", title: "Change the cart", input: "update_checkout_session.in", output: "session.out",
			description: "Change a checkout session: its items (the list replaces the old one), the delivery address, the delivery option, " +
				"discount codes, gift wrap and the like. What is not named stays.",
			invoking: "Changing the cart", invoked: "Changed the cart", idempotent: true, fromWidget: true, run: updateSession,
			reasons: Reasons{
				ReadOnly:    "Changes what one unpaid session holds: items, delivery address, delivery option, discount codes, gift wrap, tip, notes, and answers about marketing.",
				Destructive: "Any change can be taken back by another update until the session is paid; nothing is charged and no order is touched.",
				OpenWorld:   "Writes to this shop's own record of the session alone; nothing is sent or published elsewhere."}},
		{name: "get_checkout_session", title: "Show the cart", input: "session.in", output: "session.out",
			description: "The present state of a checkout session; once it is paid, with its order.",
			invoking:    "Looking at the cart", invoked: "Looked at the cart", readOnly: true, idempotent: true, fromWidget: true, run: getSession,
			reasons: Reasons{
				ReadOnly:    "Only returns a checkout session as it stands; nothing is changed.",
				Destructive: "Nothing can be lost by it: it reads the session and writes nothing.",
				OpenWorld:   "Reads this shop's own record of the session; nothing is sent or published elsewhere."}},
		{name: "cancel_checkout_session", title: "Cancel the checkout", input: "session.in", output: "session.out",
			description: "End a checkout session that is not paid. It cannot be opened again.",
			invoking:    "Canceling the checkout", invoked: "Canceled the checkout", destructive: true, idempotent: true, fromWidget: true, run: cancelSession,
			reasons: Reasons{
				ReadOnly:    "Ends one unpaid checkout session.",
				Destructive: "A canceled session cannot be opened again. Only an unpaid session can be canceled: no order and no payment is undone by it, and the same items can be put into a new session.",
				OpenWorld:   "Changes this shop's own record of the session alone; nobody else is told."}},
		{name: "start_external_checkout", title: "Pay at the shop", input: "start_external_checkout.in", output: "session.out",
			description: "The address of the shop's own checkout page, where the buyer pays: for a session, or for items. Give it to the buyer as it is. " +
				"It is good for one browser and for a limited time.",
			invoking: "Preparing the shop's checkout", invoked: "Prepared the shop's checkout", fromWidget: true, run: startCheckout,
			reasons: Reasons{
				ReadOnly:    "Opens a session when it is given items, and returns the address of the shop's own checkout page.",
				Destructive: "The address alone buys and charges nothing: the buyer pays on that page, by a button of their own, and may as well leave it.",
				OpenWorld:   "The page is the shop's own; the tool sends nothing to anybody else, and publishes nothing."}},
		{name: "complete_checkout", title: "Pay", input: "complete_checkout.in", output: "session.out",
			description: "Charges the total of a checkout session with the token that the payment sheet was given, and places the order. " +
				"Only the payment sheet calls it; a token cannot be made up. A repeat with the same token charges nothing more.",
			invoking: "Paying", invoked: "Paid", destructive: true, idempotent: true, openWorld: true, fromWidget: true,
			hidden: !a.ExposeComplete, run: completeCheckout,
			reasons: Reasons{
				ReadOnly:    "Charges the total of one session and places the order.",
				Destructive: "A payment is a transaction that this tool cannot take back. It takes a token that the buyer has approved in the payment sheet, charges the stored total once however often it is called, and only the shop can refund it.",
				OpenWorld:   "Charges through the shop's payment provider, which is a system of another company."}},
		{name: "get_order", title: "Order status", input: "get_order.in", output: "get_order.out",
			description: "How an order is doing: its state, parcels with tracking, refunds. It has no names and addresses.",
			invoking:    "Looking up the order", invoked: "Looked up the order", readOnly: true, idempotent: true, run: getOrder,
			reasons: Reasons{
				ReadOnly:    "Only returns the state of an order, its parcels and refunds; nothing is changed.",
				Destructive: "Nothing can be lost by it: it reads the order and writes nothing.",
				OpenWorld:   "Reads this shop's own record of the order; nothing is sent or published elsewhere."}},
	}
}

// caller is who every session of the app belongs to. Nobody proves who they
// are: whoever knows a session's id may act on it.
func (a *app) caller() checkout.Caller {
	return checkout.Caller{MerchantID: a.MerchantID, CredentialID: appCredential, Agent: a.Agent, Live: a.Live, Keyless: true}
}

// appCredential stands in for the credential that an app does not have.
const appCredential = "app"
