package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/catalog"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/payment/sandbox"
	"github.com/checkstand/checkstand/pricing"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
	"github.com/checkstand/checkstand/store/pgtest"
	"github.com/checkstand/checkstand/store/sqlite/sqlitetest"
)

// invoicing is a shop whose every purchase order waits for an operator.
type invoicing struct{ shop checkout.Merchant }

func (s *invoicing) Merchant(context.Context, string) (*checkout.Merchant, error) {
	return &s.shop, nil
}

// However many operators decide on a purchase order at once, and the agent takes
// it back besides, one of them does, and the stock says who.
func TestOneDecisionOnAPurchaseOrder(t *testing.T) {
	t.Parallel()
	for _, database := range []string{sqlitetest.File(t), pgtest.Migrated(t)} {
		st, err := server.OpenStore(t.Context(), config.Database(database), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { must(t, st.Close()) })
		const rounds = 12
		imp, err := st.Import(t.Context(), "shop", store.ImportOptions{})
		if err == nil {
			err = imp.Put(catalog.Item{ID: "pass", ProductID: "pass", Title: "Pass", ProductTitle: "Pass", Price: 900, Currency: "usd", Kind: catalog.Digital,
				Availability: catalog.InStock, Tracked: true, Stock: rounds})
		}
		if err == nil {
			_, err = imp.Commit()
		}
		if err != nil {
			t.Fatal(err)
		}
		psp, err := sandbox.New(sandbox.Config{BaseURL: "http://127.0.0.1:1", MerchantKey: secret.New("sbx_unused"), MerchantID: "acct", Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		box, err := secret.NewBox(bytes.Repeat([]byte{1}, secret.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		shop := &invoicing{checkout.Merchant{ID: "shop", Name: "Shop", Currency: "usd", Locale: "en-US", SessionTTL: time.Hour, QuoteTTL: time.Hour,
			Methods: downloads, Test: checkout.PaymentSetup{Provider: psp, MerchantID: "acct"},
			Accounts: []checkout.Account{{CustomerID: "cus_1", Terms: []string{"net_30"}}}}}
		core := checkout.New(checkout.Config{Store: st, Merchants: shop, Box: box, Now: time.Now, PaymentTimeout: time.Second, UnknownBudget: time.Second})
		var keys atomic.Int64
		call := func(path string) *checkout.Call {
			return &checkout.Call{Caller: checkout.Caller{MerchantID: "shop", CredentialID: "key", Agent: "agent"}, Version: acp.V20260417, Path: path,
				Key: fmt.Sprint(keys.Add(1)), MismatchStatus: 422, Render: func(s *checkout.Session, e *acp.Error) checkout.Answer {
					if e != nil {
						return checkout.Answer{Status: e.Status, Err: e}
					}
					body, err := json.Marshal(s.Session)
					if err != nil {
						t.Error(err)
					}
					return checkout.Answer{Status: 200, Body: body}
				}}
		}
		sold := int64(0)
		for range rounds {
			var opened acp.Session
			a := core.Create(t.Context(), call("create"), acp.CreateRequest{Items: []acp.RequestedItem{{ID: "pass", Quantity: 1}},
				Buyer: &acp.Buyer{Email: "test.buyer@example.com", CustomerID: "cus_1"}})
			if a.Status != 200 {
				t.Fatal(a.Err)
			}
			if err := json.Unmarshal(a.Body, &opened); err != nil {
				t.Fatal(err)
			}
			if a := core.Complete(t.Context(), call("complete"), opened.ID, acp.CompleteRequest{Payment: acp.PaymentData{PurchaseOrder: &acp.PurchaseOrder{Number: "PO-1"}}}); a.Status != 200 {
				t.Fatal(a.Err)
			}
			var decided atomic.Int64
			var wg sync.WaitGroup
			for i := range 9 {
				wg.Go(func() {
					var err error
					switch i % 3 {
					case 0:
						_, err = core.Approve(t.Context(), "shop", opened.ID, "one")
					case 1:
						_, err = core.Refuse(t.Context(), "shop", opened.ID, "two")
					default:
						// After a refusal the session is open, and can be canceled too.
						if a := core.Cancel(t.Context(), call("cancel"), opened.ID, acp.CancelRequest{}); a.Err != nil && a.Status != 405 {
							t.Error(a.Err)
						}
						return
					}
					if err == nil {
						decided.Add(1)
					} else if !errors.Is(err, checkout.ErrNotPending) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			s, err := st.Reader(t.Context()).Session("shop", opened.ID)
			if err != nil {
				t.Fatal(err)
			}
			if decided.Load() > 1 || s.Status != acp.Completed && s.Status != acp.Canceled || (s.Status == acp.Completed) != (s.Order != nil) {
				t.Errorf("%d decisions, and the session is %s", decided.Load(), s.Status)
			}
			if s.Status == acp.Completed {
				sold++
			}
		}
		items, err := st.Reader(t.Context()).Items("shop", []string{"pass"})
		if err != nil {
			t.Fatal(err)
		}
		if it := items["pass"]; it.Stock != rounds-sold || it.Reserved != 0 {
			t.Errorf("%d sold, %d in stock, %d reserved", sold, it.Stock, it.Reserved)
		}
	}
}

// downloads delivers what nobody carries.
var downloads = []pricing.Method{{ID: "download", Title: "Download", Kind: pricing.Electronic}}
