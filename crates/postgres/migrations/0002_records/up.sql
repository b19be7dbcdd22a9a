-- Expand: a table that nothing older reads.
-- Contract: nothing.
-- Small documents of a tenant by kind and name.
SET LOCAL lock_timeout = '5s';

CREATE TABLE records (
    tenant   uuid             NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    revision bigint           NOT NULL,
    document text             NOT NULL,
    PRIMARY KEY (tenant, kind, name)
);

-- Which tenants have records of a kind.
CREATE INDEX records_by_kind ON records (kind, tenant);
