-- Takes what is due in a lane ($5) by a time ($6) and free, or leased and lapsed, the longest due first. Rows that another node is taking
-- right now are skipped, not waited for. Each branch repeats the predicate of its index; what has lapsed is little, and
-- sorted out by lane without one.
WITH free AS (
    SELECT tenant, callback, ordinal, due_at
    FROM outbox
    WHERE lane = $5 AND lease_until IS NULL AND due_at <= $6
    ORDER BY due_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), lapsed AS (
    SELECT tenant, callback, ordinal, due_at
    FROM outbox
    WHERE lane = $5 AND lease_until IS NOT NULL AND lease_until <= $1 AND due_at <= $6
    ORDER BY due_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
), due AS (
    SELECT * FROM free UNION ALL SELECT * FROM lapsed ORDER BY due_at LIMIT $2
)
UPDATE outbox AS o
SET lease = nextval('leases'), lease_owner = $3, lease_until = $4, tries = o.tries + 1
FROM due
WHERE o.tenant = due.tenant AND o.callback = due.callback AND o.ordinal = due.ordinal
RETURNING o.tenant, o.callback, o.ordinal, o.due_at, o.effect, o.tries, o.lease
