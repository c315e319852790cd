package main

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

// The operations that are measured.
const (
	opCreate   = "create"
	opUpdate   = "update"
	opComplete = "complete"
	opGet      = "get"
)

// agent makes requests as they go over the wire.
type agent struct {
	version   acp.Version
	host      string
	key       secret.String
	signature secret.String
}

// request writes one signed HTTP/1.1 request, under an idempotency key of its
// own if it is a POST.
func (a *agent) request(method, path, body string) ([]byte, error) {
	signature, timestamp, err := sign.SignRequest(sign.TimestampMode, a.signature, []byte(body), time.Now())
	if err != nil {
		return nil, err
	}
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAPI-Version: %s\r\nUser-Agent: bench/1\r\n"+
		"Accept: application/json\r\nAccept-Language: en-US\r\nRequest-Id: %s\r\nSignature: %s\r\nTimestamp: %s\r\n",
		method, path, a.host, a.key.Reveal(), a.version, rand.Text(), signature, timestamp)
	if method == http.MethodPost {
		b = fmt.Appendf(b, "Idempotency-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", rand.Text(), len(body))
	}
	b = append(b, "\r\n"...)
	return append(b, body...), nil
}

const (
	// people is who buys and where it goes, in every request that tells.
	people = `"buyer": {
    "first_name": "Test",
    "last_name": "Buyer",
    "full_name": "Test Buyer",
    "email": "test.buyer@example.com",
    "phone_number": "+15555550123",
    "customer_id": "cus_0123456789abcdef",
    "account_type": "guest",
    "authentication_status": "authenticated"
  },
  "fulfillment_details": {
    "name": "Test Buyer",
    "phone_number": "+15555550123",
    "email": "test.buyer@example.com",
    "address": {
      "name": "Test Buyer",
      "line_one": "1234 Example Street",
      "line_two": "Apartment 5",
      "city": "San Francisco",
      "state": "CA",
      "country": "US",
      "postal_code": "94131"
    }
  }`

	createBody = `{
  "line_items": [
    {"id": %q, "name": "Shirt", "quantity": %d},
    {"id": %q, "name": "Shirt", "quantity": 2},
    {"id": %q, "name": "Shirt", "quantity": 1}
  ],
  "currency": "usd",
  "locale": "en-US",
  "timezone": "America/Los_Angeles",
  "capabilities": {
    "interventions": {
      "supported": ["3ds", "address_verification"],
      "display_context": "webview",
      "redirect_context": "in_app",
      "max_redirects": 2,
      "max_interaction_depth": 2
    },
    "extensions": []
  },
  ` + people + `,
  "affiliate_attribution": {
    "provider": "example-network",
    "publisher_id": "pub_0123456789",
    "campaign_id": "spring-collection",
    "touchpoint": "first",
    "source": {"type": "url", "url": "https://publisher.example.com/reviews/ten-shirts-for-every-day"},
    "issued_at": "2026-05-02T08:30:00Z"
  },
  "metadata": {
    "conversation": "conv_0123456789abcdefghijklmnop",
    "placement": "product-carousel"
  },
  "order_notes": "Please leave the parcel at the front desk if nobody answers the door."
}`

	updateBody = `{
  "line_items": [
    {"id": %q, "quantity": %d},
    {"id": %q, "quantity": 2},
    {"id": %q, "quantity": 1}
  ],
  ` + people + `
}`

	completeBody = `{
  "buyer": {
    "first_name": "Test",
    "last_name": "Buyer",
    "email": "test.buyer@example.com",
    "phone_number": "+15555550123"
  },
  "payment_data": {
    "handler_id": "card_tokenized",
    "instrument": {
      "type": "card",
      "credential": {"type": "spt", "token": %q}
    },
    "billing_address": {
      "name": "Test Buyer",
      "line_one": "1234 Example Street",
      "line_two": "Apartment 5",
      "city": "San Francisco",
      "state": "CA",
      "country": "US",
      "postal_code": "94131"
    }
  },
  "risk_signals": {
    "ip_address": "192.0.2.17",
    "user_agent": "Mozilla/5.0 (example)",
    "accept_language": "en-US"
  }
}`
)

// create is the nth request that opens a session: three lines of a cart.
func (s *shop) create(n int) ([]byte, error) {
	return s.cart("/checkout_sessions", createIn(s.agent.version), n)
}

// update is the nth request that changes quantities and delivery of a session.
func (s *shop) update(n int, sessionID string) ([]byte, error) {
	return s.cart("/checkout_sessions/"+sessionID, updateBody, n)
}

func (s *shop) cart(path, body string, n int) ([]byte, error) {
	item := func(i int) string { return s.items[(n*3+i)%len(s.items)] }
	return s.agent.request(http.MethodPost, path, fmt.Sprintf(body, item(0), 1+n%3, item(1), item(2)))
}

func (s *shop) complete(sessionID, token string) ([]byte, error) {
	return s.agent.request(http.MethodPost, "/checkout_sessions/"+sessionID+"/complete", fmt.Sprintf(completeBody, token))
}

func (s *shop) get(sessionID string) ([]byte, error) {
	return s.agent.request(http.MethodGet, "/checkout_sessions/"+sessionID, "")
}

// tape is a file of requests for one connection. They are made before the
// measurement, so that the client neither signs during it nor keeps a heap
// that would spare the server garbage collections.
type tape struct {
	f   *os.File
	out *bufio.Writer
	in  *bufio.Reader
	n   int // requests on it
	buf []byte
}

const tapeBuffer = 64 << 10

func newTape(dir string) (*tape, error) {
	f, err := os.CreateTemp(dir, "tape-")
	if err != nil {
		return nil, err
	}
	return &tape{f: f, out: bufio.NewWriterSize(f, tapeBuffer), in: bufio.NewReaderSize(f, tapeBuffer)}, nil
}

// add appends a request. Errors of the file show at rewind.
func (t *tape) add(request []byte, err error) error {
	if err != nil {
		return err
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(request)))
	_, _ = t.out.Write(length[:])
	_, _ = t.out.Write(request)
	t.n++
	return nil
}

// rewind goes to the first request.
func (t *tape) rewind() error {
	if err := t.out.Flush(); err != nil {
		return err
	}
	if _, err := t.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.in.Reset(t.f)
	return nil
}

// next gives the next request, valid until the next call, or io.EOF.
func (t *tape) next() ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(t.in, length[:]); err != nil {
		return nil, err
	}
	n := int(binary.LittleEndian.Uint32(length[:]))
	if cap(t.buf) < n {
		t.buf = make([]byte, 2*n)
	}
	_, err := io.ReadFull(t.in, t.buf[:n])
	return t.buf[:n], err
}

func (t *tape) close() error { return errors.Join(t.f.Close(), os.Remove(t.f.Name())) }

// tapes are those of all connections.
type tapes []*tape

// record makes tapes for n requests in all, dealt out to conns connections.
// make is given the connection and the number of the request on it.
func record(dir string, conns, n int, request func(conn, i int) ([]byte, error)) (_ tapes, err error) {
	var ts tapes
	defer func() {
		if err != nil {
			err = errors.Join(err, ts.close())
		}
	}()
	each := (n + conns - 1) / conns
	for c := range conns {
		t, err := newTape(dir)
		if err != nil {
			return nil, err
		}
		ts = append(ts, t)
		for i := range each {
			if err := t.add(request(c, i)); err != nil {
				return nil, err
			}
		}
	}
	return ts, nil
}

func (ts tapes) close() error {
	var errs []error
	for _, t := range ts {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}
