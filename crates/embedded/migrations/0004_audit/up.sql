-- Who did what.
--
-- Expand: a table that nothing older reads.
-- Contract: nothing.

CREATE TABLE audit (
    tenant BLOB NOT NULL,
    at INTEGER NOT NULL,
    id BLOB NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    target TEXT,
    outcome TEXT NOT NULL,
    code INTEGER,
    note TEXT,
    correlation BLOB NOT NULL,
    address TEXT,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

-- In the order in which a log is read; and what is old, of all tenants.
CREATE INDEX audit_by_time ON audit (tenant, at, id);
CREATE INDEX audit_by_age ON audit (at);
