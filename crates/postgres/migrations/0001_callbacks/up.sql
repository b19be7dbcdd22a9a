-- Expand: the first tables, which no release before this one reads.
-- Contract: nothing.
-- Every primary key starts with the tenant, so that the tables can be distributed by it.
-- Names are compared byte by byte (COLLATE "C"): the order of the code, and a cheaper index.
SET LOCAL lock_timeout = '5s';

-- What the installation knows of itself.
CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- The newest migration that a release must know to serve this schema. A migration that takes something away raises it.
INSERT INTO meta (name, value) VALUES ('needs', '0001');

CREATE TABLE catalogues (
    tenant   uuid   NOT NULL PRIMARY KEY,
    revision bigint NOT NULL,
    document text   NOT NULL
);

-- A callback is its document; the columns beside it are what is searched, counted and locked by.
-- `slot` is the truth and the document's copy is not read: new office hours move it without a rewrite of the document.
-- Room is left on each page so that an update that moves no column of an index stays on its page.
CREATE TABLE callbacks (
    tenant     uuid             NOT NULL,
    id         uuid             NOT NULL,
    service    text COLLATE "C" NOT NULL,
    queue      text COLLATE "C" NOT NULL,
    phone      text COLLATE "C" NOT NULL,
    kind       smallint         NOT NULL,
    state      smallint         NOT NULL,
    reason     text COLLATE "C",
    desired_at timestamptz      NOT NULL,
    created_at timestamptz      NOT NULL,
    slot       timestamptz,
    document   text             NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 85);

-- A search asks each state for itself and merges: each of these gives a state's rows in the order of the answer.
CREATE INDEX callbacks_by_desired ON callbacks (tenant, state, desired_at, id);
CREATE INDEX callbacks_by_created ON callbacks (tenant, state, created_at, id);
CREATE INDEX callbacks_by_phone   ON callbacks (tenant, phone, state, desired_at, id);
-- Open callbacks (state 4 is COMPLETED): how many wait, by queue and state, without a look at a row.
CREATE INDEX callbacks_open ON callbacks (tenant, service, kind, queue, state) WHERE state < 4;

CREATE TABLE events (
    tenant   uuid   NOT NULL,
    callback uuid   NOT NULL,
    revision bigint NOT NULL,
    document text   NOT NULL,
    PRIMARY KEY (tenant, callback, revision)
);

-- What must happen later or outside. Narrow, because each lease rewrites its row.
-- Ordinal 0 is a callback's one timer. `lease` numbers the lease that stands; 0 is none.
CREATE SEQUENCE leases AS bigint START 1;
CREATE TABLE outbox (
    tenant      uuid        NOT NULL,
    callback    uuid        NOT NULL,
    ordinal     bigint      NOT NULL,
    due_at      timestamptz NOT NULL,
    effect      text        NOT NULL,
    tries       integer     NOT NULL DEFAULT 0,
    lease       bigint      NOT NULL DEFAULT 0,
    lease_owner text,
    lease_until timestamptz,
    PRIMARY KEY (tenant, callback, ordinal)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- Two indexes, so that a scan for what is due never walks over what is leased.
CREATE INDEX outbox_free   ON outbox (due_at)      WHERE lease_until IS NULL;
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE lease_until IS NOT NULL;

-- Places taken. The store decides by the domain before it writes; the check is the last line of defence.
CREATE TABLE slots (
    tenant  uuid             NOT NULL,
    service text COLLATE "C" NOT NULL,
    start   timestamptz      NOT NULL,
    taken   integer          NOT NULL CHECK (taken >= 0),
    ceiling integer          NOT NULL,
    PRIMARY KEY (tenant, service, start),
    CONSTRAINT slots_never_overfull CHECK (taken <= ceiling)
) WITH (fillfactor = 50);

-- Which request was booked under which key.
CREATE TABLE keys (
    tenant      uuid             NOT NULL,
    key         text COLLATE "C" NOT NULL,
    fingerprint bytea            NOT NULL,
    callback    uuid             NOT NULL,
    created_at  timestamptz      NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX keys_by_created ON keys (created_at);
