package wire_test

import (
	"strings"
	"testing"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

func BenchmarkAppendSession(b *testing.B) {
	for _, v := range versions() {
		b.Run(string(v), func(b *testing.B) {
			c, s := codec(b, v), threeLines()
			buf, err := c.AppendSession(nil, s, wire.SessionView{})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				if buf, err = c.AppendSession(buf[:0], s, wire.SessionView{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A create as agents of each version send it, parsed and decoded.
func BenchmarkCreate(b *testing.B) {
	const buyer = `"buyer":{"name":"Test Buyer","first_name":"Test","last_name":"Buyer","email":"buyer@example.com"}`
	for _, v := range versions() {
		body := `{"items":[{"id":"a","quantity":1},{"id":"b","quantity":2},{"id":"c","quantity":1}],` + buyer
		switch {
		case v < acp.V20251212:
			body += `,"fulfillment_address":` + address + `}`
		case v < acp.V20260130:
			body += `,"fulfillment_details":{"name":"Test Buyer","address":` + address + `}}`
		default:
			body += `,"currency":"usd","capabilities":{},"fulfillment_details":{"name":"Test Buyer","address":` + address + `}}`
			body = strings.Replace(body, `"items"`, `"line_items"`, 1)
		}
		b.Run(string(v), func(b *testing.B) {
			c := codec(b, v)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				doc, err := wire.Parse([]byte(body), acp.DefaultLimits())
				if err == nil {
					_, err = c.DecodeCreate(doc)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What the parts of reading a create of the newest version take.
func BenchmarkDecodeCreate(b *testing.B) {
	body := []byte(newest(`"buyer":{"first_name":"Test","last_name":"Buyer","email":"buyer@example.com"},"fulfillment_details":{"name":"Test Buyer","email":"buyer@example.com","address":` + address + `}`))
	c := codec(b, acp.V20260417)
	for _, part := range []struct {
		name string
		run  func(*wire.Document) error
	}{
		{"parse", func(*wire.Document) error { return nil }},
		{"parse and decode", func(doc *wire.Document) error { _, err := c.DecodeCreate(doc); return err }},
		{"parse, decode and fingerprint", func(doc *wire.Document) error { doc.Fingerprint(); _, err := c.DecodeCreate(doc); return err }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				doc, err := wire.Parse(body, acp.DefaultLimits())
				if err == nil {
					err = part.run(doc)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
