package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// redacted stands for what is not shown.
const redacted = "[redacted]"

// Redacted is the configuration in effect as YAML, defaults included, with
// "[redacted]" for every secret. It is for people to read: references have
// been expanded, so it is not the file to keep.
func (c *Config) Redacted() ([]byte, error) {
	out, err := yaml.Dump(c)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return out, nil
}
