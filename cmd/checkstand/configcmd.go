package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server/config"
)

func newConfig() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check and show the configuration"}
	c.AddCommand(newConfigCheck(), newConfigShow())
	return c
}

func newConfigCheck() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:     "check",
		Short:   "Say what is wrong with the configuration",
		Example: `  checkstand config check -c checkstand.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c, path)
			if err != nil {
				return err
			}
			p := printer{w: c.OutOrStdout()}
			p.f("The configuration is fine: %d shops, database %s, listening on %s.\n", len(cfg.Merchants), cfg.Database, cfg.Listen)
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
		Example: `  checkstand config show -c checkstand.yaml`,
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
			path := "checkstand.yaml"
			if len(args) > 0 {
				path = args[0]
			}
			f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if errors.Is(err, os.ErrExist) {
				return fmt.Errorf("%s exists already; choose another name or remove it", path)
			}
			if err != nil {
				return err
			}
			_, err = f.Write(config.Starter(o))
			if err = errors.Join(err, f.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "Wrote %s. Next: checkstand import -c %s FILE, then checkstand serve -c %s\n", path, path, path)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&o.ShopName, "name", "", "`NAME` of the shop")
	f.StringVar(&o.MerchantID, "merchant", "", "`ID` of the shop")
	f.StringVar(&o.Currency, "currency", "", "`CODE` of the shop's currency, such as eur")
	f.StringVar(&o.Country, "country", "", "`CODE` of the shop's country, such as DE")
	f.StringVar(&o.Locale, "locale", "", "language `TAG` for amounts, such as de")
	f.StringVar(&o.Listen, "listen", "", "`HOST:PORT` to listen on")
	f.StringVar(&o.Database, "database", "", "SQLite path or postgres:// `URL`")
	f.StringVar(&o.SandboxURL, "sandbox", "", "`URL` of a sandbox payment provider")
	f.StringVar(&o.SandboxKey, "sandbox-key", "", "the shop's `KEY` at the sandbox")
	f.StringVar(&o.WebhookURL, "webhook", "", "`URL` that order events are sent to")
	return c
}
