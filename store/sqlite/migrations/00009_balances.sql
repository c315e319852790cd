-- +goose Up
-- What the shop owes its customers, in units; neither side goes below zero.
CREATE TABLE balance (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  live        INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  code        BLOB,
  last4       TEXT NOT NULL,
  currency    TEXT NOT NULL,
  rate_units  INTEGER NOT NULL CHECK (rate_units > 0),
  rate_amount INTEGER NOT NULL CHECK (rate_amount > 0),
  available   INTEGER NOT NULL CHECK (available >= 0),
  held        INTEGER NOT NULL CHECK (held >= 0),
  blocked     INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX balance_customer ON balance (merchant_id, live, customer_id);
CREATE UNIQUE INDEX balance_code ON balance (merchant_id, live, code) WHERE code IS NOT NULL;

-- What was asked of the ledger, each under one reference and decided once.
CREATE TABLE balance_request (
  merchant_id TEXT NOT NULL,
  reference   TEXT NOT NULL,
  live        INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  charge      TEXT NOT NULL,
  balance_id  TEXT NOT NULL,
  session_id  TEXT NOT NULL,
  idem_key    TEXT NOT NULL,
  body        BLOB NOT NULL,
  token       BLOB,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  units       INTEGER NOT NULL CHECK (units >= 0),
  currency    TEXT NOT NULL,
  captured    INTEGER NOT NULL CHECK (captured >= 0 AND captured <= amount),
  refunded    INTEGER NOT NULL CHECK (refunded >= 0 AND refunded <= captured),
  units_back  INTEGER NOT NULL CHECK (units_back >= 0 AND units_back <= units),
  created_at  INTEGER NOT NULL,
  closed_at   INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, reference)
) STRICT;
CREATE UNIQUE INDEX balance_request_token ON balance_request (merchant_id, token) WHERE token IS NOT NULL AND state IN ('held', 'taken');
CREATE INDEX balance_request_made ON balance_request (merchant_id, live, created_at);

-- Every move of a balance. Rows are only ever added.
CREATE TABLE balance_entry (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  balance_id  TEXT NOT NULL,
  kind        TEXT NOT NULL,
  available   INTEGER NOT NULL,
  held        INTEGER NOT NULL,
  amount      INTEGER NOT NULL,
  reference   TEXT NOT NULL,
  who         TEXT NOT NULL,
  at          INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX balance_entry_of ON balance_entry (merchant_id, balance_id, id);

-- +goose Down
DROP TABLE balance_entry;
DROP TABLE balance_request;
DROP TABLE balance;
