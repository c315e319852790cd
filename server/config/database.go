package config

import (
	"log/slog"
	"net/url"
	"strings"
)

// Engine is a kind of database.
type Engine string

// The engines that a Database can name.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// Database says where the data is: a path or sqlite:path, or a URL that may
// hold a password. It prints, logs and marshals without the password.
type Database string

// Engine is the engine it names, or "" for a scheme that is neither.
func (d Database) Engine() Engine {
	scheme, _, found := strings.Cut(string(d), "://")
	switch {
	case !found || strings.HasPrefix(string(d), "sqlite:"):
		return SQLite
	case scheme == "postgres" || scheme == "postgresql":
		return PostgreSQL
	}
	return ""
}

// Source is what the engine opens: the path of a SQLite file, or the whole URL
// with its password. It is not for logs.
func (d Database) Source() string {
	if d.Engine() == SQLite {
		return strings.TrimPrefix(string(d), "sqlite:")
	}
	return string(d)
}

// String is the database without its password.
func (d Database) String() string {
	if d.Engine() == SQLite {
		return string(d)
	}
	u, err := url.Parse(string(d))
	if err != nil {
		return redacted
	}
	if _, has := u.User.Password(); has {
		u.User = url.User(u.User.Username())
	}
	// libpq also takes the password, and paths of key files, as parameters.
	u.RawQuery, u.Fragment = "", ""
	return u.String()
}

// GoString is String.
func (d Database) GoString() string { return d.String() }

// LogValue is String, for log/slog.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText is String; the password is not written back.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
