-- Removes some callbacks that ended before a time, the longest ended first, with all that belongs to them. What another
-- transaction holds is left for the next call, so that nobody waits for anybody.
WITH gone AS MATERIALIZED (
    SELECT tenant, id, created_at
    FROM callbacks
    WHERE tenant = $1 AND state = 4 AND completed_at < $2
    ORDER BY completed_at, id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), untold AS (
    DELETE FROM events
    USING gone
    WHERE events.tenant = gone.tenant AND events.callback = gone.id
), undone AS (
    DELETE FROM outbox
    USING (
        -- Locked in the order in which settlements lock.
        SELECT o.tenant, o.callback, o.ordinal
        FROM gone
        JOIN outbox o ON o.tenant = gone.tenant AND o.callback = gone.id
        ORDER BY o.tenant, o.callback, o.ordinal
        FOR UPDATE OF o
    ) AS held
    WHERE outbox.tenant = held.tenant AND outbox.callback = held.callback AND outbox.ordinal = held.ordinal
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
