package feed

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readGoogleXML reads RSS 2.0 and Atom. The file is cut into its items first,
// and each is parsed by itself: so one that is not well-formed costs itself
// alone, and none can take more memory than an item may have. Document types
// are never read, so there are no entities to expand.
func readGoogleXML(ctx context.Context, in *intake, src io.Reader) error {
	cutter := newXMLCutter(src)
	for row := 1; ; row++ {
		if row%contextEvery == 1 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		item, problem, err := cutter.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		in.sum.Rows++
		p := in.at(row)
		if problem == "" {
			get, err := parseGoogleXML(item, cutter.prefix)
			if err == nil {
				if err := acceptGoogle(p, get); err != nil {
					return err
				}
				continue
			}
			problem = CodeBrokenRecord
		}
		in.sum.Rejected++
		switch value := excerpt(item); problem {
		case CodeTooLong:
			p.fail("", problem, value, fmt.Sprintf("The item is longer than %d bytes. Shorten it, or look for an end tag that is missing.", MaxRecordBytes))
		case CodeTruncatedFile:
			p.fail("", problem, value, "The file ends in the middle of this item. Download or export it again.")
		default:
			p.fail("", problem, value, "The item is not well-formed XML. Escape &, < and > in its texts, and close every element.")
		}
	}
	if !cutter.closed {
		in.at(0).warn("", CodeTruncatedFile, "", "The file ends before its last element is closed, so items may be missing. Download or export it again.")
	}
	return nil
}

// parseGoogleXML reads the elements directly inside an item. prefix is what
// the file calls Google's namespace; its elements go before plain ones, so
// that g:id wins over an Atom id.
func parseGoogleXML(item []byte, prefix string) (attributes, error) {
	dec := xml.NewDecoder(bytes.NewReader(escapeAmpersands(item)))
	dec.Entity = xml.HTMLEntity
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	google, plain := map[string][]string{}, map[string][]string{}
	var (
		depth int
		name  xml.Name
		text  strings.Builder
		href  string
	)
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if depth == 2 {
				name, href = token.Name, ""
				text.Reset()
				for _, a := range token.Attr {
					// <link rel="alternate" href="…"/> of Atom
					if a.Name.Local == "href" {
						href = a.Value
					}
					if a.Name.Local == "rel" && a.Value != "alternate" {
						name.Local = "link_" + a.Value
					}
				}
			} else if depth == 3 && strings.HasPrefix(name.Local, "structured_") {
				text.Reset() // its content is the last of its elements
			}
		case xml.CharData:
			if depth == 2 || depth == 3 && strings.HasPrefix(name.Local, "structured_") {
				text.Write(token)
			}
		case xml.EndElement:
			if depth == 2 {
				value := strings.TrimSpace(text.String())
				if value == "" {
					value = href
				}
				key := strings.ToLower(name.Local)
				switch {
				case name.Space == prefix || name.Space == "g" || strings.Contains(name.Space, "base.google.com"):
					google[key] = append(google[key], value)
				case name.Space == "" || strings.Contains(name.Space, "w3.org"):
					plain[key] = append(plain[key], value)
				}
			}
			depth--
		}
	}
	return func(name string) []string {
		if values := google[name]; len(values) > 0 {
			return values
		}
		return plain[name]
	}, nil
}

// escapeAmpersands makes text of every & that begins no entity we know. It is
// the most common thing wrong in a feed and harms nothing.
func escapeAmpersands(item []byte) []byte {
	const cdata, end = "<![CDATA[", "]]>"
	var out []byte
	done := 0
	for i := 0; i < len(item); i++ {
		switch item[i] {
		case '<':
			if bytes.HasPrefix(item[i:], []byte(cdata)) {
				k := bytes.Index(item[i:], []byte(end))
				if k < 0 {
					return append(out, item[done:]...)
				}
				i += k
			}
		case '&':
			if !isEntity(item[i+1:]) {
				out = append(append(out, item[done:i]...), "&amp;"...)
				done = i + 1
			}
		}
	}
	if done == 0 {
		return item
	}
	return append(out, item[done:]...)
}

// isEntity tells whether what follows an & makes it an entity.
func isEntity(rest []byte) bool {
	const longest = 32
	k := bytes.IndexByte(rest[:min(len(rest), longest)], ';')
	if k < 1 {
		return false
	}
	switch name := string(rest[:k]); name {
	case "amp", "lt", "gt", "quot", "apos":
		return true
	default:
		if name[0] == '#' {
			return k > 1
		}
		_, known := xml.HTMLEntity[name]
		return known
	}
}
