-- +goose Up
-- The import that counted the stock, so that a cancellation gives nothing back
-- into the count of a later one.
ALTER TABLE item ADD COLUMN counted_by INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE item DROP COLUMN counted_by;
