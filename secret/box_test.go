package secret_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/checkstand/checkstand/secret"
)

// key is a sealing key of one repeated byte.
func key(b byte) []byte { return bytes.Repeat([]byte{b}, secret.KeySize) }

func box(t interface {
	Helper()
	Fatal(...any)
}, keys ...[]byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpens(t *testing.T) {
	b := box(t, key(1))
	rapid.Check(t, func(t *rapid.T) {
		plain, aad := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.String().Draw(t, "aad")
		sealed := b.Seal(plain, aad)
		got, err := b.Open(sealed, aad)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open(Seal(%x)) = %x, %v", plain, got, err)
		}
		if len(plain) > 8 && bytes.Contains(sealed, plain) {
			t.Fatal("the sealed bytes contain the plain ones")
		}
		if bytes.Equal(sealed, b.Seal(plain, aad)) {
			t.Fatal("sealing twice gives the same bytes")
		}
	})
}

func TestKeysRotate(t *testing.T) {
	before := box(t, key(1))
	sealed := before.Seal([]byte("token"), "pay_1")

	during := box(t, key(2), key(1))
	if got, err := during.Open(sealed, "pay_1"); err != nil || string(got) != "token" {
		t.Errorf("the old key no longer opens: %q, %v", got, err)
	}
	fresh := during.Seal([]byte("token"), "pay_1")

	after := box(t, key(2))
	if got, err := after.Open(fresh, "pay_1"); err != nil || string(got) != "token" {
		t.Errorf("the first key did not seal: %q, %v", got, err)
	}
	if _, err := after.Open(sealed, "pay_1"); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("without the old key: %v; want ErrSealed", err)
	}
	if _, err := before.Open(fresh, "pay_1"); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("without the new key: %v; want ErrSealed", err)
	}
}

// Key ids are one byte, so that some keys share one; both must open.
func TestKeysWithTheSameID(t *testing.T) {
	seen := make(map[byte][]byte)
	for i := range 1024 {
		k := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, secret.KeySize/2)
		sealed := box(t, k).Seal([]byte("x"), "")
		other, met := seen[sealed[0]]
		seen[sealed[0]] = k
		if !met {
			continue
		}
		if got, err := box(t, other, k).Open(sealed, ""); err != nil || string(got) != "x" {
			t.Errorf("a key behind another of the same id does not open: %v", err)
		}
		return
	}
	t.Fatal("no two of 1024 keys share an id of one byte")
}

func TestSealedBytesAreBoundToTheirRow(t *testing.T) {
	b := box(t, key(1))
	sealed := b.Seal([]byte("token"), "pay_1")
	for _, aad := range []string{"", "pay_2", "pay_1 ", "Pay_1"} {
		if got, err := b.Open(sealed, aad); !errors.Is(err, secret.ErrSealed) || got != nil {
			t.Errorf("opened for %q: %q, %v", aad, got, err)
		}
	}
}

func TestDamageIsNoticed(t *testing.T) {
	b := box(t, key(1), key(2))
	sealed := b.Seal([]byte("token"), "pay_1")
	for i := range sealed {
		for _, bit := range []byte{1, 0x80} {
			bad := slices.Clone(sealed)
			bad[i] ^= bit
			if got, err := b.Open(bad, "pay_1"); !errors.Is(err, secret.ErrSealed) || got != nil {
				t.Errorf("byte %d changed: %q, %v", i, got, err)
			}
		}
		if _, err := b.Open(sealed[:i], "pay_1"); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := b.Open(append(slices.Clone(sealed), 0), "pay_1"); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestFingerprints(t *testing.T) {
	old, both := box(t, key(1)), box(t, key(2), key(1))
	a, b := old.Fingerprints("spt_1"), both.Fingerprints("spt_1")
	if len(a) != 1 || len(b) != 2 || !bytes.Equal(a[0], b[1]) || bytes.Equal(b[0], b[1]) {
		t.Errorf("one fingerprint a key, the current first: %x, %x", a, b)
	}
	if !bytes.Equal(old.Fingerprints("spt_1")[0], a[0]) {
		t.Error("the fingerprint of a token changes")
	}
	if bytes.Equal(old.Fingerprints("spt_2")[0], a[0]) {
		t.Error("two tokens share a fingerprint")
	}
	if bytes.Contains(a[0], []byte("spt")) || len(a[0]) != 32 {
		t.Errorf("fingerprint %x; want 32 bytes that do not hold the token", a[0])
	}
}

func TestNewBoxRefuses(t *testing.T) {
	for name, keys := range map[string][][]byte{
		"no key":         nil,
		"a short key":    {key(1), key(2)[:31]},
		"a long key":     {append(key(1), 0)},
		"seventeen keys": slices.Repeat([][]byte{key(1)}, 17),
	} {
		if b, err := secret.NewBox(keys...); err == nil || b != nil {
			t.Errorf("%s: NewBox = %v, %v; want an error", name, b, err)
		}
	}
}

func TestKeysReadAsTheyAreWritten(t *testing.T) {
	a, b := secret.GenerateKey(), secret.GenerateKey()
	if a == b {
		t.Error("two generated keys are the same")
	}
	k, err := secret.ParseKey(a)
	if err != nil || len(k) != secret.KeySize {
		t.Fatalf("ParseKey(GenerateKey()) = %d bytes, %v", len(k), err)
	}
	for _, s := range []string{"", "short", a[:40], a + a, strings.Replace(a, a[:1], "*", 1)} {
		_, err := secret.ParseKey(s)
		if err == nil {
			t.Errorf("ParseKey took %d characters that are no key", len(s))
		} else if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}
