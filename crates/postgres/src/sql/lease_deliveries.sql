-- Takes deliveries that are due and free; of one webhook and callback only the earliest that waits, and of a webhook or a
-- tenant no more than its share, in which those under lease count. Rows that another node is taking right now are skipped,
-- and with them those behind: they wait until the first is settled.
-- Webhooks are found by hops through the index, so that a backlog costs no more than its share; the order by due_at keeps
-- the hops off indexes that hold what was settled too.
WITH RECURSIVE hooks AS (
    (
        SELECT d.tenant, d.webhook FROM deliveries AS d
        WHERE d.state = 0 AND (SELECT min(first.due_at) FROM deliveries AS first WHERE first.state = 0) <= $1
        ORDER BY d.tenant, d.webhook, d.due_at
        LIMIT 1
    )
    UNION ALL
    SELECT hop.tenant, hop.webhook
    FROM hooks CROSS JOIN LATERAL (
        SELECT d.tenant, d.webhook FROM deliveries AS d
        WHERE d.state = 0 AND (d.tenant, d.webhook) > (hooks.tenant, hooks.webhook)
        ORDER BY d.tenant, d.webhook, d.due_at
        LIMIT 1
    ) AS hop
), turns AS (
    SELECT head.*, row_number() OVER (PARTITION BY head.tenant ORDER BY head.place, head.due_at, head.webhook) AS turn
    FROM hooks CROSS JOIN LATERAL (
        SELECT d.tenant, d.webhook, d.callback, d.revision, d.due_at, d.lease_until,
            -- By all of the index's columns: no other index seems as good, and those under lease keep their places.
            row_number() OVER (ORDER BY d.tenant, d.webhook, d.due_at, d.id) AS place
        FROM deliveries AS d
        WHERE d.tenant = hooks.tenant AND d.webhook = hooks.webhook AND d.state = 0 AND d.due_at <= $1
            AND d.revision = (
                SELECT min(p.revision) FROM deliveries AS p
                WHERE p.tenant = d.tenant AND p.webhook = d.webhook AND p.callback = d.callback AND p.state = 0
            )
        ORDER BY d.tenant, d.webhook, d.due_at, d.id
        LIMIT $5
    ) AS head
), chosen AS MATERIALIZED (
    SELECT tenant, webhook, callback, revision FROM turns
    WHERE turn <= $6 AND (lease_until IS NULL OR lease_until <= $1)
    ORDER BY turn, due_at
    LIMIT $2
), due AS (
    SELECT one.*
    FROM chosen CROSS JOIN LATERAL (
        SELECT d.tenant, d.webhook, d.callback, d.revision FROM deliveries AS d
        WHERE d.tenant = chosen.tenant AND d.webhook = chosen.webhook AND d.callback = chosen.callback
            AND d.revision = chosen.revision
            AND d.state = 0 AND d.due_at <= $1 AND (d.lease_until IS NULL OR d.lease_until <= $1)
        FOR UPDATE SKIP LOCKED
    ) AS one
)
UPDATE deliveries AS d
SET lease = nextval('leases'), lease_owner = $3, lease_until = $4
FROM due
WHERE d.tenant = due.tenant AND d.webhook = due.webhook AND d.callback = due.callback AND d.revision = due.revision
RETURNING d.tenant, d.webhook, d.callback, d.revision, d.id, d.event, d.body, d.since, d.tries, d.lease
