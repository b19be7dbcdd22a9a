-- Notes when some callbacks ended that an older release completed: its nodes do not know the column. The document is not
-- read as JSON here, because the database's own reader refuses some strings that a callback may hold.
UPDATE callbacks
SET completed_at = coalesce(substring(callbacks.document FROM '"completedAt":"([^"]+)"')::timestamptz, callbacks.created_at)
FROM (
    SELECT tenant, id
    FROM callbacks
    WHERE tenant = $1 AND state = 4 AND completed_at IS NULL
    LIMIT $2
    FOR UPDATE SKIP LOCKED
) AS unnoted
WHERE callbacks.tenant = unnoted.tenant AND callbacks.id = unnoted.id
