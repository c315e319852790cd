package npmtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// waiting bounds how long a test waits for a process to say something, and for
// one that was killed to end.
const waiting = 60 * time.Second

// leash makes a process of Node's, and those that it starts, end when whoever
// started it is gone: the tests may be killed before they can tidy up.
const leash = `--import=data:text/javascript,` +
	`const%20p=process.ppid;setInterval(()=>process.ppid===p||process.exit(),500).unref()`

// Output is what a program said, and how it ended.
type Output struct {
	Stdout, Stderr []byte
	Code           int // exit code
}

// Run runs Node until its program ends or ctx does. A program that could not be
// started, or did not end by itself, fails the test; what an exit code means is
// the caller's to say.
func Run(ctx context.Context, t testing.TB, args ...string) Output {
	t.Helper()
	cmd := Command(ctx, t, nil, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && (!errors.As(err, &exited) || exited.ExitCode() < 0) {
		t.Fatalf("node %s: %v\n%s%s", strings.Join(args, " "), errors.Join(err, ctx.Err()), &stdout, &stderr)
	}
	return Output{stdout.Bytes(), stderr.Bytes(), cmd.ProcessState.ExitCode()}
}

// Command is a run of Node that has not started. It works in a folder of its
// own, which is its home too, and knows no proxy; env is added to what it sees.
// When ctx ends it is killed, with all that it has started.
func Command(ctx context.Context, t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path := Node(t)
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = home
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		switch strings.ToUpper(name) {
		case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NODE_OPTIONS", "FORCE_COLOR", "PORT", "HOST":
			return true
		}
		return false
	})
	cmd.Env = append(cmd.Env, "HOME="+home, "NO_COLOR=1", "NODE_OPTIONS="+leash,
		"PATH="+filepath.Dir(path)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	apart(cmd)
	cmd.Cancel = func() error { return end(cmd) }
	cmd.WaitDelay = waiting
	return cmd
}

// Process is a program that runs beside the test.
type Process struct {
	t      testing.TB
	cmd    *exec.Cmd
	exited chan struct{}
	mu     sync.Mutex
	said   bytes.Buffer
	more   chan struct{} // closed when something was said, then replaced
}

// Start starts Node, which is killed at the end of the test at the latest, with
// all that it has started.
func Start(t testing.TB, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: Command(context.WithoutCancel(t.Context()), t, env, args...), exited: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	t.Cleanup(p.Stop)
	return p
}

// Write takes in what the process says.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.more)
	p.more = make(chan struct{})
	return p.said.Write(b)
}

// Said is what the process has said so far, on both of its outputs.
func (p *Process) Said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// Pid is the id of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// WaitFor waits until what the process has said matches, and returns the match
// with its groups. It fails the test when the process ends before.
func (p *Process) WaitFor(pattern *regexp.Regexp) []string {
	p.t.Helper()
	late := time.After(waiting)
	for {
		p.mu.Lock()
		found, more := pattern.FindStringSubmatch(p.said.String()), p.more
		p.mu.Unlock()
		if found != nil {
			return found
		}
		select {
		case <-more:
		case <-p.exited:
			p.t.Fatalf("process %d ended with %s and did not say %s:\n%s", p.Pid(), p.cmd.ProcessState, pattern, p.Said())
		case <-late:
			p.t.Fatalf("process %d did not say %s within %s:\n%s", p.Pid(), pattern, waiting, p.Said())
		}
	}
}

// Stop kills the process and all that it has started, and waits until it is
// gone. Stopping one that has ended does nothing.
func (p *Process) Stop() {
	p.t.Helper()
	select {
	case <-p.exited:
		return
	default:
	}
	if err := end(p.cmd); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	select {
	case <-p.exited:
	case <-time.After(waiting):
		p.t.Errorf("process %d did not end within %s:\n%s", p.Pid(), waiting, p.Said())
	}
}

// version reads a package's version.
func version(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var is struct{ Version string }
	if err := json.Unmarshal(raw, &is); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return is.Version, nil
}
