// Package config reads the configuration of a Checkstand server: one YAML file
// whose every key can be overridden by an environment variable, with
// references to variables and files for what should not be in it.
//
// The structs of this package are the reference: a field's yaml tag is its
// key, its default tag what it is without being set, its doc tag what
// docs/configuration.md says about it.
package config

import (
	"log/slog"
	"time"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/secret"
)

// Config is a server's configuration. Parse and Load return one that passed
// Validate; one built in Go starts from Default.
type Config struct {
	Listen      string            `yaml:"listen" default:"127.0.0.1:8080" doc:"Address and port to listen on. \":8080\" is every interface."`
	PublicURL   string            `yaml:"public_url" doc:"Origin that agents and buyers see, such as \"https://shop.example.com\": no path, https unless it is loopback. When it is not set and the server listens on loopback, it is that address."`
	Database    Database          `yaml:"database" default:"checkstand.db" doc:"Path of a SQLite file (also written \"sqlite:path\"), or \"postgres://user:password@host/name\"."`
	SealingKeys []secret.String   `yaml:"sealing_keys,omitempty" doc:"Keys that stored secrets are sealed with: 32 bytes in base64 each, the current one first, then those that older rows were sealed with. At most 16. Needed to serve."`
	Log         LogConfig         `yaml:"log"`
	Limits      LimitsConfig      `yaml:"limits"`
	Payments    PaymentsConfig    `yaml:"payments"`
	Protocol    ProtocolConfig    `yaml:"protocol"`
	Idempotency IdempotencyConfig `yaml:"idempotency"`
	Merchants   []MerchantConfig  `yaml:"merchants" doc:"The shops of this server."`

	// source tells where each value came from; nil for a Config built in Go.
	source *source
}

// LogConfig says what is logged, and how.
type LogConfig struct {
	Level  string `yaml:"level" default:"info" doc:"Least severe level that is logged: debug, info, warn or error."`
	Format string `yaml:"format" default:"json" doc:"json, one object a line, or text."`
}

// SlogLevel is Level for log/slog; slog.LevelInfo for one that Validate
// refuses.
func (l LogConfig) SlogLevel() slog.Level {
	switch l.Level {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

// LimitsConfig bounds what a client can make the server hold or wait for.
type LimitsConfig struct {
	BodyBytes     int64         `yaml:"body_bytes" default:"262144" doc:"Largest request body, in bytes."`
	HeaderBytes   int           `yaml:"header_bytes" default:"16384" doc:"Largest request header, in bytes."`
	ReadTimeout   time.Duration `yaml:"read_timeout" default:"10s" doc:"Time a client has to send a whole request."`
	WriteTimeout  time.Duration `yaml:"write_timeout" default:"60s" doc:"Time from the end of the request header to the end of the answer. Must be longer than payments.timeout and payments.unknown_budget together."`
	IdleTimeout   time.Duration `yaml:"idle_timeout" default:"120s" doc:"How long an idle connection is kept open."`
	ShutdownGrace time.Duration `yaml:"shutdown_grace" default:"20s" doc:"How long requests in flight may take to end when the server stops."`

	LineItems int   `yaml:"line_items" default:"200" doc:"Lines that a session or a cart may have; beyond it 400. From 1 to 256."`
	Quantity  int64 `yaml:"quantity" default:"1000000" doc:"Units of one item that a session or a cart may have; beyond it 400. From 1 to 1000000000. On the checkout page it is 9999 at the most."`

	DiscountCodes   int `yaml:"discount_codes" default:"20" doc:"Discount codes that a session may have at once; beyond it 400. From 1 to 100."`
	MetadataMembers int `yaml:"metadata_members" default:"50" doc:"Members of a metadata object in a request; beyond it 400. From 1 to 500."`
	MetadataBytes   int `yaml:"metadata_bytes" default:"16384" doc:"Bytes of all names and texts in a metadata object; beyond it 400. A session's comes back with every answer. From 1024 to 262144."`

	IdempotencyRetention time.Duration `yaml:"idempotency_retention" default:"24h" doc:"How long a request that is sent again under its Idempotency-Key gets the first answer again, counted from that answer. From 24h, which the protocol asks for, to 720h. A change counts for new answers."`
	UnsoldRetention      time.Duration `yaml:"unsold_retention" default:"720h" doc:"How long a session that came to nothing is kept after its end, with all that is known of its buyer; those that were sold are kept for good. From 24h to 8760h. A change counts for sessions that are opened from then on."`

	SignatureWindow time.Duration `yaml:"signature_window" default:"300s" doc:"How far the Timestamp of a signed request may be from this server's clock, before or after it, for every key that was not made with a window of its own; beyond it 401. From 10s to 1h. Signed changes are remembered for an hour, so that none is taken twice in whichever window."`

	AddressPerSecond   int           `yaml:"address_per_second" default:"2000" doc:"Requests a second from one client address (of IPv6, one /64), with bursts of twice that; beyond it 429. 0 is no limit. This and the other rates are of each process by itself."`
	KeyPerSecond       int           `yaml:"key_per_second" default:"2000" doc:"Requests a second with one key of an agent, with bursts of twice that; beyond it 429. 0 is no limit."`
	WrongKeysPerMinute int           `yaml:"wrong_keys_per_minute" default:"600" doc:"Requests a minute with a key that is not valid, from one address; beyond it 429 for keys that are not known to be right. 0 is no limit."`
	FormsPerMinute     int           `yaml:"forms_per_minute" default:"600" doc:"Forms of the checkout pages a minute that are taken from one address; beyond it 429. 0 is no limit."`
	WrongCodes         int           `yaml:"wrong_codes" default:"10" doc:"Discount codes that the shop does not have that a session may be sent within wrong_codes_window; beyond it no new code is taken, right or wrong: 429. 0 is no limit."`
	WrongCodesOfKey    int           `yaml:"wrong_codes_of_key" default:"300" doc:"The same of all sessions of one key, in one process. 0 is no limit."`
	WrongCodesWindow   time.Duration `yaml:"wrong_codes_window" default:"10m" doc:"The time in which wrong codes are counted. From 1s to 24h."`
	TrustedProxies     []string      `yaml:"trusted_proxies,omitempty" doc:"Addresses or prefixes, such as 10.0.0.0/8, of the proxies whose X-Forwarded-For is believed. A proxy on this machine always is. Without it all who come through another proxy share its address, and its limits."`
}

// Requests are the limits on what a request may hold.
func (l LimitsConfig) Requests() acp.Limits {
	return acp.Limits{LineItems: l.LineItems, Quantity: l.Quantity, DiscountCodes: l.DiscountCodes,
		MetadataMembers: l.MetadataMembers, MetadataBytes: l.MetadataBytes}
}

// PaymentsConfig bounds the conversation with payment providers.
type PaymentsConfig struct {
	Timeout       time.Duration `yaml:"timeout" default:"30s" doc:"Longest wait for a payment provider's answer; then the outcome is unknown until it is reconciled."`
	UnknownBudget time.Duration `yaml:"unknown_budget" default:"20s" doc:"How long completing a purchase goes on asking the provider about an unclear outcome before it answers 503, to be tried again."`
	CompareDays   int           `yaml:"compare_days" default:"8" doc:"How many days back the daily comparison with each provider's own list of payments reaches; 0 makes none. A refund is compared with its payment."`
}

// ProtocolConfig says what is spoken beside the released versions.
type ProtocolConfig struct {
	Unreleased bool `yaml:"unreleased" default:"false" doc:"Whether to accept the API-Version \"unreleased\", the draft of the next one. It changes without notice, and is in no list of versions."`
}

// IdempotencyConfig tunes the answers to reused idempotency keys.
type IdempotencyConfig struct {
	MismatchStatus int `yaml:"mismatch_status" default:"0" doc:"HTTP status for a key that was used with another request: 409, 422, or 0 for what the caller's API version says."`
}

// Default is the configuration without any setting.
func Default() *Config {
	c := &Config{}
	setDefaults(c)
	return c
}
