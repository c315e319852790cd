package feed

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Detect tells the format of a file from its first bytes, as they are in the
// file: gzipped or not, in any encoding that Read takes. 64 KiB are enough.
// It returns ErrEmpty or an error that wraps ErrUnknownFormat.
func Detect(head []byte) (Format, error) {
	text, err := openText(bytes.NewReader(head))
	if err != nil {
		return "", err
	}
	// The head of a gzipped file ends early, which is no concern here.
	plain, err := io.ReadAll(io.LimitReader(text, detectBytes))
	if err != nil && len(plain) == 0 {
		return "", err
	}
	return detectText(plain)
}

func isBlank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// detectText is Detect on UTF-8 without a byte order mark.
func detectText(text []byte) (Format, error) {
	text = bytes.TrimLeft(text, " \t\r\n\v\f")
	if len(text) == 0 {
		return "", ErrEmpty
	}
	switch {
	case text[0] == '<':
		lower := bytes.ToLower(text)
		for _, mark := range []string{"<rss", "<feed", "base.google.com/ns/", "<item", "<entry", "<rdf:rdf"} {
			if bytes.Contains(lower, []byte(mark)) {
				return GoogleXML, nil
			}
		}
		if bytes.Contains(lower, []byte("<html")) {
			return "", fmt.Errorf("%w: this is a web page; check the address of the feed", ErrUnknownFormat)
		}
		return "", fmt.Errorf("%w: XML, but neither RSS nor Atom; export a Google Merchant feed", ErrUnknownFormat)
	case text[0] == '{':
		return CheckstandJSONL, nil
	case text[0] == '[':
		return "", fmt.Errorf("%w: a JSON array; write one item as JSON a line instead", ErrUnknownFormat)
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return "", fmt.Errorf("%w: a ZIP archive or Excel workbook; unpack it, or save it as CSV", ErrUnknownFormat)
	case bytes.HasPrefix(text, []byte("%PDF")):
		return "", fmt.Errorf("%w: a PDF; export the products as CSV", ErrUnknownFormat)
	}
	fields, comma := sniffHeader(text)
	return detectHeader(fields, comma)
}

// sniffHeader reads the first record of a table and tells its delimiter.
func sniffHeader(text []byte) (names []string, comma byte) {
	csv := newCSVReader(bytes.NewReader(text))
	fields, problem, err := csv.next()
	if err != nil || problem.code != "" {
		return nil, csv.comma
	}
	names = make([]string, len(fields))
	for i, f := range fields {
		names[i] = columnName(f)
	}
	return names, csv.comma
}

func detectHeader(names []string, comma byte) (Format, error) {
	has := make(map[string]bool, len(names))
	for _, name := range names {
		has[name] = true
	}
	anyOf := func(names ...string) bool {
		for _, name := range names {
			if has[name] {
				return true
			}
		}
		return false
	}
	switch {
	case anyOf("handle", "url handle") && anyOf("variant price", "option1 value", "variant sku", "body (html)", "compare-at price"):
		return ShopifyCSV, nil
	case has["type"] && has["regular price"] && anyOf("sku", "id", "name"):
		return WooCommerceCSV, nil
	case has["id"] && anyOf("title", "structured title") && anyOf("price", "availability", "link"):
		if comma == '\t' {
			return GoogleTSV, nil
		}
		return GoogleCSV, nil
	}
	seen := strings.Join(names, ", ")
	return "", fmt.Errorf("%w: no known set of columns. A Shopify export has Handle and Variant Price, a WooCommerce export Type and Regular price (in English), "+
		"a Google file id, title and price. This file starts with %q", ErrUnknownFormat, cut(strings.ToValidUTF8(seen, "?"), 2*maxFindingValue))
}
