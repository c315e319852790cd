package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// textReader gives the text of a file as UTF-8 without a byte order mark.
type textReader struct {
	io.Reader
	guess *mixedUTF8 // nil when the encoding is known
}

// fellBack tells whether anything was not UTF-8 and had to be guessed.
func (t *textReader) fellBack() bool { return t.guess != nil && t.guess.fellBack }

var xmlEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// openText unpacks and decodes what r holds.
func openText(r io.Reader) (*textReader, error) {
	src := bufio.NewReaderSize(&limitedReader{r: r, left: MaxBytes + 1}, 16<<10)
	head, err := src.Peek(2)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(head) == 0 {
		return nil, ErrEmpty
	}
	if head[0] == 0x1f && len(head) > 1 && head[1] == 0x8b {
		unzipped, err := gzip.NewReader(src)
		if err != nil {
			return nil, fmt.Errorf("read gzip: %w", err)
		}
		src = bufio.NewReaderSize(&limitedReader{r: unzipped, left: MaxBytes + 1}, 16<<10)
	}
	head, err = src.Peek(1024)
	if err != nil && err != io.EOF && len(head) == 0 {
		return nil, fmt.Errorf("read: %w", err)
	}
	if enc := utf16Of(head); enc != nil {
		return &textReader{Reader: transform.NewReader(src, enc.NewDecoder())}, nil
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		if _, err := src.Discard(3); err != nil {
			return nil, err
		}
		head = head[3:]
	}
	if m := xmlEncoding.FindSubmatch(head); m != nil {
		switch name := strings.ToLower(string(m[1])); name {
		case "utf-8", "utf8", "us-ascii", "ascii":
		case "windows-1252", "iso-8859-1", "latin1", "cp1252":
			// Said to be so, and often UTF-8 all the same: reading both is
			// no guess worth a finding.
			return &textReader{Reader: transform.NewReader(src, new(mixedUTF8))}, nil
		default:
			enc, err := htmlindex.Get(name)
			if err != nil {
				return nil, fmt.Errorf("%w: encoding %q is not known; save the file as UTF-8", ErrUnknownFormat, name)
			}
			return &textReader{Reader: transform.NewReader(src, enc.NewDecoder())}, nil
		}
	}
	guess := new(mixedUTF8)
	return &textReader{Reader: transform.NewReader(src, guess), guess: guess}, nil
}

// utf16Of recognises UTF-16 by its byte order mark, or by the zero bytes that
// Latin text has in it.
func utf16Of(head []byte) encoding.Encoding {
	if len(head) < 2 {
		return nil
	}
	switch {
	case head[0] == 0xff && head[1] == 0xfe, head[0] != 0 && head[1] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case head[0] == 0xfe && head[1] == 0xff, head[0] == 0 && head[1] != 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// mixedUTF8 passes UTF-8 on and reads every byte that is not part of it as
// Windows-1252, so that it serves files in either, and files pasted together
// from both.
type mixedUTF8 struct {
	fellBack bool
}

// Reset implements transform.Transformer. What was found stays found.
func (m *mixedUTF8) Reset() {}

// Transform implements transform.Transformer.
func (m *mixedUTF8) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		n := asciiPrefix(src[nSrc:])
		if n > 0 {
			n = copy(dst[nDst:], src[nSrc:nSrc+n])
			if n == 0 {
				return nDst, nSrc, transform.ErrShortDst
			}
			nDst, nSrc = nDst+n, nSrc+n
			continue
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && size == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r = charmap.Windows1252.DecodeByte(src[nSrc])
			m.fellBack = true
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

func asciiPrefix(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}

// limitedReader fails with ErrTooLarge where io.LimitReader would pretend
// that the file ends.
type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("%w of %d bytes; split it", ErrTooLarge, int64(MaxBytes))
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}
