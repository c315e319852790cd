package server

import (
	"github.com/checkstand/checkstand/server/openapi"
)

// describe makes the description of this server's API.
func (a *App) describe() *openapi.Library {
	name := "Checkstand"
	if len(a.cfg.Merchants) == 1 {
		name = a.cfg.Merchants[0].Name
	}
	return openapi.NewLibrary(openapi.Options{BaseURL: a.cfg.PublicURL, Name: name, Unreleased: a.cfg.Protocol.Unreleased,
		MismatchStatus: a.cfg.Idempotency.MismatchStatus, BodyBytes: a.cfg.Limits.BodyBytes,
		Requests: a.cfg.Limits.Requests(), Retention: a.cfg.Limits.IdempotencyRetention, SignatureWindow: a.cfg.Limits.SignatureWindow, KeyPerSecond: a.cfg.Limits.KeyPerSecond, AddressPerSec: a.cfg.Limits.AddressPerSecond})
}
