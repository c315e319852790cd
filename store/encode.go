package store

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// documentOptions make documents that decode to exactly what was encoded: a
// nil slice stays nil.
var documentOptions = json.JoinOptions(json.FormatNilSliceAsNull(true), json.FormatNilMapAsNull(true))

func encode(what string, v any) (string, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := json.MarshalWrite(b, v, documentOptions); err != nil {
		return "", fmt.Errorf("%s: encode: %w", what, err)
	}
	return b.String(), nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func decode(what string, doc []byte, v any) error {
	if err := json.Unmarshal(doc, v); err != nil {
		// The decoder's message can quote what is stored, which is personal.
		return fmt.Errorf("%s: the stored document cannot be read", what)
	}
	return nil
}

// millis is the stored form of a time; zero is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// bit is the stored form of a truth.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// placeholders gives "$from,…" for n values.
func placeholders(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}

// blob is the stored form of bytes; none are NULL, so that both engines read
// them back as nil.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

func appendStrings(args []any, list []string) []any {
	for _, s := range list {
		args = append(args, s)
	}
	return args
}
