package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/store"
)

func testSweep(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	now := time.Now()
	const rows = 10
	holds(t, s, func(tx *store.Tx) error {
		for i := range rows {
			expires := now.Add(time.Duration(i-rows/2) * time.Minute) // half of them are over: 5 and the one at now
			ses := newSession(shop, fmt.Sprintf("cs_%d", i))
			ses.DeletableAt = expires
			rec := idempotency.Record{Hash: sha256.Sum256([]byte{byte(i)}), MerchantID: shop, State: idempotency.Done, ExpiresAt: expires}
			cart := newCart(shop, fmt.Sprintf("cart_%d", i))
			cart.ExpiresAt = expires
			if err := errors.Join(tx.InsertSession(ses), tx.InsertCart(cart), tx.PutIdempotencyRecord(rec, nil)); err != nil {
				return err
			}
		}
		return tx.InsertSession(newSession(shop, "cs_for_ever"))
	})
	for i := range rows {
		holds(t, s, func(tx *store.Tx) error {
			return tx.RememberSigned(checkout.Signed{CredentialID: "key_1", Digest: sha256.Sum256([]byte{byte(i)}), KeyHash: sha256.Sum256(nil),
				ExpiresAt: now.Add(time.Duration(i-rows/2) * time.Minute)})
		})
	}
	abandoned, err := s.Import(ctx, shop, store.ImportOptions{Replace: true})
	must(t, err)
	for i := range store.ImportBatch {
		must(t, abandoned.Put(newItem(fmt.Sprint(i), 1)))
	}

	var removed []int
	for {
		n, err := s.SweepExpired(ctx, now, 2)
		must(t, err)
		if n == 0 {
			break
		}
		removed = append(removed, n)
	}
	if fmt.Sprint(removed) != "[8 8 8]" {
		t.Errorf("removed %v; want 2 of each of 4 kinds, three times", removed)
	}
	for i := range rows {
		_, err := s.Reader(ctx).Session(shop, fmt.Sprintf("cs_%d", i))
		if gone := errors.Is(err, checkout.ErrNotFound); gone != (i <= rows/2) {
			t.Errorf("session %d: %v", i, err)
		}
		_, err = s.Reader(ctx).Cart(shop, fmt.Sprintf("cart_%d", i))
		if gone := errors.Is(err, checkout.ErrNotFound); gone != (i <= rows/2) {
			t.Errorf("cart %d: %v", i, err)
		}
	}
	if _, err := s.Reader(ctx).Session(shop, "cs_for_ever"); err != nil {
		t.Errorf("a session that may not be deleted: %v", err)
	}
	// An import in progress is left alone, until it is idle for too long.
	must(t, abandoned.Put(newItem("more", 1)))
	if _, err := s.SweepExpired(ctx, now.Add(2*store.ImportIdle), 100); err != nil {
		t.Fatal(err)
	}
	if _, err := abandoned.Commit(); !errors.Is(err, store.ErrImportAbandoned) {
		t.Errorf("Commit of an abandoned import = %v", err)
	}
}
