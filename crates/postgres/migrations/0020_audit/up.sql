-- Expand: a table that nothing older reads.
-- Contract: nothing.
-- Who did what.
SET LOCAL lock_timeout = '5s';

CREATE TABLE audit (
    tenant      uuid             NOT NULL,
    id          uuid             NOT NULL,
    at          timestamptz      NOT NULL,
    who         text COLLATE "C" NOT NULL,
    what        text COLLATE "C" NOT NULL,
    target      text COLLATE "C",
    outcome     text COLLATE "C" NOT NULL,
    code        integer,
    note        text,
    correlation uuid             NOT NULL,
    address     text,
    PRIMARY KEY (tenant, id)
);

-- In the order in which a log is read; and what is old, of all tenants.
CREATE INDEX audit_by_time ON audit (tenant, at, id);
CREATE INDEX audit_by_age ON audit (at);
