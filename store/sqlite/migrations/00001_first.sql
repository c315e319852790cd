-- +goose Up
CREATE TABLE session (
  merchant_id  TEXT NOT NULL,
  id           TEXT NOT NULL,
  status       TEXT NOT NULL,
  live         INTEGER NOT NULL,
  agent        TEXT NOT NULL,
  version      INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  deletable_at INTEGER NOT NULL,
  doc          TEXT NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX session_deletable ON session (deletable_at) WHERE deletable_at > 0;

CREATE TABLE idempotency (
  hash        BLOB NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  state       TEXT NOT NULL,
  status      INTEGER NOT NULL,
  body        BLOB,
  lease_until INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_expires ON idempotency (expires_at);
CREATE INDEX idempotency_running ON idempotency (lease_until) WHERE state = 'running';

CREATE TABLE attempt (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  session_id  TEXT NOT NULL,
  order_id    TEXT NOT NULL,
  live        INTEGER NOT NULL,
  provider    TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  idem_key    TEXT NOT NULL,
  token_fp    BLOB,
  sealed      BLOB,
  state       TEXT NOT NULL,
  class       TEXT NOT NULL,
  psp_ref     TEXT NOT NULL,
  decline     TEXT NOT NULL,
  captured    INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  tries       INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  final_at    INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX attempt_session ON attempt (merchant_id, session_id);
CREATE UNIQUE INDEX attempt_live_or_paid ON attempt (merchant_id, session_id) WHERE state NOT IN ('declined', 'failed', 'voided');
CREATE UNIQUE INDEX attempt_token ON attempt (provider, token_fp) WHERE token_fp IS NOT NULL AND state NOT IN ('declined', 'failed');
CREATE INDEX attempt_open ON attempt (id) WHERE state IN ('sending', 'unknown', 'pending');

CREATE TABLE attempt_event (
  merchant_id TEXT NOT NULL,
  attempt_id  TEXT NOT NULL,
  seq         INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  from_state  TEXT NOT NULL,
  to_state    TEXT NOT NULL,
  who         TEXT NOT NULL,
  detail      TEXT NOT NULL,
  PRIMARY KEY (merchant_id, attempt_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  merchant_id TEXT NOT NULL,
  id          TEXT NOT NULL,
  session_id  TEXT NOT NULL,
  number      TEXT NOT NULL,
  status      TEXT NOT NULL,
  live        INTEGER NOT NULL,
  agent       TEXT NOT NULL,
  api_version TEXT NOT NULL,
  attempt_id  TEXT NOT NULL,
  currency    TEXT NOT NULL,
  total       INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, id)
) STRICT;
CREATE INDEX orders_id ON orders (id);
CREATE UNIQUE INDEX orders_session ON orders (merchant_id, session_id);
CREATE UNIQUE INDEX orders_number ON orders (merchant_id, number) WHERE number <> '';
CREATE INDEX orders_created ON orders (merchant_id, live, created_at, id);

CREATE TABLE job (
  id          TEXT NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  kind        TEXT NOT NULL,
  order_key   TEXT NOT NULL,
  payload     BLOB,
  attempt     INTEGER NOT NULL,
  due         INTEGER NOT NULL,
  leased      INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  last_error  TEXT NOT NULL,
  parked_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX job_due ON job (due, id) WHERE parked_at = 0;
CREATE INDEX job_order ON job (merchant_id, order_key, id) WHERE order_key <> '' AND parked_at = 0;
CREATE UNIQUE INDEX job_in_flight ON job (merchant_id, order_key) WHERE order_key <> '' AND leased = 1;
CREATE INDEX job_parked ON job (merchant_id, parked_at, id) WHERE parked_at > 0;

CREATE TABLE catalogue (
  merchant_id TEXT NOT NULL PRIMARY KEY,
  generation  INTEGER NOT NULL,
  newest      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
  merchant_id TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  id          TEXT NOT NULL,
  product_id  TEXT NOT NULL,
  price       INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  tracked     INTEGER NOT NULL,
  stock       INTEGER NOT NULL CHECK (stock >= 0),
  reserved    INTEGER NOT NULL CHECK (reserved >= 0),
  backorder   INTEGER NOT NULL,
  sellable    INTEGER NOT NULL,
  hidden      INTEGER NOT NULL,
  doc         TEXT NOT NULL,
  PRIMARY KEY (merchant_id, generation, id)
) STRICT;
CREATE INDEX item_reserved ON item (merchant_id, generation, id) WHERE reserved > 0;

CREATE TABLE stale_generation (
  merchant_id TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  sweep_after INTEGER NOT NULL,
  PRIMARY KEY (merchant_id, generation)
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
  id           TEXT NOT NULL PRIMARY KEY,
  merchant_id  TEXT NOT NULL,
  agent        TEXT NOT NULL,
  live         INTEGER NOT NULL,
  hash         BLOB NOT NULL,
  prefix       TEXT NOT NULL,
  policy       TEXT NOT NULL,
  secret       BLOB,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  revoked_at   INTEGER NOT NULL,
  rotated_from TEXT NOT NULL,
  last_used    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX credential_hash ON credential (hash);
CREATE INDEX credential_merchant ON credential (merchant_id, id);

CREATE TABLE signature_replay (
  credential_id TEXT NOT NULL,
  digest        BLOB NOT NULL,
  key_hash      BLOB NOT NULL,
  expires_at    INTEGER NOT NULL,
  PRIMARY KEY (expires_at, credential_id, digest)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE signature_replay;
DROP TABLE credential;
DROP TABLE stale_generation;
DROP TABLE item;
DROP TABLE catalogue;
DROP TABLE job;
DROP TABLE orders;
DROP TABLE attempt_event;
DROP TABLE attempt;
DROP TABLE idempotency;
DROP TABLE session;
