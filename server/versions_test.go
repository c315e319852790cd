package server_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/sandbox"
	"github.com/checkstand/checkstand/server/config"
)

// Random requests in random versions, at one session: after each of them every
// version shows all that it has a place for, whichever version it came in, and
// no version's amounts fail to add up (checkSession holds every answer to that,
// and to its schema). docs/versions.md says what each has a place for.
func TestSessionsAcrossVersions(t *testing.T) {
	t.Parallel()
	m := openMarketWith(t, func(c *config.Config) {
		for i := range c.Merchants {
			if mc := &c.Merchants[i]; mc.ID == bargains {
				mc.GiftWrap, mc.MaxTip = config.GiftWrapConfig{Price: "3.00", Per: "line"}, "50.00"
			}
		}
	})
	m.bearer, m.account = m.issueFor(t, bargains), "acct_"+bargains
	rapid.Check(t, func(rt *rapid.T) {
		p := &projected{market: m, t: drawing{TB: t, rt: rt}}
		p.open()
		steps := []func(){p.changeItems, p.changeBuyer, p.changeDelivery, p.clearDelivery, p.choose, p.chooseForEach, p.changeNotes, p.changeCodes, p.changeExtras}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(steps)-1), 0, 8).Draw(rt, "steps") {
			steps[i]()
			p.look(p.version(), p.version())
		}
		if rapid.Bool().Draw(rt, "ends by a payment") {
			p.pay()
		} else {
			p.cancel()
		}
		for _, v := range spoken() {
			p.look(dialect(v))
		}
	})
}

// drawing is a testing.TB whose failures are those of a rapid run, so that it
// can look for a smaller one.
type drawing struct {
	testing.TB
	rt *rapid.T
}

func (d drawing) Error(args ...any)         { d.rt.Error(args...) }
func (d drawing) Errorf(f string, a ...any) { d.rt.Errorf(f, a...) }
func (d drawing) Fatal(args ...any)         { d.rt.Fatal(args...) }
func (d drawing) Fatalf(f string, a ...any) { d.rt.Fatalf(f, a...) }

// projected is a session, and what is known to be in it.
type projected struct {
	*market
	t  drawing
	id string

	items    []object // {id, quantity}
	buyer    object   // in the words of the newest version; nil is none
	name     string   // of fulfillment_details, as are the next three
	phone    string
	email    string
	address  object
	option   string            // the delivery that was chosen, as long as nothing else was changed
	each     map[string]string // the same of the line of each item
	wrapped  bool
	tip      int64
	notes    string
	codes    []any // discount codes, in the order that they were sent
	metadata object
	locale   string
	status   string // "" while it is open
}

func (p *projected) version() dialect {
	return dialect(rapid.SampledFrom(spoken()).Draw(p.t.rt, "version"))
}

func pick[T any](p *projected, what string, from ...T) T {
	return rapid.SampledFrom(from).Draw(p.t.rt, what)
}

func (p *projected) drawItems() []object {
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"ok", "other", "download"}), 1, 3, rapid.ID).Draw(p.t.rt, "items")
	var lines []object
	for _, id := range ids {
		lines = append(lines, line(id, rapid.IntRange(1, 5).Draw(p.t.rt, "quantity")))
	}
	return lines
}

// drawBuyer has every field that the version has, or some.
func (p *projected) drawBuyer(v dialect) object {
	b := object{"email": pick(p, "e-mail", "one@example.com", "two@example.com")}
	if v.page() {
		b["name"] = pick(p, "name", "Test Buyer", "Ada Maria Example")
	} else {
		b["first_name"], b["last_name"] = pick(p, "first name", "Test", "Ada Maria"), "Example"
	}
	if rapid.Bool().Draw(p.t.rt, "with a phone number") {
		b["phone_number"] = pick(p, "phone", "+15550100", "+15550101")
	}
	if !v.flat() && rapid.Bool().Draw(p.t.rt, "with an account") {
		b["customer_id"], b["account_type"] = "cus_1", "business"
		b["company"] = map[string]any{"name": "Example Ltd", "tax_id": "12-3"}
	}
	return b
}

// known is a buyer in the newest words.
func known(b object) object {
	k := maps.Clone(b)
	if name, ok := k["name"]; ok {
		delete(k, "name")
		k["full_name"] = name
	}
	return k
}

func (p *projected) drawAddress(v dialect) object {
	a := pick(p, "address", address("CA", "94105"), address("NV", "89101"), address("CA", "90001").with("line_two", "Apartment 2"))
	a["name"] = pick(p, "addressee", "Test Buyer", "Ada Example")
	if !v.flat() && rapid.Bool().Draw(p.t.rt, "at a company") {
		a["company"] = "Example Ltd"
	}
	return a
}

// drawDelivery is a delivery in the version's words, and makes it known.
func (p *projected) drawDelivery(v dialect, body object) {
	a := p.drawAddress(v)
	p.address = maps.Clone(a)
	if v.flat() && !v.nested() {
		if v.page() && rapid.Bool().Draw(p.t.rt, "with a phone number") {
			p.phone = pick(p, "phone", "+15550102", "+15550103")
			a["phone_number"] = p.phone
		}
		body["fulfillment_address"] = a
		return
	}
	d := object{"address": a}
	if rapid.Bool().Draw(p.t.rt, "with a contact") {
		p.name, p.phone, p.email = pick(p, "contact", "Test Contact", "Ada Contact"), "+15550104", "contact@example.com"
		d["name"], d["phone_number"], d["email"] = p.name, p.phone, p.email
	}
	body["fulfillment_details"] = d
}

// open makes the session, of items or of a cart.
func (p *projected) open() {
	if rapid.Bool().Draw(p.t.rt, "from a cart") {
		p.openCart()
		return
	}
	v := p.version()
	p.items = p.drawItems()
	body := v.cart(p.items...)
	if rapid.Bool().Draw(p.t.rt, "for somebody") {
		b := p.drawBuyer(v)
		body["buyer"], p.buyer = b, known(b)
	}
	if rapid.Bool().Draw(p.t.rt, "to somewhere") {
		p.drawDelivery(v, body)
	}
	if !v.flat() {
		p.metadata, p.locale = object{"cart": "c1", "deep": map[string]any{"n": "1"}}, "en-US"
		body["metadata"], body["locale"] = p.metadata, p.locale
	}
	p.id = p.create(p.t, v, body).text("id")
}

// openCart makes it from a cart, which holds the items and the buyer.
func (p *projected) openCart() {
	v := dialect(pick(p, "version of the cart", carting...))
	p.items = p.drawItems()
	body := basket(p.items...)
	if rapid.Bool().Draw(p.t.rt, "for somebody") {
		b := p.drawBuyer(v)
		body["buyer"], p.buyer = b, known(b)
	}
	cart := p.createCart(p.t, v, body).text("id")
	v = dialect(pick(p, "version of the session", carting...))
	from := object{"cart_id": cart, "currency": "usd", "capabilities": object{}}
	if rapid.Bool().Draw(p.t.rt, "to somewhere") {
		p.drawDelivery(v, from)
	}
	p.id = p.create(p.t, v, from).text("id")
}

func (p *projected) changeItems() {
	v := p.version()
	p.items = p.drawItems()
	p.change(v, object{v.items(): p.items})
}

func (p *projected) changeBuyer() {
	v := p.version()
	b := p.drawBuyer(v)
	p.buyer = known(b)
	p.change(v, object{"buyer": b})
}

func (p *projected) changeDelivery() {
	v, body := p.version(), object{}
	p.drawDelivery(v, body)
	p.change(v, body)
}

// clearDelivery takes back the address, and with it the contact where a
// version has both in one.
func (p *projected) clearDelivery() {
	v := p.version()
	p.address = nil
	if v.flat() && !v.nested() {
		p.change(v, object{"fulfillment_address": nil})
		return
	}
	p.name, p.phone, p.email = "", "", ""
	p.change(v, object{"fulfillment_details": nil})
}

func (p *projected) change(v dialect, body object) {
	p.option, p.each = "", nil
	p.update(p.t, v, p.id, body).want(p.t, 200)
}

// choose selects a delivery for what is shipped.
func (p *projected) choose() {
	if p.address == nil || !p.ships() {
		return // there is nothing to choose
	}
	v, option := p.version(), pick(p, "option", "standard", "express")
	s := p.get(p.t, v, p.id)
	body := v.selecting(s, option)
	if v.nested() || !v.flat() { // which names all lines, and some may be digital
		for _, sel := range body["selected_fulfillment_options"].([]any) {
			delete(v.selection(sel.(object)), "item_ids")
		}
	}
	p.update(p.t, v, p.id, body).want(p.t, 200)
	p.option, p.each = option, nil
}

// chooseForEach selects a delivery for each line that is shipped, in a version
// that can.
func (p *projected) chooseForEach() {
	v := p.version()
	if p.address == nil || !p.ships() || v.flat() && !v.nested() {
		return
	}
	chosen, list := map[string]string{}, []any{}
	for _, l := range p.get(p.t, v, p.id).list("line_items") {
		item := l.at("item").text("id")
		if item == "download" {
			continue
		}
		chosen[item] = pick(p, "option of "+item, "standard", "express")
		choice := object{"option_id": chosen[item], "item_ids": []any{l.text("id")}}
		if v.nested() {
			choice = object{"shipping": choice}
		}
		list = append(list, choice.with("type", "shipping"))
	}
	p.update(p.t, v, p.id, object{"selected_fulfillment_options": list}).want(p.t, 200)
	p.option, p.each = "", chosen
}

func (p *projected) ships() bool {
	return slices.ContainsFunc(p.items, func(l object) bool { return l["id"] != "download" })
}

// changeNotes sends notes for the order, which are read in every version.
func (p *projected) changeNotes() {
	p.notes = pick(p, "notes", "Ring twice.", "Leave it with the heron.")
	p.update(p.t, p.version(), p.id, object{"order_notes": p.notes}).want(p.t, 200)
}

// changeCodes sends discount codes, under either name.
func (p *projected) changeCodes() {
	p.codes = []any{}
	for _, code := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"OK10", "FIVE", "FREESHIP", "COMBO", "EXPIRED"}), 0, 3, rapid.ID).Draw(p.t.rt, "codes") {
		p.codes = append(p.codes, code)
	}
	body := object{"discounts": object{"codes": p.codes}}
	if rapid.Bool().Draw(p.t.rt, "as coupons") {
		body = object{"coupons": p.codes}
	}
	p.update(p.t, p.version(), p.id, body).want(p.t, 200)
}

// changeExtras asks for wrapping and a tip, which are read in every version.
func (p *projected) changeExtras() {
	p.wrapped, p.tip = rapid.Bool().Draw(p.t.rt, "wrapped"), rapid.Int64Range(0, 5000).Draw(p.t.rt, "tip")
	p.update(p.t, p.version(), p.id, object{"gift_wrap": object{"enabled": p.wrapped}, "tip": object{"amount": p.tip}}).want(p.t, 200)
}

// pay buys what is in the session, once it lacks nothing.
func (p *projected) pay() {
	if p.buyer == nil {
		p.changeBuyer()
	}
	if p.address == nil && p.ships() {
		p.changeDelivery()
	}
	v := p.version()
	s := p.get(p.t, v, p.id).is(p.t, "ready_for_payment")
	token := "tok_visa" // what costs nothing needs none of its own
	if s.total("total") > 0 {
		token = p.token(p.t, p.pays(s, card(sandbox.Approve)))
	}
	p.complete(p.t, v, p.id, v.paying(s, token)).want(p.t, 200).is(p.t, "completed")
	p.status = "completed"
	if got := p.ledger(p.t, p.id)["usd"]; got != s.total("total") {
		p.t.Errorf("%d was taken, %d was shown in %s", got, s.total("total"), v)
	}
}

func (p *projected) cancel() {
	p.market.cancel(p.t, p.version(), p.id, nil).want(p.t, 200)
	p.status = "canceled"
}

// look reads the session in some versions, and compares with the newest.
func (p *projected) look(versions ...dialect) {
	all := p.get(p.t, dialect(acp.Unreleased), p.id).want(p.t, 200)
	if p.status != "" {
		all.is(p.t, p.status)
	}
	for _, v := range versions {
		s := p.get(p.t, v, p.id).want(p.t, 200)
		p.sameEverywhere(v, s, all)
		p.hasLines(v, s, all)
		p.hasBuyer(v, s)
		p.hasDelivery(v, s)
		p.hasOption(v, s)
		p.hasExtras(v, s)
		if !v.flat() {
			p.has(v, s.object, "metadata", p.metadata)
			p.has(v, s.object, "locale", p.locale)
			if shown, _ := s.at("discounts")["codes"].([]any); len(shown) != len(p.codes) || !slices.Equal(shown, p.codes) {
				p.t.Errorf("%s has the codes %v; sent were %v", v, shown, p.codes)
			}
		}
		if o := s.at("order"); v.keyed() && o != nil {
			p.has(v, o.at("confirmation"), "order_notes", p.notes)
		}
	}
}

// sameEverywhere are what every version has: who, in which state, how much.
func (p *projected) sameEverywhere(v dialect, s, all answer) {
	for _, name := range []string{"id", "status", "currency"} {
		p.has(v, s.object, name, all.text(name))
	}
	if shown, newest := v.folded(s), v.folded(all); !maps.Equal(shown, newest) {
		p.t.Errorf("totals of %s are %v, of the newest %v", v, shown, newest)
	}
	if (s.at("order") == nil) != (all.at("order") == nil) || s.at("order").text("id") != all.at("order").text("id") {
		p.t.Errorf("%s shows order %v, the newest %v", v, s.at("order"), all.at("order"))
	}
}

// folded are the totals under the names that the version has for them.
func (v dialect) folded(s answer) map[string]int64 {
	names := map[string]string{}
	if v.flat() {
		names = map[string]string{"gift_wrap": "fee", "tip": "fee", "store_credit": "discount"}
	}
	sums := map[string]int64{}
	for _, total := range s.list("totals") {
		kind := total.text("type")
		if name, old := names[kind]; old {
			kind = name
		}
		sums[kind] += total.integer("amount")
	}
	return sums
}

// hasExtras are the wrapping of each parcel's line and the tip.
func (p *projected) hasExtras(v dialect, s answer) {
	wrapping := int64(0)
	for _, l := range p.items {
		if p.wrapped && l["id"] != "download" {
			wrapping += 300
		}
	}
	if got := s.total("gift_wrap") + s.total("tip") + s.total("fee"); got != wrapping+p.tip || !v.flat() && s.total("tip") != p.tip {
		p.t.Errorf("%s has %d for wrapping and tip; want %d and %d: %s", v, got, wrapping, p.tip, s.body)
	}
}

// hasLines are the lines as they were asked for, with the same ids and amounts
// in every version.
func (p *projected) hasLines(v dialect, s, all answer) {
	got, newest := s.list("line_items"), all.list("line_items")
	if len(got) != len(p.items) || len(newest) != len(p.items) {
		p.t.Fatalf("%s has %d lines of %d: %s", v, len(got), len(p.items), s.body)
	}
	for i, asked := range p.items {
		quantity := max(got[i].integer("quantity"), got[i].at("item").integer("quantity"))
		if got[i].text("id") != newest[i].text("id") || got[i].at("item").text("id") != asked["id"] || quantity != int64(asked["quantity"].(int)) {
			p.t.Errorf("line %d of %s is %v; asked for was %v", i, v, got[i], asked)
		}
		if v.amounts(got[i]) != dialect(acp.Unreleased).amounts(newest[i]) {
			p.t.Errorf("line %d costs %v in %s and %v in the newest", i, v.amounts(got[i]), v, newest[i])
		}
		if v.nested() || !v.flat() {
			p.has(v, got[i], "name", newest[i].text("name"))
		}
	}
}

func (p *projected) hasBuyer(v dialect, s answer) {
	want := p.buyer
	if want != nil && v.flat() {
		first, _ := want["first_name"].(string)
		last, _ := want["last_name"].(string)
		full, _ := want["full_name"].(string)
		want = object{"email": want["email"]}
		if phone, ok := p.buyer["phone_number"]; ok {
			want["phone_number"] = phone
		}
		if v.page() {
			want["name"] = strings.TrimSpace(first + " " + last + full)
		} else {
			if full != "" {
				cut := strings.LastIndex(full, " ")
				first, last = full[:cut], full[cut+1:]
			}
			want["first_name"], want["last_name"] = first, last
		}
	}
	p.has(v, s.object, "buyer", want)
}

func (p *projected) hasDelivery(v dialect, s answer) {
	at := maps.Clone(p.address)
	if !v.keyed() {
		delete(at, "company")
	}
	if v.flat() && !v.nested() {
		if at != nil && v.page() && p.phone != "" {
			at["phone_number"] = p.phone
		}
		p.has(v, s.object, "fulfillment_address", at)
		return
	}
	var want object
	for name, value := range map[string]string{"name": p.name, "phone_number": p.phone, "email": p.email} {
		if value != "" {
			want = want.and(name, value)
		}
	}
	if at != nil {
		want = want.and("address", map[string]any(at))
	}
	p.has(v, s.object, "fulfillment_details", want)
}

// and is o with one more member; o may be nil.
func (o object) and(name string, value any) object {
	if o == nil {
		return object{name: value}
	}
	return o.with(name, value)
}

// hasOption is the delivery that was chosen, in every version; what is chosen
// for the buyer is the business of others' tests.
func (p *projected) hasOption(v dialect, s answer) {
	if p.each != nil {
		p.hasOptionOfEach(v, s)
	}
	if p.option == "" {
		return
	}
	if ids, _ := selectedOptions(v, s); !slices.Contains(ids, p.option) {
		p.t.Errorf("%s has %v selected, %s was chosen: %s", v, ids, p.option, s.body)
	}
}

// hasOptionOfEach are several deliveries: one of them where a version can name
// one, and a word about the others.
func (p *projected) hasOptionOfEach(v dialect, s answer) {
	ids, all := selectedOptions(v, s)
	for item, option := range p.each {
		if all && !slices.Contains(ids, option) {
			p.t.Errorf("%s has %v selected, %s goes by %s: %s", v, ids, item, option, s.body)
		}
	}
	if v.flat() && !v.nested() {
		if len(ids) != 1 || !slices.Contains(slices.Collect(maps.Values(p.each)), ids[0]) {
			p.t.Errorf("%s names %v, chosen were %v", v, ids, p.each)
		}
		return
	}
	items := map[string]string{}
	for _, l := range s.list("line_items") {
		items[l.text("id")] = l.at("item").text("id")
	}
	for _, sel := range s.list("selected_fulfillment_options") {
		lines, _ := v.selection(sel)["item_ids"].([]any)
		for _, id := range lines {
			item := items[id.(string)]
			if want, shipped := p.each[item]; shipped && want != v.selection(sel).text("option_id") {
				p.t.Errorf("%s sends %s by %v, chosen was %s", v, item, sel, want)
			}
		}
	}
}

// has compares one member; nothing is expected to be absent.
func (p *projected) has(v dialect, o object, name string, want any) {
	got := o[name]
	switch w := want.(type) {
	case object:
		want = map[string]any(w)
		if w == nil {
			want = nil
		}
	case string:
		if w == "" {
			want = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("%s of %s (-known +shown):\n%s", name, v, diff)
	}
}
