package feed

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlainText(t *testing.T) {
	for _, c := range []struct{ html, want string }{
		{"plain", "plain"},
		{"  two   spaces\u00a0and tabs\t ", "two spaces and tabs"},
		{"a\r\nb\n\n\n\nc", "a\nb\n\nc"},
		{"<p>One</p><p>Two</p>", "One\n\nTwo"},
		{"One<br>Two<br/>Three", "One\nTwo\nThree"},
		{"<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		{"<b>bo</b>ld &amp; <i>it</i>", "bold & it"},
		{"Tom &amp; Jerry&nbsp;&eacute;", "Tom & Jerry é"},
		{"a < b and c > d", "a < b and c > d"},
		{"R&B", "R&B"},
		{"x<script>alert('1')</script>y", "xy"},
		{"x<style>p{}</style>y", "xy"},
		{"<!-- hidden -->seen", "seen"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"<p>unclosed <b>tags", "unclosed tags"},
		{"control\x00\x1f and \ufeffmark", "control and mark"},
		{"line one\nline <b>two</b>", "line one\nline two"},
		{"<p>line one\nline <b>two</b></p>", "line one line two"},
	} {
		if got := plainText(c.html, maxDescriptionBytes); got != c.want {
			t.Errorf("%q: %q, want %q", c.html, got, c.want)
		}
	}
	if got := plainText(strings.Repeat("<p>word</p>", 100_000), 50); len(got) > 60 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " ": "", "a": "a", " a  b ": "a b", "a\n b": "a b", "a\u00a0b": "a b", "a\x00b": "ab", "Größe": "Größe", "\ufeffid": "id",
	} {
		if got := line(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"a sentence of words", 14, "a sentence…"},
		{strings.Repeat("ü", 10), 10, "üüü…"},
	} {
		got := truncate(c.in, c.limit)
		if got != c.want || len(got) > c.limit || !utf8.ValidString(got) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestCleanURL(t *testing.T) {
	for _, c := range []struct {
		in, want    string
		changed, ok bool
	}{
		{"https://x.example/a.jpg?utm_source=feed&v=1#top", "https://x.example/a.jpg?utm_source=feed&v=1#top", false, true},
		{"HTTP://x.example", "HTTP://x.example", false, true},
		{" https://x.example/a ", "https://x.example/a", false, true},
		{"//x.example/a", "https://x.example/a", true, true},
		{"https://x.example/a b\".jpg", "https://x.example/a%20b%22.jpg", true, true},
		{"https://x.example/ä.jpg", "https://x.example/ä.jpg", false, true},
		{"/a.jpg", "", false, false},
		{"a.jpg", "", false, false},
		{"ftp://x.example/a", "", false, false},
		{"javascript:alert(1)//://", "", false, false},
		{"data:image/png;base64,AAAA", "", false, false},
		{"https://", "", false, false},
		{"https://:80/", "", false, false},
		{"https://user:pass@x.example/", "", false, false},
		{"https://x.example/\x00", "", false, false},
	} {
		got, changed, ok := cleanURL(c.in)
		if ok != c.ok || ok && (got != c.want || changed != c.changed) {
			t.Errorf("%q: %q, %t, %t", c.in, got, changed, ok)
		}
	}
	if _, _, ok := cleanURL("https://x.example/" + strings.Repeat("a", maxURLBytes)); ok {
		t.Error("an address without end was accepted")
	}
}

func TestSplitURLs(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                 nil,
		"https://x/1.jpg, https://x/2.jpg": {"https://x/1.jpg", "https://x/2.jpg"},
		"https://x/1.jpg,https://x/2.jpg":  {"https://x/1.jpg", "https://x/2.jpg"},
		"https://x/w_1,h_2/1.jpg, https://x/2.jpg":        {"https://x/w_1,h_2/1.jpg", "https://x/2.jpg"},
		"https://x/1.jpg, 2.jpg,,":                        {"https://x/1.jpg", "2.jpg"},
		"one.jpg,two.jpg":                                 {"one.jpg", "two.jpg"},
		"https://x/1.jpg,//cdn.example/2.jpg,ftp://x/3.j": {"https://x/1.jpg", "//cdn.example/2.jpg", "ftp://x/3.j"},
	} {
		if diff := cmp.Diff(want, splitURLs(in, ",")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", in, diff)
		}
	}
}

func TestWeights(t *testing.T) {
	for _, c := range []struct {
		text, unit string
		grams      int64
		ok         bool
	}{
		{"1.5", "kg", 1500, true}, {"1,5", "kg", 1500, true}, {"1.5 kg", "", 1500, true}, {"250g", "", 250, true}, {"1 lb", "", 454, true},
		{"8 oz", "", 227, true}, {"0.0001", "kg", 1, true}, {"0", "kg", 0, true}, {"1,250.5", "g", 1251, true}, {"2 lbs.", "", 907, true},
		{"heavy", "kg", 0, false}, {"5", "", 0, false}, {"5 stone", "", 0, false}, {"-1", "kg", 0, false}, {"999999999", "kg", 0, false}, {"1e9", "kg", 0, false},
	} {
		if grams, ok := parseWeight(c.text, c.unit); grams != c.grams || ok != c.ok {
			t.Errorf("%q in %q: %d, %t; want %d, %t", c.text, c.unit, grams, ok, c.grams, c.ok)
		}
	}
}

func TestGTINs(t *testing.T) {
	for code, want := range map[string]bool{
		"4006381333931": true, "036000291452": true, "96385074": true, "10614141000415": true,
		"4006381333932": false, "123": false, "0000000000000": false, "40063813339 1": false, "400638133393X": false,
	} {
		if got := validGTIN(code); got != want {
			t.Errorf("%s: %t", code, got)
		}
	}
}
