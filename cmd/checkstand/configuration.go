package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server/config"
)

// configFile is the configuration that is read when none is named.
const configFile = "checkstand.yaml"

// configFlag adds -c.
func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "config", "c", "", "configuration `FILE` (default $CHECKSTAND_CONFIG, else checkstand.yaml where it is called)")
}

// configPath is the file that holds the configuration: that of -c, of
// CHECKSTAND_CONFIG, or configFile in the working directory. It is "" when
// there is none and everything has to come from environment variables.
func configPath(flag string) string {
	if flag != "" {
		return flag
	}
	if path := os.Getenv("CHECKSTAND_CONFIG"); path != "" {
		return path
	}
	if _, err := os.Stat(configFile); err == nil {
		return configFile
	}
	return ""
}

// errNoConfig is told to whoever called a command that needs a shop without
// saying where it is described.
var errNoConfig = errors.New("no configuration: name one with -c FILE or CHECKSTAND_CONFIG, or call this where " + configFile +
	" is; 'checkstand init' writes one to start from")

// loadConfig reads the configuration and prints its warnings. It needs at least
// one shop.
func loadConfig(c *cobra.Command, flag string) (*config.Config, error) {
	path := configPath(flag)
	cfg, err := config.Load(path, os.Environ())
	if err != nil {
		return nil, err
	}
	if path == "" && len(cfg.Merchants) == 0 {
		return nil, errNoConfig
	}
	for _, w := range cfg.Warnings() {
		c.PrintErrln(w)
	}
	return cfg, nil
}

// chooseMerchant finds the shop that a command is for.
func chooseMerchant(cfg *config.Config, id string) (*config.MerchantConfig, error) {
	if id == "" && len(cfg.Merchants) == 1 {
		return &cfg.Merchants[0], nil
	}
	if len(cfg.Merchants) == 0 {
		return nil, errors.New("the configuration has no shop; describe one under merchants")
	}
	i := slices.IndexFunc(cfg.Merchants, func(m config.MerchantConfig) bool { return m.ID == id })
	if i >= 0 {
		return &cfg.Merchants[i], nil
	}
	if id == "" {
		return nil, fmt.Errorf("the configuration has %d shops; choose one with --merchant: %s", len(cfg.Merchants), idsOf(cfg))
	}
	return nil, fmt.Errorf("--merchant: the configuration has no shop %q; it has %s", id, idsOf(cfg))
}

// maxIDsShown keeps a message about a server of many shops readable.
const maxIDsShown = 10

func idsOf(cfg *config.Config) string {
	var ids []string
	for i := range cfg.Merchants {
		if i == maxIDsShown {
			return fmt.Sprintf("%s and %d more", strings.Join(ids, ", "), len(cfg.Merchants)-i)
		}
		ids = append(ids, cfg.Merchants[i].ID)
	}
	return strings.Join(ids, ", ")
}
