package feed

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// line tidies a value of one line: runs of white space become one space,
// control characters go, the ends are trimmed.
func line(s string) string {
	if tidy(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		case unicode.IsControl(r) || r == utf8.RuneError || r == '\ufeff':
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// tidy reports the common case quickly: ASCII with single spaces inside.
func tidy(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c == ' ' {
			if space {
				return false
			}
			space = true
			continue
		}
		if c < ' ' || c >= 0x7f {
			return false
		}
		space = false
	}
	return !space || s == ""
}

// hasMarkup tells whether s looks like HTML rather than plain text.
func hasMarkup(s string) bool {
	return hasTags(s) || strings.Contains(s, "&") && html.UnescapeString(s) != s
}

func hasTags(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+1 == len(s) {
			return false
		}
		s = s[i+1:]
		if c := s[0] | 0x20; c >= 'a' && c <= 'z' || s[0] == '/' || s[0] == '!' {
			return true
		}
	}
}

// blockTags are what separates lines in HTML. A text without any, as
// WordPress stores it, means its line ends.
var blockTags = regexp.MustCompile(`(?i)<(p|br|div|li|ul|ol|h[1-6]|tr|table)\b`)

// plainText makes plain text of HTML, or tidies text that is plain already:
// paragraphs and list entries on lines of their own, no more than one empty
// line, no scripts and styles. It stops soon after limit bytes.
func plainText(s string, limit int) string {
	out := textWriter{limit: limit}
	if !hasTags(s) {
		out.text(html.UnescapeString(s), true)
		return out.string()
	}
	keepLines := !blockTags.MatchString(s)
	z := html.NewTokenizer(strings.NewReader(s))
	skip := "" // inside of this element
	for !out.full() {
		switch z.Next() {
		case html.ErrorToken:
			return out.string()
		case html.TextToken:
			if skip == "" {
				out.text(html.UnescapeString(string(z.Raw())), keepLines)
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			raw := z.Raw()
			closing := len(raw) > 1 && raw[1] == '/'
			name, _ := z.TagName()
			switch tag := string(name); tag {
			case "script", "style", "head", "template", "iframe", "noscript", "svg":
				if closing && skip == tag {
					skip = ""
				} else if !closing && skip == "" && !strings.HasSuffix(string(raw), "/>") {
					skip = tag
				}
			case "br":
				out.newline(1)
			case "li":
				out.newline(1)
				if !closing && skip == "" {
					out.text("- ", false)
				}
			case "p", "div", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "table", "section", "article", "blockquote", "pre", "dl":
				out.newline(2)
			case "tr", "dt", "dd", "hr":
				out.newline(1)
			case "td", "th":
				out.space = true
			}
		}
	}
	return out.string()
}

// textWriter collects text, with white space collapsed.
type textWriter struct {
	b     strings.Builder
	limit int
	space bool // owed before the next character
	lines int  // owed before the next character
}

func (w *textWriter) full() bool { return w.b.Len() > w.limit }

func (w *textWriter) newline(n int) {
	w.lines = max(w.lines, n)
}

// text adds s. keepLines says that its line ends mean something.
func (w *textWriter) text(s string, keepLines bool) {
	lines := 0
	for _, r := range s {
		switch {
		case r == '\n' && keepLines:
			lines = min(lines+1, 2)
			w.newline(lines)
		case unicode.IsSpace(r):
			w.space = true
		case unicode.IsControl(r) || r == utf8.RuneError || r == '\ufeff' || r == '\u00ad':
		default:
			if w.b.Len() > 0 {
				if w.lines > 0 {
					w.b.WriteString("\n\n"[:w.lines])
				} else if w.space {
					w.b.WriteByte(' ')
				}
			}
			w.lines, w.space, lines = 0, false, 0
			w.b.WriteRune(r)
			if w.full() {
				return
			}
		}
	}
}

func (w *textWriter) string() string { return w.b.String() }

// truncate shortens s to at most limit bytes, at the start of a character,
// and preferably of a word. cut is for findings; this is for what buyers see.
func truncate(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const mark = "…"
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	if i := strings.LastIndexAny(s[:end], " \n"); i > end/2 {
		end = i
	}
	return strings.TrimRight(s[:end], " \n,;") + mark
}

// cleanURL takes an absolute http(s) address as it is, tracking parameters
// and all. changed says that it had to be completed or escaped.
func cleanURL(s string) (address string, changed, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "//") {
		s, changed = "https:"+s, true
	}
	scheme, rest, _ := strings.Cut(s, "://")
	if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return "", false, false
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	if authority == "" || authority[0] == ':' || strings.ContainsAny(authority, "@ \\\"<>") || !utf8.ValidString(s) {
		return "", false, false
	}
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return "", false, false
		case c == ' ' || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}':
			if b.Len() == 0 {
				b.WriteString(s[:i])
			}
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			changed = true
		default:
			if b.Len() > 0 {
				b.WriteByte(c)
			}
		}
	}
	if b.Len() > 0 {
		s = b.String()
	}
	return s, changed, len(s) <= maxURLBytes
}

// splitURLs splits a list of addresses at sep. A separator inside of an
// address stays: one with neither a space nor another address behind it.
func splitURLs(text, sep string) []string {
	var out []string
	for part := range strings.SplitSeq(text, sep) {
		address := strings.TrimSpace(part)
		inside := len(out) > 0 && strings.Contains(out[len(out)-1], "://") &&
			part == strings.TrimLeft(part, " \t\n") && !strings.Contains(part, "://") && !strings.HasPrefix(part, "//")
		switch {
		case address == "":
		case inside:
			out[len(out)-1] += sep + address
		default:
			out = append(out, address)
		}
	}
	return out
}
