-- Forgets some keys whose time is over, the oldest first; those that another node is forgetting right now are left to it.
DELETE FROM keys
WHERE (tenant, key) IN (
    SELECT tenant, key FROM keys WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
