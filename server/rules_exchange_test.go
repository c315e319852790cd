package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// request is one request to a market. Headers of head win over those that
// every request has; an empty value there leaves the header out.
type request struct {
	method, path string
	version      dialect
	body         any // nil, object, or a string that is sent as it is
	bearer       string
	head         map[string]string
}

// answer is what came back.
type answer struct {
	object
	status int
	header http.Header
	body   []byte
	sent   http.Header // of the request
}

// bytesOf is a request body as it is sent.
func bytesOf(t testing.TB, body any) []byte {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exchange sends a request as it is and reads the answer.
func (m *market) exchange(t testing.TB, origin string, r request) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, origin+r.path, bytes.NewReader(bytesOf(t, r.body)))
	if err != nil {
		t.Fatal(err)
	}
	if r.bearer == "" {
		r.bearer = m.bearer
	}
	h := map[string]string{"Authorization": "Bearer " + r.bearer, "API-Version": string(r.version),
		"Request-Id": "req-" + strconv.FormatInt(m.requests.Add(1), 10)}
	if r.method == http.MethodPost {
		h["Idempotency-Key"] = m.freshKey()
	}
	if r.body != nil {
		h["Content-Type"] = "application/json"
	}
	for name, value := range h {
		if over, ok := r.head[name]; ok {
			value = over
		}
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	for name, value := range r.head {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := m.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, sent: req.Header}
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	must(t, resp.Body.Close())
	a.object = parseObject(a.body)
	return a
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// parseObject keeps numbers as they are written.
func parseObject(body []byte) object {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var o map[string]any
	if dec.Decode(&o) != nil {
		return nil
	}
	return o
}

// send sends a request to the shop and holds the answer, whatever it is, to
// every rule that needs no more than the answer.
func (m *market) send(t testing.TB, r request) answer {
	t.Helper()
	a := m.exchange(t, m.url, r)
	m.checkAnswer(t, r, a)
	return a
}

func (m *market) create(t testing.TB, v dialect, body any) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: "/checkout_sessions", version: v, body: body}).want(t, 201)
}

func (m *market) update(t testing.TB, v dialect, id string, body any) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: "/checkout_sessions/" + id, version: v, body: body})
}

func (m *market) get(t testing.TB, v dialect, id string) answer {
	t.Helper()
	return m.send(t, request{method: "GET", path: "/checkout_sessions/" + id, version: v})
}

func (m *market) complete(t testing.TB, v dialect, id string, body any) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: "/checkout_sessions/" + id + "/complete", version: v, body: body})
}

func (m *market) cancel(t testing.TB, v dialect, id string, body any) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: "/checkout_sessions/" + id + "/cancel", version: v, body: body})
}

// ready is a new session that can be paid.
func (m *market) ready(t testing.TB, v dialect) answer {
	t.Helper()
	return m.create(t, v, v.order(line("ok", 2))).is(t, "ready_for_payment")
}

// want stops the test at another status.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("answer %d %s; want %d", a.status, a.body, status)
	}
	return a
}

// is stops the test at another status of the session.
func (a answer) is(t testing.TB, status string) answer {
	t.Helper()
	if a.text("status") != status {
		t.Fatalf("session %q, want %s: %s", a.text("status"), status, a.body)
	}
	return a
}

// refused stops the test unless the answer is that error.
func (a answer) refused(t testing.TB, status int, code, param string) answer {
	t.Helper()
	if a.status != status || a.text("code") != code || a.text("param") != param {
		t.Fatalf("answer %d %s; want %d %s at %q", a.status, a.body, status, code, param)
	}
	return a
}

// says reports whether the session has a message with the code.
func (a answer) says(code string) object {
	for _, m := range a.list("messages") {
		if m.text("code") == code {
			return m
		}
	}
	return nil
}

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

func (o object) at(name string) object {
	member, _ := o[name].(map[string]any)
	return member
}

func (o object) list(name string) []object {
	values, _ := o[name].([]any)
	var list []object
	for _, v := range values {
		member, _ := v.(map[string]any)
		list = append(list, member)
	}
	return list
}

// integer is a member that has to be a whole number, written as one.
func (o object) integer(name string) int64 {
	n, _ := o[name].(json.Number)
	i, _ := strconv.ParseInt(n.String(), 10, 64)
	return i
}

// total is an amount out of a totals list; 0 when it is not there.
func (o object) total(kind string) int64 {
	for _, t := range o.list("totals") {
		if t.text("type") == kind {
			return t.integer("amount")
		}
	}
	return 0
}

// resolve walks a path of member names and indices, which is all of RFC 9535
// that params use. ok is false when it leads nowhere, err when it is no path.
func resolve(root any, path string) (value any, ok bool, valid bool) {
	rest, found := strings.CutPrefix(path, "$")
	if !found {
		return nil, false, false
	}
	value, ok = root, true
	for rest != "" {
		var name string
		switch {
		case rest[0] == '.':
			end := strings.IndexAny(rest[1:], ".[") + 1
			if end == 0 {
				end = len(rest)
			}
			name, rest = rest[1:end], rest[end:]
			if name == "" {
				return nil, false, false
			}
			o, isObject := value.(map[string]any)
			if named, isNamed := value.(object); isNamed {
				o, isObject = named, true
			}
			value, found = o[name]
			ok = ok && isObject && found
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, false, false
			}
			i, err := strconv.Atoi(rest[1:end])
			if err != nil {
				return nil, false, strings.HasPrefix(rest, `["`)
			}
			list, isList := value.([]any)
			ok = ok && isList && i >= 0 && i < len(list)
			if ok {
				value = list[i]
			}
			rest = rest[end+1:]
		default:
			return nil, false, false
		}
	}
	return value, ok, true
}

// versionOf is the version whose shape an answer has: the newest when the
// request named none that there is.
func versionOf(v dialect) acp.Version {
	if _, ok := wire.Find(acp.Version(v), true); ok {
		return acp.Version(v)
	}
	return wire.Newest().Version()
}
