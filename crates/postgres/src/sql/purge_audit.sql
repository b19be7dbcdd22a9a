-- Takes old entries away, the oldest first; those that another node is taking away right now are left to it.
DELETE FROM audit
WHERE (tenant, id) IN (
    SELECT tenant, id FROM audit WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
)
