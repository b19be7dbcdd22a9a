-- Keeps a call-in.
INSERT INTO call_ins
    (tenant, id, pool, number, code, exclusive, caller, callback, created_at, expires_at, key, fingerprint, document)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
