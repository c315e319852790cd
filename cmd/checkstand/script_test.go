package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for a program before it fails.
const patience = 60 * time.Second

// scriptCommands are what scripts can do beside what testscript brings.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"start":     cmdStart,
		"interrupt": cmdInterrupt,
		"logged":    cmdLogged,
		"capture":   cmdCapture,
		"until":     cmdUntil,
		"freeport":  cmdFreePort,
		"walk":      cmdWalk,
	}
}

// process is a program that runs beside a script.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *watched
	done           chan struct{} // closed when it has ended
	err            error         // of its end
}

// watched is what a program has written so far.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // of capacity 1
}

func newWatched() *watched { return &watched{more: make(chan struct{}, 1)} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// startProcess starts a program in a process group of its own.
func startProcess(dir string, env []string, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), stdout: newWatched(), stderr: newWatched(), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, p.stdout, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// says waits until what the program has written, to its standard output or
// error, is as wanted.
func (p *process) says(to *watched, wanted func(text string) bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		if wanted(to.String()) {
			return nil
		}
		select {
		case <-to.more:
		case <-p.done:
			if wanted(to.String()) {
				return nil
			}
			return errors.New("ended before it said so")
		case <-limit.C:
			return errors.New("did not say so in time")
		}
	}
}

// interrupt is Ctrl-C: the whole group is told. It returns the exit code.
func (p *process) interrupt() (int, error) {
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
		return 0, err
	}
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(patience):
		p.kill()
		return 0, errors.New("did not end in time")
	}
}

func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended
	<-p.done
}

// start NAME REGEXP PROGRAM ARGS... runs a program until the script interrupts
// it or ends. It goes on once the program's standard output matches; named
// groups become variables.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: start NAME REGEXP PROGRAM ARGS...")
	}
	running := processesOf(ts)
	p, err := startProcess(ts.MkAbs("."), environ(ts), args[2], args[3:]...)
	ts.Check(err)
	running[args[0]] = p
	ts.Defer(p.kill)
	re := regexp.MustCompile("(?m)" + args[1])
	if err := p.says(p.stdout, re.MatchString); err != nil {
		ts.Fatalf("%s %v\n%s%s", args[0], err, p.stdout, p.stderr)
	}
	setVariables(ts, re, p.stdout.String())
}

// interrupt NAME sends an interrupt to a program that was started, and expects
// it to end with exit code 0.
func cmdInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: interrupt NAME")
	}
	p := processOf(ts, args[0])
	code, err := p.interrupt()
	ts.Check(err)
	if code != exitOK {
		ts.Fatalf("%s ended with exit code %d\n%s%s", args[0], code, p.stdout, p.stderr)
	}
}

// logged NAME REGEXP waits until a program that was started has written a line
// to standard error; ! logged checks that it has not so far.
func cmdLogged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] logged NAME REGEXP")
	}
	p, re := processOf(ts, args[0]), regexp.MustCompile("(?m)"+args[1])
	if !neg {
		if err := p.says(p.stderr, re.MatchString); err != nil {
			ts.Fatalf("%s %v; it has logged:\n%s", args[0], err, p.stderr)
		}
	} else if text := p.stderr.String(); re.MatchString(text) {
		ts.Fatalf("%s has logged:\n%s", args[0], text)
	}
}

// capture REGEXP makes variables of the named groups in the last standard
// output.
func cmdCapture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture REGEXP")
	}
	setVariables(ts, regexp.MustCompile("(?m)"+args[0]), ts.ReadFile("stdout"))
}

// until DURATION REGEXP PROGRAM ARGS... runs a program again and again until
// its output matches. A run that was begun later than DURATION has to.
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: until DURATION REGEXP PROGRAM ARGS...")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	re := regexp.MustCompile("(?m)" + args[1])
	for began := time.Now(); ; {
		late := time.Since(began) > limit
		cmd := exec.Command(args[2], args[3:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), environ(ts)
		out, err := cmd.CombinedOutput()
		if re.Match(out) {
			return
		}
		if late {
			ts.Fatalf("still, after %s: %v\n%s", time.Since(began), err, out)
		}
	}
}

// freeport NAME... makes variables of ports that nobody listens on.
func cmdFreePort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: freeport NAME...")
	}
	ports, err := freePorts(len(args))
	ts.Check(err)
	for i, name := range args {
		ts.Setenv(name, ports[i])
	}
}

// freePorts finds ports that nobody listens at. They are below those that systems
// give to whoever asks for any, as most tests do: nobody is given them meanwhile.
func freePorts(n int) ([]string, error) {
	var ports []string
	for tries := 0; len(ports) < n; tries++ {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		ln, err := net.Listen("tcp", "127.0.0.1:"+port)
		switch {
		case err == nil:
			defer func() { _ = ln.Close() }() // all at once, so that they differ
			ports = append(ports, port)
		case tries >= 1000:
			return nil, err
		}
	}
	return ports, nil
}

// walk NAME FILE writes the shell commands that a demo has printed to a file.
func cmdWalk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: walk NAME FILE")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		ts.Fatalf("curl is needed to walk through a purchase as the demo tells; 'make setup' installs it")
	}
	_, rest, found := strings.Cut(processOf(ts, args[0]).stdout.String(), "(it needs curl):\n")
	text, _, ended := strings.Cut(rest, "Stop with Ctrl-C.")
	if !found || !ended {
		ts.Fatalf("the demo has printed no commands")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

var (
	processesMu sync.Mutex
	processes   = map[*testscript.TestScript]map[string]*process{}
)

// processesOf are the programs that a script has started, by name.
func processesOf(ts *testscript.TestScript) map[string]*process {
	processesMu.Lock()
	defer processesMu.Unlock()
	if processes[ts] == nil {
		processes[ts] = map[string]*process{}
		ts.Defer(func() {
			processesMu.Lock()
			defer processesMu.Unlock()
			delete(processes, ts)
		})
	}
	return processes[ts]
}

func processOf(ts *testscript.TestScript, name string) *process {
	p := processesOf(ts)[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

// environ is the environment of the programs that these commands start.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "WORK", "GORACE", "CHECKSTAND_API_KEY", "CHECKSTAND_PSP_KEY", "CHECKSTAND_CONFIG",
		envSandboxAgentKey, envSandboxShopKey} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func setVariables(ts *testscript.TestScript, re *regexp.Regexp, text string) {
	m := re.FindStringSubmatch(text)
	if m == nil {
		ts.Fatalf("%s is not in:\n%s", re, text)
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			ts.Setenv(name, m[i])
		}
	}
}
