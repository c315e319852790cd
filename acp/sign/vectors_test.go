package sign_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/checkstand/checkstand/acp/sign"
	"github.com/checkstand/checkstand/secret"
)

// published is docs/signatures.md, block by block.
type published struct {
	kind, name, text string
}

var fence = regexp.MustCompile("(?ms)^```([a-z-]+) ?([a-z0-9-]*)\n(.*?)^```$")

func readPublished(t testing.TB) []published {
	t.Helper()
	doc, err := os.ReadFile("../../docs/signatures.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []published
	for _, m := range fence.FindAllStringSubmatch(string(doc), -1) {
		all = append(all, published{m[1], m[2], m[3]})
	}
	return all
}

// fields reads "name: value" lines.
func (p published) fields(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(p.text) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !ok {
			t.Fatalf("%q is not NAME: VALUE", line)
		}
		out[name] = strings.TrimPrefix(value, " ")
	}
	return out
}

// publishedKeys are what each mode signs and verifies with.
func publishedKeys(t testing.TB, blocks []published) (private, public map[sign.Mode]secret.String) {
	private, public = map[sign.Mode]secret.String{}, map[sign.Mode]secret.String{}
	for _, b := range blocks {
		switch {
		case b.kind == "secret" && b.name == "":
			for _, m := range sign.Modes() {
				if !m.PublicKey() {
					private[m] = secret.New(strings.TrimSpace(b.text))
					public[m] = private[m]
				}
			}
		case b.kind == "key":
			own, shared, ok := strings.Cut(b.text, "-----BEGIN PUBLIC KEY-----")
			if !ok {
				t.Fatalf("%s has no public key", b.name)
			}
			private[sign.Mode(b.name)], public[sign.Mode(b.name)] = secret.New(own), secret.New("-----BEGIN PUBLIC KEY-----"+shared)
		}
	}
	return private, public
}

func TestPublishedVectorsOfRequests(t *testing.T) {
	blocks := readPublished(t)
	private, public := publishedKeys(t, blocks)
	seen := map[sign.Mode]int{}
	for _, b := range blocks {
		if b.kind != "vector" {
			continue
		}
		v := b.fields(t)
		mode := sign.Mode(v["mode"])
		seen[mode]++
		at, err := time.Parse(time.RFC3339Nano, v["timestamp"])
		if err != nil {
			t.Fatal(err)
		}
		text, err := sign.SignedText(mode, []byte(v["body"]), at)
		if err != nil || string(text) != v["signed"] {
			t.Errorf("%s: signs %q, %v, and not %q", mode, text, err, v["signed"])
		}
		signature, timestamp, err := sign.SignRequest(mode, private[mode], []byte(v["body"]), at)
		if err != nil || timestamp != v["timestamp"] || mode != sign.ES256Mode && signature != v["signature"] {
			t.Errorf("%s: signs %s at %s, %v", mode, signature, timestamp, err)
		}
		key, err := sign.ParseKey(mode, public[mode])
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		r := sign.Request{Policy: sign.Required, Key: key, CredentialID: "key_1", Body: []byte(v["body"]), Signature: v["signature"], Timestamp: v["timestamp"], Now: at}
		for name, want := range map[string]string{v["body"]: "", v["body"] + "[]": sign.CodeInvalidSignature} {
			r.Body = []byte(name)
			if got := code(t, sign.VerifyRequest(t.Context(), r)); got != want {
				t.Errorf("%s %q: %q, not %q", mode, name, got, want)
			}
		}
	}
	for _, m := range sign.Modes() {
		if seen[m] != 2 {
			t.Errorf("%s has %d vectors, not one with a body and one without", m, seen[m])
		}
	}
}

func TestPublishedVectorsOfWebhooks(t *testing.T) {
	schemes := map[string]sign.WebhookScheme{"t,v1": {Timestamped: true}, "base64": {}, "hex": {Encoding: sign.Hex}}
	blocks := readPublished(t)
	i := slices.IndexFunc(blocks, func(b published) bool { return b.kind == "secret" && b.name == "webhook" })
	if i < 0 {
		t.Fatal("no secret of webhooks")
	}
	key := []byte(strings.TrimSpace(blocks[i].text))
	for _, b := range blocks {
		if b.kind != "webhook" {
			continue
		}
		v := b.fields(t)
		scheme, ok := schemes[v["scheme"]]
		if !ok {
			t.Fatalf("scheme %q is unknown or there twice", v["scheme"])
		}
		delete(schemes, v["scheme"])
		unix, err := strconv.ParseInt(v["time"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(unix, 0)
		if got := scheme.Sign(key, []byte(v["body"]), at); got != v["signature"] {
			t.Errorf("%s: %s", v["scheme"], got)
		}
		if err := scheme.Verify(key, v["signature"], []byte(v["body"]), at.Add(time.Minute)); err != nil {
			t.Errorf("%s: %v", v["scheme"], err)
		}
	}
	if len(schemes) > 0 {
		t.Errorf("without a vector: %v", schemes)
	}
}

// The shell's examples print what their last line says.
func TestPublishedExamples(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "base64"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the examples need %s", tool)
		}
	}
	blocks := readPublished(t)
	run := 0
	for _, b := range blocks {
		if b.kind != "sh" {
			continue
		}
		run++
		script, want, ok := strings.Cut(b.text, "\n# ")
		if !ok {
			t.Fatalf("%s does not say what it prints", b.text)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
		var stderr bytes.Buffer
		cmd.Dir, cmd.Stderr = t.TempDir(), &stderr // each is whole: it brings its keys
		out, err := cmd.Output()
		if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(want) {
			t.Errorf("%s\nprinted %q, %v %s", b.text, out, err, stderr.Bytes())
		}
	}
	if run < 6 {
		t.Errorf("%d examples", run)
	}
}
