package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/store"
)

func testCredential(t *testing.T, open Open) {
	s := open(t)
	ctx := t.Context()
	newCredential := func(t *testing.T, merchantID string, live bool) *credential.Credential {
		t.Helper()
		c, _, err := credential.New(credential.Params{MerchantID: merchantID, Agent: "agent", Live: live}, nil, at)
		must(t, err)
		return c
	}
	find := func(t *testing.T, c *credential.Credential) *credential.Credential {
		t.Helper()
		got, err := s.CredentialByHash(ctx, c.Hash)
		must(t, err)
		return got
	}

	t.Run("reads back what was written", func(t *testing.T) {
		want := newCredential(t, shop, true)
		want.SignaturePolicy, want.SignatureMode, want.SignatureSecret, want.ExpiresAt = credential.SignatureRequired, "ed25519-canonical", []byte{1, 0, 2}, at.Add(time.Hour)
		want.SignatureWindow = 90*time.Second + 500*time.Millisecond
		must(t, s.InsertCredential(ctx, want))
		if diff := cmp.Diff(want, find(t, want)); diff != "" {
			t.Error(diff)
		}
		if got, err := s.CredentialByHash(ctx, credential.Hash("csk_test_unknown")); got != nil || err != nil {
			t.Errorf("unknown key: %v, %v", got, err)
		}
	})

	t.Run("revoking is for good and for the merchant's own", func(t *testing.T) {
		c := newCredential(t, shop, false)
		must(t, s.InsertCredential(ctx, c))
		if err := s.RevokeCredential(ctx, otherShop, c.ID, at); !errors.Is(err, checkout.ErrNotFound) {
			t.Errorf("another merchant: %v", err)
		}
		must(t, s.RevokeCredential(ctx, shop, c.ID, at))
		must(t, s.RevokeCredential(ctx, shop, c.ID, at.Add(time.Hour)))
		if got := find(t, c); !got.RevokedAt.Equal(at) || got.Valid(at) {
			t.Errorf("credential = %+v", got)
		}
	})

	t.Run("rotating overlaps", func(t *testing.T) {
		old, next := newCredential(t, shop, false), newCredential(t, shop, false)
		must(t, s.InsertCredential(ctx, old))
		must(t, s.RotateCredential(ctx, old.ID, next, at.Add(time.Hour)))
		if got := find(t, next); got.RotatedFrom != old.ID || !got.Valid(at.Add(48*time.Hour)) {
			t.Errorf("new credential = %+v", got)
		}
		if got := find(t, old); !got.Valid(at.Add(59*time.Minute)) || got.Valid(at.Add(time.Hour)) {
			t.Errorf("old credential = %+v", got)
		}
		must(t, s.RotateCredential(ctx, old.ID, newCredential(t, shop, false), at.Add(2*time.Hour)))
		if got := find(t, old); !got.ExpiresAt.Equal(at.Add(time.Hour)) {
			t.Errorf("an expiry was put off to %v", got.ExpiresAt)
		}
	})

	t.Run("rotating what cannot be rotated stores nothing", func(t *testing.T) {
		revoked := newCredential(t, shop, false)
		must(t, s.InsertCredential(ctx, revoked))
		must(t, s.RevokeCredential(ctx, shop, revoked.ID, at))
		theirs := newCredential(t, otherShop, false)
		must(t, s.InsertCredential(ctx, theirs))
		for name, id := range map[string]string{"revoked": revoked.ID, "another merchant's": theirs.ID, "unknown": "key_0"} {
			next := newCredential(t, shop, false)
			if err := s.RotateCredential(ctx, id, next, at); !errors.Is(err, checkout.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
			if find(t, next) != nil {
				t.Errorf("%s: the new credential was stored", name)
			}
		}
		test, live := newCredential(t, shop, false), newCredential(t, shop, true)
		must(t, s.InsertCredential(ctx, test))
		if err := s.RotateCredential(ctx, test.ID, live, at); err == nil {
			t.Error("a test key was replaced by a live one")
		}
	})

	t.Run("lists a merchant's own, the oldest first", func(t *testing.T) {
		s := open(t)
		for i, m := range []string{shop, otherShop, shop} {
			c, _, err := credential.New(credential.Params{MerchantID: m, Agent: "agent"}, nil, at.Add(time.Duration(i)*time.Second))
			must(t, err)
			must(t, s.InsertCredential(ctx, c))
		}
		list, err := s.ListCredentials(ctx, shop)
		if err != nil || len(list) != 2 || list[0].CreatedAt.After(list[1].CreatedAt) {
			t.Errorf("list = %+v, %v", list, err)
		}
	})

	t.Run("uses are noted coarsely", func(t *testing.T) {
		c := newCredential(t, shop, false)
		must(t, s.InsertCredential(ctx, c))
		must(t, s.TouchCredential(ctx, c, at))
		must(t, s.TouchCredential(ctx, c, at.Add(time.Minute))) // from a copy read before
		if got := find(t, c); !got.LastUsed.Equal(at) {
			t.Errorf("last used %v", got.LastUsed)
		}
		must(t, s.TouchCredential(ctx, find(t, c), at.Add(credential.UseResolution)))
		if got := find(t, c); !got.LastUsed.Equal(at.Add(credential.UseResolution)) {
			t.Errorf("last used %v", got.LastUsed)
		}
	})

	t.Run("a signature comes back under its own idempotency key only", func(t *testing.T) {
		d, k1, k2 := credential.Hash("signature"), credential.Hash("key 1"), credential.Hash("key 2")
		later := time.Now().Add(time.Hour)
		for i, tc := range []struct {
			cred    string
			key     [32]byte
			expires time.Time
			fresh   bool
		}{
			{"key_a", k1, later, true},
			{"key_a", k1, later, true},
			{"key_a", k2, later, false},
			{"key_b", k2, later, true},
			{"key_c", k1, time.Now().Add(-time.Minute), true}, // remembered no longer
			{"key_c", k2, later, true},
			{"key_c", k1, later, false},
		} {
			sig := checkout.Signed{CredentialID: tc.cred, Digest: d, KeyHash: tc.key, ExpiresAt: tc.expires}
			elsewhere, err := s.Reader(ctx).SignedElsewhere(sig)
			if err != nil || elsewhere == tc.fresh {
				t.Errorf("%d: elsewhere = %t, %v; want %t", i, elsewhere, err, !tc.fresh)
			}
			err = once(ctx, s, func(tx *store.Tx) error { return tx.RememberSigned(sig) })
			if fresh := err == nil; fresh != tc.fresh || (err != nil && !errors.Is(err, errGuard)) {
				t.Errorf("%d: fresh = %t, %v; want %t", i, fresh, err, tc.fresh)
			}
		}
	})
}
