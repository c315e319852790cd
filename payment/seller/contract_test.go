package seller_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/checkstand/checkstand/balance"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/payment/paymenttest"
	"github.com/checkstand/checkstand/payment/seller"
	"github.com/checkstand/checkstand/store/sqlite"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	shop      = "shop"
	otherShop = "other-shop"
)

var errLost = errors.New("the connection broke")

// faulty is a ledger that breaks when it is told to.
type faulty struct {
	balance.Store
	mu     sync.Mutex
	faults []paymenttest.Fault
}

func (f *faulty) next() paymenttest.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) == 0 {
		return ""
	}
	n := f.faults[0]
	f.faults = f.faults[1:]
	return n
}

// UpdateBalances implements balance.Store.
func (f *faulty) UpdateBalances(ctx context.Context, fn func(balance.Tx) error) error {
	switch f.next() {
	case paymenttest.DropBeforeCommit, paymenttest.ErrorBeforeCommit, paymenttest.LookupFails:
		return errLost
	case paymenttest.RateLimited:
		return balance.ErrBusy
	case paymenttest.DropAfterCommit, paymenttest.ErrorAfterCommit:
		return errors.Join(f.Store.UpdateBalances(ctx, fn), errLost)
	}
	return f.Store.UpdateBalances(ctx, fn)
}

// Balances implements balance.Store.
func (f *faulty) Balances(ctx context.Context) balance.Reader {
	r := f.Store.Balances(ctx)
	if f.next() == paymenttest.LookupFails {
		return blind{r}
	}
	return r
}

type blind struct{ balance.Reader }

// Charges implements balance.Reader.
func (blind) Charges(string, bool, time.Time, time.Time, string, int) ([]balance.Request, error) {
	return nil, errLost
}

// world is a ledger in a database of its own and a provider of it.
type world struct {
	ledger   *faulty
	provider *seller.Provider
	closed   *seller.Provider
}

func newWorld(t *testing.T) *world {
	t.Helper()
	gone, err := sqlite.Open(t.Context(), sqlitetest.File(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	w := &world{ledger: &faulty{Store: sqlitetest.Open(t, sqlitetest.File(t), sqlite.Options{})}}
	w.provider, w.closed = seller.New(w.ledger, shop, false, nil), seller.New(gone, shop, false, nil)
	return w
}

// issue puts a balance in the ledger.
func (w *world) issue(t testing.TB, change func(*balance.Balance)) balance.Balance {
	t.Helper()
	now := time.Now()
	b := balance.Balance{ID: id.New(balance.Prefix, now), MerchantID: shop, Kind: balance.StoreCredit, CustomerID: "cus_1", Currency: "usd",
		Rate: balance.Par, Available: 1999, CreatedAt: now}
	if change != nil {
		change(&b)
	}
	if err := balance.Issue(context.Background(), w.ledger.Store, &b, "", "test"); err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) mint(t testing.TB, a paymenttest.Allowance) payment.Credential {
	t.Helper()
	token := id.New(id.VaultTok, time.Now())
	b := w.issue(t, func(b *balance.Balance) {
		b.Available, b.Currency = a.MaxAmount, a.Currency
		if a.OtherMerchant {
			b.MerchantID = otherShop
		}
		switch a.Outcome {
		case paymenttest.Approve:
		case paymenttest.Decline:
			b.Blocked = true
		case paymenttest.NoFunds:
			b.Available = a.MaxAmount - 1
		case paymenttest.ExpiredCard:
			b.ExpiresAt = time.Now().Add(-time.Second)
		default:
			t.Skip("a balance knows no such outcome")
		}
	})
	return seller.Credential(token, b.ID)
}

// books sums up what the entries of a session's charges say.
func (w *world) books(t testing.TB, session string) (out paymenttest.Books) {
	t.Helper()
	now := time.Now()
	charges, err := w.ledger.Store.Balances(context.Background()).Charges(shop, false, now.Add(-time.Hour), now.Add(time.Hour), "", 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range charges {
		if q.SessionID != session {
			continue
		}
		switch q.State {
		case balance.Held:
			out.Charges++
			out.Taken += q.Amount
		case balance.Taken:
			out.Charges++
			out.Taken += q.Captured - q.Refunded
		}
	}
	return out
}

func (w *world) harness() paymenttest.Harness {
	return paymenttest.Harness{
		Provider:    w.provider,
		Unreachable: w.closed,
		MerchantID:  shop,
		Mint:        w.mint,
		Books:       w.books,
		Break: func(t testing.TB, f paymenttest.Fault) {
			if f == paymenttest.WrongAmount {
				t.Skip("the ledger answers from the row that it has written")
			}
			w.ledger.mu.Lock()
			defer w.ledger.mu.Unlock()
			w.ledger.faults = append(w.ledger.faults, f)
		},
		Heal: func(testing.TB) {
			w.ledger.mu.Lock()
			defer w.ledger.mu.Unlock()
			w.ledger.faults = nil
		},
		SessionsUnbound: true,
		Alike:           map[payment.Class]payment.Class{payment.ClassAmountExceeded: payment.ClassDeclined},
	}
}

func TestContract(t *testing.T) { paymenttest.TestProvider(t, newWorld(t).harness()) }

func TestContractOfOperations(t *testing.T) { paymenttest.TestOperator(t, newWorld(t).harness()) }

func TestContractOfLists(t *testing.T) { paymenttest.TestLister(t, newWorld(t).harness(), nil) }
