// Package sign holds the signatures of the protocol: those of requests, which
// each credential agrees on with its agent, and those of webhooks. Everything
// here is a pure function of its arguments and a clock that the caller hands
// in; secrets are compared in constant time.
package sign

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotJSON is returned for a text that is not JSON, or has a name twice in
// one object.
var ErrNotJSON = errors.New("not a JSON text with unique names")

// Canonical returns the RFC 8785 form of a JSON text: members sorted, no
// white space, numbers and strings in their one shortest form. body is left
// alone; a body of white space alone gives an empty result. It
// returns ErrNotJSON, which never shows the text.
func Canonical(body []byte) ([]byte, error) {
	v := jsontext.Value(bytes.Clone(bytes.TrimSpace(body)))
	if len(v) == 0 {
		return nil, nil
	}
	if err := v.Canonicalize(); err != nil {
		return nil, ErrNotJSON
	}
	return v, nil
}
