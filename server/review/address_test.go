package review

import "testing"

// What can be reached by everybody, and what cannot.
func TestNotPublic(t *testing.T) {
	for address, want := range map[string]string{
		"https://shop.example.com":            "",
		"https://shop.example.com:8443/terms": "",
		"https://example.de":                  "",
		"https://notngrok.io":                 "",
		"http://shop.example.com":             "is not https",
		"":                                    "is not a URL",
		"shop.example.com":                    "is not a URL",
		"http://127.0.0.1:8080":               "is this machine alone",
		"https://127.8.9.10":                  "is this machine alone",
		"https://[::1]:8080":                  "is this machine alone",
		"https://0.0.0.0":                     "is this machine alone",
		"https://localhost":                   "is this machine alone",
		"https://shop.localhost":              "is this machine alone",
		"https://192.168.1.4":                 "is an address of a private network",
		"https://10.0.0.7":                    "is an address of a private network",
		"https://[fe80::1]":                   "is an address of a private network",
		"https://[fd00::1]":                   "is an address of a private network",
		"https://203.0.113.5":                 "is an IP address, and not a name",
		"https://shop":                        "is a name of a private network",
		"https://shop.internal":               "is a name of a private network",
		"https://shop.home.arpa.":             "is a name of a private network",
		"https://shop.test":                   "is a name of a private network",
		"https://calm-otter.ngrok-free.app":   "is a tunnel, which the review refuses",
		"https://calm-otter.NGROK.io":         "is a tunnel, which the review refuses",
		"https://shop.trycloudflare.com":      "is a tunnel, which the review refuses",
		"https://box.tail1234.ts.net":         "is a tunnel, which the review refuses",
	} {
		if got := notPublic(address); got != want {
			t.Errorf("%s %s; want %q", address, got, want)
		}
	}
}

// Words that a name may not have are found as words, not within others.
func TestUnfit(t *testing.T) {
	for name, want := range map[string]string{
		"Ottermere Goods": "", "Bestwick & Sons": "", "Contest Books": "", "The Official Shop": "official", "MCP Shop": "mcp", "Shop (beta)": "beta",
		"#1 Mugs": "#1", "Demo-Shop": "demo", "Ｄemo": "", "Éditions Trialle": "",
	} {
		if got := unfit(name, protocolWords, boasts, trials); got != want {
			t.Errorf("%q has %q; want %q", name, got, want)
		}
	}
}
