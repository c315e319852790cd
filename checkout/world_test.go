package checkout_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/money"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

// world is one shop with its store, its PSP and a clock that stands still
// until a test moves it.
type world struct {
	t        testing.TB
	store    *store.Store
	psp      *fakePSP
	merchant *checkout.Merchant
	core     *checkout.Service
	clock    *clock
	keys     atomic.Int64
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Items of the shop. Stock of the lamp is 3, of the vase 0.
var goods = []catalog.Item{
	{ID: "mug", ProductID: "mug", Title: "Mug", ProductTitle: "Mug", Price: 1800, Currency: "usd", Kind: catalog.Physical, WeightGrams: 400, Availability: catalog.InStock, Tracked: true, Stock: 1000},
	{ID: "lamp", ProductID: "lamp", Title: "Lamp", ProductTitle: "Lamp", Price: 8900, Currency: "usd", Kind: catalog.Physical, WeightGrams: 2500, Availability: catalog.InStock, Tracked: true, Stock: 3},
	{ID: "vase", ProductID: "vase", Title: "Vase", ProductTitle: "Vase", Price: 4200, Currency: "usd", Kind: catalog.Physical, Availability: catalog.InStock, Tracked: true, Stock: 0},
	{ID: "print", ProductID: "print", Title: "Print", ProductTitle: "Print", Price: 2500, Currency: "usd", Kind: catalog.Physical, Availability: catalog.InStock},
	{ID: "ebook", ProductID: "ebook", Title: "E-book", ProductTitle: "E-book", Price: 1200, Currency: "usd", Kind: catalog.Digital, Availability: catalog.InStock},
	{ID: "sample", ProductID: "sample", Title: "Sample chapter", ProductTitle: "Sample chapter", Price: 0, Currency: "usd", Kind: catalog.Digital, Availability: catalog.InStock},
	{ID: "euro", ProductID: "euro", Title: "Priced in euro", ProductTitle: "Priced in euro", Price: 1000, Currency: "eur", Kind: catalog.Physical, Availability: catalog.InStock},
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, sqlitetest.Open(t, sqlitetest.File(t), sqlite.Options{}))
}

func newWorldOn(t testing.TB, s *store.Store) *world {
	t.Helper()
	w := &world{t: t, store: s, psp: newFakePSP(), clock: &clock{now: time.Now().UTC().Truncate(time.Second)}}
	w.merchant = &checkout.Merchant{
		ID: "shop", Name: "Test Shop", Currency: "usd", Locale: "en-US", BaseURL: "https://shop.example",
		Links: []acp.Link{{Type: "terms_of_use", URL: "https://shop.example/terms"}, {Type: "privacy_policy", URL: "https://shop.example/privacy"}},
		Taxes: pricing.Taxes{Rounding: money.HalfUp, Rates: []pricing.Rate{
			{Country: "US", Region: "CA", PPM: 86_250, Name: "Sales tax"}, {Country: "DE", PPM: 190_000, Name: "VAT"}}},
		Methods: []pricing.Method{
			{ID: "express", Title: "Express", Carrier: "Swift", Kind: pricing.Flat, Countries: []string{"US", "DE"}, Price: 1500, MinDays: 1, MaxDays: 2},
			{ID: "standard", Title: "Standard", Carrier: "Post", Kind: pricing.Flat, Countries: []string{"US", "DE"}, Price: 500, MinDays: 3, MaxDays: 6},
			{ID: "download", Title: "Download", Kind: pricing.Electronic},
		},
		LowStock: 5, SessionTTL: 6 * time.Hour, QuoteTTL: 30 * time.Minute,
		Test: checkout.PaymentSetup{Provider: w.psp, MerchantID: "acct_test", StandIn: "stripe", Brands: []string{"visa"}},
	}
	w.core = w.coreWithBudget(0)
	w.stock(goods...)
	return w
}

func (w *world) box() *secret.Box {
	w.t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeySize))
	if err != nil {
		w.t.Fatal(err)
	}
	return box
}

// coreWith makes a core of the world with something about it changed.
func (w *world) coreWith(change func(*checkout.Config)) *checkout.Service {
	c := checkout.Config{Store: w.store, Merchants: w, Box: w.box(), Now: w.clock.Now, PaymentTimeout: 2 * time.Second}
	change(&c)
	return checkout.New(c)
}

// coreWithBudget makes a core that spends that long on an unclear outcome.
func (w *world) coreWithBudget(budget time.Duration) *checkout.Service {
	return w.coreWith(func(c *checkout.Config) { c.UnknownBudget = budget })
}

// coreAt makes a core that calls then at a step of a payment.
func (w *world) coreAt(step checkout.Step, then func()) *checkout.Service {
	return w.coreWith(func(c *checkout.Config) {
		c.OnStep = func(at checkout.Step) {
			if at == step {
				then()
			}
		}
	})
}

// patient is for cores whose provider is the store itself, which many press at
// once: it may be slower on a busy machine than an account at a PSP.
func patient(c *checkout.Config) { c.PaymentTimeout = time.Minute }

// dies carries a request out in a process that dies at a step.
func (w *world) dies(at checkout.Step, request func(*checkout.Service)) {
	w.t.Helper()
	reached := make(chan struct{})
	go request(w.coreAt(at, func() { close(reached); select {} }))
	<-reached
}

func (w *world) Merchant(_ context.Context, id string) (*checkout.Merchant, error) {
	if id != w.merchant.ID && id != "other" {
		return nil, checkout.ErrNotFound
	}
	m := *w.merchant
	m.ID = id
	return &m, nil
}

// stock puts items into the catalogue.
func (w *world) stock(items ...catalog.Item) {
	w.t.Helper()
	w.stockOf("shop", items...)
}

func (w *world) stockOf(shop string, items ...catalog.Item) {
	w.t.Helper()
	imp, err := w.store.Import(context.Background(), shop, store.ImportOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := imp.Put(items...); err != nil {
		w.t.Fatal(err)
	}
	if _, err := imp.Commit(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) item(id string) *catalog.Item {
	w.t.Helper()
	items, err := w.store.Reader(context.Background()).Items("shop", []string{id})
	if err != nil || items[id] == nil {
		w.t.Fatalf("item %s: %v", id, err)
	}
	return items[id]
}

var agent = checkout.Caller{MerchantID: "shop", CredentialID: "key_1", Agent: "agent"}

// call makes a request with a key of its own. The fingerprint is the key's
// unless a test sets another.
func (w *world) call(path string) *checkout.Call {
	return w.callWithKey(path, fmt.Sprintf("key-%d", w.keys.Add(1)))
}

func (w *world) callWithKey(path, key string) *checkout.Call {
	return &checkout.Call{Caller: agent, Version: acp.V20260417, Path: "POST " + path, Key: key, Fingerprint: [32]byte{1}, MismatchStatus: 422,
		Render: func(s *checkout.Session, e *acp.Error) checkout.Answer {
			if e != nil {
				body, _ := json.Marshal(e)
				return checkout.Answer{Status: e.Status, Body: body, Err: e}
			}
			body, _ := json.Marshal(s.Session)
			return checkout.Answer{Status: 200, Body: body}
		}}
}

// must reads the session out of an answer that has to be a success.
func (w *world) must(a checkout.Answer) *acp.Session {
	w.t.Helper()
	if a.Status != 200 {
		w.t.Fatalf("answer %d: %s (%v)", a.Status, a.Body, cause(a))
	}
	var s acp.Session
	if err := json.Unmarshal(a.Body, &s); err != nil {
		w.t.Fatal(err)
	}
	return &s
}

func cause(a checkout.Answer) error {
	if a.Err == nil {
		return nil
	}
	return a.Err.Cause
}

func (w *world) refused(a checkout.Answer, status int, code, param string) {
	w.t.Helper()
	if a.Err == nil || a.Status != status || a.Err.Code != code || a.Err.Param != param {
		w.t.Fatalf("answer %d %s; want %d %s at %q", a.Status, a.Body, status, code, param)
	}
}

var california = &acp.FulfillmentDetails{Address: &acp.Address{Name: "Test Buyer", LineOne: "1 Example Street", City: "San Francisco",
	State: "CA", Country: "US", PostalCode: "94105"}}

func want(items ...string) []acp.RequestedItem {
	var out []acp.RequestedItem
	for _, id := range items {
		out = append(out, acp.RequestedItem{ID: id, Quantity: 1})
	}
	return out
}

func (w *world) create(items ...string) *acp.Session {
	w.t.Helper()
	return w.must(w.core.Create(context.Background(), w.call("/checkout_sessions"),
		acp.CreateRequest{Items: want(items...), Currency: "usd", FulfillmentDetails: california}))
}

func (w *world) update(id string, req acp.UpdateRequest) *acp.Session {
	w.t.Helper()
	return w.must(w.core.Update(context.Background(), w.call("/checkout_sessions/"+id), id, req))
}

func pay(token string) acp.CompleteRequest {
	return acp.CompleteRequest{Payment: acp.PaymentData{HandlerID: checkout.CardHandler, InstrumentType: "card", CredentialType: "spt",
		Token: token, TokenParam: "$.payment_data.instrument.credential.token", HandlerParam: "$.payment_data.handler_id"}}
}

func (w *world) complete(id, token string) checkout.Answer {
	return w.core.Complete(context.Background(), w.call("/checkout_sessions/"+id+"/complete"), id, pay(token))
}

// fakePSP is a PSP in memory. A token decides what happens: "tok_ok…" pays,
// "tok_decline…" is declined, "tok_3ds…" wants authentication. Tokens are used
// up by a charge. Switches make it fail the way networks do.
type fakePSP struct {
	mu      sync.Mutex
	charges map[string]payment.Result // by key
	bodies  map[string]string
	used    map[string]bool
	sent    int

	loseAnswers  int           // that many charges commit and are not answered
	loseRequests int           // that many requests are lost on the way
	refuseAll    bool          // nothing can be reached
	shortBy      int64         // charged less than asked
	gate         chan struct{} // holds the next request up until it is closed
}

func newFakePSP() *fakePSP {
	return &fakePSP{charges: map[string]payment.Result{}, bodies: map[string]string{}, used: map[string]bool{}}
}

func (f *fakePSP) Name() string { return "fake" }

func (f *fakePSP) Reusable(c payment.Credential) bool { return c.Token.Reveal() == "tok_static" }

type fakeBody struct {
	Attempt, Token, Currency string
	Amount                   int64
	Proof                    string
	Status                   payment.ProofStatus
	Require                  bool
}

func (f *fakePSP) Build(c payment.Charge) ([]byte, error) {
	b := fakeBody{Attempt: c.AttemptID, Token: c.Credential.Token.Reveal(), Currency: c.Currency, Amount: c.Amount, Require: c.RequireAuthentication}
	if c.Proof != nil {
		b.Proof, b.Status = c.Proof.Cryptogram.Reveal(), c.Proof.Status
	}
	return json.Marshal(b)
}

// TakesProof makes it a PSP that takes proofs of authentication; every
// cryptogram is good but "bad".
func (f *fakePSP) TakesProof() bool { return true }

func (f *fakePSP) Send(_ context.Context, key string, body []byte) (payment.Result, error) {
	f.mu.Lock()
	gate := f.gate
	f.gate = nil
	f.mu.Unlock()
	if gate != nil {
		<-gate
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuseAll {
		return payment.Result{}, payment.ErrNotSent
	}
	f.sent++
	if f.loseRequests > 0 {
		f.loseRequests--
		return payment.Result{Class: payment.ClassUnknown}, nil
	}
	r, seen := f.charges[key]
	if seen && f.bodies[key] != string(body) {
		return payment.Result{}, errors.New("the same key with another body")
	}
	if !seen {
		r = f.charge(body)
		f.charges[key], f.bodies[key] = r, string(body)
	}
	if f.loseAnswers > 0 {
		f.loseAnswers--
		return payment.Result{Class: payment.ClassUnknown}, nil
	}
	return r, nil
}

func (f *fakePSP) charge(body []byte) payment.Result {
	var b fakeBody
	if err := json.Unmarshal(body, &b); err != nil {
		return payment.Result{Class: payment.ClassConfig}
	}
	switch {
	case f.used[b.Token]:
		return payment.Result{Class: payment.ClassTokenUsed}
	case len(b.Token) >= 11 && b.Token[:11] == "tok_decline":
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: "generic_decline"}
	case b.Proof == "bad":
		return payment.Result{Class: payment.ClassDeclined, DeclineCode: "authentication_failed"}
	case b.Proof == "again", b.Proof == "" && (b.Require || strings.HasPrefix(b.Token, "tok_3ds")):
		brand := "visa"
		if strings.HasSuffix(b.Token, "_jcb") {
			brand = "jcb"
		}
		return payment.Result{Class: payment.ClassRequiresAction, Brand: brand}
	case b.Proof == "technical":
		return payment.Result{Class: payment.ClassProcessorError, DeclineCode: "processing_error"}
	}
	f.used[b.Token] = b.Token != "tok_static"
	amount := b.Amount - f.shortBy
	return payment.Result{Class: payment.ClassCaptured, PSPRef: "ch_" + b.Attempt, Amount: amount, Captured: amount, Currency: b.Currency}
}

func (f *fakePSP) Reconcile(_ context.Context, a payment.Attempt) (payment.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuseAll {
		return payment.Result{}, payment.ErrNotSent
	}
	if r, ok := f.charges[a.IdemKey]; ok {
		return r, nil
	}
	return payment.Result{Class: payment.ClassNotFound}, nil
}

// forget loses all the PSP's books, so that a payment can be made anew.
func (f *fakePSP) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.charges)
	clear(f.used)
}

// taken counts the charges that took money, and how much.
func (f *fakePSP) taken() (n int, amount int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.charges {
		if r.Class == payment.ClassCaptured {
			n++
			amount += r.Captured
		}
	}
	return n, amount
}
