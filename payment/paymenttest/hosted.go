package paymenttest

import (
	"testing"
	"time"

	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
)

// Shown is a payment page as its buyer sees it.
type Shown struct {
	Total int64   // minor units
	Lines []int64 // what each line comes to; none where the page shows the total alone
}

// HostedHarness is an adapter with payment pages, and its PSP. As in a
// Harness, functions may be nil where the PSP cannot do that.
type HostedHarness struct {
	Provider    payment.Hosted // connected to the PSP
	Unreachable payment.Hosted // the same, for an address where nobody listens
	WrongKeys   payment.Hosted // the same, with keys that the PSP refuses
	MerchantID  string         // the shop's account at the PSP

	// Pay is a buyer who pays on a page, named by HostedPage.Ref, with a method
	// that comes to the outcome. It reports whether the page took it: a slow
	// method is taken, a declined one is not, and a page that is closed, expired
	// or paid takes none.
	Pay func(t testing.TB, ref string, o Outcome) bool
	// Decide ends the wait for a slow method that a page took.
	Decide func(t testing.TB, ref string, paid bool)
	// Leave is a buyer who goes back to the shop without paying.
	Leave func(t testing.TB, ref string)
	// Shown reads a page.
	Shown func(t testing.TB, ref string) Shown

	// Books reads the PSP's record of a checkout session.
	Books func(t testing.TB, sessionID string) Books
	// Break switches a fault on for the next request that it concerns.
	Break func(t testing.TB, f Fault)
	// Advance moves the PSP's clock, and Now reads it; time.Now when nil.
	Advance func(t testing.TB, d time.Duration)
	Now     func() time.Time
	// Notices takes the webhooks that wait, as the adapter reads them; nil where
	// the PSP does not call.
	Notices func(t testing.TB) []payment.Notice
	// ToldByWebhook is set where a page that was paid does not name its payment:
	// asking says ClassPending until the webhook does.
	ToldByWebhook bool
	// Result is what a PSP that is asked about a page only with it appends to the
	// return address, for a buyer who goes back from the page as it is now.
	Result func(t testing.TB, ref string) string
	// Unclosable is set where a page cannot be closed: closing says ClassPending,
	// and the page takes payments until its time is over.
	Unclosable bool
	// Findable is set where a page is found by the attempt's id, so that one
	// whose address was lost on the way can be asked about and closed.
	Findable bool

	// Mature and Settle are those of a Harness, for what comes after the payment.
	Mature func(t testing.TB, pspRef string)
	Settle func(t testing.TB)
}

// TestHosted runs the contract of payment.Hosted: pages that are opened, lost,
// paid, left, closed and expired, and what comes after the payment where the
// Provider is an Operator too.
func TestHosted(t *testing.T, h HostedHarness) {
	s := pages{h: h, told: map[string]payment.Result{}}
	t.Run("Build", s.build)
	t.Run("AddsUp", s.addsUp)
	t.Run("SamePage", s.samePage)
	t.Run("LostAnswer", s.lostAnswer)
	t.Run("NeverLearned", s.neverLearned)
	t.Run("Paid", s.paid)
	t.Run("TryAgain", s.tryAgain)
	t.Run("Left", s.left)
	t.Run("Slow", s.slow)
	t.Run("TwoTabs", s.twoTabs)
	t.Run("Closed", s.closed)
	t.Run("CloseLost", s.closeLost)
	t.Run("ForgedResult", s.forgedResult)
	t.Run("OtherPage", s.otherPage)
	t.Run("Later", s.later)
	t.Run("FailingLookup", s.failingLookup)
	t.Run("RateLimited", s.rateLimited)
	t.Run("Unreachable", s.unreachable)
	t.Run("WrongKeys", s.wrongKeys)
	t.Run("Expired", s.expired) // last, because it moves the clock
}

// pages is the suite of payment.Hosted.
type pages struct {
	h    HostedHarness
	told map[string]payment.Result // by attempt: what webhooks have said
}

// sheet is one attempt on a page.
type sheet struct {
	attempt payment.Attempt
	charge  payment.HostedCharge
	body    []byte
	page    payment.HostedPage
}

// pageLife is for how long a page is asked for.
const pageLife = time.Hour

var modes = []struct {
	name  string
	mode  payment.CaptureMode
	class payment.Class
}{
	{"now", payment.CaptureNow, payment.ClassCaptured},
	{"later", payment.CaptureLater, payment.ClassAuthorized},
}

func (s pages) now() time.Time {
	if s.h.Now != nil {
		return s.h.Now()
	}
	return time.Now()
}

// draft builds the request for a page of an attempt of its own; change may
// alter the charge before.
func (s pages) draft(t *testing.T, change ...func(*payment.HostedCharge)) sheet {
	t.Helper()
	now := s.now()
	c := payment.HostedCharge{
		Charge: payment.Charge{AttemptID: id.New(id.Attempt, now), SessionID: id.New(id.Session, now), OrderID: id.New(id.Order, now),
			Amount: amount, Currency: currency, MerchantID: s.h.MerchantID, StatementText: "Test Shop"},
		Lines:     []payment.HostedLine{{Title: "Mug", Quantity: 2, Amount: 1500}, {Title: "Delivery", Quantity: 1, Amount: amount - 1500}},
		ReturnURL: "https://shop.example/return", CancelURL: "https://shop.example/back", ExpiresAt: now.Add(pageLife).Truncate(time.Second), Locale: "en",
	}
	for _, f := range change {
		f(&c)
	}
	body, err := s.h.Provider.BuildHosted(c)
	if err != nil {
		t.Fatalf("BuildHosted: %v", err)
	}
	return sheet{charge: c, body: body, attempt: payment.Attempt{ID: c.AttemptID, SessionID: c.SessionID, OrderID: c.OrderID, Kind: payment.OnPage,
		Capture: c.Capture, Provider: s.h.Provider.Name(), Amount: c.Amount, Currency: c.Currency, IdemKey: "acp_" + c.AttemptID,
		Sealed: body, State: payment.Pending, CreatedAt: now}}
}

// open opens a page.
func (s pages) open(t *testing.T, change ...func(*payment.HostedCharge)) sheet {
	t.Helper()
	x := s.draft(t, change...)
	x.page = s.ask(t, x)
	return x
}

func held(c *payment.HostedCharge) { c.Capture = payment.CaptureLater }

// request asks for the page of a draft.
func (s pages) request(t *testing.T, x sheet) (payment.HostedPage, payment.Result) {
	t.Helper()
	page, r, err := s.h.Provider.OpenHosted(t.Context(), x.attempt.IdemKey, x.body)
	if err != nil {
		t.Fatalf("OpenHosted: %v", err)
	}
	return page, r
}

// ask asks for the page of a draft and wants it.
func (s pages) ask(t *testing.T, x sheet) payment.HostedPage {
	t.Helper()
	page, r := s.request(t, x)
	if r.Class != payment.ClassPending || page.Ref == "" || page.URL == "" {
		t.Fatalf("OpenHosted: %+v, %+v", page, r)
	}
	if r.Amount != x.charge.Amount || r.Currency != x.charge.Currency {
		t.Errorf("the page is for %d %s, want %d %s", r.Amount, r.Currency, x.charge.Amount, x.charge.Currency)
	}
	if !page.ExpiresAt.Equal(x.charge.ExpiresAt) {
		t.Errorf("the page expires at %s, want %s", page.ExpiresAt, x.charge.ExpiresAt)
	}
	return page
}

// asked is what the PSP says about a page.
func (s pages) asked(t *testing.T, x sheet, ref, result string) payment.Result {
	t.Helper()
	r, err := s.h.Provider.ReconcileHosted(t.Context(), x.attempt, ref, result)
	if err != nil {
		t.Fatalf("ReconcileHosted: %v", err)
	}
	return r
}

// learn finds out what became of a page the way checkout does: by asking, and
// by the webhooks.
func (s pages) learn(t *testing.T, x sheet) payment.Result {
	t.Helper()
	return s.orTold(t, x, s.asked(t, x, x.page.Ref, s.result(t, x)))
}

// result is what a buyer's browser brings back from a page as it is now.
func (s pages) result(t *testing.T, x sheet) string {
	t.Helper()
	if s.h.Result == nil {
		return ""
	}
	return s.h.Result(t, x.page.Ref)
}

// orTold gives what webhooks said of an attempt that is still pending by r.
func (s pages) orTold(t *testing.T, x sheet, r payment.Result) payment.Result {
	t.Helper()
	if s.h.Notices != nil {
		for _, n := range s.h.Notices(t) {
			if n.Subject == payment.AboutPayment && n.Final {
				s.told[n.Reference] = n.Result
			}
		}
	}
	told, known := s.told[x.attempt.ID]
	if !known {
		return r
	}
	if r.Class == payment.ClassPending && s.h.ToldByWebhook {
		return told
	}
	if r.Class != payment.ClassUnknown && r.Class != told.Class {
		t.Errorf("asking says %+v, the webhook said %+v", r, told)
	}
	return r
}

func (s pages) closes(t *testing.T, x sheet, ref string) payment.Result {
	t.Helper()
	r, err := s.h.Provider.CloseHosted(t.Context(), x.attempt, ref)
	if err != nil {
		t.Fatalf("CloseHosted: %v", err)
	}
	return r
}

// wantPaid checks that the money of a page is taken or held, and that the
// result names the payment.
func (s pages) wantPaid(t *testing.T, x sheet, r payment.Result, class payment.Class) {
	t.Helper()
	taken := x.charge.Amount
	if class == payment.ClassAuthorized {
		taken = 0
	}
	if r.Class != class || r.Amount != x.charge.Amount || r.Captured != taken || r.Currency != x.charge.Currency || r.PSPRef == "" || r.PSPRef == x.page.Ref {
		t.Errorf("got %+v, want %d %s %s", r, x.charge.Amount, x.charge.Currency, class)
	}
	s.wantBooks(t, x, Books{Charges: 1, Taken: x.charge.Amount})
}

func (s pages) wantBooks(t *testing.T, x sheet, want Books) {
	t.Helper()
	if s.h.Books == nil {
		return
	}
	if got := s.h.Books(t, x.charge.SessionID); got != want {
		t.Errorf("the PSP's books say %+v, want %+v", got, want)
	}
}

func (s pages) breakNext(t *testing.T, f Fault) {
	t.Helper()
	if s.h.Break == nil {
		t.Skip("the harness cannot switch faults on")
	}
	s.h.Break(t, f)
}
