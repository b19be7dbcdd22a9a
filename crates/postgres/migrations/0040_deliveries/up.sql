-- Expand: tables that nothing older reads. An older release that runs beside this one tells webhooks nothing of what it does.
-- Contract: nothing.
-- What webhooks have yet to hear, and what they heard.
SET LOCAL lock_timeout = '5s';

-- Events of tenants with webhooks, until they are spread.
CREATE TABLE news (
    tenant     uuid        NOT NULL,
    callback   uuid        NOT NULL,
    revision   bigint      NOT NULL,
    desired_at timestamptz NOT NULL,
    document   text        NOT NULL,
    PRIMARY KEY (tenant, callback, revision)
) WITH (autovacuum_vacuum_scale_factor = 0.02);

-- One event for one webhook. `state`: 0 waits, 1 was heard, 2 was given up. `lease` as in the outbox.
CREATE TABLE deliveries (
    tenant      uuid        NOT NULL,
    webhook     uuid        NOT NULL,
    callback    uuid        NOT NULL,
    revision    bigint      NOT NULL,
    id          uuid        NOT NULL,
    event       text        NOT NULL,
    body        text        NOT NULL,
    made_at     timestamptz NOT NULL,
    since       timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    state       smallint    NOT NULL,
    tries       integer     NOT NULL DEFAULT 0,
    lease       bigint      NOT NULL DEFAULT 0,
    lease_owner text,
    lease_until timestamptz,
    last_at     timestamptz,
    last_status integer,
    last_ms     integer,
    last_error  text,
    PRIMARY KEY (tenant, webhook, callback, revision)
) WITH (fillfactor = 85);

CREATE INDEX deliveries_due     ON deliveries (due_at) WHERE state = 0;
CREATE INDEX deliveries_pending ON deliveries (tenant, webhook) WHERE state = 0;
CREATE INDEX deliveries_log     ON deliveries (tenant, webhook, made_at, id);
CREATE INDEX deliveries_old     ON deliveries (made_at) WHERE state <> 0;
