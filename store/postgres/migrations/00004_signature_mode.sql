-- +goose Up
-- What a key's requests are signed with; '' is HMAC, of either kind.
ALTER TABLE credential ADD COLUMN signature_mode TEXT NOT NULL DEFAULT '';
