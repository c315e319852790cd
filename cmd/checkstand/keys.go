package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/server"
	"github.com/checkstand/checkstand/server/config"
	"github.com/checkstand/checkstand/store"
)

func newKeys() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "Make, list, rotate and revoke the keys that agents call with",
		Long: `Make, list, rotate and revoke the keys that agents call with. A key is for one
shop, one agent and one mode. It is shown once, when it is made; only its hash
is kept.`,
		Example: `  checkstand keys create --agent chatgpt
  checkstand keys list`}
	c.AddCommand(newKeysCreate(), newKeysList(), newKeysRotate(), newKeysRevoke(), newKeysSeal())
	return c
}

// keyDesk is what every keys command works with.
type keyDesk struct {
	path, merchant string
	cfg            *config.Config
	shop           *config.MerchantConfig
	store          *store.Store
}

func (d *keyDesk) flags(c *cobra.Command) {
	configFlag(c, &d.path)
	c.Flags().StringVar(&d.merchant, "merchant", "", "`ID` of the shop, if there are several")
}

// open opens the shop's store and calls do with it.
func (d *keyDesk) open(c *cobra.Command, do func(ctx context.Context) error) (err error) {
	if d.cfg, err = loadConfig(c, d.path); err != nil {
		return err
	}
	if d.shop, err = chooseMerchant(d.cfg, d.merchant); err != nil {
		return err
	}
	if d.store, err = server.OpenStore(c.Context(), d.cfg.Database, time.Now); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.store.Close()) }()
	return do(c.Context())
}

// madeKey is what making a key tells, once.
type madeKey struct {
	ID              string    `json:"id"`
	Key             string    `json:"key"`
	Merchant        string    `json:"merchant"`
	Agent           string    `json:"agent"`
	Mode            string    `json:"mode"`
	SignaturePolicy string    `json:"signature"`
	SignatureMode   string    `json:"signature_mode,omitempty"`
	SignatureWindow string    `json:"signature_window,omitempty"`
	SignatureSecret string    `json:"signature_secret,omitempty"`
	ExpiresAt       time.Time `json:"expires_at,omitzero"`
	Replaces        string    `json:"replaces,omitempty"`
}

func (k madeKey) print(c *cobra.Command, asJSON bool) error {
	if asJSON {
		return printJSON(c.OutOrStdout(), k)
	}
	p := printer{w: c.OutOrStdout()}
	p.f("%s\n\n", k.Key)
	p.f("The key %s of agent %s, %s mode. It is not shown again.\n", k.ID, k.Agent, k.Mode)
	switch {
	case k.SignatureSecret != "":
		p.f("Signatures are %s, %s. The agent signs with: %s\n", k.SignaturePolicy, k.SignatureMode, k.SignatureSecret)
	case k.SignatureMode != "":
		p.f("Signatures are %s, %s, with the key that the agent has.\n", k.SignaturePolicy, k.SignatureMode)
	}
	if k.SignatureWindow != "" {
		p.f("Their Timestamp may be %s from the server's clock.\n", k.SignatureWindow)
	}
	return p.err
}

func newKeysCreate() *cobra.Command {
	var d keyDesk
	var agent, mode string
	var signing signatureFlags
	var expires time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "create",
		Short: "Make a key for an agent",
		Long: `Make a key for an agent and print it, this once. The agent sends it as
"Authorization: Bearer KEY". A running server knows it at once.`,
		Example: `  checkstand keys create --agent chatgpt
  checkstand keys create --agent chatgpt --mode live --signature required --expires 2160h
  checkstand keys create --agent chatgpt --signature required --signature-mode ed25519-canonical --signature-key agent.pem
  checkstand keys create --agent chatgpt --signature required --signature-mode hmac-ts-canonical --signature-window 30s`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case agent == "":
				return badFlag(c, "agent", "is missing; name the agent, as under agents in the configuration")
			case mode != "test" && mode != "live":
				return badFlag(c, "mode", "%q is not a mode; use test or live", mode)
			case expires < 0:
				return badFlag(c, "expires", "%v is in the past; use a duration such as 2160h", expires)
			}
			if err := signing.check(c); err != nil {
				return err
			}
			return d.open(c, func(ctx context.Context) error {
				d.doubt(c, agent, mode == "live")
				p := credential.Params{MerchantID: d.shop.ID, Agent: agent, Live: mode == "live"}
				if expires > 0 {
					p.ExpiresAt = time.Now().Add(expires)
				}
				made, err := d.make(c, p, &signing, nil, func(n *credential.Credential) error { return d.store.InsertCredential(ctx, n) })
				if err != nil {
					return err
				}
				return made.print(c, asJSON)
			})
		},
	}
	d.flags(c)
	f := c.Flags()
	f.StringVar(&agent, "agent", "", "`NAME` of the agent, as in the configuration")
	f.StringVar(&mode, "mode", "test", "test or live")
	signing.add(c, credential.SignatureOff, anyHMAC)
	f.DurationVar(&expires, "expires", 0, "how long the key lives, such as 2160h (default: for ever)")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

var signaturePolicies = []string{credential.SignatureOff, credential.SignatureOptional, credential.SignatureRequired}

// doubt warns of a key that is of little use with this configuration.
func (d *keyDesk) doubt(c *cobra.Command, agent string, live bool) {
	named := func(a config.AgentConfig) bool { return a.Name == agent }
	if !slices.ContainsFunc(d.shop.Agents, named) {
		c.PrintErrf("warning: the configuration of shop %s has no agent %q, so nobody is told about its orders\n", d.shop.ID, agent)
	}
	if account, mode := d.shop.Payment.Test, "test"; live || account.IsZero() {
		if live {
			account, mode = d.shop.Payment.Live, "live"
		}
		if account.IsZero() {
			c.PrintErrf("warning: the configuration of shop %s has no payment.%s, so this key can buy nothing\n", d.shop.ID, mode)
		}
	}
}

// make makes a credential, with what its signatures are verified with. old is
// the one that it replaces, or nil.
func (d *keyDesk) make(c *cobra.Command, p credential.Params, signing *signatureFlags, old *credential.Credential, keep func(*credential.Credential) error) (madeKey, error) {
	var box *secret.Box
	var tell secret.String
	p.SignaturePolicy = signing.policy
	if signing.policy != credential.SignatureOff {
		var err error
		if box, err = server.OpenBox(d.cfg); err != nil {
			return madeKey{}, err
		}
		p.SignatureMode, p.SignatureWindow = string(signing.signMode()), signing.window
		var before secret.String
		if old != nil && len(old.SignatureSecret) > 0 && old.SignatureMode == p.SignatureMode {
			plain, err := box.Open(old.SignatureSecret, old.ID)
			if err != nil {
				return madeKey{}, fmt.Errorf("signature key of %s: %w", old.ID, err)
			}
			before = secret.New(string(plain))
		}
		made := false
		if p.SignatureSecret, made, err = signing.key(c, before); err != nil {
			return madeKey{}, err
		}
		if made {
			tell = p.SignatureSecret
		}
	}
	n, key, err := credential.New(p, box, time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return madeKey{}, err
	}
	if err := keep(n); err != nil {
		return madeKey{}, err
	}
	return madeKey{ID: n.ID, Key: key.Reveal(), Merchant: n.MerchantID, Agent: n.Agent, Mode: modeOf(n), SignaturePolicy: n.SignaturePolicy,
		SignatureMode: modeName(n), SignatureWindow: windowName(n), SignatureSecret: tell.Reveal(), ExpiresAt: n.ExpiresAt}, nil
}

func modeOf(c *credential.Credential) string {
	if c.Live {
		return "live"
	}
	return "test"
}

func newKeysList() *cobra.Command {
	var d keyDesk
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the keys of a shop",
		Example: `  checkstand keys list`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.open(c, func(ctx context.Context) error {
				list, err := d.store.ListCredentials(ctx, d.shop.ID)
				if err != nil {
					return err
				}
				if asJSON {
					return printKeysJSON(c, list)
				}
				if len(list) == 0 {
					_, err := fmt.Fprintln(c.OutOrStdout(), "No keys yet. Make one with 'checkstand keys create --agent NAME'.")
					return err
				}
				tw := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				p := printer{w: tw}
				p.f("ID\tKEY\tAGENT\tMODE\tSIGNATURE\tSTATE\tMADE\n")
				for i := range list {
					k := &list[i]
					p.f("%s\t%s…\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Prefix, k.Agent, modeOf(k), strings.TrimSpace(k.SignaturePolicy+" "+modeName(k)+" "+windowName(k)), keyState(k, time.Now()), k.CreatedAt.UTC().Format(time.DateOnly))
				}
				return errors.Join(p.err, tw.Flush())
			})
		},
	}
	d.flags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a key")
	return c
}

func keyState(k *credential.Credential, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.Valid(now):
		return "expired"
	case !k.ExpiresAt.IsZero():
		return "until " + k.ExpiresAt.UTC().Format(time.DateTime)
	}
	return "valid"
}

func printKeysJSON(c *cobra.Command, list []credential.Credential) error {
	type row struct {
		ID        string    `json:"id"`
		Prefix    string    `json:"prefix"`
		Agent     string    `json:"agent"`
		Mode      string    `json:"mode"`
		Signature string    `json:"signature"`
		Signed    string    `json:"signature_mode,omitempty"`
		Window    string    `json:"signature_window,omitempty"`
		CreatedAt time.Time `json:"created_at"`
		ExpiresAt time.Time `json:"expires_at,omitzero"`
		RevokedAt time.Time `json:"revoked_at,omitzero"`
		Replaces  string    `json:"replaces,omitempty"`
	}
	for i := range list {
		k := &list[i]
		if err := printJSON(c.OutOrStdout(), row{k.ID, k.Prefix, k.Agent, modeOf(k), k.SignaturePolicy, modeName(k), windowName(k), k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.RotatedFrom}); err != nil {
			return err
		}
	}
	return nil
}

func newKeysRotate() *cobra.Command {
	var d keyDesk
	var signing signatureFlags
	var overlap time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "rotate ID",
		Short: "Replace a key; the old one works on for a while",
		Long: `Replace a key; the old one works on for a while. The new one has a signature
secret of its own; an agent's public key stays, unless another is given.`,
		Example: `  checkstand keys rotate key_01j8… --overlap 24h
  checkstand keys rotate key_01j8… --signature required --signature-mode hmac-ts-canonical`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if overlap < 0 {
				return badFlag(c, "overlap", "%v is in the past; use a duration such as 24h, or 0 to end the old key at once", overlap)
			}
			return d.open(c, func(ctx context.Context) error {
				old, err := d.find(ctx, args[0])
				if err != nil {
					return err
				}
				if !old.RevokedAt.IsZero() {
					return fmt.Errorf("key %s is revoked; make a new one with 'checkstand keys create --agent %s'", old.ID, old.Agent)
				}
				if signing.policy == "" {
					signing.policy = old.SignaturePolicy
				}
				if signing.mode == "" {
					if signing.mode = old.SignatureMode; signing.mode == "" {
						signing.mode = anyHMAC
					}
				}
				if !c.Flags().Changed("signature-window") && signing.policy != credential.SignatureOff {
					signing.window = old.SignatureWindow
				}
				if err := signing.check(c); err != nil {
					return err
				}
				made, err := d.make(c, credential.Params{MerchantID: old.MerchantID, Agent: old.Agent, Live: old.Live}, &signing, old,
					func(n *credential.Credential) error {
						n.RotatedFrom = old.ID
						return d.store.RotateCredential(ctx, old.ID, n, time.Now().Add(overlap))
					})
				if err != nil {
					return err
				}
				made.Replaces = old.ID
				if err := made.print(c, asJSON); err != nil || asJSON {
					return err
				}
				if old, err = d.find(ctx, old.ID); err != nil {
					return err
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "The old key %s works until %s UTC.\n", old.ID, old.ExpiresAt.UTC().Format(time.DateTime))
				return err
			})
		},
	}
	d.flags(c)
	signing.add(c, "", "")
	c.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old key works on")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func (d *keyDesk) find(ctx context.Context, keyID string) (*credential.Credential, error) {
	list, err := d.store.ListCredentials(ctx, d.shop.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == keyID {
			return &list[i], nil
		}
	}
	return nil, fmt.Errorf("shop %s has no key %s; 'checkstand keys list' shows them", d.shop.ID, keyID)
}

func newKeysRevoke() *cobra.Command {
	var d keyDesk
	c := &cobra.Command{
		Use:     "revoke ID",
		Short:   "Make a key useless",
		Long:    "Make a key useless for ever. A running server notices within two seconds.",
		Example: `  checkstand keys revoke key_01j8…`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return d.open(c, func(ctx context.Context) error {
				if _, err := d.find(ctx, args[0]); err != nil {
					return err
				}
				if err := d.store.RevokeCredential(ctx, d.shop.ID, args[0], time.Now()); err != nil {
					return err
				}
				_, err := fmt.Fprintf(c.OutOrStdout(), "Key %s is revoked.\n", args[0])
				return err
			})
		},
	}
	d.flags(c)
	return c
}

func newKeysSeal() *cobra.Command {
	return &cobra.Command{
		Use:   "seal",
		Short: "Make a sealing key for the configuration",
		Long: `Make a sealing key for sealing_keys in the configuration. To rotate, put the new
key first and keep the old one in the list.`,
		Example: `  checkstand keys seal`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), secret.GenerateKey())
			return err
		},
	}
}
