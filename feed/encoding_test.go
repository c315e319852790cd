package feed_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/checkstand/checkstand/feed"
)

const cafe = "Handle,Title,Variant Price\ncafe,Café „Größe“ – 5 €,5\n"

func encode(t *testing.T, f func(string) (string, error), s string) string {
	t.Helper()
	out, err := f(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zip(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEncodings(t *testing.T) {
	le := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	be := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()
	cp1252 := charmap.Windows1252.NewEncoder()
	for name, c := range map[string]struct {
		text    string
		guessed bool
	}{
		"UTF-8":                          {cafe, false},
		"UTF-8 with a byte order mark":   {"\ufeff" + cafe, false},
		"UTF-16 with a byte order mark":  {encode(t, le.String, cafe), false},
		"UTF-16 big-endian without one":  {encode(t, be.String, cafe), false},
		"Windows-1252":                   {encode(t, cp1252.String, cafe), true},
		"UTF-8 and Windows-1252 at once": {cafe + "x,\xc4pfel,5\n", true},
		"gzip":                           {zip(t, cafe), false},
		"gzipped Windows-1252":           {zip(t, encode(t, cp1252.String, cafe)), true},
	} {
		t.Run(name, func(t *testing.T) {
			if format, err := feed.Detect([]byte(c.text)); format != feed.ShopifyCSV {
				t.Errorf("Detect: %q, %v", format, err)
			}
			got := readText(t, c.text, feed.Options{})
			if title := got.item(t, "cafe").Title; title != "Café „Größe“ – 5 €" {
				t.Errorf("title %q", title)
			}
			if guessed := got.summary.Findings.Codes[feed.CodeEncoding] == 1; guessed != c.guessed {
				t.Errorf("findings %v", got.codes())
			}
		})
	}
}

func TestXMLDeclaresItsEncoding(t *testing.T) {
	const feedText = `<?xml version="1.0" encoding="ISO-8859-2"?><rss><channel><item><id>1</id><title>Łódź</title><price>5 PLN</price><availability>in_stock</availability></item></channel></rss>`
	latin2 := encode(t, charmap.ISO8859_2.NewEncoder().String, feedText)
	got := readText(t, latin2, feed.Options{})
	if title := got.item(t, "1").Title; title != "Łódź" || len(got.findings) > 0 {
		t.Errorf("title %q, findings %v", title, got.codes())
	}
	declared1252 := "<?xml version='1.0' encoding='windows-1252'?><rss><item><id>1</id><title>Caf\xe9</title><price>5 EUR</price><availability>in_stock</availability></item></rss>"
	got = readText(t, declared1252, feed.Options{})
	if title := got.item(t, "1").Title; title != "Café" || len(got.findings) > 0 {
		t.Errorf("title %q, findings %v", title, got.codes())
	}
	if _, err := tryRead(strings.NewReader(`<?xml version="1.0" encoding="klingon"?><rss/>`), feed.Options{}); !errors.Is(err, feed.ErrUnknownFormat) {
		t.Errorf("error %v", err)
	}
}

func TestATruncatedArchiveGivesWhatItHolds(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,title,price\n")
	for i := range 5000 {
		text.WriteString(strings.Repeat(string(rune('a'+i%26)), 1+i%13) + "-" + strings.Repeat("b", i/26%40) + strings.Repeat("c", i/1040) + ",Title,5 USD\n")
	}
	whole := zip(t, text.String())
	got, err := tryRead(strings.NewReader(whole[:len(whole)*2/3]), feed.Options{})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if len(got.items) == 0 {
		t.Error("nothing was imported")
	}
	if format, err := feed.Detect([]byte(whole[:200])); format != feed.GoogleCSV {
		t.Errorf("Detect of the head: %q, %v", format, err)
	}
}

func TestBrokenArchive(t *testing.T) {
	if _, err := tryRead(strings.NewReader("\x1f\x8bnot gzip at all"), feed.Options{Currency: "usd"}); err == nil {
		t.Error("no error")
	}
}
