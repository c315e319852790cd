package wire_test

import (
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
				doc, err := wire.Parse(body)
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
