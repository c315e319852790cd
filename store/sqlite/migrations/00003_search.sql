-- +goose Up
-- An item without a product is a product of its own.
UPDATE item SET product_id = id WHERE product_id = '';
CREATE INDEX item_product ON item (merchant_id, generation, product_id, id);

-- The index of one generation of a catalogue. The number of the scope begins
-- every word of its index, so that no search ever reads another shop's.
CREATE TABLE search_scope (
  scope       INTEGER PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  generation  INTEGER NOT NULL,
  docs        INTEGER NOT NULL,
  revision    INTEGER NOT NULL,
  ready       INTEGER NOT NULL,
  UNIQUE (merchant_id, generation)
) STRICT;

CREATE TABLE search_product (
  doc        INTEGER PRIMARY KEY,
  scope      INTEGER NOT NULL,
  product_id TEXT NOT NULL,
  price_from INTEGER NOT NULL,
  price_to   INTEGER NOT NULL,
  stocked    INTEGER NOT NULL,
  head       TEXT NOT NULL,
  print      INTEGER NOT NULL,
  UNIQUE (scope, product_id)
) STRICT;
CREATE INDEX search_product_price ON search_product (scope, price_from, product_id);

-- Which products have a word, and nothing else: the words are folded and cut
-- before they come here.
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');

-- About how many products have a word in title, brand or category, and how
-- many in other texts alone.
CREATE TABLE search_word (
  scope INTEGER NOT NULL,
  word  TEXT NOT NULL,
  n     INTEGER NOT NULL,
  texts INTEGER NOT NULL,
  PRIMARY KEY (scope, word)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE search_word;
DROP TABLE search_words;
DROP TABLE search_product;
DROP TABLE search_scope;
DROP INDEX item_product;
