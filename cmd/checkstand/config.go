package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/fault"
	"github.com/checkstand/checkstand/server/config"
)

func newConfig() *cobra.Command {
	c := &cobra.Command{
		Use:     "config",
		Short:   "Check and show the configuration",
		Example: `  checkstand config check`,
	}
	c.AddCommand(newConfigCheck(), newConfigShow())
	return c
}

func newConfigCheck() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration",
		Long: `Read the configuration as the server does, and say what is wrong with it, each
mistake with its line and what to write instead. Nothing is started.`,
		Example: `  checkstand config check
  checkstand config check -c /etc/checkstand/checkstand.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c, path)
			if err != nil {
				return err
			}
			p := printer{w: c.OutOrStdout()}
			p.f("The configuration is fine: %s, database %s, listening on %s.\n", count(len(cfg.Merchants), "shop"), cfg.Database, cfg.Listen)
			return p.err
		},
	}
	configFlag(c, &path)
	return c
}

func newConfigShow() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:     "show",
		Short:   "Print the configuration as it is understood, without secrets",
		Example: `  checkstand config show`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c, path)
			if err != nil {
				return err
			}
			text, err := cfg.Redacted()
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	configFlag(c, &path)
	return c
}

func newInit() *cobra.Command {
	var o config.StarterOptions
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a configuration to start from",
		Long: `Write a configuration to start from, with fresh keys and the sandbox as payment
provider. FILE is checkstand.yaml when not given; a file that exists is left
alone.`,
		Example: `  checkstand init --name "My shop" --currency eur --country DE`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := configFile
			if len(args) > 0 {
				path = args[0]
			}
			text, err := startingWith(o)
			if err != nil {
				return inFlags(c, err)
			}
			if err := writeNew(path, text); err != nil {
				return err
			}
			named := ""
			if path != configFile {
				named = " -c " + path
			}
			p := printer{w: c.OutOrStdout()}
			p.f("Wrote %s.\n\nNext, take your products in, and make a key for the agent:\n\n", path)
			p.f("  %[1]s import%[2]s FILE\n  %[1]s keys create%[2]s --agent %[3]s\n\n", self(), named, config.StarterAgent)
			p.f("Then start the server, and beside it a payment provider and an agent's end of\nthe webhooks to try with, each in a terminal of its own:\n\n")
			p.f("  %[1]s serve%[2]s\n  %[1]s sandbox%[2]s\n  %[1]s webhooks listen%[2]s\n", self(), named)
			return p.err
		},
	}
	f := c.Flags()
	f.StringVar(&o.ShopName, "name", "", "`NAME` of the shop, as buyers know it")
	f.StringVar(&o.MerchantID, "merchant", "", "`ID` of the shop, which never changes (default: shop)")
	f.StringVar(&o.Currency, "currency", "", "`CODE` of the shop's currency, such as eur (default: usd)")
	f.StringVar(&o.Country, "country", "", "`CODE` of the country that it sells from, such as DE (default: US)")
	f.StringVar(&o.Locale, "locale", "", "language `TAG` for texts and amounts, such as de-CH (default: that of the country)")
	f.StringVar(&o.Listen, "listen", "", "`HOST:PORT` to listen on (default: 127.0.0.1:8080)")
	f.StringVar(&o.Database, "database", "", "SQLite path or postgres:// `URL` (default: checkstand.db)")
	f.StringVar(&o.SandboxURL, "sandbox", "", "`URL` of a sandbox payment provider (default: "+config.DefaultSandboxURL+")")
	f.StringVar(&o.SandboxKey, "sandbox-key", "", "the shop's `KEY` at the sandbox (default: a new one)")
	f.StringVar(&o.WebhookURL, "webhook", "", "`URL` that order events are sent to (default: "+config.DefaultWebhookURL+")")
	return c
}

// startingKeys are the keys that the flags of init fill in.
var startingKeys = map[string]string{
	"listen": "listen", "database": "database",
	"merchants[0].id": "merchant", "merchants[0].payment.test.merchant_id": "merchant",
	"merchants[0].name": "name", "merchants[0].currency": "currency", "merchants[0].locale": "locale",
	"merchants[0].country": "country", "merchants[0].shipping[0].countries[0]": "country",
	"merchants[0].payment.test.url": "sandbox", "merchants[0].payment.test.key": "sandbox-key",
	"merchants[0].agents[0].webhook.url": "webhook",
}

// startingWith is the text of a configuration to start from. The error has a
// fault for each flag whose value cannot be in one.
func startingWith(o config.StarterOptions) ([]byte, error) {
	text := config.Starter(o)
	_, err := config.Parse("", text, nil)
	wrong, ok := errors.AsType[*config.Error](err)
	if !ok {
		return text, err
	}
	var faults []error
	for _, p := range wrong.Problems {
		if p.Severity == config.SeverityError {
			faults = append(faults, fault.New(cmp.Or(startingKeys[p.Path], p.Path), "%s", p.Message))
		}
	}
	return text, errors.Join(faults...)
}

// writeNew writes a file that only its owner can read, unless there is one.
func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already, and is left alone; choose another name or move it away", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
