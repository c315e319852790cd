package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the reference of the commands into docs/cli.md")

const cliFile = "../../docs/cli.md"

// The reference in docs/cli.md is what the commands say of themselves.
func TestReference(t *testing.T) {
	const begin, end = "<!-- commands: begin -->\n", "<!-- commands: end -->\n"
	text, err := os.ReadFile(cliFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	written, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks the lines %q and %q", cliFile, begin, end)
	}
	want := "\n" + reference(newRoot())
	if written == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not say what the commands say; run: go test ./cmd/checkstand -run TestReference -update", cliFile)
	}
	if err := os.WriteFile(cliFile, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// everyCommand lists a command and those below it.
func everyCommand(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		all = append(all, everyCommand(sub)...)
	}
	return all
}

// reference is the help of every command in Markdown.
func reference(root *cobra.Command) string {
	var b strings.Builder
	for _, c := range everyCommand(root) {
		if c == root {
			continue
		}
		fmt.Fprintf(&b, "### %s\n\n", c.CommandPath())
		if c.HasSubCommands() {
			fmt.Fprintf(&b, "%s.\n\n", c.Short)
			if c.Long != "" {
				fmt.Fprintf(&b, "%s\n\n", prose(c.Long))
			}
			continue
		}
		fmt.Fprintf(&b, "%s.\n\n```\n%s\n```\n\n", c.Short, c.UseLine())
		if c.Long != "" {
			fmt.Fprintf(&b, "%s\n\n", prose(c.Long))
		}
		fmt.Fprintf(&b, "```sh\n%s\n```\n\n", unindent(c.Example))
		if c.HasAvailableLocalFlags() {
			b.WriteString("| flag | default | meaning |\n|---|---|---|\n")
			c.LocalFlags().VisitAll(func(f *pflag.Flag) { b.WriteString(flagRow(f)) })
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func flagRow(f *pflag.Flag) string {
	name, meaning := pflag.UnquoteUsage(f)
	flag := "--" + f.Name
	if f.Shorthand != "" {
		flag = "-" + f.Shorthand + ", " + flag
	}
	if name != "" {
		flag += " " + name
	}
	fallback := f.DefValue
	switch fallback {
	case "", "false", "[]":
		fallback = ""
	default:
		fallback = "`" + strings.Trim(fallback, "[]") + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s |\n", flag, fallback, strings.ReplaceAll(meaning, "|", `\|`))
}

// prose makes code blocks of the indented lines of a help text.
func prose(text string) string { return strings.ReplaceAll(text, "\n  ", "\n    ") }

func unindent(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  "))
	}
	return strings.Join(lines, "\n")
}
