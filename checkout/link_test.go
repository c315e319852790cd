package checkout_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/secret"
)

// proofOf is the last part of the link that a session shows.
func (w *world) proofOf(sessionID string) string {
	w.t.Helper()
	sess, err := w.core.Get(context.Background(), agent, sessionID)
	if err != nil {
		w.t.Fatal(err)
	}
	link := w.merchant.Present(sess).ContinueURL
	rest, ok := strings.CutPrefix(link, "https://shop.example/checkout/shop/"+sessionID+"/")
	if !ok || strings.Contains(rest, "/") {
		w.t.Fatalf("link %q", link)
	}
	return rest
}

// visit opens a session's link in a browser of its own.
func (w *world) visit(sessionID string) checkout.Visit {
	w.t.Helper()
	visitor, err := w.core.Redeem(context.Background(), "shop", sessionID, w.proofOf(sessionID), "")
	if err != nil {
		w.t.Fatal(err)
	}
	return checkout.Visit{MerchantID: "shop", SessionID: sessionID, Visitor: visitor}
}

func TestALinkIsGoodForOneBrowser(t *testing.T) {
	ctx := context.Background()
	w, _ := pageWorld(t)
	s := w.create("mug")
	first := w.proofOf(s.ID)
	for range 3 {
		if err := w.core.LinkOpen(ctx, "shop", s.ID, first); err != nil {
			t.Fatal("looking at a link has used it up:", err)
		}
	}
	one := w.visit(s.ID)
	if _, _, err := w.core.Visited(ctx, one); err != nil {
		t.Fatal(err)
	}
	if _, err := w.core.Redeem(ctx, "shop", s.ID, first, ""); !errors.Is(err, checkout.ErrLinkUsed) {
		t.Error("used twice:", err)
	}
	if err := w.core.LinkOpen(ctx, "shop", s.ID, first); !errors.Is(err, checkout.ErrLinkUsed) {
		t.Error("still open:", err)
	}
	second := w.proofOf(s.ID)
	if second == first {
		t.Fatal("the session shows a link that was used")
	}
	two := w.visit(s.ID)
	if _, _, err := w.core.Visited(ctx, one); !errors.Is(err, checkout.ErrNotVisitor) {
		t.Error("the browser before still gets in:", err)
	}
	if _, _, err := w.core.Visited(ctx, two); err != nil {
		t.Error(err)
	}
}

func TestALinkOpensNothingElse(t *testing.T) {
	ctx := context.Background()
	w, _ := pageWorld(t)
	s, other := w.create("mug"), w.create("lamp")
	proof := w.proofOf(s.ID)
	visit := w.visit(s.ID)
	for name, try := range map[string]func() error{
		"another session":   func() error { _, err := w.core.Redeem(ctx, "shop", other.ID, proof, ""); return err },
		"another shop":      func() error { _, err := w.core.Redeem(ctx, "other", s.ID, w.proofOf(s.ID), ""); return err },
		"no session":        func() error { _, err := w.core.Redeem(ctx, "shop", "cs_none", proof, ""); return err },
		"no proof":          func() error { _, err := w.core.Redeem(ctx, "shop", s.ID, "", ""); return err },
		"a shorter proof":   func() error { _, err := w.core.Redeem(ctx, "shop", s.ID, w.proofOf(s.ID)[:8], ""); return err },
		"a guessed proof":   func() error { _, err := w.core.Redeem(ctx, "shop", s.ID, strings.Repeat("A", 22), ""); return err },
		"an id of the path": func() error { _, err := w.core.Redeem(ctx, "shop", "../"+s.ID, proof, ""); return err },
		"a look at another": func() error { return w.core.LinkOpen(ctx, "shop", other.ID, proof) },
	} {
		if err := try(); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, v := range map[string]checkout.Visit{
		"another session": {MerchantID: "shop", SessionID: other.ID, Visitor: visit.Visitor},
		"no secret":       {MerchantID: "shop", SessionID: s.ID},
		"another secret":  {MerchantID: "shop", SessionID: s.ID, Visitor: visit.Visitor + "x"},
	} {
		if _, _, err := w.core.Visited(ctx, v); !errors.Is(err, checkout.ErrNotVisitor) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.core.OpenPage(ctx, v); !errors.Is(err, checkout.ErrNotVisitor) {
			t.Errorf("%s: pays: %v", name, err)
		}
		if _, err := w.core.Revise(ctx, v, acp.UpdateRequest{}); !errors.Is(err, checkout.ErrNotVisitor) {
			t.Errorf("%s: changes: %v", name, err)
		}
	}
}

// A new sealing key makes new links, and the old ones stay good while the old
// key is kept.
func TestLinksOutliveARotationOfKeys(t *testing.T) {
	w, _ := pageWorld(t)
	s := w.create("mug")
	proof := w.proofOf(s.ID)
	box := func(keys ...byte) *secret.Box {
		var all [][]byte
		for _, k := range keys {
			all = append(all, bytes.Repeat([]byte{k}, secret.KeySize))
		}
		b, err := secret.NewBox(all...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	core := func(b *secret.Box) *checkout.Service {
		return checkout.New(checkout.Config{Store: w.store, Merchants: w, Box: b, Now: w.clock.Now})
	}
	if err := core(box(8)).LinkOpen(context.Background(), "shop", s.ID, proof); !errors.Is(err, checkout.ErrNotFound) {
		t.Error("a link of a key that is gone:", err)
	}
	if _, err := core(box(8, 7)).Redeem(context.Background(), "shop", s.ID, proof, ""); err != nil {
		t.Error("a link of the key before:", err)
	}
}

func TestASessionThatIsOverShowsNoLink(t *testing.T) {
	w, _ := pageWorld(t)
	s := w.create("mug")
	w.must(w.complete(s.ID, "tok_ok"))
	sess, err := w.core.Get(context.Background(), agent, s.ID)
	if err != nil || w.merchant.Present(sess).ContinueURL != "" {
		t.Error("a link to pay again", err)
	}
	w.merchant.CheckoutLink = nil
	open, err := w.core.Get(context.Background(), agent, w.create("mug").ID)
	if err != nil || w.merchant.Present(open).ContinueURL != "" {
		t.Error("a link of a shop without a checkout page", err)
	}
}

var returnAddresses = []struct {
	raw string
	ok  bool
}{
	{"https://chat.example", true},
	{"https://chat.example/c/1?a=b#end", true},
	{"https://CHAT.example/c/1", true},
	{"http://127.0.0.1:8080/c", true},
	{"", false},
	{"http://chat.example/c/1", false},
	{"https://chat.example:444/", false},
	{"https://chat.example.evil.test/", false},
	{"https://evil.test/https://chat.example", false},
	{"https://chat.example@evil.test/", false},
	{"https://user@chat.example/", false},
	{"https://evil.test\\@chat.example/", false},
	{"//chat.example/c", false},
	{"/c/1", false},
	{"javascript:alert(1)//https://chat.example", false},
	{"https:chat.example", false},
	{"https://chat.example/ x", false},
	{"https://chat.example/\n", false},
	{"https://chat.example/\u0000", false},
	{"https://chat.example/" + strings.Repeat("a", checkout.MaxReturnURL), false},
}

func TestTheBuyerGoesBackOnlyWhereTheShopAllows(t *testing.T) {
	w, _ := pageWorld(t)
	for _, tt := range returnAddresses {
		if _, ok := w.merchant.ReturnAddress(tt.raw); ok != tt.ok {
			t.Errorf("%.60q: %v", tt.raw, ok)
		}
		s := w.create("mug")
		visitor, err := w.core.Redeem(context.Background(), "shop", s.ID, w.proofOf(s.ID), tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		sess, _, err := w.core.Visited(context.Background(), checkout.Visit{MerchantID: "shop", SessionID: s.ID, Visitor: visitor})
		if err != nil || (sess.ReturnURL != "") != tt.ok {
			t.Errorf("%.60q is kept as %q, %v", tt.raw, sess.ReturnURL, err)
		}
	}
}

func FuzzReturnAddress(f *testing.F) {
	for _, tt := range returnAddresses {
		f.Add(tt.raw)
	}
	m := &checkout.Merchant{ReturnOrigins: []string{"https://chat.example", "http://127.0.0.1:8080"}}
	f.Fuzz(func(t *testing.T, raw string) {
		address, ok := m.ReturnAddress(raw)
		if !ok {
			return
		}
		u, err := url.Parse(address)
		if err != nil || u.User != nil || (u.Scheme+"://"+strings.ToLower(u.Host) != "https://chat.example" && u.Scheme+"://"+u.Host != "http://127.0.0.1:8080") ||
			strings.ContainsAny(address, "\\\r\n\t ") {
			t.Fatalf("%q leads to %q", raw, address)
		}
	})
}
