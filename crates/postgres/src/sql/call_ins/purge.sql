-- Removes some call-ins whose time ended before a time.
WITH gone AS MATERIALIZED (
    SELECT tenant, id
    FROM call_ins
    WHERE tenant = $1 AND expires_at < $2
    ORDER BY expires_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM call_ins
USING gone
WHERE call_ins.tenant = gone.tenant AND call_ins.id = gone.id
