package limit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/limit"
)

func TestClient(t *testing.T) {
	proxies, err := limit.ParseProxies([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, remote string
		said         []string
		want         string
	}{
		{"nobody in between", "203.0.113.9:4000", nil, "203.0.113.9"},
		{"a stranger's word is not taken", "203.0.113.9:4000", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a proxy's is", "10.1.2.3:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"this machine's is", "127.0.0.1:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"this machine's is, over IPv6", "[::1]:4000", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a proxy without a word", "10.1.2.3:4000", nil, "10.1.2.3"},
		{"what the client made up before the proxy's entry does not count", "10.1.2.3:4000", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.1.2.3:4000", []string{"198.51.100.1, 192.0.2.7"}, "198.51.100.1"},
		{"two headers", "10.1.2.3:4000", []string{"198.51.100.1", "192.0.2.7"}, "198.51.100.1"},
		{"with a port", "10.1.2.3:4000", []string{"198.51.100.1:999"}, "198.51.100.1"},
		{"nonsense ends it", "10.1.2.3:4000", []string{"198.51.100.1, unknown"}, "10.1.2.3"},
		{"all are proxies", "10.1.2.3:4000", []string{"10.9.9.9"}, "10.9.9.9"},
		{"IPv6 is its network", "[2001:db8:2:3:4:5:6:7]:4000", nil, "2001:db8:2:3::"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:4000", nil, "203.0.113.9"},
		{"a proxy by IPv6", "[2001:db8:1::5]:4000", []string{"[2001:db8:9::1]:80"}, "2001:db8:9::"},
		{"no address", "@", []string{"198.51.100.1"}, "invalid IP"},
		{"far too many", "10.1.2.3:4000", []string{"198.51.100.1" + strings.Repeat(",10.0.0.1", 5000)}, "10.0.0.1"},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{}}
		if tt.said != nil {
			r.Header["X-Forwarded-For"] = tt.said
		}
		if got := proxies.Client(r).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestParseProxiesTeaches(t *testing.T) {
	if _, err := limit.ParseProxies([]string{"10.0.0.1", "the proxy"}); err == nil || !strings.Contains(err.Error(), `"the proxy"`) {
		t.Errorf("error = %v", err)
	}
}

func FuzzClient(f *testing.F) {
	f.Add("127.0.0.1:1", "198.51.100.1, 10.0.0.1")
	f.Add("[::1%lo]:1", "fe80::1%eth0")
	f.Fuzz(func(t *testing.T, remote, said string) {
		a := limit.Proxies(nil).Client(&http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {said}}})
		if a.IsValid() && a.Zone() != "" {
			t.Errorf("%v has a zone", a)
		}
	})
}

func BenchmarkClient(b *testing.B) {
	r := &http.Request{RemoteAddr: "10.1.2.3:4000", Header: http.Header{"X-Forwarded-For": {"198.51.100.1"}}}
	proxies, err := limit.ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		proxies.Client(r)
	}
}
