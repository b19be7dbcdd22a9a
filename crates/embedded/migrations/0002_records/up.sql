-- Small documents of a tenant by kind and name.
--
-- Expand: a table that nothing older reads.
-- Contract: nothing.

CREATE TABLE records (
    tenant BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, name)
) STRICT, WITHOUT ROWID;

-- Which tenants have records of a kind.
CREATE INDEX records_by_kind ON records (kind, tenant);
