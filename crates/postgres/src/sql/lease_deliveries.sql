-- Takes deliveries that are due and free; of one webhook and callback only the earliest that waits. Rows that another node is
-- taking right now are skipped, and with them those behind: they wait until the first is settled.
WITH due AS (
    SELECT d.tenant, d.webhook, d.callback, d.revision
    FROM deliveries AS d
    WHERE d.state = 0 AND d.due_at <= $1 AND (d.lease_until IS NULL OR d.lease_until <= $1)
        AND NOT EXISTS (
            SELECT FROM deliveries AS p
            WHERE p.tenant = d.tenant AND p.webhook = d.webhook AND p.callback = d.callback
                AND p.revision < d.revision AND p.state = 0
        )
    ORDER BY d.due_at
    LIMIT $2
    FOR UPDATE OF d SKIP LOCKED
)
UPDATE deliveries AS d
SET lease = nextval('leases'), lease_owner = $3, lease_until = $4
FROM due
WHERE d.tenant = due.tenant AND d.webhook = due.webhook AND d.callback = due.callback AND d.revision = due.revision
RETURNING d.tenant, d.webhook, d.callback, d.revision, d.id, d.event, d.body, d.since, d.tries, d.lease
