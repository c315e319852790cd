package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	quickstartFile = "../../docs/quickstart.md"
	agentsFile     = "../../docs/agents.md"
)

// exampleExport is the products.csv of the quickstart, as Shopify writes it.
const exampleExport = `Handle,Title,Body (HTML),Vendor,Type,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Requires Shipping,Variant Taxable,Status
tea-mug,Tea Mug,<p>A mug for tea.</p>,Example Pottery,Mugs,TRUE,Colour,Sand,MUG-1,350,shopify,12,deny,18.00,TRUE,TRUE,active
tea-mug,,,,,,,Slate,MUG-2,350,shopify,4,deny,18.00,TRUE,TRUE,
tray,Tray,<p>An oak tray.</p>,Example Pottery,Trays,TRUE,Title,Default Title,TRAY,900,shopify,3,deny,32.50,TRUE,TRUE,active
vase,Vase,<p>A tall vase.</p>,Example Pottery,Vases,TRUE,Title,Default Title,VASE,1200,shopify,7,deny,twelve,TRUE,TRUE,active
`

// A newcomer who does what docs/quickstart.md says, in its order, and then what
// docs/agents.md says, sees what they say.
//
// Blocks marked sh are run in one shell after another that begin where the last
// one stood, those marked "sh background" run until their section ends and are
// interrupted then. A block marked text is what the one before it prints: its
// lines have to come in their order, "…" stands for anything.
func TestQuickstart(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	for _, tool := range []string{"sh", "make", "go", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v; the quickstart needs it", err)
		}
	}
	text, err := os.ReadFile(quickstartFile)
	if err != nil {
		t.Fatal(err)
	}
	n := newNewcomer(t)
	for _, section := range sections(text) {
		title, body, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) { n.follow(t, blocks(t, body)) })
		if t.Failed() {
			return
		}
	}
	if n.ran == 0 {
		t.Errorf("%s has no commands", quickstartFile)
	}

	// The page for developers of agents goes on from there.
	text, err = os.ReadFile(agentsFile)
	if err != nil {
		t.Fatal(err)
	}
	n.ran = 0
	for _, section := range sections(text) {
		title, body, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) { n.follow(t, blocks(t, body)) })
	}
	if n.ran == 0 {
		t.Errorf("%s has no commands", agentsFile)
	}
}

// The purchase that the README shows is the quickstart's, which is followed.
func TestReadmeShowsThePurchase(t *testing.T) {
	shown := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks(t, string(text)) {
			if strings.Contains(b.text, "ok    choose item") {
				return b.text
			}
		}
		t.Fatalf("%s shows no purchase", file)
		return ""
	}
	sample, readme := shown(quickstartFile), shown("../../README.md")
	if err := inOrder(sample, readme); err != nil || strings.Count(sample, "\n") != strings.Count(readme, "\n") {
		t.Errorf("%v; the README shows:\n%s", err, readme)
	}
}

// sections are what is below each heading of the second level.
func sections(text []byte) []string { return strings.Split(string(text), "\n## ")[1:] }

// block is a fenced block of a document.
type block struct {
	info, text string
}

func blocks(t *testing.T, body string) []block {
	var out []block
	for {
		_, rest, found := strings.Cut(body, "\n```")
		if !found {
			return out
		}
		info, rest, _ := strings.Cut(rest, "\n")
		text, after, closed := strings.Cut(rest, "```\n")
		if !closed {
			t.Fatalf("a block %q is never closed", info)
		}
		out, body = append(out, block{info, text}), "\n"+after
	}
}

// newcomer is somebody at a shell.
type newcomer struct {
	dir       string            // what holds everything
	elsewhere *strings.Replacer // the same on addresses that are free here
	back      *strings.Replacer // the other way, for what is printed
	ran       int
}

// newNewcomer gives a newcomer an empty directory and a git that clones this
// work tree, so that what is built is what is being tested.
func newNewcomer(t *testing.T) *newcomer {
	n := &newcomer{dir: t.TempDir()}
	ports, err := freePorts(3)
	if err != nil {
		t.Fatal(err)
	}
	address := func(i int) string { return "127.0.0.1:" + ports[i] }
	n.elsewhere = strings.NewReplacer(
		"checkstand demo", "checkstand demo --listen "+address(0),
		"checkstand init", "checkstand init --listen "+address(0)+" --sandbox http://"+address(1)+" --webhook http://"+address(2)+"/webhooks",
		"127.0.0.1:8080", address(0), "127.0.0.1:8090", address(1), "127.0.0.1:8091", address(2))
	n.back = strings.NewReplacer(address(0), "127.0.0.1:8080", address(1), "127.0.0.1:8090", address(2), "127.0.0.1:8091")

	copyTree(t, filepath.Join(n.dir, "tree"))
	tools := filepath.Join(n.dir, "tools")
	clone := "#!/bin/sh\ntest \"$1\" = clone && mv " + filepath.Join(n.dir, "tree") + " \"${2##*/}\"\n"
	if err := errors.Join(os.Mkdir(tools, 0o700), os.WriteFile(filepath.Join(tools, "git"), []byte(clone), 0o700),
		os.Mkdir(filepath.Join(n.dir, "home"), 0o700), os.WriteFile(n.state(), fmt.Appendf(nil, "export PATH='%s:%s'\ncd '%s'\n",
			tools, os.Getenv("PATH"), filepath.Join(n.dir, "home")), 0o600)); err != nil {
		t.Fatal(err)
	}
	return n
}

// copyTree copies the work tree without what git and make keep in it.
func copyTree(t *testing.T, to string) {
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case rel == ".git" || rel == "bin":
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case !e.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // somebody else's temporary file
		}
		return errors.Join(err, os.WriteFile(filepath.Join(to, rel), data, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// state is the file that holds where the shell stands, and its variables.
func (n *newcomer) state() string { return filepath.Join(n.dir, "state.sh") }

// follow does what the blocks of a section say.
func (n *newcomer) follow(t *testing.T, list []block) {
	var running []*process
	var printed string // by the last command
	for i, b := range list {
		kind, how, _ := strings.Cut(b.info, " ")
		switch {
		case kind == "text":
			if err := inOrder(b.text, n.back.Replace(printed)); err != nil {
				t.Fatalf("after %q: %v\nprinted:\n%s", list[max(i-1, 0)].text, err, printed)
			}
			continue
		case kind != "sh":
			t.Fatalf("a block is marked %q: mark it sh or text", b.info)
		case how == "background":
			var sample string
			if i+1 < len(list) && list[i+1].info == "text" {
				sample = list[i+1].text
			}
			p := n.begin(t, b.text, sample)
			running, printed = append(running, p), p.stdout.String()
		default:
			printed = n.run(t, b.text, exitCode(t, how))
		}
		n.ran++
	}
	for _, p := range running {
		if code, err := p.interrupt(); err != nil || code != exitOK {
			t.Errorf("interrupted: exit code %d, %v\n%s", code, err, p.stderr)
		}
	}
}

func exitCode(t *testing.T, how string) int {
	if how == "" {
		return exitOK
	}
	code, err := strconv.Atoi(strings.TrimPrefix(how, "exits "))
	if err != nil {
		t.Fatalf("a block is marked sh %q: mark it background, or exits and a number", how)
	}
	return code
}

// run runs the commands of a block and returns what they print.
func (n *newcomer) run(t *testing.T, commands string, want int) string {
	n.provide(t, commands)
	script := ". " + n.state() + "\nset -e\n" + n.elsewhere.Replace(commands) + "\n{ export -p; echo \"cd '$PWD'\"; } >" + n.state() + "\n"
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = n.environ()
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != want {
		t.Fatalf("exit code %d, %v:\n%s\n%s", code, err, commands, out)
	}
	return string(out)
}

// begin starts a command that runs on, and waits until it prints the sample.
func (n *newcomer) begin(t *testing.T, command, sample string) *process {
	p, err := startProcess(n.dir, n.environ(), "sh", "-c", ". "+n.state()+"\nexec "+n.elsewhere.Replace(command))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.says(p.stdout, func(out string) bool { return inOrder(sample, n.back.Replace(out)) == nil }); err != nil {
		t.Fatalf("%s%v: %v\n%s%s", command, err, inOrder(sample, n.back.Replace(p.stdout.String())), p.stdout, p.stderr)
	}
	return p
}

// provide puts the export where the reader is told to put theirs.
func (n *newcomer) provide(t *testing.T, commands string) {
	if !strings.Contains(commands, "products.csv") {
		return
	}
	at, err := os.ReadFile(n.state())
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^cd '(.*)'$`).FindSubmatch(at)
	if found == nil {
		t.Fatal("the shell has not said where it stands")
	}
	if err := os.WriteFile(filepath.Join(string(found[1]), "products.csv"), []byte(exampleExport), 0o600); err != nil {
		t.Fatal(err)
	}
}

// environ is a terminal's, with the caches of the Go tool that is running.
func (n *newcomer) environ() []string {
	env := []string{"HOME=" + filepath.Join(n.dir, "home"), "TMPDIR=" + n.dir, "PATH=" + os.Getenv("PATH")}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		if value := string(bytes.TrimSpace(out)); err == nil && value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// inOrder says whether the lines of a sample are among those printed, in their
// order. "…" stands for anything, in a line and as a line.
func inOrder(sample, printed string) error {
	lines := strings.Split(printed, "\n")
	for _, want := range strings.Split(strings.TrimSpace(sample), "\n") {
		if want == "…" || want == "" {
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$")
		for {
			if len(lines) == 0 {
				return fmt.Errorf("it does not print %q", want)
			}
			line := lines[0]
			lines = lines[1:]
			if pattern.MatchString(line) {
				break
			}
		}
	}
	return nil
}
