package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/checkstand/checkstand/credential"
	"github.com/checkstand/checkstand/id"
	"github.com/checkstand/checkstand/secret"
	"github.com/checkstand/checkstand/store"
)

// secrets are kept in the demo's directory, so that a demo started again on it
// has the keys it had.
type secrets struct {
	SealingKey    string `json:"sealing_key"`
	AgentKey      string `json:"sandbox_agent_key"`
	MerchantKey   string `json:"sandbox_merchant_key"`
	WebhookSecret string `json:"webhook_secret"`
	PSPSecret     string `json:"sandbox_webhook_secret"`
	APIKey        string `json:"api_key"`

	path string
}

func openSecrets(path string) (*secrets, error) {
	s := &secrets{path: path}
	data, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(data, s); err != nil {
			return nil, fmt.Errorf("%s: %w; remove the demo's directory to start anew", path, err)
		}
		if s.PSPSecret == "" { // a demo of an earlier release
			s.PSPSecret = id.Secret("whsec")
			return s, s.save()
		}
		return s, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	s.SealingKey = secret.GenerateKey()
	s.AgentKey, s.MerchantKey, s.WebhookSecret = id.Secret("sbx_agent"), id.Secret("sbx_shop"), id.Secret("whsec")
	s.PSPSecret = id.Secret("whsec")
	return s, s.save()
}

func (s *secrets) save() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.path, data, 0o600)
}

// apiKey gives the agent's key to the shop, making one when the shop's
// database does not know the one that is kept.
func (s *secrets) apiKey(ctx context.Context, st *store.Store) (string, error) {
	now := time.Now()
	if s.APIKey != "" {
		known, err := st.CredentialByHash(ctx, credential.Hash(s.APIKey))
		if err != nil {
			return "", err
		}
		if known != nil && known.Valid(now) {
			return s.APIKey, nil
		}
	}
	c, key, err := credential.New(credential.Params{MerchantID: merchantID, Agent: agentName}, nil, now)
	if err != nil {
		return "", err
	}
	if err := st.InsertCredential(ctx, c); err != nil {
		return "", err
	}
	s.APIKey = key.Reveal()
	return s.APIKey, s.save()
}
