-- Numbers that were given to customers to dial, and what became of them.
--
-- Expand: a table that nothing older reads.
-- Contract: nothing.

CREATE TABLE call_ins (
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    pool TEXT NOT NULL,
    number TEXT NOT NULL,
    code INTEGER,
    exclusive INTEGER NOT NULL,
    caller TEXT,
    callback BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    matched_at INTEGER,
    key TEXT,
    fingerprint BLOB,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;

-- What a new request must not look like, and what a call may be for.
CREATE INDEX call_ins_on_number ON call_ins (tenant, number, code, expires_at) WHERE matched_at IS NULL;
CREATE INDEX call_ins_by_code ON call_ins (tenant, code, expires_at) WHERE matched_at IS NULL;
CREATE INDEX call_ins_live ON call_ins (tenant, pool, expires_at) WHERE matched_at IS NULL;
CREATE INDEX call_ins_by_caller ON call_ins (tenant, caller, created_at, id);
CREATE INDEX call_ins_by_created ON call_ins (tenant, created_at, id);
CREATE INDEX call_ins_by_expiry ON call_ins (tenant, expires_at);
CREATE INDEX call_ins_by_callback ON call_ins (tenant, callback) WHERE callback IS NOT NULL;
CREATE INDEX call_ins_by_key ON call_ins (tenant, key, created_at) WHERE key IS NOT NULL;
