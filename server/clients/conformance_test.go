package clients_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/checkstand/checkstand/server/mcp"
	"github.com/checkstand/checkstand/server/npmtest"
	"github.com/checkstand/checkstand/server/servertest"
)

// suite is a version of the official conformance suite.
type suite struct {
	pkg      string
	args     []string
	baseline string
	holds    []string // scenarios that no baseline may take in
	// idle are scenarios that check nothing, and why.
	idle map[string]string
}

var suites = []suite{
	{pkg: "@modelcontextprotocol/conformance", args: []string{"--suite", "all"}, baseline: "conformance-baseline.yml",
		holds: []string{"server-initialize", "ping", "tools-list", "dns-rebinding-protection"}},
	{pkg: "conformance-next", args: []string{"--requirements", "2026-07-28"}, baseline: "conformance-baseline-2026-07-28.yml",
		holds: []string{"tools-list", "http-header-validation", "dns-rebinding-protection"},
		idle: map[string]string{
			"tasks-status-notifications": "the suite leaves it out until it is written anew"}},
}

// Both endpoints are held to the protocol by its own suite. What a baseline
// lists has to fail, in the way that the baseline says; everything else has to
// pass.
func TestConformance(t *testing.T) {
	s := openShop(t)
	endpoints := map[string]string{mcp.AppPath: s.BaseURL, mcp.BindingPath: withKey(t, s)}
	for _, suite := range suites {
		for path, origin := range endpoints {
			t.Run(npmtest.Version(t, suite.pkg)+path, func(t *testing.T) { suite.judge(t, origin, path) })
		}
	}
}

// withKey is another address of a server, at which every request bears the
// shop's key: the suite cannot be told of one.
func withKey(t *testing.T, s *servertest.Server) (origin string) {
	t.Helper()
	target, err := url.Parse(s.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which host is asked for is a part of what is tested
		r.Out.Header.Set("Authorization", "Bearer "+s.APIKey.Reveal())
		// Read before it is passed on: an answer that comes at once would
		// otherwise close what is still being read, and break off.
		body, err := io.ReadAll(r.In.Body)
		if err != nil {
			t.Error(err)
		}
		r.Out.Body = io.NopCloser(bytes.NewReader(body))
	}})
	t.Cleanup(front.Close)
	return front.URL
}

func (s *suite) judge(t *testing.T, origin, path string) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	expected := baseline(t, s.baseline, path)
	results := t.TempDir()
	args := append([]string{npmtest.Module(t, s.pkg, "dist/index.js"), "server", "--url", origin + path, "-o", results,
		"--expected-failures", official(t, expected)}, s.args...)
	if said := npmtest.Run(ctx, t, args...); said.Code != 0 {
		t.Errorf("the suite's own judgement is %d:\n%s%s", said.Code, summary(said.Stdout), said.Stderr)
	}

	ran := scenarios(t, results)
	var passed []string
	for name, checks := range ran {
		failures, successes := checks.that(check.bad), checks.that(check.good)
		reason, excused := expected[name]
		switch {
		case excused && len(failures) == 0:
			t.Errorf("%s passes, so it has no place in %s", name, s.baseline)
		case excused:
			for _, c := range failures {
				if !reason.MatchString(c.says()) {
					t.Errorf("%s fails otherwise than %s says:\n%s: %s", name, s.baseline, c.ID, c.says())
				}
			}
		case s.idle[name] != "":
			if len(failures)+len(successes) > 0 {
				t.Errorf("%s checks something now: %v", name, checks)
			}
		case len(failures) > 0:
			for _, c := range failures {
				t.Errorf("%s fails: %s: %s", name, c.ID, c.says())
			}
		case len(successes) == 0:
			t.Errorf("%s checks nothing", name)
		default:
			passed = append(passed, name)
		}
	}
	for name := range expected {
		if _, ok := ran[name]; !ok {
			t.Errorf("%s is in %s, and the suite does not run it", name, s.baseline)
		}
	}
	for _, name := range s.holds {
		if !slices.Contains(passed, name) {
			t.Errorf("%s did not pass", name)
		}
	}
	slices.Sort(passed)
	t.Logf("%d of %d scenarios apply, and pass: %s", len(passed), len(ran), strings.Join(passed, ", "))
}

// excuse is what stands behind a line of a baseline: at which endpoint, if not
// at both; how the scenario fails; and why that is right.
var excuse = regexp.MustCompile("^# (?:at (/[^ :]*): )?`([^`]+)` (.+)$")

// baseline reads the lines that are about an endpoint.
func baseline(t *testing.T, file, path string) map[string]*regexp.Regexp {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Server []yaml.Node }
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	expected := make(map[string]*regexp.Regexp)
	for _, line := range doc.Server {
		because := excuse.FindStringSubmatch(line.LineComment)
		switch {
		case because == nil:
			t.Errorf("%s:%d: %s has no reason", file, line.Line, line.Value)
		case because[1] == "" || because[1] == path:
			expected[line.Value] = regexp.MustCompile(because[2])
		}
	}
	return expected
}

// official writes a baseline as the suite reads it.
func official(t *testing.T, expected map[string]*regexp.Regexp) (file string) {
	t.Helper()
	names := make([]string, 0, len(expected))
	for name := range expected {
		names = append(names, name)
	}
	raw, err := yaml.Marshal(map[string][]string{"server": names})
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "baseline.yml")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// check is one thing that a scenario looked at.
type check struct {
	ID      string
	Status  string // SUCCESS, FAILURE, WARNING, SKIPPED or INFO
	Message string `json:"errorMessage"`
	Details struct{ Message string }
}

// bad reports whether the suite counts a check as failed: warnings count too.
func (c check) bad() bool { return c.Status == "FAILURE" || c.Status == "WARNING" }

func (c check) good() bool { return c.Status == "SUCCESS" }

// says is how the check went, in the suite's words.
func (c check) says() string { return cmp.Or(c.Message, c.Details.Message) }

type checks []check

func (c checks) that(are func(check) bool) checks {
	return slices.DeleteFunc(slices.Clone(c), func(one check) bool { return !are(one) })
}

// ofScenario has the scenario's name out of that of its folder, which ends with
// the time.
var ofScenario = regexp.MustCompile(`^server-(.+)-\d{4}-\d\d-\d\dT`)

// scenarios reads what the suite has written down.
func scenarios(t *testing.T, dir string) map[string]checks {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "checks.json"))
	if err != nil {
		t.Fatal(err)
	}
	ran := make(map[string]checks, len(files))
	for _, file := range files {
		name := ofScenario.FindStringSubmatch(filepath.Base(filepath.Dir(file)))
		raw, err := os.ReadFile(file)
		if err != nil || name == nil {
			t.Fatalf("%s: %v", file, err)
		}
		var found checks
		if err := json.Unmarshal(raw, &found); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		ran[name[1]] = found
	}
	return ran
}

// summary is the end of what the suite prints.
func summary(said []byte) string {
	_, end, _ := strings.Cut(string(said), "=== SUMMARY ===")
	return end
}

// What the suite is led through bears the key: without it the binding's tools
// are refused.
func TestSuiteBearsTheKey(t *testing.T) {
	s := openShop(t)
	for origin, want := range map[string]string{s.BaseURL: `"isError":true`, withKey(t, s): `"status":"not_ready_for_payment"`} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_checkout_session","arguments":` +
			`{"meta":{"api_version":"2026-04-17"},"payload":{"currency":"usd","capabilities":{},"line_items":[{"id":"mug"}]}}}}`
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+mcp.BindingPath, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		var answer json.RawMessage
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || !strings.Contains(string(answer), want) {
			t.Errorf("%v, want %s: %s", err, want, answer)
		}
	}
}
