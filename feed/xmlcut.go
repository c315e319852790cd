package feed

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// xmlCutter finds the <item> and <entry> elements of a file without parsing
// what is in them. Comments and CDATA sections are stepped over, also when
// they hold tags.
type xmlCutter struct {
	window
	prefix string // what the file calls Google's namespace
	root   string // the name of the first element
	closed bool   // the end tag of the root was seen
	budget int    // bytes that may still be read twice
}

func newXMLCutter(src io.Reader) *xmlCutter {
	return &xmlCutter{window: newWindow(src), prefix: "g", budget: rescanBudget}
}

var googlePrefix = regexp.MustCompile(`xmlns:([A-Za-z_][\w.-]*)\s*=\s*["']https?://base\.google\.com/ns/1\.0/?["']`)

// next returns the bytes of the next item, good until the call after, with
// one of CodeBrokenRecord, CodeTooLong and CodeTruncatedFile when it cannot
// be used; or io.EOF, or what the source failed with.
func (x *xmlCutter) next() (item []byte, problem string, err error) {
	for {
		x.compact()
		if !x.discard("<") {
			return nil, "", x.end()
		}
		x.pos-- // stay on it
		switch {
		case x.starts(x.pos, "<!--"):
			x.discard("-->")
		case x.starts(x.pos, "<![CDATA["):
			x.discard("]]>")
		case x.starts(x.pos, "<?"):
			x.discard("?>")
		case x.starts(x.pos, "</"):
			if x.root != "" && x.name(x.pos+2) == x.root {
				x.closed = true
			}
			x.discard(">")
		default:
			name := x.name(x.pos + 1)
			if isItem(name) {
				return x.item(name)
			}
			if x.root == "" && name != "" && name[0] != '!' {
				x.root = name
			}
			end := x.index(x.pos, ">")
			if end < 0 {
				x.discard(">")
				continue
			}
			if m := googlePrefix.FindSubmatch(x.buf[x.pos:end]); m != nil {
				x.prefix = string(m[1])
			}
			x.pos = end + 1
		}
	}
}

func (x *xmlCutter) end() error {
	if x.err != nil {
		return x.err
	}
	return io.EOF
}

func isItem(name string) bool {
	return strings.EqualFold(name, "item") || strings.EqualFold(name, "entry")
}

// item cuts the element that starts at pos.
func (x *xmlCutter) item(name string) ([]byte, string, error) {
	start := x.pos
	i := x.index(start, ">")
	if i > start && x.buf[i-1] == '/' {
		x.pos = i + 1
		return x.buf[start:x.pos], "", nil
	}
	for i >= 0 && i-start <= MaxRecordBytes {
		if i = x.index(i, "<"); i < 0 {
			break
		}
		switch {
		case x.starts(i, "<!--"):
			i = x.index(i, "-->")
		case x.starts(i, "<![CDATA["):
			i = x.index(i, "]]>")
		case x.starts(i, "</") && x.name(i+2) == name:
			end := x.index(i, ">")
			if end < 0 {
				return x.unfinished(name)
			}
			x.pos = end + 1
			return x.buf[start:x.pos], "", nil
		case x.name(i+1) == name:
			// Another item begins: this one has no end.
			x.pos = i
			return x.buf[start:i], CodeBrokenRecord, nil
		default:
			i++
		}
	}
	return x.unfinished(name)
}

// unfinished deals with an item whose end was not found: because the file
// ends, because it is too long, or because a comment or CDATA section in it
// is not closed and hides its end.
func (x *xmlCutter) unfinished(name string) ([]byte, string, error) {
	if x.err != nil {
		return nil, "", x.err
	}
	closing := "</" + name
	rest := x.buf[x.pos:]
	if k := bytes.Index(rest, []byte(closing)); k >= 0 && x.budget > 0 {
		x.budget -= len(rest) - k
		x.pos += k + len(closing)
		return rest[:k], CodeBrokenRecord, nil
	}
	text := []byte(excerpt(rest))
	if x.eof && len(rest) <= MaxRecordBytes {
		x.pos = len(x.buf)
		return text, CodeTruncatedFile, nil
	}
	x.pos = len(x.buf)
	x.discard(closing)
	return text, CodeTooLong, nil
}

// starts tells whether the text at offset i begins with prefix.
func (x *xmlCutter) starts(i int, prefix string) bool {
	if _, ok := x.at(i + len(prefix) - 1); !ok {
		return false
	}
	return string(x.buf[i:i+len(prefix)]) == prefix
}

// name reads the name of an element, or nothing when there is none of a
// reasonable length.
func (x *xmlCutter) name(i int) string {
	const longest = 64
	for j := i; j < i+longest; j++ {
		b, ok := x.at(j)
		if !ok {
			return ""
		}
		if b == '>' || b == '/' || b == ' ' || b == '\t' || b == '\n' || b == '\r' {
			return string(x.buf[i:j])
		}
	}
	return ""
}
