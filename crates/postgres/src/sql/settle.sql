-- Settles leased effects; the number of the lease is the fence, and only what is leased has one. What comes back has none
-- any more, so that settling twice is settling once.
WITH settled AS MATERIALIZED (
    SELECT *
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::timestamptz[])
        AS settled (tenant, callback, ordinal, lease, again_at)
), done AS (
    DELETE FROM outbox
    USING settled
    WHERE outbox.tenant = settled.tenant AND outbox.callback = settled.callback AND outbox.ordinal = settled.ordinal
        AND outbox.lease = settled.lease AND outbox.lease_until IS NOT NULL
        AND settled.again_at IS NULL
)
UPDATE outbox
SET due_at = settled.again_at, lease = 0, lease_owner = NULL, lease_until = NULL
FROM settled
WHERE outbox.tenant = settled.tenant AND outbox.callback = settled.callback AND outbox.ordinal = settled.ordinal
    AND outbox.lease = settled.lease AND outbox.lease_until IS NOT NULL
    AND settled.again_at IS NOT NULL
