package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrate brings a database up to the newest of the migrations, or refuses one
// that is ahead of them with an error that wraps ErrNewerSchema. Packages
// sqlite and postgres call it while they open; applied tells how many
// migrations ran.
func Migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, migrations fs.FS, opts ...goose.ProviderOption) (applied int, err error) {
	p, err := goose.NewProvider(dialect, db, migrations, append(opts, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	current, newest, err := p.GetVersions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	if current > newest {
		return 0, fmt.Errorf("%w: its schema has version %d, this one knows %d; start the newer release or restore a backup from before the upgrade",
			ErrNewerSchema, current, newest)
	}
	if current == newest {
		return 0, nil
	}
	results, err := p.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		return len(partial.Applied), fmt.Errorf("migrate schema: %w", err)
	}
	if err != nil {
		return 0, fmt.Errorf("migrate schema: %w", err)
	}
	return len(results), nil
}
