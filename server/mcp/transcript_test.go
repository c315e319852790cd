package mcp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/servertest"
)

var update = flag.Bool("update", false, "write the transcripts in testdata anew")

// post sends one JSON-RPC message and returns the answer as it came.
func post(t testing.TB, url string, headers http.Header, body string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	for name := range headers {
		req.Header.Set(name, headers.Get(name))
	}
	if host := headers.Get("Host"); host != "" {
		req.Host = host
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, answer
}

// masks name what is new in every run. Ids are numbered in the order in which
// they appear.
type masks struct {
	names map[string]string // by what they stand for
	of    map[string]string // the other way
	count map[string]int
}

func newMasks() *masks {
	return &masks{names: map[string]string{}, of: map[string]string{}, count: map[string]int{}}
}

var (
	volatileID    = regexp.MustCompile(`\b(cs|ord|li|vt|quote)_[0-9a-z]{26}\b`)
	volatileProof = regexp.MustCompile(`(/checkout/[a-z]+/cs_[0-9]+)/[A-Za-z0-9_-]+`)
	volatileTime  = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	volatileNo    = regexp.MustCompile(`\b[0-9A-Z]{5}-[0-9A-Z]{5}\b`)
	volatileNext  = regexp.MustCompile(`"next_cursor": "[^"]+"`)
	volatileHost  = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
)

// hide replaces what is new in every run by names.
func (m *masks) hide(text string) string {
	text = volatileID.ReplaceAllStringFunc(text, func(id string) string {
		if m.names[id] == "" {
			kind, _, _ := strings.Cut(id, "_")
			m.count[kind]++
			name := fmt.Sprintf("%s_%d", kind, m.count[kind])
			m.names[id], m.of[name] = name, id
		}
		return m.names[id]
	})
	text = volatileProof.ReplaceAllString(text, "$1/PROOF")
	text = volatileNext.ReplaceAllString(text, `"next_cursor": "CURSOR"`)
	text = volatileTime.ReplaceAllString(text, "TIME")
	text = volatileNo.ReplaceAllString(text, "NUMBER")
	return volatileHost.ReplaceAllString(text, "https://shop.example.com")
}

var maskName = regexp.MustCompile(`"(cs|ord|li)_[0-9]+"`)

// show puts the real ids back.
func (m *masks) show(text string) string {
	return maskName.ReplaceAllStringFunc(text, func(quoted string) string {
		if id := m.of[strings.Trim(quoted, `"`)]; id != "" {
			return `"` + id + `"`
		}
		return quoted
	})
}

// lineWidth is how wide a value may be that a transcript writes on one line.
const lineWidth = 140

// laid writes JSON as it came, short values on one line.
func laid(t testing.TB, raw []byte) string {
	t.Helper()
	raw = []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw)))
	var b strings.Builder
	if err := layOut(&b, jsontext.Value(raw), ""); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return b.String() + "\n"
}

func layOut(b *strings.Builder, v jsontext.Value, margin string) error {
	if err := v.Format(jsontext.Multiline(false), jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true)); err != nil {
		return err
	}
	if v.Kind() != '{' && v.Kind() != '[' || len(v)+len(margin) <= lineWidth {
		b.Write(v)
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(v))
	open, err := dec.ReadToken()
	if err != nil {
		return err
	}
	b.WriteString(open.String())
	for i := 0; dec.PeekKind() != '}' && dec.PeekKind() != ']'; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + margin + "  ")
		if open.Kind() == '{' {
			name, err := dec.ReadValue()
			if err != nil {
				return err
			}
			b.WriteString(string(name) + ": ")
		}
		member, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := layOut(b, member.Clone(), margin+"  "); err != nil {
			return err
		}
	}
	closing := map[jsontext.Kind]string{'{': "}", '[': "]"}[open.Kind()]
	b.WriteString("\n" + margin + closing)
	return nil
}

// What each file of testdata/calls says a host sends, the server answers as it
// says. In arguments, "TOKEN card" is a token for the last session, for the
// card of that name.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/calls/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			s := open(t, servertest.Options{})
			want, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: want.Comment}
			names, last := newMasks(), sheet{}
			for _, section := range want.Files {
				tool, isCall := strings.CutPrefix(section.Name, "call ")
				if !isCall {
					continue
				}
				args := names.show(string(section.Data))
				args = regexp.MustCompile(`"TOKEN (\w+)"`).ReplaceAllStringFunc(args, func(quoted string) string {
					card := strings.TrimPrefix(strings.Trim(quoted, `"`), "TOKEN ")
					return `"` + s.token(t, last, servertest.Card(card)) + `"`
				})
				_, raw := post(t, s.BaseURL+mcp.AppPath, nil, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, tool, args))
				var answer struct {
					Result jsontext.Value `json:"result"`
				}
				if err := json.Unmarshal(raw, &answer); err != nil || answer.Result == nil {
					t.Fatalf("%s: %v: %s", tool, err, raw)
				}
				var result struct {
					Data sheet `json:"structuredContent"`
				}
				if err := json.Unmarshal(answer.Result, &result); err != nil {
					t.Fatal(err)
				}
				if result.Data.ID != "" {
					last = result.Data
				}
				got.Files = append(got.Files, section, txtar.File{Name: "result", Data: []byte(names.hide(laid(t, answer.Result)))})
			}
			compare(t, file, got)
		})
	}
}

// What hosts read once: the greeting, the tools, the widget.
func TestListTranscript(t *testing.T) {
	s := servertest.Start(t, servertest.Options{Configure: selling(func(_ *config.Config, a *config.AppConfig) {
		a.Domain, a.Pictures, a.Redirects = "https://widget.example.com", []string{"https://pictures.example.com"}, []string{"https://pay.example.com"}
	})})
	got := &txtar.Archive{Comment: []byte("What a host reads of the app, once. The widget's page is left out, and the name\nof its file stands for each schema.\n\n")}
	names := newMasks()
	for _, c := range []struct{ name, body string }{
		{"initialize", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"host","version":"1"}}}`},
		{"tools/list", `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`},
		{"resources/list", `{"jsonrpc":"2.0","id":3,"method":"resources/list"}`},
		{"resources/read", `{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"ui://widget/checkout-session.html"}}`},
	} {
		_, raw := post(t, s.BaseURL+mcp.AppPath, nil, c.body)
		raw = withoutSchemas(t, raw)
		raw = regexp.MustCompile(`"text":"([^"\\]|\\.)*"`).ReplaceAll(raw, []byte(`"text":"<!doctype html>"`))
		got.Files = append(got.Files, txtar.File{Name: c.name, Data: []byte(c.body + "\n")}, txtar.File{Name: "result", Data: []byte(names.hide(laid(t, raw)))})
	}
	compare(t, "testdata/list.txtar", got)
}

// defaultLimits are written in the schemas of a server that says nothing of
// them.
var defaultLimits = strings.NewReplacer(`"{line_items}"`, "200", `"{quantity}"`, "1000000", `"{discount_codes}"`, "20")

// withoutSchemas puts the name of its file in the place of each schema.
func withoutSchemas(t *testing.T, raw []byte) []byte {
	t.Helper()
	files, err := filepath.Glob("schemas/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v := jsontext.Value(defaultLimits.Replace(string(text)))
		if err := v.Compact(); err != nil {
			t.Fatal(err)
		}
		raw = bytes.ReplaceAll(raw, v, []byte(`"`+file+`"`))
	}
	if bytes.Contains(raw, []byte(`Schema":{`)) {
		t.Error("a schema is that of no file")
	}
	return raw
}

func compare(t *testing.T, file string, got *txtar.Archive) {
	t.Helper()
	text := txtar.Format(got)
	want, err := os.ReadFile(file)
	if err == nil && bytes.Equal(text, want) {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what the server does (%v); if that is right, run the test with -update. Now it is\n%s", file, err, text)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
