package servertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/client"
	"github.com/checkstand/checkstand/checkout"
	"github.com/checkstand/checkstand/server"
)

// spawnedVariable is set in the environment of processes that Spawn starts.
const spawnedVariable = "CHECKSTAND_SERVERTEST_SPAWNED"

// The listener is the first file that a spawned process inherits.
const listenerFile = 3

// startTimeout bounds the start of a process, and its end once it was killed.
const startTimeout = 60 * time.Second

// Place is an address for servers in other processes. The test holds it while
// processes on it come and go: who connects meanwhile waits for the next one.
type Place struct {
	*World
	BaseURL  string
	listener *net.TCPListener
}

// Place takes an address.
func (w *World) Place(t testing.TB) *Place {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("processes do not inherit listeners on Windows")
	}
	ln := listen(t)
	p := &Place{World: w, BaseURL: originOf(ln), listener: ln}
	t.Cleanup(func() { p.Leave(t) })
	return p
}

// Leave gives the address up: once no process serves on it, connections are
// refused.
func (p *Place) Leave(t testing.TB) {
	t.Helper()
	if err := p.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// Agent makes an agent that calls whatever serves at this place. Each request
// has a connection of its own: net/http repeats by itself what breaks on a
// connection that it used before, and here it is the test that decides.
func (p *Place) Agent(t testing.TB) *Agent {
	t.Helper()
	return p.agent(t, client.Config{BaseURL: p.BaseURL, APIKey: p.APIKey}, &http.Transport{DisableKeepAlives: true})
}

// ProcessOptions say how a process differs from an ordinary one.
type ProcessOptions struct {
	// DieAt makes the process kill itself, as SIGKILL does it, when a purchase
	// comes to the step.
	DieAt checkout.Step
	// DieInNotice makes it do so when a webhook of the PSP's is about to be
	// recorded.
	DieInNotice bool
	// Ahead puts its clock forward: it starts that much later than it does.
	// Leases of processes that died before are over then. Signatures bear five
	// minutes.
	Ahead time.Duration
}

// plan is what a spawned process reads from its standard input.
type plan struct {
	Blueprint blueprint
	Options   ProcessOptions
}

// Process is a server in a process of its own.
type Process struct {
	cmd    *exec.Cmd
	leash  io.Closer // the process ends when this does, so none outlives the tests
	exited chan struct{}
	said   lockedBuffer
}

// Spawn starts a process and waits until it is ready. It is killed at the end
// of the test.
func (p *Place) Spawn(t testing.TB, opts ProcessOptions) *Process {
	t.Helper()
	proc := p.launch(t, opts)
	if err := proc.ready(t.Context(), p.BaseURL); err != nil {
		t.Fatalf("%v\n%s", err, proc.said.String())
	}
	return proc
}

// Refused starts a process that must end by itself, and returns what it said.
func (p *Place) Refused(t testing.TB) string {
	t.Helper()
	proc := p.launch(t, ProcessOptions{})
	proc.wait(t)
	if proc.cmd.ProcessState.ExitCode() <= 0 {
		t.Errorf("the process ended with %s; it should have refused to start", proc.cmd.ProcessState)
	}
	return proc.said.String()
}

func (p *Place) launch(t testing.TB, opts ProcessOptions) *Process {
	t.Helper()
	inherited, err := p.listener.File()
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, inherited)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	proc := &Process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), self), exited: make(chan struct{})}
	proc.cmd.Env = append(os.Environ(), spawnedVariable+"=1")
	proc.cmd.ExtraFiles = []*os.File{inherited}
	proc.cmd.Stderr = &proc.said
	stdin, err := proc.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	proc.leash = stdin
	if err := proc.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(proc.exited)
		_ = proc.cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	t.Cleanup(func() {
		proc.Kill(t)
		if bytes.Contains(proc.said.Bytes(), []byte("WARNING: DATA RACE")) {
			t.Errorf("a data race in process %d:\n%s", proc.cmd.Process.Pid, proc.said.String())
		}
	})
	it := plan{Blueprint: p.blueprint, Options: opts}
	it.Blueprint.PublicURL = p.BaseURL
	if err := json.NewEncoder(stdin).Encode(it); err != nil {
		t.Fatalf("%v\n%s", err, proc.said.String())
	}
	return proc
}

// ready waits until the process answers.
func (p *Process) ready(ctx context.Context, baseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	go func() {
		select {
		case <-p.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/readyz", nil)
	if err != nil {
		return err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the process did not start: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the process is not ready: %s", resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// Kill ends the process at once, wherever it is (SIGKILL), and waits until it
// is gone. Killing one that is dead already does nothing.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	p.wait(t)
}

// Died waits until the process has killed itself.
func (p *Process) Died(t testing.TB) {
	t.Helper()
	p.wait(t)
	if code := p.cmd.ProcessState.ExitCode(); code != -1 {
		t.Fatalf("the process ended with %d, not by a signal:\n%s", code, p.said.String())
	}
}

func (p *Process) wait(t testing.TB) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(startTimeout):
		t.Fatalf("process %d did not end within %s:\n%s", p.cmd.Process.Pid, startTimeout, p.said.String())
	}
	_ = p.leash.Close() // closed by Wait already
}

// serveSpawned is what a spawned process does; it returns the exit code.
func serveSpawned(stdin io.Reader, stderr io.Writer) int {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := runSpawned(bufio.NewReader(stdin), log); err != nil {
		log.Error("the server does not run", "error", err)
		return 1
	}
	return 0
}

func runSpawned(stdin *bufio.Reader, log *slog.Logger) (err error) {
	line, err := stdin.ReadBytes('\n')
	if err != nil {
		return err
	}
	var it plan
	if err := json.Unmarshal(line, &it); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		os.Exit(2) // whoever started this process is gone
	}()
	ln, err := net.FileListener(os.NewFile(listenerFile, "listener"))
	if err != nil {
		return err
	}
	opts := server.Options{Log: log, Now: func() time.Time {
		if it.Options.DieInNotice && recordsNotice() {
			die(log)
		}
		return time.Now().Add(it.Options.Ahead)
	}}
	if it.Options.DieAt != "" {
		opts.OnStep = func(at checkout.Step) {
			if at == it.Options.DieAt {
				die(log)
			}
		}
	}
	app, err := server.New(context.Background(), it.Blueprint.configuration(), opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	return app.Serve(context.Background(), ln)
}

// recordsNotice reports whether the caller is in the middle of the transaction
// that records a webhook of the PSP's. No step tells of that, so it is the
// clock that looks who asks: each transaction asks for the time before it
// writes.
func recordsNotice() bool {
	var callers [64]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	transaction := false
	for {
		f, more := frames.Next()
		transaction = transaction || strings.HasSuffix(f.Function, "/store.(*Store).Update")
		if transaction && strings.HasSuffix(f.Function, "/checkout.(*Service).Notice") {
			return true
		}
		if !more {
			return false
		}
	}
}

// die kills this process and never returns.
func die(log *slog.Logger) {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		log.Error("cannot die", "error", err)
	}
	select {}
}

// lockedBuffer keeps what a process says while others read it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

func (b *lockedBuffer) String() string { return string(b.Bytes()) }
