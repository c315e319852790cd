package tcpproxy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/checkstand/checkstand/server/servertest/tcpproxy"
)

const (
	text    = "the whole answer, which is long enough to be cut in two"
	patient = 20 * time.Second
	hasty   = 150 * time.Millisecond
)

// shop is an HTTP server behind a proxy, with the number of its requests.
type shop struct {
	*tcpproxy.Proxy
	served atomic.Int64
	client http.Client
}

func open(t *testing.T) *shop {
	s := &shop{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			s.served.Add(1)
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	s.Proxy = tcpproxy.New(t, strings.TrimPrefix(server.URL, "http://"))
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.client.Transport = transport
	return s
}

func (s *shop) ask(t *testing.T, within time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr(), strings.NewReader("a request"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// What the client sees of each fault, and what the other side had of the
// request.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault  tcpproxy.Fault
		within time.Duration
		served int64
		fails  func(error) bool // nil when the answer arrives
	}{
		{fault: tcpproxy.Fault{}, within: patient, served: 1},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Slow, Pause: 20 * time.Millisecond}, within: patient, served: 1},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Dripping, Bytes: 7, Pause: time.Millisecond}, within: patient, served: 1},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Dripping, Bytes: 1, Pause: hasty / 20}, within: hasty, served: 1, fails: timeout},
		{fault: tcpproxy.Fault{Kind: tcpproxy.RequestLost}, within: patient, fails: broken},
		{fault: tcpproxy.Fault{Kind: tcpproxy.AnswerLost}, within: patient, served: 1, fails: broken},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Truncated, Bytes: 20}, within: patient, served: 1, fails: broken},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Truncated, Bytes: 140}, within: patient, served: 1, fails: broken},
		{fault: tcpproxy.Fault{Kind: tcpproxy.CutOff, Bytes: 140}, within: patient, served: 1, fails: broken},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Stalled}, within: hasty, fails: timeout},
		{fault: tcpproxy.Fault{Kind: tcpproxy.AnswerStalled}, within: hasty, served: 1, fails: timeout},
		{fault: tcpproxy.Fault{Kind: tcpproxy.Refused}, within: patient, fails: refused},
	} {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			s := open(t)
			if _, err := s.ask(t, patient); err != nil { // a connection that is there to be reused
				t.Fatal(err)
			}
			s.served.Store(0)
			s.Set(t, c.fault)
			s.client.CloseIdleConnections()
			got, err := s.ask(t, c.within)
			switch {
			case c.fails == nil && (err != nil || got != text):
				t.Errorf("%q, %v", got, err)
			case c.fails != nil && !c.fails(err):
				t.Errorf("%q, %v", got, err)
			}
			if n := s.served.Load(); n != c.served {
				t.Errorf("%d requests arrived; want %d", n, c.served)
			}
			if n := s.Struck(c.fault.Kind); (n > 0) != (c.fault.Kind != tcpproxy.Clean) {
				t.Errorf("it struck %d times", n)
			}
			s.Heal(t)
			s.client.CloseIdleConnections()
			if got, err := s.ask(t, patient); err != nil || got != text {
				t.Errorf("afterwards: %q, %v", got, err)
			}
		})
	}
}

func timeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// broken is an end before the answer's that no timeout made.
func broken(err error) bool { return err != nil && !timeout(err) && !refused(err) }

func TestNextStrikesOnce(t *testing.T) {
	s := open(t)
	s.Next(t, tcpproxy.Fault{Kind: tcpproxy.RequestLost}, tcpproxy.Fault{Kind: tcpproxy.AnswerLost})
	for i, want := range []bool{false, false, true, true} {
		if _, err := s.ask(t, patient); (err == nil) != want {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if s.Struck(tcpproxy.RequestLost) != 1 || s.Struck(tcpproxy.AnswerLost) != 1 {
		t.Error("not once each")
	}
}

func TestAFaultThatLeaves(t *testing.T) {
	s := open(t)
	s.Next(t, tcpproxy.Fault{Kind: tcpproxy.AnswerLost, Leaves: true})
	if _, err := s.ask(t, patient); !broken(err) {
		t.Error(err)
	}
	for range 3 {
		if _, err := s.ask(t, patient); !refused(err) {
			t.Error(err)
		}
	}
	s.Heal(t)
	if got, err := s.ask(t, patient); err != nil || got != text {
		t.Errorf("%q, %v", got, err)
	}
}

// The same seed draws the same faults.
func TestRandomIsBySeed(t *testing.T) {
	s := open(t)
	run := func(seed uint64) (out string) {
		s.Random(t, seed, tcpproxy.Fault{}, tcpproxy.Fault{Kind: tcpproxy.RequestLost})
		for range 24 {
			s.client.CloseIdleConnections()
			letter := "."
			if _, err := s.ask(t, patient); err != nil {
				letter = "x"
			}
			out += letter
		}
		return out
	}
	first, again, other := run(1), run(1), run(2)
	if first != again || first == other || !strings.Contains(first, ".") || !strings.Contains(first, "x") {
		t.Errorf("%s, %s, and with another seed %s", first, again, other)
	}
}

func TestWithoutAnyoneBehindConnectionsBreak(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	s := &shop{Proxy: tcpproxy.New(t, nobody), client: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if _, err := s.ask(t, patient); !broken(err) {
		t.Error(err)
	}
}
