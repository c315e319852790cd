-- +goose Up
-- An item without a product is a product of its own.
UPDATE item SET product_id = id WHERE product_id = '';
CREATE INDEX item_product ON item (merchant_id, generation, product_id, id);

-- The index of one generation of a catalogue. The number of the scope begins
-- every word of its index, so that no search ever reads another shop's.
CREATE TABLE search_scope (
  scope       BIGINT NOT NULL PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  generation  BIGINT NOT NULL,
  docs        BIGINT NOT NULL,
  revision    BIGINT NOT NULL,
  ready       BIGINT NOT NULL,
  UNIQUE (merchant_id, generation)
);

-- Ids are compared by bytes, as SQLite does, whatever the database's language.
CREATE TABLE search_product (
  doc        BIGINT NOT NULL PRIMARY KEY,
  scope      BIGINT NOT NULL,
  product_id TEXT COLLATE "C" NOT NULL,
  price_from BIGINT NOT NULL,
  price_to   BIGINT NOT NULL,
  stocked    BIGINT NOT NULL,
  head       TEXT NOT NULL,
  print      BIGINT NOT NULL,
  words      TSVECTOR NOT NULL,
  UNIQUE (scope, product_id)
);
-- How common a word is decides between two plans that are apart by orders of
-- magnitude, so the planner is to know many of them.
ALTER TABLE search_product ALTER COLUMN words SET STATISTICS 1000;
CREATE INDEX search_product_price ON search_product (scope, price_from, product_id);
CREATE INDEX search_product_words ON search_product USING GIN (words);

-- About how many products have a word in title, brand or category, and how
-- many in other texts alone.
CREATE TABLE search_word (
  scope BIGINT NOT NULL,
  word  TEXT COLLATE "C" NOT NULL,
  n     BIGINT NOT NULL,
  texts BIGINT NOT NULL,
  PRIMARY KEY (scope, word)
);

-- +goose Down
DROP TABLE search_word;
DROP TABLE search_product;
DROP TABLE search_scope;
DROP INDEX item_product;
