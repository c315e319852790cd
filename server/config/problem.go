package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity tells an error, which keeps the server from starting, from a
// warning.
type Severity uint8

// The severities of a Problem.
const (
	SeverityError Severity = iota
	SeverityWarning
)

// Problem is one thing that is wrong with a configuration. It never holds the
// value of a secret.
type Problem struct {
	Severity Severity
	File     string // "" when the configuration came from no file
	Line     int    // 0 when there is none, such as for an environment variable
	Env      string // the environment variable at fault, "" when it is the file
	Path     string // the key, such as "merchants[0].shipping"; "" for the whole file
	Message  string // what is wrong, and what to write instead
}

// String is the problem in one line:
//
//	checkstand.yaml:12: merchants[0].shiping: unknown key; did you mean "shipping"?
func (p Problem) String() string {
	var b strings.Builder
	switch {
	case p.Env != "":
		fmt.Fprintf(&b, "environment variable %s: ", p.Env)
	case p.File != "" && p.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	case p.File != "":
		fmt.Fprintf(&b, "%s: ", p.File)
	}
	if p.Severity == SeverityWarning {
		b.WriteString("warning: ")
	}
	if p.Path != "" {
		fmt.Fprintf(&b, "%s: ", p.Path)
	}
	b.WriteString(p.Message)
	return b.String()
}

// Error is returned by Load and Parse for a configuration that cannot be used.
// Its text is every problem, one line each.
type Error struct {
	Problems []Problem // by line, warnings too
}

// maxProblemsShown keeps the text of an Error readable; a file in another
// language than YAML would otherwise fill the screen.
const maxProblemsShown = 100

func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == maxProblemsShown {
			fmt.Fprintf(&b, "\nand %d more", len(e.Problems)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
	}
	return b.String()
}

// origin is where a value came from.
type origin struct {
	line    int    // of the file
	env     string // variable that overrode the file
	literal bool   // written out in the file, rather than referred to
}

// source remembers where the values of a Config came from, by path.
type source struct {
	file    string
	origins map[string]origin
}

// report collects problems and finds where they are.
type report struct {
	source   *source
	problems []Problem
	failed   map[string]bool // paths with an error: one reason a key is enough
}

func newReport(s *source) *report {
	if s == nil {
		s = &source{}
	}
	return &report{source: s, failed: make(map[string]bool)}
}

// errorf reports an error, unless the path, or something around it, has one
// already: what follows from a mistake is not worth a line.
func (r *report) errorf(path, format string, args ...any) {
	if r.hasFailed(path) {
		return
	}
	r.failed[path] = true
	r.add(SeverityError, path, fmt.Sprintf(format, args...))
}

func (r *report) warnf(path, format string, args ...any) {
	if !r.hasFailed(path) {
		r.add(SeverityWarning, path, fmt.Sprintf(format, args...))
	}
}

func (r *report) hasFailed(path string) bool {
	for ; path != ""; path = around(path) {
		if r.failed[path] {
			return true
		}
	}
	return r.failed[""]
}

// around is the path of what a path is in: "a[0]" for "a[0].b", "" for "a".
func around(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

func (r *report) add(s Severity, path, message string) {
	p := Problem{Severity: s, File: r.source.file, Path: path, Message: message}
	at := r.source.locate(path)
	p.Line, p.Env = at.line, at.env
	r.problems = append(r.problems, p)
}

// locate finds the origin of a path, or of the nearest thing around it.
func (s *source) locate(path string) origin {
	for ; path != ""; path = around(path) {
		if at, ok := s.origins[path]; ok {
			return at
		}
	}
	return origin{}
}

// sorted gives the problems in the order of the file, those of the environment
// last.
func (r *report) sorted() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Env, b.Env), cmp.Compare(a.Line, b.Line))
	})
	return r.problems
}

func hasError(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == SeverityError })
}
