package storetest

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/idempotency"
	"github.com/checkstand/checkstand/payment"
	"github.com/checkstand/checkstand/store"
)

// crashEnv tells the killed process which database to open.
const crashEnv = "CHECKSTAND_TEST_CRASH_DATABASE"

const (
	crashCallers = 16
	crashAcks    = 400 // acknowledged units after which the process is killed
)

// Doomed reports whether this is the process that Crash kills.
func Doomed() bool { return os.Getenv(crashEnv) != "" }

// Crash lets another process write to a database, kills it amid its load, and
// checks what is there: every unit of work that was acknowledged, and no part
// of one without the rest. It runs the calling test, which must be a top-level
// one, a second time for that process.
func Crash(t *testing.T, database string, open func(t testing.TB, database string) *store.Store) {
	if doomed := os.Getenv(crashEnv); doomed != "" {
		writeUntilKilled(t, open(t, doomed))
		return
	}
	acked := killAmidWrites(t, database)
	s := open(t, database)
	ctx := t.Context()
	for _, id := range acked {
		if _, err := s.Reader(ctx).Session(shop, id); err != nil {
			t.Errorf("%s was acknowledged and is lost: %v", id, err)
		}
	}
	units := 0
	for caller := range crashCallers {
		for n := 0; ; n++ {
			id := crashID(caller, n)
			_, errSession := s.Reader(ctx).Session(shop, id)
			rec, err := s.Reader(ctx).IdempotencyRecord(idempotency.Scope{MerchantID: shop, Key: id})
			must(t, err)
			_, errAttempt := s.Reader(ctx).Attempt(shop, id)
			if stored := errSession == nil; (rec != nil) != stored || (errAttempt == nil) != stored {
				t.Errorf("%s is there in parts: session %v, record %v, attempt %v", id, errSession, rec != nil, errAttempt)
			}
			if errors.Is(errSession, checkout.ErrNotFound) {
				break
			}
			units++
		}
	}
	if units < len(acked) {
		t.Errorf("%d units are there, %d were acknowledged", units, len(acked))
	}
	// The store works on.
	holds(t, s, func(tx *store.Tx) error { return tx.InsertSession(newSession(shop, "cs_after")) })
}

func crashID(caller, n int) string { return fmt.Sprintf("cs_%d_%d", caller, n) }

// killAmidWrites runs the test's own program as the doomed process, and
// returns the ids that it acknowledged.
func killAmidWrites(t *testing.T, database string) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	child.Env = append(os.Environ(), crashEnv+"="+database)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var acked []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "ack ")
		if !ok {
			continue
		}
		if acked = append(acked, id); len(acked) == crashAcks {
			must(t, child.Process.Kill())
		}
	}
	must(t, lines.Err())
	if err := child.Wait(); err == nil || len(acked) < crashAcks {
		t.Fatalf("the process ended by itself after %d units: %v", len(acked), err)
	}
	return acked
}

// writeUntilKilled writes units of three rows and prints the id of each when
// it is acknowledged.
func writeUntilKilled(t *testing.T, s *store.Store) {
	var out sync.Mutex
	together(crashCallers, func(caller int) {
		for n := 0; ; n++ {
			id := crashID(caller, n)
			a := newAttempt(id, id, payment.Sending, id)
			rec := idempotency.Record{Hash: idempotency.Scope{MerchantID: shop, Key: id}.Hash(), MerchantID: shop, Fingerprint: sha256.Sum256(nil),
				State: idempotency.Running, ExpiresAt: time.Now().Add(time.Hour)}
			err := s.Update(t.Context(), func(tx checkout.Tx) error {
				return errors.Join(tx.InsertSession(newSession(shop, id)), tx.PutIdempotencyRecord(rec, nil), tx.InsertAttempt(a))
			})
			out.Lock()
			if err != nil {
				fmt.Println("error", err)
				os.Exit(0) // the parent takes this for the failure that it is
			}
			fmt.Println("ack", id)
			out.Unlock()
		}
	})
}
