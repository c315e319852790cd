-- +goose Up
-- The few that wait for an operator's approval.
CREATE INDEX session_pending ON session (merchant_id, live, id) WHERE status = 'pending_approval';

-- +goose Down
DROP INDEX session_pending;
