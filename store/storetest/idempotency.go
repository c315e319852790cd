package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/store"
)

func testIdempotency(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	scope := func(key string) idempotency.Scope {
		return idempotency.Scope{MerchantID: shop, CredentialID: "key_1", Path: "POST /checkout_sessions", Key: key}
	}
	record := func(key string) idempotency.Record {
		return idempotency.Record{Hash: scope(key).Hash(), MerchantID: shop, Fingerprint: sha256.Sum256([]byte(key)), State: idempotency.Running,
			LeaseUntil: at, ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()}
	}
	put := func(rec idempotency.Record, prev *idempotency.Record) func(*store.Tx) error {
		return func(tx *store.Tx) error { return tx.PutIdempotencyRecord(rec, prev) }
	}
	read := func(t *testing.T, key string) *idempotency.Record {
		t.Helper()
		rec, err := s.Reader(ctx).IdempotencyRecord(scope(key))
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}

	t.Run("reads back what was written", func(t *testing.T) {
		if rec := read(t, "full"); rec != nil {
			t.Fatalf("a new key has a record: %+v", rec)
		}
		want := record("full")
		holds(t, s, put(want, nil))
		if diff := cmp.Diff(&want, read(t, "full")); diff != "" {
			t.Error(diff)
		}
		prev := want
		want.State, want.Status, want.Body, want.LeaseUntil = idempotency.Done, 201, []byte("{\"id\":\"cs_1\"}\n\x00\xff"), time.Time{}
		holds(t, s, put(want, &prev))
		if diff := cmp.Diff(&want, read(t, "full")); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("guards", func(t *testing.T) {
		first := record("guard")
		holds(t, s, put(first, nil))
		refused(t, s, "a key that exists", put(first, nil))
		taken := first
		taken.LeaseUntil = at.Add(time.Minute)
		holds(t, s, put(taken, &first))
		refused(t, s, "a lease that somebody else renewed", put(first, &first))
		done := taken
		done.State = idempotency.Done
		holds(t, s, put(done, &taken))
		refused(t, s, "a record that is done by now", put(first, &taken))
		refused(t, s, "a record that is not there", put(record("absent"), &first))
	})

	t.Run("a key whose retention has ended is new", func(t *testing.T) {
		old := record("old")
		old.State, old.Body, old.ExpiresAt = idempotency.Done, []byte("old"), time.Now().Add(-time.Minute)
		holds(t, s, put(old, nil))
		if rec := read(t, "old"); rec != nil {
			t.Errorf("record = %+v", rec)
		}
		again := record("old")
		holds(t, s, put(again, nil))
		if diff := cmp.Diff(&again, read(t, "old")); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("keys of two merchants, credentials or paths are different keys", func(t *testing.T) {
		a := scope("same")
		for i, b := range []idempotency.Scope{
			{MerchantID: otherShop, CredentialID: a.CredentialID, Path: a.Path, Key: a.Key},
			{MerchantID: a.MerchantID, CredentialID: "key_2", Path: a.Path, Key: a.Key},
			{MerchantID: a.MerchantID, CredentialID: a.CredentialID, Path: "POST /other", Key: a.Key},
		} {
			holds(t, s, put(idempotency.Record{Hash: b.Hash(), MerchantID: b.MerchantID, State: idempotency.Done, Status: 200 + i, ExpiresAt: time.Now().Add(time.Hour)}, nil))
		}
		if rec := read(t, "same"); rec != nil {
			t.Errorf("record = %+v", rec)
		}
	})

	t.Run("racing requests with one key: one inserts", func(t *testing.T) {
		var won atomic.Int64
		together(60, func(i int) {
			err := once(ctx, s, func(tx *store.Tx) error {
				return errors.Join(tx.PutIdempotencyRecord(record("raced"), nil), tx.InsertSession(newSession(shop, fmt.Sprintf("cs_raced_%d", i))))
			})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, errGuard):
				t.Error(err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d requests won", won.Load())
		}
		sessions := 0
		for i := range 60 {
			if _, err := s.Reader(ctx).Session(shop, fmt.Sprintf("cs_raced_%d", i)); err == nil {
				sessions++
			}
		}
		if sessions != 1 {
			t.Errorf("%d sessions were made under one key", sessions)
		}
	})
}
