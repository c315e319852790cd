package npmtest

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNodeHasToBeNewEnough(t *testing.T) {
	for version, want := range map[string]bool{
		"v20.20.2": false, "v22.18.9": false, "v22.19.0": true, "v22.23.3": true, "v24.0.0": true, "": false, "node": false,
	} {
		if got := runsAll(version); got != want {
			t.Errorf("%q is new enough: %t, want %t", version, got, want)
		}
	}
	if said := Run(t.Context(), t, "--version"); !runsAll(string(said.Stdout)) {
		t.Errorf("the tests run on %s", said.Stdout)
	}
}

func TestRunTellsHowAProgramEnded(t *testing.T) {
	out := Run(t.Context(), t, "-e", `console.log(process.cwd() === require("os").homedir()); console.error("no"); process.exit(3)`)
	if string(out.Stdout) != "true\n" || string(out.Stderr) != "no\n" || out.Code != 3 {
		t.Errorf("it said %q and %q, and ended with %d", out.Stdout, out.Stderr, out.Code)
	}
}

// A process of another's may start others: none outlives the test.
func TestProcessEndsWithAllThatItStarted(t *testing.T) {
	const listens = `require("net").createServer().listen(0, "127.0.0.1", function () { console.log("child on " + this.address().port) })`
	var address string
	t.Run("started", func(t *testing.T) {
		p := Start(t, []string{"CHILD=" + listens}, "-e",
			`require("child_process").spawn(process.execPath, ["-e", process.env.CHILD], {stdio: "inherit"}); setInterval(() => {}, 1000)`)
		address = "127.0.0.1:" + p.WaitFor(regexp.MustCompile(`child on (\d+)`))[1]
		if !serves(address) {
			t.Fatalf("nothing listens on %s", address)
		}
	})
	waitUntil(t, func() bool { return !serves(address) })
}

// Tests that are killed tidy nothing up, so what Node runs looks by itself
// whether its parent is still there.
func TestProcessEndsWithWhoStartedIt(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system does not list processes in /proc")
	}
	child := `console.log("child " + process.pid); setInterval(() => {}, 1000)`
	p := Start(t, []string{"CHILD=" + child}, "-e",
		`require("child_process").spawn(process.execPath, ["-e", process.env.CHILD], {stdio: "inherit", detached: true}); setInterval(() => {}, 1000)`)
	pid := p.WaitFor(regexp.MustCompile(`child (\d+)`))[1]
	if !lives(pid) {
		t.Fatalf("process %s is gone", pid)
	}
	p.Stop() // a detached child has a group of its own
	waitUntil(t, func() bool { return !lives(pid) })
}

func TestPackagesAreThoseThatArePinned(t *testing.T) {
	pinned, err := os.ReadFile(Module(t, "..", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range []string{"@modelcontextprotocol/conformance", "@modelcontextprotocol/inspector", "@modelcontextprotocol/server-everything"} {
		if want := fmt.Sprintf("%q: %q", pkg, Version(t, pkg)); !strings.Contains(string(pinned), want) {
			t.Errorf("installed is %s, which package.json does not pin; run 'make setup'", want)
		}
	}
}

func serves(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// lives reports whether a process is there and has not ended.
func lives(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waiting); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it outlives the test")
		}
	}
}
