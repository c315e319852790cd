package feed

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// window is the part of a file that is being looked at: what was read and not
// yet consumed. Offsets count from the beginning of buf and hold until
// compact or discard moves it. It never holds much more than a record may
// have.
type window struct {
	src io.Reader
	buf []byte
	pos int // up to here all is consumed
	eof bool
	err error // what src failed with, other than io.EOF
}

const windowChunk = 64 << 10

func newWindow(src io.Reader) window {
	return window{src: src, buf: make([]byte, 0, 2*windowChunk)}
}

// at gives the byte at offset i, reading on as needed. It reports false at
// the end of the source, and further ahead than a record may be long.
func (w *window) at(i int) (byte, bool) {
	for i >= len(w.buf) {
		if !w.more(i) {
			return 0, false
		}
	}
	return w.buf[i], true
}

func (w *window) more(i int) bool {
	return i-w.pos <= MaxRecordBytes+windowChunk && w.fill()
}

// index finds sep at offset i or behind it, or gives -1 where at reports
// false.
func (w *window) index(i int, sep string) int {
	for {
		if i < len(w.buf) {
			if k := bytes.Index(w.buf[i:], []byte(sep)); k >= 0 {
				return i + k
			}
			i = max(i, len(w.buf)-len(sep)+1)
		}
		if !w.more(len(w.buf)) {
			return -1
		}
	}
}

// discard consumes everything up to and including sep, however far that is.
// It reports false when the source ends first.
func (w *window) discard(sep string) bool {
	for {
		if k := bytes.Index(w.buf[w.pos:], []byte(sep)); k >= 0 {
			w.pos += k + len(sep)
			return true
		}
		w.pos = max(w.pos, len(w.buf)-len(sep)+1)
		w.compact()
		if !w.fill() {
			w.pos = len(w.buf)
			return false
		}
	}
}

// fill reads more behind buf. It reports false at the end of the source.
func (w *window) fill() bool {
	if w.eof {
		return false
	}
	w.buf = slices.Grow(w.buf, windowChunk)
	for range 100 {
		n, err := w.src.Read(w.buf[len(w.buf) : len(w.buf)+windowChunk])
		w.buf = w.buf[:len(w.buf)+n]
		if err != nil {
			w.eof = true
			if err != io.EOF {
				w.err = err
			}
		}
		if n > 0 || w.eof {
			return n > 0
		}
	}
	w.eof, w.err = true, io.ErrNoProgress
	return false
}

// compact drops what was consumed, once that is most of buf.
func (w *window) compact() {
	if w.pos > len(w.buf)/2 {
		w.buf = w.buf[:copy(w.buf, w.buf[w.pos:])]
		w.pos = 0
	}
}

// excerpt is the beginning of a record, for a finding.
func excerpt(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), 2*maxFindingValue)]), "")
}
