-- Callbacks, their history, their timers and effects, slots, keys and catalogues.
--
-- Times are microseconds since 1970 UTC, ids are the 16 bytes of a UUID, documents are JSON.
-- Expand: the first schema; nothing older reads it.
-- Contract: nothing.

CREATE TABLE callbacks (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    service TEXT NOT NULL,
    queue TEXT NOT NULL,
    phone TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    desired_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    completed_at INTEGER,
    slot_start INTEGER,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

-- One index per order of a search, and one for "all callbacks of this number".
CREATE INDEX callbacks_by_desired ON callbacks (tenant, desired_at, id);
CREATE INDEX callbacks_by_created ON callbacks (tenant, created_at, id);
CREATE INDEX callbacks_by_phone ON callbacks (tenant, phone, desired_at, id);

-- What every booking counts, and what an operator looks at, is open; most rows are not.
CREATE INDEX open_by_phone ON callbacks (tenant, phone, service) WHERE completed_at IS NULL;
CREATE INDEX open_by_service ON callbacks (tenant, service, kind) WHERE completed_at IS NULL;
CREATE INDEX open_by_queue ON callbacks (tenant, queue, state) WHERE completed_at IS NULL;
CREATE INDEX open_by_desired ON callbacks (tenant, desired_at, id) WHERE completed_at IS NULL;

CREATE TABLE events (
    tenant BLOB NOT NULL,
    callback BLOB NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, callback, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    tenant BLOB NOT NULL,
    callback BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    effect TEXT NOT NULL,
    tries INTEGER NOT NULL,
    lease INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    PRIMARY KEY (tenant, callback, ordinal)
) STRICT, WITHOUT ROWID;

-- In the order in which effects are leased; the last column lets the leased ones be passed over without their rows.
CREATE INDEX outbox_by_due ON outbox (due_at, tenant, callback, ordinal, lease_until);

CREATE TABLE slots (
    tenant BLOB NOT NULL,
    service TEXT NOT NULL,
    start INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    ceiling INTEGER NOT NULL,
    PRIMARY KEY (tenant, service, start),
    CHECK (taken BETWEEN 0 AND ceiling)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    tenant BLOB NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    callback BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX keys_by_age ON keys (created_at);

CREATE TABLE catalogues (
    tenant BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The number of the last lease; a number never comes twice, so an old lease is never mistaken for a new one.
CREATE TABLE leases (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT INTO leases (one, last) VALUES (1, 0);
