-- +goose Up
-- How far the time of a signed request may be from the clock, in milliseconds;
-- 0 is what the server is configured with.
ALTER TABLE credential ADD COLUMN signature_window INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE credential DROP COLUMN signature_window;
