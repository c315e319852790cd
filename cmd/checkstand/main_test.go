package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/checkstand/checkstand/store/pgtest"
)

// TestMain lets the test binary be the command that the scripts call.
func TestMain(m *testing.M) {
	testscript.Main(withPostgreSQL{m}, map[string]func(){"checkstand": main})
}

// withPostgreSQL stops the server of the tests when they are over.
type withPostgreSQL struct{ *testing.M }

func (m withPostgreSQL) Run() int { return pgtest.Main(m.M) }

// setup has programs under the race detector end when they are done, not a
// second later.
func setup(e *testscript.Env) error {
	e.Setenv("GORACE", "atexit_sleep_ms=0")
	return nil
}

// Each script is a session at a terminal, told in testdata/script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: scriptCommands(), RequireExplicitExec: true, Setup: setup})
}

func TestScriptsOnPostgreSQL(t *testing.T) {
	database := pgtest.URL(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/postgres", Cmds: scriptCommands(), RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("DATABASE", database)
			return setup(e)
		}})
}

// Every command and every flag says what it is for, and every command shows how
// it is called.
func TestEveryCommandIsExplained(t *testing.T) {
	for _, c := range everyCommand(newRoot()) {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s: short help %q, example %q", c.CommandPath(), c.Short, c.Example)
		}
	}
}

// The name that the output tells to call is one that works in that shell.
func TestNameOfSelf(t *testing.T) {
	here := filepath.Join(t.TempDir(), "checkstand")
	if err := os.WriteFile(here, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		called, here, found string
		ok                  bool
		want                string
	}{
		"in PATH":                {"checkstand", here, here, true, "checkstand"},
		"by its path":            {"bin/checkstand", here, "", false, "bin/checkstand"},
		"another one is in PATH": {"bin/checkstand", here, "/nowhere/checkstand", true, "bin/checkstand"},
		"by the Go tool":         {"/cache/go-build1/b001/exe/checkstand", "/cache/go-build1/b001/exe/checkstand", "", false, "go run ./cmd/checkstand"},
		"by another name":        {"cs", here, "", false, "checkstand"},
	} {
		if got := nameOfSelf(c.called, c.here, c.found, c.ok); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
