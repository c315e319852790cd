package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/money"
)

// errNotObject is what an answer that is no JSON object ends in.
var errNotObject = errors.New("the answer is not a JSON object")

// node is a JSON value of an answer, or its absence. Every read of something
// that is absent or of another type gives the zero value: a server's fault in
// one field must not hide the others.
type node struct{ value any }

// parse reads an answer, which must be one JSON object.
func parse(body []byte) (node, error) {
	n, err := parseValue(body)
	if err != nil {
		return node{}, err
	}
	if _, ok := n.value.(map[string]any); !ok {
		return node{}, errNotObject
	}
	return n, nil
}

func parseValue(body []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // amounts never pass through a float
	var v any
	if err := dec.Decode(&v); err != nil {
		return node{}, errNotObject
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, errNotObject
	}
	return node{v}, nil
}

func (n node) get(name string) node {
	members, _ := n.value.(map[string]any)
	return node{members[name]}
}

// first is the first member of the names that is there and not null.
func (n node) first(names ...string) node {
	for _, name := range names {
		if m := n.get(name); m.value != nil {
			return m
		}
	}
	return node{}
}

func (n node) items() []node {
	list, _ := n.value.([]any)
	nodes := make([]node, len(list))
	for i, v := range list {
		nodes[i] = node{v}
	}
	return nodes
}

func (n node) text() string {
	s, _ := n.value.(string)
	return s
}

// line is text that will be shown: see clean.
func (n node) line() string { return clean(n.text()) }

func (n node) texts() []string {
	var list []string
	for _, v := range n.items() {
		if s := v.text(); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func (n node) boolean() bool {
	b, _ := n.value.(bool)
	return b
}

// integer is a whole JSON number of at most money.Max in magnitude. 100.0 is
// one, as JSON does not tell it from 100.
func (n node) integer() (int64, bool) {
	number, ok := n.value.(json.Number)
	if !ok {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(number.String(), ".")
	if strings.Trim(fraction, "0") != "" {
		return 0, false
	}
	i, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || i > money.Max || i < -money.Max {
		return 0, false
	}
	return i, true
}
