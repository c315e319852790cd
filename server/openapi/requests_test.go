package openapi_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
	"github.com/checkstand/checkstand/server/openapi"
)

// decoders are those of the requests with a body, by the name of its type.
func decoders(codec wire.Codec) map[string]func(*wire.Document) error {
	all := map[string]func(*wire.Document) error{
		"CreateRequest":   func(doc *wire.Document) error { _, err := codec.DecodeCreate(doc); return err },
		"UpdateRequest":   func(doc *wire.Document) error { _, err := codec.DecodeUpdate(doc); return err },
		"CompleteRequest": func(doc *wire.Document) error { _, err := codec.DecodeComplete(doc); return err },
		"CancelRequest":   func(doc *wire.Document) error { _, err := codec.DecodeCancel(doc); return err },
	}
	if carts, ok := wire.Carts(codec); ok {
		cart := func(doc *wire.Document) error { _, err := carts.DecodeCart(doc); return err }
		all["CartCreateRequest"], all["CartUpdateRequest"] = cart, cart
	}
	return all
}

// without are members that another one keeps from being read, so that a request
// with all members is several requests: the n-th leaves those of the n-th list out.
var without = map[string][][]string{
	"CreateRequest":   {{"cart_id"}, {}},
	"NestedSelection": {{"digital"}, {"shipping"}},
	"FlatPaymentData": {
		{"handler_id", "instrument"},
		{"token", "provider", "type", "payment_method_details"},
		{"handler_id", "token", "provider", "type", "payment_method_details"},
	},
	"PaymentData": {
		{"token", "provider", "type", "purchase_order_number", "payment_terms", "due_date", "approval_required", "payment_method_details"},
		{"handler_id", "instrument", "purchase_order_number", "payment_terms", "due_date", "approval_required"},
		{"handler_id", "instrument", "token", "provider", "type", "payment_method_details"},
		{"handler_id", "token", "provider", "type", "purchase_order_number", "payment_terms", "due_date", "approval_required", "payment_method_details"},
	},
}

// forms is the longest of those lists.
const forms = 4

// fitting are values of members that are not just any of their kind.
var fitting = map[string]any{"currency": "usd", "country": "US", "outcome": "authenticated", "electronic_commerce_indicator": "05", "touchpoint": "last"}

// place is an object in a request, and the type that it is of.
type place struct {
	path, of string
	object   map[string]any
}

// whole makes a value with every member, and lists the places in it.
func whole(d *openapi.Document, name, path string, form int, places *[]place) map[string]any {
	o := map[string]any{}
	*places = append(*places, place{path, name, o})
	var skip []string
	if lists := without[name]; len(lists) > 0 {
		skip = lists[form%len(lists)]
	}
	members := d.Types[name].Members
	if name == "CreateRequest" && len(skip) == 0 && slices.ContainsFunc(members, func(m openapi.Member) bool { return m.Name == "cart_id" }) {
		skip = []string{"line_items", "buyer"} // the cart's are taken
	}
	for _, m := range members {
		if !slices.Contains(skip, m.Name) {
			o[m.Name] = wholeValue(d, m.Name, m.Value, path+"."+m.Name, form, places)
		}
	}
	if name == "NestedSelection" && o["digital"] != nil {
		o["type"] = "digital"
	}
	return o
}

func wholeValue(d *openapi.Document, name string, v openapi.Value, path string, form int, places *[]place) any {
	if value, ok := fitting[name]; ok {
		return value
	}
	switch v.Kind {
	case openapi.KindRef:
		return whole(d, v.Ref, path, form, places)
	case openapi.KindList:
		return []any{wholeValue(d, "", *v.Elem, path+"[0]", form, places)}
	case openapi.KindEnum:
		return v.Words[0]
	case openapi.KindEmail:
		return "buyer@example.com"
	case openapi.KindURL:
		return "https://shop.example.com/"
	case openapi.KindTime:
		return "2026-04-17T09:30:00Z"
	case openapi.KindDate:
		return "2026-04-17"
	case openapi.KindAmount, openapi.KindNumber, openapi.KindInteger:
		return 1
	case openapi.KindFlag:
		return true
	case openapi.KindObject:
		if name == "suggested_price" {
			return map[string]any{"amount": 1}
		}
		if name == "source" {
			return map[string]any{"type": "url"}
		}
		return map[string]any{}
	}
	if name == "billing_address" { // of any shape in the versions without schema
		return map[string]any{"name": "Buyer", "line_one": "1 Example Street", "city": "San Francisco", "state": "CA", "country": "US", "postal_code": "94105"}
	}
	return "text"
}

// unread are the paths that no decoder has looked at.
func unread(t *testing.T, decode func(*wire.Document) error, body any) ([]string, error) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := wire.Parse(text, acp.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	err = decode(doc)
	return doc.Unknown(), err
}

// readAt are those of some names that a decoder asks a place of a request for.
func readAt(t *testing.T, decode func(*wire.Document) error, body any, p place, names []string) (read []string) {
	t.Helper()
	before, err := unread(t, decode, body)
	if err != nil || len(before) >= wire.MaxUnknown {
		t.Fatal("there is no room to list more that is not read:", err, before)
	}
	for some := range slices.Chunk(names, wire.MaxUnknown-len(before)) {
		for _, name := range some {
			p.object[name] = nil
		}
		ignored, err := unread(t, decode, body)
		for _, name := range some {
			delete(p.object, name)
		}
		switch {
		case err == nil:
			for _, name := range some {
				if !slices.Contains(ignored, p.path+"."+name) {
					read = append(read, name)
				}
			}
		case len(some) == 1:
			read = append(read, some[0]) // it was looked at, and is refused
		default:
			for _, name := range some {
				read = append(read, readAt(t, decode, body, p, []string{name})...)
			}
		}
	}
	return read
}

// namesAsked are the names that decoders ask objects for, read out of their source.
func namesAsked(t *testing.T) []string {
	t.Helper()
	name := regexp.MustCompile(`^[a-z][a-z0-9_]+$`)
	seen := map[string]bool{}
	for _, f := range sourceOf(t, "acp/wire") {
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && name.MatchString(s) {
					seen[s] = true
				}
			}
			return true
		})
	}
	for _, known := range []string{"purchase_order_number", "gift_wrap", "opted_in"} {
		if !seen[known] {
			t.Fatalf("the source does not ask for %s", known)
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// elsewhere are members that are read at a place where no version has them: what
// stands in another version, or another part, under that name.
var elsewhere = map[string][]string{
	"Selection":         {"shipping", "digital", "pickup", "local_delivery"}, // the form of NestedSelection
	"FlatItem":          {"name", "unit_amount", "suggested_price"},          // of Item
	"FlatAddress":       {"company"},                                         // of Address
	"FlatPaymentData":   {"purchase_order_number"},                           // of PaymentData
	"CompleteRequest":   {"fulfillment_address"},
	"CartCreateRequest": {"currency"}, // compared with the shop's
	"CartUpdateRequest": {"currency", "locale"},
	"CreateRequest":     {"agent_capabilities"},
}

// Every member that is described is read, and every member that is read is
// described: here, or for another version, whose names are understood as well.
func TestMembersOfRequestsAreThoseThatAreRead(t *testing.T) {
	asked := namesAsked(t)
	described := map[string]map[string]bool{}
	for _, v := range openapi.Versions() {
		d, _ := openapi.New(options, v)
		for name, typ := range d.Types {
			for _, m := range typ.Members {
				if described[name] == nil {
					described[name] = map[string]bool{}
				}
				described[name][m.Name] = true
			}
		}
	}
	used := map[string]bool{}
	eachDocument(t, func(t *testing.T, d *openapi.Document, _ map[string]any) {
		codec, _ := wire.Find(d.Version, true)
		for request, decode := range decoders(codec) {
			if d.Types[request] == nil {
				continue
			}
			read, there := map[string]bool{}, map[string]bool{}
			for form := range forms {
				var places []place
				body := whole(d, request, "$", form, &places)
				ignored, err := unread(t, decode, body)
				if err != nil {
					t.Fatalf("%s: %v", request, err)
				}
				for _, p := range places {
					for name := range p.object {
						there[p.path+"."+name] = true
						if !slices.ContainsFunc(ignored, func(path string) bool { return strings.HasPrefix(p.path+"."+name+".", path+".") }) {
							read[p.path+"."+name] = true
						}
					}
					if slices.ContainsFunc(ignored, func(path string) bool { return strings.HasPrefix(p.path+".", path+".") }) {
						continue // nobody looks into it, in this form
					}
					foreign := slices.DeleteFunc(slices.Clone(asked), func(name string) bool { return described[p.of][name] })
					for _, name := range readAt(t, decode, body, p, foreign) {
						if used[p.of+"."+name] = true; !slices.Contains(elsewhere[p.of], name) {
							t.Errorf("%s: %s.%s is read and not described", request, p.of, name)
						}
					}
				}
			}
			for path := range there {
				if !read[path] {
					t.Errorf("%s: %s is described and never read", request, path)
				}
			}
		}
	})
	for of, names := range elsewhere {
		for _, name := range names {
			if !used[of+"."+name] {
				t.Errorf("%s.%s is not read, so that it needs no exception", of, name)
			}
		}
	}
}

// Whatever payment_data is understood is valid by its schema, and every set of
// members that the schema asks for is understood.
func TestPaymentsThatAreUnderstoodAreDescribed(t *testing.T) {
	members := map[string]any{"handler_id": "card_tokenized", "token": "spt_example", "provider": "stripe", "type": "card",
		"instrument": map[string]any{"type": "card", "credential": map[string]any{"type": "spt", "token": "vt_example"}}}
	within := map[string]any{"type": "card", "credential": map[string]any{"type": "spt", "token": "vt_example"}, "handler_id": "card_tokenized"}
	eachDocument(t, func(t *testing.T, d *openapi.Document, doc map[string]any) {
		codec, _ := wire.Find(d.Version, true)
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		if err := c.AddResource("https://schema.invalid/doc.json", doc); err != nil {
			t.Fatal(err)
		}
		name := "FlatPaymentData"
		all := maps.Clone(members)
		all["instrument.handler_id"] = nil
		if d.Types[name] == nil {
			name = "PaymentData"
			all["purchase_order_number"] = "PO-1"
		}
		schema, err := c.Compile("https://schema.invalid/doc.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Sorted(maps.Keys(all))
		try := func(chosen []string) (understood, valid error, text []byte) {
			payment := map[string]any{}
			for _, n := range chosen {
				payment[n] = all[n]
			}
			if slices.Contains(chosen, "instrument.handler_id") {
				delete(payment, "instrument.handler_id")
				payment["instrument"] = within
			}
			_, understood = unread(t, decoders(codec)["CompleteRequest"], map[string]any{"payment_data": payment})
			text, err := json.Marshal(payment)
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return understood, schema.Validate(value), text
		}
		refused := 0
		for set := range 1 << len(names) {
			var chosen []string
			for i, n := range names {
				if set>>i&1 == 1 {
					chosen = append(chosen, n)
				}
			}
			understood, valid, text := try(chosen)
			if understood == nil && valid != nil {
				t.Errorf("%s is understood: %v", text, valid)
			}
			if valid != nil {
				refused++
			}
		}
		if refused == 0 {
			t.Error("the schema asks for nothing")
		}
		for _, chosen := range d.Types[name].Needs {
			if understood, valid, text := try(chosen); understood != nil || valid != nil {
				t.Errorf("%s: %v, %v", text, understood, valid)
			}
		}
	})
}
