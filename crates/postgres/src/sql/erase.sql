-- Removes some completed callbacks of a number that have no effect left to do, with all that belongs to them.
WITH gone AS MATERIALIZED (
    SELECT c.tenant, c.id, c.created_at
    FROM callbacks c
    WHERE c.tenant = $1 AND c.phone = $2 AND c.state = 4
        AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.tenant = c.tenant AND o.callback = c.id)
    ORDER BY c.desired_at, c.id
    LIMIT $3
    FOR UPDATE OF c SKIP LOCKED
), untold AS (
    DELETE FROM events
    USING gone
    WHERE events.tenant = gone.tenant AND events.callback = gone.id
), unnamed AS (
    DELETE FROM keys
    USING (
        -- A key bears the time of its booking, which leads to it.
        SELECT k.tenant, k.key
        FROM gone
        JOIN keys k ON k.created_at = gone.created_at
        WHERE k.tenant = gone.tenant AND k.callback = gone.id
        FOR UPDATE OF k SKIP LOCKED
    ) AS held
    WHERE keys.tenant = held.tenant AND keys.key = held.key
)
DELETE FROM callbacks
USING gone
WHERE callbacks.tenant = gone.tenant AND callbacks.id = gone.id
