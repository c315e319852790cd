package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Limits of what is read.
const (
	MaxFileBytes = 16 << 20 // the configuration file
	maxNodes     = 2 << 20  // keys and values in it, with everything that aliases repeat
)

// Load reads a configuration file. An empty path reads none: everything is
// from environ, which has the form of os.Environ. The error is an *Error that
// lists everything that is wrong, or tells why the file cannot be read.
func Load(path string, environ []string) (*Config, error) {
	if path == "" {
		return Parse("", nil, environ)
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration file %s; 'checkstand init' writes one to start from: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	return Parse(path, data, environ)
}

// Parse reads a configuration: the defaults, then the YAML in data, then the
// CHECKSTAND_ variables of environ, which has the form of os.Environ;
// references are expanded and the result is validated. The name is the file's,
// for messages and as the place that relative ${file:…} references start from.
// The error is an *Error that lists everything that is wrong; what is merely
// doubtful is in Warnings.
func Parse(name string, data []byte, environ []string) (*Config, error) {
	c := Default()
	c.source = &source{file: name, origins: make(map[string]origin)}
	r := newReport(c.source)
	d := &decoder{report: r, expander: newExpander(name, environ)}
	if root := document(r, data); root != nil {
		d.group(root, "", reflect.ValueOf(c).Elem())
	}
	d.overrides(c)
	c.derive()
	if !r.failed[""] { // half a file is not worth checking
		c.check(r)
	}
	if problems := r.sorted(); hasError(problems) {
		return nil, &Error{Problems: problems}
	}
	return c, nil
}

// indentedByTab says whether there is a tab before the text of a line, counted
// from 1.
func indentedByTab(data []byte, line int) bool {
	for range line - 1 {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	text := bytes.TrimLeft(data, " ")
	return line > 0 && len(text) > 0 && text[0] == '\t'
}

// document reads the one YAML document of a file; nil when it is empty or not
// to be read.
func document(r *report, data []byte) *yaml.Node {
	if len(data) > MaxFileBytes {
		r.errorf("", "the file is larger than %d bytes", MaxFileBytes)
		return nil
	}
	var documents []yaml.Node
	if err := yaml.Load(data, &documents, yaml.WithAllDocuments()); err != nil {
		problem, line := err.Error(), 0
		if bad, ok := errors.AsType[*yaml.LoadError](err); ok {
			problem, line = bad.Message, bad.Mark.Line
		}
		if indentedByTab(data, line) {
			problem = "this line is indented with a tab; use spaces"
		}
		r.errorf("", "is not YAML: %s", strings.ReplaceAll(problem, "\n", " "))
		r.problems[len(r.problems)-1].Line = line
		return nil
	}
	if len(documents) > 1 {
		r.errorf("", "holds %d YAML documents; keep one and remove the lines \"---\"", len(documents))
		return nil
	}
	if len(documents) == 0 || len(documents[0].Content) == 0 {
		return nil
	}
	root := documents[0].Content[0]
	if weigh(root, make(map[*yaml.Node]int)) > maxNodes {
		r.errorf("", "has more than %d keys and values; look for aliases (*name) that repeat too much, or themselves", maxNodes)
		return nil
	}
	return root
}

// weigh counts the nodes that reading n will visit, up to just beyond maxNodes:
// few lines of aliases can stand for more than memory holds. What an alias
// stands for is counted once and remembered.
func weigh(n *yaml.Node, known map[*yaml.Node]int) int {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		weight, visited := known[n.Alias]
		if !visited {
			known[n.Alias] = maxNodes + 1 // until it is counted: an alias of itself never ends
			weight = weigh(n.Alias, known)
			known[n.Alias] = weight
		}
		return weight
	}
	sum := 1
	for _, c := range n.Content {
		if sum += weigh(c, known); sum > maxNodes {
			return maxNodes + 1
		}
	}
	return sum
}

// derive fills in what follows from other settings.
func (c *Config) derive() {
	for i := range c.Merchants {
		p := &c.Merchants[i].Payment
		p.Test.StandIn, p.Live.StandIn = p.Test.standIn(), p.Live.standIn()
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if c.PublicURL != "" {
		return
	}
	// Port 0 is only known once the server listens.
	if host, port, err := net.SplitHostPort(c.Listen); err == nil && isLoopback(host) && port != "0" {
		c.PublicURL = "http://" + c.Listen
	}
}

// isLoopback reports whether a host is this machine only.
func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
