package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/checkstand/checkstand/server/config"
)

// printJSON prints a value as one line.
func printJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// printer writes until the first error. What buyers and agents have written is
// among what it prints, so control characters, which could move the cursor of a
// terminal, are left out but for tabs and ends of lines.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, fmt.Sprintf(format, args...)))
	}
}

// count writes a number with its noun: "1 item", "2 items".
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// newLogger logs as the configuration says.
func newLogger(w io.Writer, l config.LogConfig) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.SlogLevel()}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// quietLogger logs only what a person at a terminal should know about.
func quietLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelError
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// operatorLogger logs what an operator should know of a command beside its
// outcome: that a provider could not be reached, and why.
func operatorLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// self is how this program can be called again from the shell that called it:
// by its name when PATH leads to it, as it was called when that was by a path,
// and by the Go tool when that has built it for this call alone.
func self() string {
	here, err := os.Executable()
	if err != nil {
		return "checkstand"
	}
	found, err := exec.LookPath("checkstand")
	return nameOfSelf(os.Args[0], here, found, err == nil)
}

func nameOfSelf(called, here, found string, ok bool) string {
	switch {
	case ok && sameFile(found, here):
		return "checkstand"
	case strings.Contains(here, string(filepath.Separator)+"go-build"):
		return "go run ./cmd/checkstand"
	case strings.ContainsRune(called, filepath.Separator):
		return called
	}
	return "checkstand"
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
