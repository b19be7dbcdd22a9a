-- Settles leased deliveries, and lets those behind each wait until it comes back, or go on now.
WITH settled AS MATERIALIZED (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::smallint[], $7::timestamptz[],
        $8::timestamptz[], $9::int[], $10::int[], $11::text[]
    ) AS settled (tenant, webhook, callback, revision, lease, state, due_at, last_at, last_status, last_ms, last_error)
), mine AS (
    UPDATE deliveries AS d
    SET state = s.state, due_at = s.due_at, lease = 0, lease_owner = NULL, lease_until = NULL,
        tries = d.tries + CASE WHEN s.last_at IS NULL THEN 0 ELSE 1 END,
        last_at = coalesce(s.last_at, d.last_at),
        last_status = CASE WHEN s.last_at IS NULL THEN d.last_status ELSE s.last_status END,
        last_ms = CASE WHEN s.last_at IS NULL THEN d.last_ms ELSE s.last_ms END,
        last_error = CASE WHEN s.last_at IS NULL THEN d.last_error ELSE s.last_error END
    FROM settled AS s
    WHERE d.tenant = s.tenant AND d.webhook = s.webhook AND d.callback = s.callback AND d.revision = s.revision
        AND d.lease = s.lease AND d.lease_until IS NOT NULL
    RETURNING d.tenant, d.webhook, d.callback, d.revision, d.due_at
)
UPDATE deliveries AS d
SET due_at = mine.due_at
FROM mine
WHERE d.tenant = mine.tenant AND d.webhook = mine.webhook AND d.callback = mine.callback
    AND d.revision > mine.revision AND d.state = 0
