package sandbox

import (
	"errors"
	"reflect"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// complain makes the error of an API from a field's JSONPath and what is wrong
// with it.
type complain func(param, message string) *acp.Error

// canonical brings a body into RFC 8785 form, in which equal JSON is equal
// bytes: member order and the spelling of numbers (1.0, 1e3) are gone. It
// refuses what is not JSON, and a member name that comes twice. The error
// tells where, never what: a body may hold a card number.
func canonical(body []byte, c complain) (jsontext.Value, *acp.Error) {
	v := jsontext.Value(body).Clone()
	if err := v.Canonicalize(); err != nil {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return nil, c("", "The body has an object with the same member name twice. Send each name once.")
		}
		return nil, c("", "The body is not valid JSON in UTF-8.")
	}
	return v, nil
}

// decode reads a canonical body; members that are not known are ignored.
func decode(body jsontext.Value, into any, c complain) *acp.Error {
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return c("", "The body is not valid JSON in UTF-8.")
	}
	return c(jsonPath(semantic.JSONPointer), "This field must be "+wanted(semantic.GoType)+".")
}

// jsonPath writes a JSON pointer as RFC 9535 JSONPath. It stops at metadata,
// whose member names are the sender's own and are not repeated.
func jsonPath(p jsontext.Pointer) string {
	var b strings.Builder
	b.WriteByte('$')
	for token := range p.Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			b.WriteString("[" + token + "]")
			continue
		}
		b.WriteString("." + token)
		if token == "metadata" {
			break
		}
	}
	return b.String()
}

func wanted(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "of another type"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

// encode writes an answer: members in the order of the struct, map members
// sorted, so that the same answer is the same bytes.
func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }
