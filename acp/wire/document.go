package wire

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/sign"
)

// Limits of a request body that nobody chooses; its size is limited by whoever
// reads it.
const (
	MaxDepth   = 32 // nested objects and arrays
	MaxUnknown = 20 // paths that Document.Unknown lists
	maxName    = 64 // bytes of a member name that a path shows
)

// Document is a parsed request body: a tree that the decoders of a version
// read, and the bytes that its fingerprint is taken from. It is not safe for
// concurrent use.
type Document struct {
	body      []byte
	limits    acp.Limits
	nodes     []node // nodes[0] is the root; empty for an empty body
	canonical []byte
	done      bool // canonical is computed
	aliases   []string
}

// node is one JSON value. Links are indices into Document.nodes; 0 is none,
// as the root is nobody's child.
type node struct {
	name   string // of an object's member
	text   string // of a string, unquoted; of a number, as it was written
	parent int32
	first  int32 // child
	next   int32 // sibling
	index  int32 // among the siblings, from 0
	kind   jsontext.Kind
	read   bool // a decoder has looked at it
}

// Parse reads a request body in one pass. An empty one, white space alone, is
// a Document too: it has no fields. Everything that is not one JSON value
// with unique member names, valid UTF-8 and at most MaxDepth levels is a 400
// *acp.Error that tells the byte offset and shows nothing of the body. body
// must not be changed as long as the Document is in use. limits bind whoever
// decodes it.
func Parse(body []byte, limits acp.Limits) (*Document, error) {
	doc := &Document{body: body, limits: limits}
	if len(bytes.TrimSpace(body)) == 0 {
		return doc, nil
	}
	src := string(body) // the one copy that every text points into
	dec := jsontext.NewDecoder(bytes.NewBuffer(body))
	doc.nodes = make([]node, 0, 16+len(body)/24)

	parent, last, name, depth := int32(-1), int32(0), "", 0
	for {
		switch kind := dec.PeekKind(); kind {
		case '}', ']':
			if _, err := dec.ReadToken(); err != nil {
				return nil, refuseSyntax(err)
			}
			last, parent = parent, doc.nodes[parent].parent
			depth--
		case '{', '[':
			if _, err := dec.ReadToken(); err != nil {
				return nil, refuseSyntax(err)
			}
			if depth++; depth > MaxDepth {
				return nil, acp.Invalid("", "The body is nested deeper than "+strconv.Itoa(MaxDepth)+" levels. Send a flatter object.")
			}
			parent = doc.add(parent, last, node{name: name, kind: kind})
			last, name = 0, ""
		default:
			raw, err := dec.ReadValue()
			if err != nil {
				return nil, refuseSyntax(err)
			}
			text := ""
			if kind == '"' || kind == '0' {
				end := dec.InputOffset()
				text = src[end-int64(len(raw)) : end]
			}
			if kind == '"' {
				if text, err = unquote(text); err != nil {
					return nil, refuseSyntax(err)
				}
				if doc.wantsName(dec) {
					name = text
					continue
				}
			}
			last = doc.add(parent, last, node{name: name, text: text, kind: kind})
			name = ""
		}
		if depth == 0 {
			break
		}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, acp.Invalid("", "The body goes on after its end at byte "+strconv.FormatInt(dec.InputOffset(), 10)+". Send one JSON object and nothing else.")
	}
	return doc, nil
}

// wantsName reports whether the string just read was a member's name: names
// are the odd tokens of an object.
func (doc *Document) wantsName(dec *jsontext.Decoder) bool {
	kind, length := dec.StackIndex(dec.StackDepth())
	return kind == '{' && length%2 == 1
}

// add appends n as a child of parent, after its sibling last, and returns its
// index.
func (doc *Document) add(parent, last int32, n node) int32 {
	i := int32(len(doc.nodes))
	n.parent = parent
	if last > 0 {
		n.index = doc.nodes[last].index + 1
		doc.nodes[last].next = i
	} else if parent >= 0 {
		doc.nodes[parent].first = i
	}
	doc.nodes = append(doc.nodes, n)
	return i
}

// unquote returns the text of a JSON string literal; without escapes it is a
// part of the literal itself.
func unquote(literal string) (string, error) {
	if strings.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1], nil
	}
	text, err := jsontext.AppendUnquote(nil, literal)
	return string(text), err
}

// refuseSyntax says where a body is broken, and not what stands there.
func refuseSyntax(err error) error {
	where := ""
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		where = " at byte " + strconv.FormatInt(syntax.ByteOffset, 10)
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return acp.Invalid("", "The body has a member name twice in one object"+where+". Send each name once.")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return acp.Invalid("", "The body ends too early"+where+". Send a complete JSON object.")
	}
	return acp.Invalid("", "The body is not valid JSON"+where+". Send a JSON object in UTF-8.")
}

// Empty reports whether the request had no body.
func (doc *Document) Empty() bool { return len(doc.nodes) == 0 }

// SetCanonical spares Canonical its work: canonical is what sign.Canonical
// makes of the body. It is not copied.
func (doc *Document) SetCanonical(canonical []byte) { doc.canonical, doc.done = canonical, true }

// Canonical returns the RFC 8785 form of the body; it is empty for an empty
// body.
func (doc *Document) Canonical() []byte {
	if !doc.done {
		// Parse has accepted the body by the same rules, so there is no error
		// to come; were there one, the raw bytes are a safe fingerprint.
		canonical, err := sign.Canonical(doc.body)
		if err != nil {
			canonical = doc.body
		}
		doc.canonical, doc.done = canonical, true
	}
	return doc.canonical
}

// Fingerprint is the SHA-256 of Canonical: what tells two bodies under one
// idempotency key apart. Member order, white space and 1.0 for 1 do not
// change it; null for absent and the order of arrays do.
func (doc *Document) Fingerprint() [sha256.Size]byte { return sha256.Sum256(doc.Canonical()) }

// Unknown lists the JSONPaths of members that no decoder has looked at, in
// document order, MaxUnknown at most. Ask after decoding; they are for the
// log at debug level.
func (doc *Document) Unknown() []string {
	var paths []string
	for i := range doc.nodes {
		n := &doc.nodes[i]
		if n.read || i == 0 || doc.nodes[n.parent].kind != '{' || !doc.reached(n.parent) {
			continue
		}
		if paths = append(paths, doc.path(int32(i))); len(paths) == MaxUnknown {
			break
		}
	}
	return paths
}

// Aliases lists the JSONPaths of members that were read under another name than
// the version's own, such as items for line_items. Ask after decoding.
func (doc *Document) Aliases() []string { return doc.aliases }

// reached reports whether a decoder went down to node i: the members of an
// unknown object are not unknown each.
func (doc *Document) reached(i int32) bool {
	for ; i > 0; i = doc.nodes[i].parent {
		if doc.nodes[doc.nodes[i].parent].kind == '{' && !doc.nodes[i].read {
			return false
		}
	}
	return true
}

// path is the RFC 9535 JSONPath of node i.
func (doc *Document) path(i int32) string {
	if i <= 0 {
		return "$"
	}
	n := &doc.nodes[i]
	if doc.nodes[n.parent].kind == '[' {
		return doc.path(n.parent) + "[" + strconv.Itoa(int(n.index)) + "]"
	}
	return doc.path(n.parent) + segment(n.name)
}

// segment writes a member name as part of a JSONPath, shortened to maxName.
func segment(name string) string {
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	plain := name != "" && (name[0] < '0' || name[0] > '9')
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	if plain {
		return "." + name
	}
	quoted, _ := jsontext.AppendQuote(nil, name) // a JSON string is a JSONPath string
	return "[" + string(quoted) + "]"
}
