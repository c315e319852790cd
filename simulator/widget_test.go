package simulator

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestPolicyIsWhatAHostBuilds(t *testing.T) {
	for name, tt := range map[string]struct {
		declared *domains
		want     string
		refused  []string
	}{
		"none": {nil, "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
			"img-src 'self' data:; media-src 'self' data:; connect-src 'none'", nil},
		"empty": {&domains{}, "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'self'; " +
			"img-src 'self' data:; font-src 'self'; media-src 'self' data:; frame-src 'none'; object-src 'none'; base-uri 'self'", nil},
		"all": {&domains{Connect: []string{"https://api.example", "wss://live.example:8443"}, Resource: []string{"https://*.cdn.example"}, Frame: []string{"https://frames.example"}, BaseURI: []string{"https://base.example"}},
			"default-src 'none'; script-src 'self' 'unsafe-inline' https://*.cdn.example; style-src 'self' 'unsafe-inline' https://*.cdn.example; " +
				"connect-src 'self' https://api.example wss://live.example:8443; img-src 'self' data: https://*.cdn.example; font-src 'self' https://*.cdn.example; " +
				"media-src 'self' data: https://*.cdn.example; frame-src https://frames.example; object-src 'none'; base-uri https://base.example", nil},
		"no origins": {&domains{Resource: []string{"https://a.example; script-src *", "*", "'unsafe-eval'", "https://a.example/path", "data:", "https://a.example\"><script>", "http://[::1]:8080"}},
			"default-src 'none'; script-src 'self' 'unsafe-inline' http://[::1]:8080; style-src 'self' 'unsafe-inline' http://[::1]:8080; connect-src 'self'; " +
				"img-src 'self' data: http://[::1]:8080; font-src 'self' http://[::1]:8080; media-src 'self' data: http://[::1]:8080; frame-src 'none'; object-src 'none'; base-uri 'self'",
			[]string{"https://a.example; script-src *", "*", "'unsafe-eval'", "https://a.example/path", "data:", "https://a.example\"><script>"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := contentPolicy(tt.declared)
			if got != tt.want || !slices.Equal(refused, tt.refused) {
				t.Errorf("got  %s\nwant %s\nrefused %q", got, tt.want, refused)
			}
		})
	}
}

// The policy has to be the first thing in the page's head, before anything that
// it is to hold back.
func TestPolicyIsInFrontOfAllElse(t *testing.T) {
	globals := json.RawMessage(`{"members": [], "data": {"toolInput": "</script><script>alert(1)</script>\" onload=\"x"}}`)
	for _, page := range []string{
		"<!doctype html><html><head><title>t</title></head><body>b</body></html>",
		"<!DOCTYPE html>\n<HTML lang=en><HEAD data-x='1'><script>1</script></HEAD>",
		"<html><body>b</body></html>", "<!doctype html><p>b", "<script>1</script>", "just words", "<header>h</header>",
	} {
		root, err := html.Parse(strings.NewReader(document(page, "default-src 'none'; img-src \"x\"", globals)))
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			order = append(order, n.Data)
			for _, a := range n.Attr {
				if a.Key == "content" && a.Val != "default-src 'none'; img-src \"x\"" || a.Key == "data-globals" && a.Val != string(globals) || a.Key == "onload" {
					t.Errorf("%q: %s=%q", page, a.Key, a.Val)
				}
			}
		}
		if len(order) < 4 || !slices.Equal(order[:4], []string{"html", "head", "meta", "script"}) {
			t.Errorf("%q: %v", page, order)
		}
	}
}

func FuzzContentPolicy(f *testing.F) {
	f.Add("https://a.example")
	f.Add("https://*.a.example:*; script-src *")
	f.Fuzz(func(t *testing.T, origin string) {
		policy, _ := contentPolicy(&domains{Resource: []string{origin}, Connect: []string{origin}, Frame: []string{origin}, BaseURI: []string{origin}})
		if n := strings.Count(policy, ";"); n != 9 {
			t.Fatalf("%q made %d directives: %s", origin, n+1, policy)
		}
		if strings.ContainsAny(policy, "\"<>\n,") {
			t.Fatalf("%q breaks out: %s", origin, policy)
		}
	})
}

func TestSecretsAreMasked(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"token":    {`{"params":{"arguments":{"payment_data":{"token":"vt_secret_1","provider":"stripe"}}}}`, `{"params":{"arguments":{"payment_data":{"provider":"stripe","token":"•••"}}}}`},
		"repeated": {`{"structuredContent":{"checkout_url":"https://shop.example/c/PROOF"},"content":[{"text":"Pay at https://shop.example/c/PROOF."}]}`, `{"content":[{"text":"Pay at •••."}],"structuredContent":{"checkout_url":"•••"}}`},
		"events":   {"event: message\ndata: {\"result\":{\"token\":\"vt_secret_1\"}}\n\n", `[{"result":{"token":"•••"}}]`},
		"short":    {`{"number":"7","total":7,"text":"7 items"}`, `{"number":"•••","text":"7 items","total":7}`},
		"no JSON":  {"token=vt_secret_1", `{"bytes":17}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := json.Marshal(readable([]byte(tt.body)))
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}
