package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/server/config"
)

// printJSON prints a value as one line.
func printJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// loadConfig reads the configuration file of -c and prints its warnings.
func loadConfig(c *cobra.Command, path string) (*config.Config, error) {
	cfg, err := config.Load(path, os.Environ())
	if err != nil {
		return nil, err
	}
	for _, w := range cfg.Warnings() {
		c.PrintErrln("warning:", w)
	}
	return cfg, nil
}

// configFlag adds -c.
func configFlag(c *cobra.Command, path *string) {
	c.Flags().StringVarP(path, "config", "c", os.Getenv("CHECKSTAND_CONFIG"), "configuration `FILE` (default $CHECKSTAND_CONFIG)")
}

// newLogger logs as the configuration says.
func newLogger(w io.Writer, l config.LogConfig) *slog.Logger {
	opts := &slog.HandlerOptions{Level: l.SlogLevel()}
	if l.Format == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// quietLogger logs only what a person at a terminal should know about.
func quietLogger(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelError
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
