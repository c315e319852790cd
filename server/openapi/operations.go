package openapi

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/idempotency"
)

// Operation is one method of one path.
type Operation struct {
	Method, Path string
	ID           string // a name for generated code
	Tag          string // one of Tags
	Summary      string // a few words
	Detail       string // more, in plain text; "" for none
	// Agent is an operation of the protocol: it needs a key and a version, and
	// refuses with Error.
	Agent bool
	// Body is the type of the request's body; "" has none. BodyType is its
	// media type, JSON when empty.
	Body, BodyType string
	BodyOptional   bool
	Query          []Parameter
	Answers        []Answer
}

// Parameter is one of a query or a header.
type Parameter struct {
	Name     string
	Required bool
	Doc      string
	Words    []string // the values that there are; nil for any text
}

// Answer is one that an operation gives when all goes well, or that is its own.
type Answer struct {
	Status int
	Doc    string
	Type   string // of the body; "" for one that is no JSON of ours
	Media  string // JSON when empty
}

// Tags group the operations, in this order.
var Tags = []Parameter{
	{Name: "Checkout", Doc: "A session from the first item to the order. These need a key."},
	{Name: "Carts", Doc: "A basket before there is a session, where the shop has carts. These need a key."},
	{Name: "Discovery", Doc: "What this server speaks, for everybody."},
	{Name: "MCP", Doc: "The same checkout, and the app for chats, over the Model Context Protocol. Requests and answers are those of its Streamable HTTP transport."},
	{Name: "Pages", Doc: "What people see in a browser."},
	{Name: "Operation", Doc: "For the machines around the server."},
}

const (
	html  = "text/html"
	plain = "text/plain"
	forms = "application/x-www-form-urlencoded"
)

func session(status int, doc string) []Answer {
	return []Answer{{Status: status, Doc: doc, Type: "Session"}}
}

func cart(status int, doc string) []Answer {
	return []Answer{{Status: status, Doc: doc, Type: "Cart"}}
}

func page(doc string) []Answer { return []Answer{{Status: http.StatusOK, Doc: doc, Media: html}} }

func afterForm() []Answer {
	return []Answer{{Status: http.StatusSeeOther, Doc: "Back to the page, or on to the payment provider.", Media: html}}
}

var rpc = []Answer{{Status: http.StatusOK, Doc: "A JSON-RPC answer; refusals are in it."}, {Status: http.StatusAccepted, Doc: "A notification was taken."}}

// operations is every route of the server. A test compares it with the code.
var operations = []Operation{
	{Method: "POST", Path: "/checkout_sessions", ID: "createSession", Tag: "Checkout", Agent: true, Summary: "Open a session", Body: "CreateRequest",
		Detail: "Prices, delivery and tax are worked out as far as is known what is bought and where it goes. What is missing is in messages.", Answers: session(201, "The session.")},
	{Method: "GET", Path: "/checkout_sessions/{id}", ID: "getSession", Tag: "Checkout", Agent: true, Summary: "Read a session", Answers: session(200, "The session as it stands.")},
	{Method: "POST", Path: "/checkout_sessions/{id}", ID: "updateSession", Tag: "Checkout", Agent: true, Summary: "Change a session", Body: "UpdateRequest",
		Detail: "What the body does not name stays as it is. Items replace all items; lines of items that stay keep their ids.", Answers: session(200, "The session after the change.")},
	{Method: "POST", Path: "/checkout_sessions/{id}/complete", ID: "completeSession", Tag: "Checkout", Agent: true, Summary: "Pay a session", Body: "CompleteRequest",
		Detail:  "Charges the total that the session shows and places the order, once, however often it is sent under one Idempotency-Key. A decline is no error: the session is ready_for_payment again, with a message payment_declined.",
		Answers: session(200, "The session, with its order once it is completed.")},
	{Method: "POST", Path: "/checkout_sessions/{id}/cancel", ID: "cancelSession", Tag: "Checkout", Agent: true, Summary: "Cancel a session", Body: "CancelRequest", BodyOptional: true,
		Detail: "It cannot be opened again. One that is paid is refused with 405.", Answers: session(200, "The canceled session.")},

	{Method: "POST", Path: "/carts", ID: "createCart", Tag: "Carts", Agent: true, Summary: "Make a cart", Body: "CartCreateRequest",
		Detail: "What is in it is priced as far as it can be without an address. It lives until it has not been changed for a while, and holds nothing back for the buyer.", Answers: cart(201, "The cart.")},
	{Method: "GET", Path: "/carts/{id}", ID: "getCart", Tag: "Carts", Agent: true, Summary: "Read a cart",
		Detail: "With the prices and the stock of now. messages tell what has changed since it was last written.", Answers: cart(200, "The cart.")},
	{Method: "PUT", Path: "/carts/{id}", ID: "replaceCart", Tag: "Carts", Agent: true, Summary: "Replace what is in a cart", Body: "CartUpdateRequest",
		Detail: "The body is all of the cart from now on: a buyer that it does not name is taken away. Lines of items that stay keep their ids, and expires_at is put off.", Answers: cart(200, "The cart after the change.")},
	{Method: "POST", Path: "/carts/{id}", ID: "replaceCartByPost", Tag: "Carts", Agent: true, Summary: "The same, as the text of the protocol has it", Body: "CartUpdateRequest",
		Answers: cart(200, "The cart after the change.")},
	{Method: "POST", Path: "/carts/{id}/cancel", ID: "cancelCart", Tag: "Carts", Agent: true, Summary: "Throw a cart away", Body: "CancelRequest", BodyOptional: true,
		Detail: "From then on there is no such cart. A session that was opened from it goes on.", Answers: cart(200, "The last that the cart was.")},

	{Method: "GET", Path: "/.well-known/acp.json", ID: "discover", Tag: "Discovery", Summary: "What this server speaks",
		Answers: []Answer{{Status: 200, Doc: "The discovery document.", Type: "Discovery"}}},
	{Method: "GET", Path: "/openapi.json", ID: "openapi", Tag: "Discovery", Summary: "This description", Query: []Parameter{versionQuery},
		Answers: []Answer{{Status: 200, Doc: "An OpenAPI 3.1 document."}, {Status: 404, Doc: "There is no such version.", Media: plain}}},
	{Method: "GET", Path: "/openapi.yaml", ID: "openapiYAML", Tag: "Discovery", Summary: "This description as YAML", Query: []Parameter{versionQuery},
		Answers: []Answer{{Status: 200, Doc: "An OpenAPI 3.1 document.", Media: "application/yaml"}, {Status: 404, Doc: "There is no such version.", Media: plain}}},
	{Method: "GET", Path: "/openapi/{file}", ID: "openapiVersion", Tag: "Discovery", Summary: "The description of one version, such as 2026-01-30.json",
		Answers: []Answer{{Status: 200, Doc: "An OpenAPI 3.1 document; YAML where the name ends so."}, {Status: 404, Doc: "There is no such version.", Media: plain}}},
	{Method: "GET", Path: "/docs", ID: "reference", Tag: "Discovery", Summary: "This description for readers", Query: []Parameter{versionQuery},
		Answers: []Answer{{Status: 200, Doc: "A page.", Media: html}, {Status: 404, Doc: "There is no such version.", Media: html}}},
	{Method: "GET", Path: "/schemas/handlers/seller_backed/{kind}/{file}", ID: "sellerSchemas", Tag: "Discovery", Summary: "The schemas of handlers for what the shop takes by itself: saved cards, and what it owes the buyer",
		Answers: []Answer{{Status: 200, Doc: "A JSON Schema.", Media: "application/schema+json"}, {Status: 404, Doc: "There is no such schema.", Media: plain}}},
	{Method: "GET", Path: "/schemas/handlers/tokenized.card/{file}", ID: "handlerSchemas", Tag: "Discovery", Summary: "The schemas that payment handlers name",
		Answers: []Answer{{Status: 200, Doc: "A JSON Schema.", Media: "application/schema+json"}, {Status: 404, Doc: "There is no such schema.", Media: plain}}},

	{Method: "POST", Path: "/acp/mcp", ID: "mcpBinding", Tag: "MCP", Summary: "The checkout as tools", BodyType: "application/json",
		Detail: "Five tools with the arguments meta, id and payload. meta has api_version, idempotency_key, request_id, accept_language, signature and timestamp, as the headers of the same names; payload is the body. The key is the bearer token.", Answers: rpc},
	{Method: "POST", Path: "/acp/mcp/raw", ID: "mcpRawBinding", Tag: "MCP", Summary: "The checkout as JSON-RPC methods", BodyType: "application/json",
		Detail: "The same, with the session as the whole result and refusals as JSON-RPC errors.", Answers: rpc},
	{Method: "POST", Path: "/mcp", ID: "app", Tag: "MCP", Summary: "The app of the first shop, for chats", BodyType: "application/json", Answers: rpc},
	{Method: "POST", Path: "/mcp/{shop}", ID: "appOfShop", Tag: "MCP", Summary: "The app of a shop, for chats", BodyType: "application/json", Answers: rpc},
	{Method: "GET", Path: "/.well-known/oauth-protected-resource", ID: "resourceMetadata", Tag: "MCP", Summary: "Who signs users of the app in, where somebody does",
		Answers: []Answer{{Status: 200, Doc: "Metadata of RFC 9728."}, {Status: 404, Doc: "Nobody does.", Media: plain}}},
	{Method: "GET", Path: "/.well-known/oauth-protected-resource/{endpoint}", ID: "resourceMetadataOf", Tag: "MCP", Summary: "The same for one endpoint, such as mcp",
		Answers: []Answer{{Status: 200, Doc: "Metadata of RFC 9728."}, {Status: 404, Doc: "Nobody does.", Media: plain}}},
	{Method: "GET", Path: "/.well-known/openai-apps-challenge", ID: "challenge", Tag: "MCP", Summary: "The token that proves whose domain this is",
		Answers: []Answer{{Status: 200, Doc: "The token.", Media: plain}, {Status: 404, Doc: "None is configured.", Media: plain}}},

	{Method: "GET", Path: "/", ID: "front", Tag: "Pages", Summary: "The shop's front page", Answers: page("A page.")},
	{Method: "GET", Path: "/orders/{id}", ID: "order", Tag: "Pages", Summary: "An order, without personal data", Answers: page("A page.")},
	{Method: "GET", Path: "/policies/{name}", ID: "policy", Tag: "Pages", Summary: "A policy of the shop", Answers: page("A page.")},
	{Method: "GET", Path: "/pictures/{file}", ID: "picture", Tag: "Pages", Summary: "A picture of the catalogue", Answers: []Answer{{Status: 200, Doc: "A picture.", Media: "image/*"}}},
	{Method: "GET", Path: "/assets/{file}", ID: "asset", Tag: "Pages", Summary: "Style sheet, icon and script of the pages", Answers: []Answer{{Status: 200, Doc: "A file.", Media: "*/*"}}},
	{Method: "GET", Path: "/checkout/{shop}/{session}", ID: "checkout", Tag: "Pages", Summary: "The checkout of a session, in the browser that took its link up", Answers: page("A page.")},
	{Method: "GET", Path: "/checkout/{shop}/{session}/{proof}", ID: "checkoutLink", Tag: "Pages", Summary: "The session's continue_url", Detail: "It is good for one browser. Looking at it changes nothing.", Answers: page("A page with a button.")},
	{Method: "POST", Path: "/checkout/{shop}/{session}/{proof}", ID: "checkoutRedeem", Tag: "Pages", Summary: "Take the link up", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/return", ID: "checkoutReturn", Tag: "Pages", Summary: "Where the payment provider sends the buyer back to", Answers: page("A page.")},
	{Method: "GET", Path: "/checkout/{shop}/{session}/details", ID: "checkoutDetailsAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/details", ID: "checkoutDetails", Tag: "Pages", Summary: "Who buys, and where it goes", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/delivery", ID: "checkoutDeliveryAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/delivery", ID: "checkoutDelivery", Tag: "Pages", Summary: "How it gets there", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/items", ID: "checkoutItemsAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/items", ID: "checkoutItems", Tag: "Pages", Summary: "How many of a line", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/codes", ID: "checkoutCodesAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/codes", ID: "checkoutCodes", Tag: "Pages", Summary: "Discount codes", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/tip", ID: "checkoutTipAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/tip", ID: "checkoutTip", Tag: "Pages", Summary: "A tip", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/wrap", ID: "checkoutWrapAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/wrap", ID: "checkoutWrap", Tag: "Pages", Summary: "Gift wrap", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/pay", ID: "checkoutPayAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/pay", ID: "checkoutPay", Tag: "Pages", Summary: "Pay", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/checkout/{shop}/{session}/leave", ID: "checkoutLeaveAgain", Tag: "Pages", Summary: "A form's address, loaded anew", Answers: afterForm()},
	{Method: "POST", Path: "/checkout/{shop}/{session}/leave", ID: "checkoutLeave", Tag: "Pages", Summary: "Close the payment page, to change the order", BodyType: forms, Answers: afterForm()},

	{Method: "GET", Path: "/cart/{shop}/{cart}/{proof}", ID: "cartPage", Tag: "Pages", Summary: "A cart's continue_url", Detail: "Everybody who has it sees what is in the cart and what it costs. It shows nothing about the buyer, and looking at it changes nothing.", Answers: page("A page.")},
	{Method: "POST", Path: "/cart/{shop}/{cart}/{proof}", ID: "cartCheckout", Tag: "Pages", Summary: "Open the cart's checkout, or the one that is open", BodyType: forms, Answers: afterForm()},
	{Method: "POST", Path: "/cart/{shop}/{cart}/{proof}/items", ID: "cartItems", Tag: "Pages", Summary: "How many of a line", BodyType: forms, Answers: afterForm()},
	{Method: "GET", Path: "/cart/{shop}/{cart}/{proof}/items", ID: "cartItemsAgain", Tag: "Pages", Summary: "The form's address, loaded anew", Answers: afterForm()},

	{Method: "GET", Path: "/healthz", ID: "health", Tag: "Operation", Summary: "Whether the server is up", Answers: []Answer{{Status: 200, Doc: "It is.", Media: plain}}},
	{Method: "GET", Path: "/readyz", ID: "ready", Tag: "Operation", Summary: "Whether to send requests here",
		Answers: []Answer{{Status: 200, Doc: "Yes.", Media: plain}, {Status: 503, Doc: "It is stopping, or its database does not answer.", Media: plain}}},
	{Method: "POST", Path: "/webhooks/payments/{merchant}/{mode}", ID: "providerReports", Tag: "Operation", Summary: "Where the payment provider of a shop reports", BodyType: "*/*",
		Detail: "mode is test or live. The provider's own signature is the credential.", Answers: []Answer{{Status: 200, Doc: "Taken. Some providers want another status.", Media: "*/*"}, {Status: 401, Doc: "The signature is not the provider's.", Media: plain}}},
	{Method: "GET", Path: "/webhooks/payments/{merchant}/{mode}", ID: "providerChallenge", Tag: "Operation", Summary: "Where a payment provider tests the address",
		Answers: []Answer{{Status: 200, Doc: "The answer to its challenge.", Media: "*/*"}, {Status: 401, Doc: "The challenge is not the provider's.", Media: plain}}},
}

var versionQuery = Parameter{Name: "version", Doc: "An API-Version; the newest when left out."}

// parameterDocs tells what is in a path.
var parameterDocs = map[string]string{"id": "Its id.", "shop": "Id of the shop.", "session": "Id of the session.", "cart": "Id of the cart.", "proof": "What makes the link one of ours.",
	"name": "Name of the policy.", "file": "Name of the file.", "endpoint": "Path of the endpoint.", "merchant": "Id of the shop.", "mode": "test or live.", "kind": "saved_card, gift_card, points or store_credit."}

// hours writes a time as people say it.
func hours(d time.Duration) string { return strconv.FormatFloat(d.Hours(), 'f', -1, 64) + " hours" }

// agentHeaders are the headers of the requests of agents.
func agentHeaders(d *Document) []Parameter {
	key := Parameter{Name: "Idempotency-Key", Required: d.NeedsKey, Doc: "Up to 255 printable ASCII characters, new for each new request and the same for a repeat. A repeat within " + hours(cmp.Or(d.Retention, idempotency.MinRetention)) + " gets the first answer, with Idempotent-Replayed: true. GET has none."}
	return []Parameter{
		{Name: "API-Version", Required: true, Doc: "The version of request and answer.", Words: []string{string(d.Version)}}, key,
		{Name: "Request-Id", Doc: "Comes back as it is, and is in the log; one is made when it is missing."},
		{Name: "Accept-Language", Doc: "Languages of the buyer, for texts."},
		{Name: "Signature", Doc: "Of the request, where the key demands it or it is sent."},
		{Name: "Timestamp", Doc: "When it was signed, RFC 3339; at most " + strconv.FormatFloat(cmp.Or(d.SignatureWindow, sign.Tolerance).Seconds(), 'f', -1, 64) + " seconds from the server's clock, unless the key has a window of its own."},
	}
}
