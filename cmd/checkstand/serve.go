package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server"
)

func newServe() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is interrupted; then requests and jobs in flight are
carried to their end. Logs go to standard error, one line a request.`,
		Example: `  checkstand serve
  checkstand serve -c /etc/checkstand/checkstand.yaml
  CHECKSTAND_DATABASE=postgres://… checkstand serve`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			server.Tune()
			ctx := c.Context()
			cfg, err := loadConfig(c, path)
			if err != nil {
				return err
			}
			ln, err := server.Listen(ctx, cfg.Listen, "listen")
			if err != nil {
				return err
			}
			if cfg.PublicURL == "" {
				if !ln.Addr().(*net.TCPAddr).IP.IsLoopback() {
					return errors.Join(errors.New("public_url: say which address agents and buyers see, such as https://shop.example.com"), ln.Close())
				}
				cfg.PublicURL = "http://" + ln.Addr().String()
			}
			log := newLogger(os.Stderr, cfg.Log)
			app, err := server.New(ctx, cfg, server.Options{Log: log})
			if err != nil {
				return errors.Join(err, ln.Close())
			}
			defer func() { err = errors.Join(err, app.Close()) }()
			if _, err := fmt.Fprintf(c.OutOrStdout(), "Checkstand %s serves %s\n", buildVersion(), cfg.PublicURL); err != nil {
				return err
			}
			if err := app.Serve(ctx, ln); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "Stopped.")
			return err
		},
	}
	configFlag(c, &path)
	return c
}
