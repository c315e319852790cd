package main

import (
	"regexp"
	"strings"
	"testing"
)

var (
	assigned = regexp.MustCompile(`^[A-Z_]+=\S*$`)
	explains = regexp.MustCompile(`\s{2,}\S.*$`) // words behind an example
	inQuotes = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)
)

// Every example of the help is a command line that is understood, of the command
// that it is an example for.
func TestExamplesAreUnderstood(t *testing.T) {
	tried := 0
	for _, c := range everyCommand(newRoot()) {
		path, own := c.CommandPath(), false
		for line := range strings.Lines(c.Example) {
			line = strings.TrimSpace(line)
			if c.HasSubCommands() {
				line = explains.ReplaceAllString(line, "")
			}
			line, _, _ = strings.Cut(line, " | ")
			line, _, _ = strings.Cut(line, " > ")
			line, _, _ = strings.Cut(line, " #")
			quoted := []string{}
			line = inQuotes.ReplaceAllStringFunc(line, func(s string) string {
				quoted = append(quoted, strings.Trim(s, `'"`))
				return "\x00"
			})
			args := strings.Fields(line)
			for i, arg := range args {
				for strings.Contains(arg, "\x00") {
					arg, quoted = strings.Replace(arg, "\x00", quoted[0], 1), quoted[1:]
				}
				args[i] = arg
			}
			for len(args) > 0 && assigned.MatchString(args[0]) {
				args = args[1:]
			}
			if len(args) == 0 || args[0] != "checkstand" {
				t.Errorf("%s: the example %q does not call checkstand", path, line)
				continue
			}
			called, rest, err := newRoot().Find(args[1:])
			if err == nil {
				err = called.ParseFlags(rest)
			}
			if err == nil && called.Args != nil {
				err = called.Args(called, called.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: the example %q is not understood: %v", path, line, err)
				continue
			}
			own = own || strings.HasPrefix(called.CommandPath()+" ", path+" ")
			tried++
		}
		if !own {
			t.Errorf("%s: no example is of it", path)
		}
	}
	if tried < 60 {
		t.Errorf("only %d examples were tried", tried)
	}
}
