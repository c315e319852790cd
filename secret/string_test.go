package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/secret"
)

const value = "sk_live_hunter2"

type exported struct{ Key secret.String }
type unexported struct {
	name string
	key  secret.String
}

func TestASecretIsNeverPrinted(t *testing.T) {
	s := secret.New(value)
	var slogJSON, slogText bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&slogJSON, nil), slog.NewTextHandler(&slogText, nil)} {
		slog.New(h).Info("call", "key", s, "pointer", &s, "in", exported{s}, "hidden", unexported{"a", s}, slog.Group("g", "key", s))
	}
	plain, err := json.Marshal(map[string]any{"key": s, "pointer": &s, "in": exported{s}, "list": []secret.String{s}})
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{
		"String":    s.String(),
		"GoString":  s.GoString(),
		"Sprint":    fmt.Sprint(s, &s, []secret.String{s}),
		"error":     fmt.Errorf("call with %v: %w", s, errors.New("refused")).Error(),
		"slog JSON": slogJSON.String(),
		"slog text": slogText.String(),
		"JSON":      string(plain),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%10s", "%.3s"} {
		for what, arg := range map[string]any{"value": s, "pointer": &s, "field": exported{s}, "hidden field": unexported{"a", s}, "pointer to hidden": &unexported{"a", s}, "map": map[string]unexported{"k": {"a", s}}} {
			printed[verb+" of a "+what] = fmt.Sprintf(verb, arg)
		}
	}
	for how, text := range printed {
		low := strings.ToLower(text)
		if strings.Contains(low, "hunter") || strings.Contains(low, "sk_") || strings.Contains(low, fmt.Sprintf("%x", value)) {
			t.Errorf("%s prints the secret: %s", how, text)
		}
	}
	for _, how := range []string{"String", "GoString", "%v of a value", "%d of a value", "%q of a value", "slog JSON", "JSON"} {
		if !strings.Contains(printed[how], "[redacted]") {
			t.Errorf("%s prints %q; want it to say [redacted]", how, printed[how])
		}
	}
}

func TestReveal(t *testing.T) {
	if got := secret.New(value).Reveal(); got != value {
		t.Errorf("Reveal = %q", got)
	}
	var none secret.String
	if none.Reveal() != "" || !none.IsZero() || !secret.New("").IsZero() || secret.New(value).IsZero() {
		t.Error("the zero String, and one of nothing, hold no secret; any other does")
	}
	if got := fmt.Sprint(none); got != "[redacted]" {
		t.Errorf("the zero String prints %q: it would tell that there is none", got)
	}
}

func TestASecretIsReadFromText(t *testing.T) {
	var c exported
	if err := json.Unmarshal([]byte(`{"Key":"`+value+`"}`), &c); err != nil || c.Key.Reveal() != value {
		t.Errorf("Unmarshal = %q, %v", c.Key.Reveal(), err)
	}
	copied := c.Key
	if err := c.Key.UnmarshalText([]byte("other")); err != nil || copied.Reveal() != value {
		t.Errorf("a copy changes with the original: %q, %v", copied.Reveal(), err)
	}
}
