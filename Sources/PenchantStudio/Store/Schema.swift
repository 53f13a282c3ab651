import GRDB

/// The tables of a label store, and how they came about.
///
/// `PRAGMA user_version` counts the steps a store has taken. A step is never changed once it was released; a new
/// need is a new step.
package enum Schema {
  /// Marks the file as ours (`Pnch`), so that no other database is taken for a store.
  static let applicationID = 0x506e_6368

  package static let steps: [String] = [first]

  static let first = """
    -- Single values: the store's name, its secret, the rules of the round.
    CREATE TABLE facts (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Every text that was ever in force; judgements name it by its digest.
    CREATE TABLE guidelines (
      hash TEXT PRIMARY KEY,
      text TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE annotators (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      key TEXT NOT NULL UNIQUE,               -- the name without case
      role TEXT NOT NULL,
      link_digest TEXT UNIQUE,                -- of the token; the token itself is nowhere
      link_used INTEGER NOT NULL DEFAULT 0,
      session_digest TEXT UNIQUE,             -- of the cookie
      assigned INTEGER NOT NULL DEFAULT 0,    -- tasks ever handed out
      balance INTEGER NOT NULL DEFAULT 0,     -- pairs shown in the data's order minus pairs shown the other way
      done INTEGER NOT NULL DEFAULT 0,        -- judgements that stand
      skipped INTEGER NOT NULL DEFAULT 0,
      open_touched INTEGER NOT NULL DEFAULT 0 -- items with room that this annotator has had already
    ) STRICT;

    CREATE TABLE items (
      id INTEGER PRIMARY KEY,
      fingerprint TEXT NOT NULL UNIQUE,
      place INTEGER NOT NULL,                 -- random order, the same for all
      gold INTEGER,                           -- of a gold question: the number of the right answer, -1 for a tie
      original INTEGER,                       -- which answer the data preferred; null for a tie or generated answers
      wanted INTEGER NOT NULL,                -- judgements wanted, 0 for gold
      room INTEGER NOT NULL CHECK (room >= 0),-- wanted, less those given and those under way
      first_annotator INTEGER REFERENCES annotators(id),
      characters INTEGER NOT NULL,            -- code points to read
      row TEXT NOT NULL,                      -- everything the data said but for the answers, as JSON
      file TEXT NOT NULL,
      line INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX items_fresh ON items(place) WHERE room > 0 AND first_annotator IS NULL;
    CREATE INDEX items_started ON items(place, first_annotator)
      WHERE room > 0 AND first_annotator IS NOT NULL;
    CREATE INDEX items_gold ON items(place) WHERE gold IS NOT NULL;

    CREATE TABLE answers (
      item INTEGER NOT NULL REFERENCES items(id),
      number INTEGER NOT NULL,
      completion TEXT NOT NULL,               -- JSON
      details TEXT NOT NULL,                  -- what the data said of this answer: model, score, …
      PRIMARY KEY (item, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE assignments (
      id INTEGER PRIMARY KEY,
      task TEXT NOT NULL UNIQUE,
      item INTEGER NOT NULL REFERENCES items(id),
      annotator INTEGER NOT NULL REFERENCES annotators(id),
      round INTEGER NOT NULL,
      number INTEGER NOT NULL,                -- the annotator's how-many-eth task
      purpose TEXT NOT NULL CHECK (purpose IN ('vote', 'gold', 'repeat')),
      shown TEXT NOT NULL,                    -- answer numbers in display order, as JSON
      seed TEXT NOT NULL,                     -- the bits that decided the order
      state TEXT NOT NULL CHECK (state IN ('open', 'done', 'skipped', 'expired')),
      opened_at INTEGER NOT NULL,             -- milliseconds since 1970
      touched_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      UNIQUE (item, annotator, round)
    ) STRICT;
    CREATE INDEX assignments_open ON assignments(annotator, touched_at) WHERE state = 'open';
    CREATE INDEX assignments_expiry ON assignments(expires_at) WHERE state = 'open';
    CREATE INDEX assignments_order ON assignments(annotator, number);
    -- Nobody votes twice on an item.
    CREATE UNIQUE INDEX assignments_once ON assignments(item, annotator)
      WHERE purpose <> 'repeat' AND state <> 'expired';

    -- What people said, and what they took back. Rows are only ever added.
    CREATE TABLE events (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uuid TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('judgement', 'undo')),
      supersedes INTEGER UNIQUE REFERENCES events(id),
      assignment INTEGER NOT NULL REFERENCES assignments(id),
      item INTEGER NOT NULL REFERENCES items(id),
      annotator INTEGER NOT NULL REFERENCES annotators(id),
      purpose TEXT NOT NULL,
      round INTEGER NOT NULL,
      shown TEXT NOT NULL,                    -- answer numbers in display order at the time
      seed TEXT NOT NULL,
      verdict TEXT,                           -- in display terms; null of an undo
      ranking TEXT,                           -- tiers of slots in display order, as JSON
      ms_visible INTEGER,
      comment TEXT,
      edited_slot INTEGER,
      edited_text TEXT,
      guidelines TEXT NOT NULL REFERENCES guidelines(hash),
      receipt TEXT NOT NULL,                  -- the progress that was acknowledged, as JSON
      at INTEGER NOT NULL                     -- milliseconds since 1970
    ) STRICT;
    CREATE INDEX events_item ON events(item);
    CREATE INDEX events_assignment ON events(assignment);
    CREATE TRIGGER events_stay BEFORE UPDATE ON events
      BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
    CREATE TRIGGER events_remain BEFORE DELETE ON events
      BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
    """
}
