package demo

import (
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/checkstand/checkstand/server/config"
)

// writeConfig puts the configuration of the demo into its directory, so that
// the commands that look after a shop work on this one too. It holds the same
// secrets as secrets.json, and like that is for its owner alone.
func writeConfig(dir string, cfg *config.Config, s *secrets) (path string, err error) {
	redacted, err := cfg.Redacted()
	if err != nil {
		return "", err
	}
	var doc map[string]any
	if err := yaml.Load(redacted, &doc); err != nil {
		return "", err
	}
	for _, entry := range []struct {
		value any
		at    []any
	}{
		{cfg.Database.Source(), []any{"database"}},
		{s.SealingKey, []any{"sealing_keys", 0}},
		{s.MerchantKey, []any{"merchants", 0, "payment", "test", "key"}},
		{s.PSPSecret, []any{"merchants", 0, "payment", "test", "sandbox", "webhook_secret"}},
		{s.WebhookSecret, []any{"merchants", 0, "agents", 0, "webhook", "secret"}},
	} {
		if err := put(doc, entry.at, entry.value); err != nil {
			return "", err
		}
	}
	out, err := yaml.Dump(doc)
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "checkstand.yaml")
	return path, os.WriteFile(path, out, 0o600)
}

// put sets what is at a path of keys and indexes.
func put(doc any, at []any, value any) error {
	for i, step := range at {
		last := i == len(at)-1
		switch step := step.(type) {
		case string:
			m, ok := doc.(map[string]any)
			if !ok || m[step] == nil {
				return fmt.Errorf("the demo's configuration has nothing at %v", at)
			}
			if last {
				m[step] = value
				return nil
			}
			doc = m[step]
		case int:
			l, ok := doc.([]any)
			if !ok || step >= len(l) {
				return fmt.Errorf("the demo's configuration has nothing at %v", at)
			}
			if last {
				l[step] = value
				return nil
			}
			doc = l[step]
		}
	}
	return nil
}
