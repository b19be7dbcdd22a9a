-- What webhooks have yet to hear, and what they heard.
--
-- Expand: tables that nothing older reads. An older release that runs beside this one tells webhooks nothing of what it
-- does.
-- Contract: nothing.

-- Events of tenants with webhooks, until they are spread.
CREATE TABLE news (
    tenant BLOB NOT NULL,
    callback BLOB NOT NULL,
    revision INTEGER NOT NULL,
    desired_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, callback, revision)
) STRICT, WITHOUT ROWID;

-- One event for one webhook. `state`: 0 waits, 1 was heard, 2 was given up.
CREATE TABLE deliveries (
    tenant BLOB NOT NULL,
    webhook BLOB NOT NULL,
    callback BLOB NOT NULL,
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    lease INTEGER,
    lease_owner TEXT,
    lease_until INTEGER,
    last_at INTEGER,
    last_status INTEGER,
    last_ms INTEGER,
    last_error TEXT,
    PRIMARY KEY (tenant, webhook, callback, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 0;
CREATE INDEX deliveries_pending ON deliveries (tenant, webhook) WHERE state = 0;
CREATE INDEX deliveries_log ON deliveries (tenant, webhook, made_at, id);
CREATE INDEX deliveries_old ON deliveries (made_at) WHERE state <> 0;
