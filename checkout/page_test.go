package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/secret"
)

// pagePSP is the fake PSP with payment pages. Its books are the fake's, so that
// a payment on a page counts beside those by token.
type pagePSP struct {
	*fakePSP
	pages map[string]*fakePage // by key

	loseOpens   int           // that many pages open and the answer is lost
	refuseOpens payment.Class // pages are refused like that
	brought     []string      // results that questions came with
	answering   func()        // called once, after a question was answered and before the answer is out
}

type fakePage struct {
	body   payment.HostedCharge
	ref    string
	state  string // open, paid, closed
	result payment.Result
}

func pageWorld(t testing.TB) (*world, *pagePSP) {
	w := newWorld(t)
	p := &pagePSP{fakePSP: w.psp, pages: map[string]*fakePage{}}
	w.merchant.Test.Provider = p
	w.merchant.CheckoutLink = checkout.Links(w.box(), "https://shop.example")
	w.merchant.ReturnOrigins = []string{"https://chat.example", "http://127.0.0.1:8080"}
	return w, p
}

func (p *pagePSP) BuildHosted(h payment.HostedCharge) ([]byte, error) {
	var sum int64
	for _, l := range h.Lines {
		sum += l.Amount
	}
	if len(h.Lines) > 0 && sum != h.Amount {
		return nil, fmt.Errorf("the lines add up to %d, the amount is %d", sum, h.Amount)
	}
	return json.Marshal(h)
}

func (p *pagePSP) OpenHosted(_ context.Context, key string, body []byte) (payment.HostedPage, payment.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuseAll {
		return payment.HostedPage{}, payment.Result{}, payment.ErrNotSent
	}
	if p.loseRequests > 0 {
		p.loseRequests--
		return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown}, nil
	}
	if p.refuseOpens != "" {
		return payment.HostedPage{}, payment.Result{Class: p.refuseOpens}, nil
	}
	page := p.pages[key]
	if page == nil {
		page = &fakePage{ref: "pg_" + key, state: "open"}
		if err := json.Unmarshal(body, &page.body); err != nil {
			return payment.HostedPage{}, payment.Result{}, err
		}
		p.pages[key] = page
	}
	if p.loseOpens > 0 {
		p.loseOpens--
		return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown}, nil
	}
	return payment.HostedPage{Ref: page.ref, URL: "https://psp.example/" + page.ref, ExpiresAt: page.body.ExpiresAt}, payment.Result{Class: payment.ClassPending}, nil
}

func (p *pagePSP) ReconcileHosted(_ context.Context, a payment.Attempt, ref, result string) (payment.Result, error) {
	r, err := p.askedAbout(a, ref)
	p.mu.Lock()
	p.brought = append(p.brought, result)
	then := p.answering
	p.answering = nil
	p.mu.Unlock()
	if then != nil {
		then()
	}
	return r, err
}

func (p *pagePSP) askedAbout(a payment.Attempt, ref string) (payment.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuseAll {
		return payment.Result{}, payment.ErrNotSent
	}
	page := p.pages[a.IdemKey]
	switch {
	case page == nil:
		return payment.Result{Class: payment.ClassNotFound}, nil
	case ref != "" && ref != page.ref:
		return payment.Result{}, errors.New("asked about another page")
	case page.state == "paid":
		return page.result, nil
	case page.state == "closed":
		return payment.Result{Class: payment.ClassNotFound}, nil
	}
	return payment.Result{Class: payment.ClassPending}, nil
}

func (p *pagePSP) CloseHosted(_ context.Context, a payment.Attempt, ref string) (payment.Result, error) {
	p.mu.Lock()
	if page := p.pages[a.IdemKey]; page != nil && page.state == "open" && !p.refuseAll {
		page.state = "closed"
	}
	p.mu.Unlock()
	return p.askedAbout(a, ref)
}

// payOn is the buyer at the PSP's page.
func (p *pagePSP) payOn(t testing.TB, url string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, page := range p.pages {
		if "https://psp.example/"+page.ref != url {
			continue
		}
		if page.state != "open" {
			t.Fatalf("the page is %s", page.state)
		}
		page.state = "paid"
		page.result = payment.Result{Class: payment.ClassCaptured, PSPRef: "ch_" + page.body.AttemptID, Amount: page.body.Amount,
			Captured: page.body.Amount, Currency: page.body.Currency}
		p.charges[key] = page.result
		return
	}
	t.Fatalf("there is no page %s", url)
}

// Opening is not sending: an attempt on a page must never be.
func (p *pagePSP) Reconcile(_ context.Context, a payment.Attempt) (payment.Result, error) {
	if a.Kind == payment.OnPage {
		return payment.Result{}, errors.New("a payment on a page was asked about like one by token")
	}
	return p.fakePSP.Reconcile(context.Background(), a)
}

func (w *world) open(v checkout.Visit) checkout.Opened {
	w.t.Helper()
	o, err := w.core.OpenPage(context.Background(), v)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// aboutPage is what a PSP says when something happened on a page.
func aboutPage(a payment.Attempt) payment.Notice {
	return payment.Notice{ID: "evt_page", Subject: payment.AboutPage, Reference: a.ID, PageRef: a.PageRef, Kind: "page.changed",
		Result: payment.Result{Class: payment.ClassUnknown}}
}

// The buyer never comes back from the PSP's page; the order is made all the same.
func TestAPaymentOnAPageIsFulfilledByThePSPsWord(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp", "mug")
	v := w.visit(s.ID)
	o := w.open(v)
	if o.URL == "" || o.Session.Status != acp.CompleteInProgress || w.item("lamp").Reserved != 1 {
		t.Fatalf("%+v, reserved %d", o, w.item("lamp").Reserved)
	}
	if n, _ := w.psp.taken(); n != 0 {
		t.Fatal("charged before the buyer has paid")
	}
	w.clock.Advance(5 * time.Minute)
	if done, errs := w.runJobs("payment.reconcile"); done != 0 || len(errs) != 1 {
		t.Fatal("an open page is settled", done, errs)
	}
	p.payOn(t, o.URL)
	w.notice(aboutPage(w.attempt(s.ID)))
	if done, errs := w.runJobs("payment.reconcile"); done != 1 || errs != nil {
		t.Fatal("not asked about at once", done, errs)
	}
	w.settled(s.ID, true)
	if a := w.attempt(s.ID); len(a.Page) > 0 || len(a.Sealed) > 0 || a.Account != "acct_test" || a.Kind != payment.OnPage {
		t.Errorf("attempt %+v", a)
	}
}

func TestTheReturnOfTheBrowserProvesNothing(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	o := w.open(v)
	if err := w.core.PageReturned(context.Background(), v, ""); err != nil {
		t.Fatal(err)
	}
	w.runJobs("payment.reconcile")
	if sess, _, err := w.core.Visited(context.Background(), v); err != nil || sess.Status != acp.CompleteInProgress || sess.Order != nil {
		t.Fatal(sess.Status, err)
	}
	p.payOn(t, o.URL)
	w.clock.Advance(time.Minute)
	if err := w.core.PageReturned(context.Background(), v, ""); err != nil {
		t.Fatal(err)
	}
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
	if err := w.core.PageReturned(context.Background(), v, ""); err != nil {
		t.Error("coming back once more:", err)
	}
}

// What the browser brings is passed on to the PSP once: the order comes of the
// PSP's answer, and no later question has it.
func TestWhatTheBrowserBringsIsHandedOnOnce(t *testing.T) {
	const result = "sessionResult=X3Xtfg%21"
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	o := w.open(v)
	returned := func(v checkout.Visit, result string) error {
		return w.core.PageReturned(context.Background(), v, result)
	}
	if err := returned(v, result); err != nil || !slices.Equal(p.brought, []string{result}) {
		t.Fatal(p.brought, err)
	}
	if a := w.attempt(s.ID); a.State != payment.Pending || !a.LeaseUntil.Before(w.clock.Now().Add(time.Second)) {
		t.Errorf("%s, held until %v", a.State, a.LeaseUntil)
	}
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	if err := returned(checkout.Visit{MerchantID: v.MerchantID, SessionID: v.SessionID, Visitor: "stranger"}, result); !errors.Is(err, checkout.ErrNotVisitor) {
		t.Error(err)
	}
	if err := returned(v, strings.Repeat("x", checkout.MaxPageResult+1)); err != nil {
		t.Error(err)
	}
	if !slices.Equal(p.brought, []string{result, ""}) {
		t.Errorf("asked with %.80q", p.brought)
	}
	p.payOn(t, o.URL)
	p.refuseAll = true // cannot be reached
	if err := returned(v, result); err != nil || w.attempt(s.ID).State != payment.Pending {
		t.Error(w.attempt(s.ID).State, err)
	}
	p.refuseAll = false
	if err := returned(v, result); err != nil {
		t.Fatal(err)
	}
	w.settled(s.ID, true)
	before := len(p.brought)
	if err := returned(v, result); err != nil || len(p.brought) != before {
		t.Error("asked about a payment that is settled:", err)
	}
}

func TestOpeningAgainGivesTheSamePage(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	first := w.open(v)
	if second := w.open(v); second.URL != first.URL || len(p.pages) != 1 {
		t.Errorf("%s and %s, %d pages", first.URL, second.URL, len(p.pages))
	}
	t.Run("pressed many times at once", func(t *testing.T) {
		w, p := pageWorld(t)
		v := w.visit(w.create("lamp").ID)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				o, err := w.core.OpenPage(context.Background(), v)
				if err != nil && !errors.Is(err, checkout.ErrBusy) || err == nil && o.URL == "" {
					t.Errorf("%+v, %v", o, err)
				}
			})
		}
		wg.Wait()
		if len(p.pages) != 1 {
			t.Errorf("%d pages", len(p.pages))
		}
	})
}

func TestAPageWhoseAnswerWasLost(t *testing.T) {
	for name, lose := range map[string]func(*pagePSP){
		"after it was opened": func(p *pagePSP) { p.loseOpens = 1 },
		"on the way there":    func(p *pagePSP) { p.loseRequests = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w, p := pageWorld(t)
			s := w.create("lamp")
			v := w.visit(s.ID)
			lose(p)
			if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
				t.Fatal(err)
			}
			p.payOn(t, w.open(v).URL)
			w.clock.Advance(5 * time.Minute)
			w.runJobs("payment.reconcile")
			w.settled(s.ID, true)
			if len(p.pages) != 1 {
				t.Errorf("%d pages", len(p.pages))
			}
		})
		t.Run(name+", and the buyer has gone", func(t *testing.T) {
			w, p := pageWorld(t)
			s := w.create("lamp")
			v := w.visit(s.ID)
			lose(p)
			if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
				t.Fatal(err)
			}
			for range 3 {
				w.clock.Advance(20 * time.Minute)
				w.expirePages(p)
				w.runJobs("payment.reconcile")
			}
			w.settled(s.ID, false)
			w.unreserved(s.ID, "lamp")
		})
	}
}

// expirePages closes the pages whose time is over, as a PSP does.
func (w *world) expirePages(p *pagePSP) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, page := range p.pages {
		if page.state == "open" && !w.clock.Now().Before(page.body.ExpiresAt) {
			page.state = "closed"
		}
	}
}

func (w *world) unreserved(sessionID, item string) {
	w.t.Helper()
	sess, err := w.core.Get(context.Background(), agent, sessionID)
	if err != nil || sess.Status != acp.ReadyForPayment || w.item(item).Reserved != 0 {
		w.t.Fatalf("session %s with %d units reserved, %v", sess.Status, w.item(item).Reserved, err)
	}
}

func TestAPageThatNobodyPaysExpires(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	o := w.open(v)
	w.clock.Advance(time.Hour)
	w.expirePages(p)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, false)
	w.unreserved(s.ID, "lamp")
	again := w.open(v)
	if again.URL == o.URL {
		t.Fatal("the page that has expired")
	}
	p.payOn(t, again.URL)
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
}

func TestClosingAPage(t *testing.T) {
	t.Run("before it is paid", func(t *testing.T) {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		w.open(v)
		sess, err := w.core.ClosePage(context.Background(), v)
		if err != nil || sess.Status != acp.ReadyForPayment {
			t.Fatal(sess.Status, err)
		}
		w.unreserved(s.ID, "lamp")
		w.update(s.ID, acp.UpdateRequest{Items: acp.Some(want("mug"))})
		p.payOn(t, w.open(v).URL)
		w.clock.Advance(5 * time.Minute)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, true)
	})
	t.Run("after it is paid", func(t *testing.T) {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		p.payOn(t, w.open(v).URL)
		sess, err := w.core.ClosePage(context.Background(), v)
		if err != nil || sess.Status != acp.Completed {
			t.Fatal(sess.Status, err)
		}
		w.settled(s.ID, true)
	})
	t.Run("while the PSP does not answer", func(t *testing.T) {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		o := w.open(v)
		p.set(func(f *fakePSP) { f.refuseAll = true })
		sess, err := w.core.ClosePage(context.Background(), v)
		if err != nil || sess.Status != acp.CompleteInProgress {
			t.Fatal(sess.Status, err)
		}
		p.set(func(f *fakePSP) { f.refuseAll = false })
		p.payOn(t, o.URL)
		w.clock.Advance(5 * time.Minute)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, true)
	})
	t.Run("whose address was never learned", func(t *testing.T) {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		p.loseOpens = 1
		if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
			t.Fatal(err)
		}
		sess, err := w.core.ClosePage(context.Background(), v)
		if err != nil || sess.Status != acp.ReadyForPayment {
			t.Fatal(sess.Status, err)
		}
		w.settled(s.ID, false)
	})
}

// While the buyer stands at the PSP's page, nobody else pays or changes.
func TestAnOpenPageExcludesOtherPayments(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	o := w.open(v)
	w.refused(w.complete(s.ID, "tok_ok"), 409, acp.CodeConflict, "")
	w.refused(w.complete(s.ID, "tok_static"), 409, acp.CodeConflict, "")
	w.refused(w.core.Update(context.Background(), w.call("/checkout_sessions/"+s.ID), s.ID, acp.UpdateRequest{Items: acp.Some(want("mug"))}), 409, acp.CodeConflict, "")
	w.refused(w.core.Cancel(context.Background(), w.call("/checkout_sessions/"+s.ID+"/cancel"), s.ID, acp.CancelRequest{}), 409, acp.CodeConflict, "")
	p.payOn(t, o.URL)
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)

	t.Run("and a payment by token excludes a page", func(t *testing.T) {
		w, _ := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		w.psp.loseAnswers = 1
		w.refused(w.complete(s.ID, "tok_ok"), 503, "payment_outcome_unknown", "")
		if _, err := w.core.OpenPage(context.Background(), v); acp.AsError(err).Status != 409 {
			t.Fatal(err)
		}
		w.clock.Advance(time.Minute)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, true)
	})
}

// A repeat of a complete that could not be carried out is not a claim to a
// page that was opened since.
func TestAKeyFromBeforeDoesNotJoinAPage(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	call := w.callWithKey("/checkout_sessions/"+s.ID+"/complete", "first")
	w.psp.refuseAll = true
	w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_static")), 503, "payment_provider_unavailable", "")
	w.psp.refuseAll = false
	v := w.visit(s.ID)
	p.payOn(t, w.open(v).URL)
	w.refused(w.core.Complete(context.Background(), call, s.ID, pay("tok_static")), 409, acp.CodeConflict, "")
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
}

func TestAPageThatThePSPRefuses(t *testing.T) {
	for _, class := range []payment.Class{payment.ClassConfig, payment.ClassRateLimited, payment.ClassProcessorError} {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		p.refuseOpens = class
		if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
			t.Fatal(class, err)
		}
		w.settled(s.ID, false)
		w.unreserved(s.ID, "lamp")
	}
	t.Run("after it may have opened it", func(t *testing.T) {
		w, p := pageWorld(t)
		s := w.create("lamp")
		v := w.visit(s.ID)
		p.loseOpens = 1
		if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
			t.Fatal(err)
		}
		p.refuseOpens = payment.ClassRateLimited
		if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
			t.Fatal(err)
		}
		w.unreserved(s.ID, "lamp") // nobody can pay the page whose address was lost
		p.refuseOpens = ""
		p.payOn(t, w.open(v).URL)
		w.clock.Advance(5 * time.Minute)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, true)
	})
}

// The PSP never tells what became of the request for a page. Nobody was given
// an address, so that the session is free again once a page would be over.
func TestAPageThatNobodyKnowsOfIsGivenUpInTheEnd(t *testing.T) {
	w, p := pageWorld(t)
	w.merchant.Test.Provider = mutePSP{p}
	s := w.create("lamp")
	v := w.visit(s.ID)
	if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
		t.Fatal(err)
	}
	w.clock.Advance(20 * time.Minute)
	if done, errs := w.runJobs("payment.reconcile"); done != 0 || len(errs) != 1 {
		t.Fatal("given up too early", done, errs)
	}
	w.clock.Advance(20 * time.Minute)
	w.runJobs("payment.reconcile")
	w.unreserved(s.ID, "lamp")
}

// mutePSP answers nothing clearly.
type mutePSP struct{ *pagePSP }

func (mutePSP) OpenHosted(context.Context, string, []byte) (payment.HostedPage, payment.Result, error) {
	return payment.HostedPage{}, payment.Result{Class: payment.ClassUnknown}, nil
}

func (mutePSP) ReconcileHosted(context.Context, payment.Attempt, string, string) (payment.Result, error) {
	return payment.Result{Class: payment.ClassUnknown}, nil
}

// A page must not open while another process is told that there is none.
func TestAPageDoesNotOpenBehindTheBackOfTheReconciler(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	p.loseRequests = 1
	if _, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
		t.Fatal(err)
	}
	p.answering = func() { // the PSP has said that it knows of no page
		if o, err := w.core.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrBusy) {
			t.Errorf("%+v, %v", o, err)
		}
	}
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, false)
	p.payOn(t, w.open(v).URL)
	w.clock.Advance(5 * time.Minute)
	w.runJobs("payment.reconcile")
	w.settled(s.ID, true)
}

// A process that stood still opens no page for an attempt that others have
// given up meanwhile.
func TestAProcessThatWakesUpAfterItsLeaseOpensNoPage(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	slow := w.coreAt(checkout.StepReserved, func() {
		w.clock.Advance(time.Hour)
		w.runJobs("payment.reconcile")
		w.settled(s.ID, false)
	})
	if _, err := slow.OpenPage(context.Background(), v); !errors.Is(err, checkout.ErrNoPage) {
		t.Fatal(err)
	}
	if len(p.pages) != 0 {
		t.Fatal("a page was opened")
	}
}

// The process dies at each of its steps.
func TestACrashWhileAPageOpens(t *testing.T) {
	for _, at := range []checkout.Step{checkout.StepReserved, checkout.StepAnswered, checkout.StepSettled} {
		t.Run(string(at), func(t *testing.T) {
			w, p := pageWorld(t)
			s := w.create("lamp")
			v := w.visit(s.ID)
			dying := w.coreAt(at, func() { panic("killed") })
			func() {
				defer func() { _ = recover() }()
				_, _ = dying.OpenPage(context.Background(), v)
				t.Error("survived")
			}()
			w.clock.Advance(time.Minute) // its lease is over
			p.payOn(t, w.open(v).URL)
			w.clock.Advance(5 * time.Minute)
			w.runJobs("payment.reconcile")
			w.settled(s.ID, true)
			if len(p.pages) != 1 {
				t.Errorf("%d pages", len(p.pages))
			}
		})
	}
}

func TestNothingIsPaidOnAPageWhenNothingIsDue(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("sample")
	v := w.visit(s.ID)
	if _, err := w.core.OpenPage(t.Context(), v); acp.AsError(err).Param != "$.buyer.email" {
		t.Errorf("a file for nobody: %v", err)
	}
	w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(*anyone)})
	o := w.open(v)
	if o.URL != "" || o.Session.Status != acp.Completed || len(p.pages) != 0 {
		t.Fatalf("%+v", o)
	}
}

func TestAPageIsNotOpenedForWhatCannotBeSold(t *testing.T) {
	w, p := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	lamp := *w.item("lamp")
	lamp.Stock = 0
	w.stock(lamp)
	o := w.open(v)
	if o.URL != "" || o.Session.Status != acp.NotReadyForPayment || len(o.Session.Messages) == 0 || len(p.pages) != 0 {
		t.Fatalf("%+v", o)
	}
}

// scriptPSP has a script instead of pages.
type scriptPSP struct{ *pagePSP }

func (scriptPSP) Embed() payment.Embed { return payment.Embed{Name: "fake-script"} }

func (p scriptPSP) OpenHosted(context.Context, string, []byte) (payment.HostedPage, payment.Result, error) {
	return payment.HostedPage{ClientToken: secret.New("client_token")}, payment.Result{Class: payment.ClassPending}, nil
}

func TestPayingByTheScriptOfThePSP(t *testing.T) {
	ctx := context.Background()
	w, p := pageWorld(t)
	w.merchant.Test.Provider = scriptPSP{p}
	s := w.create("lamp")
	v := w.visit(s.ID)
	token, err := w.core.ClientToken(ctx, v)
	if err != nil || token.Reveal() != "client_token" {
		t.Fatal(err)
	}
	cred := func(token string) payment.Credential {
		return payment.Credential{Type: "nonce", Token: secret.New(token)}
	}
	sess, err := w.core.PayEmbedded(ctx, v, cred("tok_decline"))
	if err != nil || sess.Status != acp.ReadyForPayment || sess.Messages[len(sess.Messages)-1].Code != acp.CodePaymentDeclined {
		t.Fatal(sess.Messages, err)
	}
	if sess, err = w.core.PayEmbedded(ctx, v, cred("tok_ok")); err != nil || sess.Status != acp.Completed {
		t.Fatal(err)
	}
	w.settled(s.ID, true)
	if sess, err = w.core.PayEmbedded(ctx, v, cred("tok_ok")); err != nil || sess.Status != acp.Completed {
		t.Fatal("the form was sent twice:", err)
	}
	w.settled(s.ID, true)
}

// What the buyer changes on the page, the agent sees, and the other way round.
func TestBuyerAndAgentShareTheSession(t *testing.T) {
	ctx := context.Background()
	w, _ := pageWorld(t)
	s := w.create("lamp")
	v := w.visit(s.ID)
	sess, err := w.core.Revise(ctx, v, acp.UpdateRequest{Items: acp.Some(want("mug"))})
	if err != nil || sess.LineItems[0].Item.ID != "mug" {
		t.Fatal(err)
	}
	w.update(s.ID, acp.UpdateRequest{Buyer: acp.Some(acp.Buyer{Email: "buyer@example.com"})})
	sess, _, err = w.core.Visited(ctx, v)
	if err != nil || sess.Buyer == nil || sess.Buyer.Email != "buyer@example.com" || sess.LineItems[0].Item.ID != "mug" {
		t.Fatalf("%+v, %v", sess, err)
	}
	if _, err := w.core.Revise(ctx, v, acp.UpdateRequest{Items: acp.Some(want("nothing"))}); acp.AsError(err).Status != 400 {
		t.Error(err)
	}
}
