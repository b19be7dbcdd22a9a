-- Forgets old deliveries that wait for nothing.
DELETE FROM deliveries AS d
USING (
    SELECT tenant, webhook, callback, revision FROM deliveries
    WHERE state <> 0 AND made_at < $1
    ORDER BY made_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
) AS old
WHERE d.tenant = old.tenant AND d.webhook = old.webhook AND d.callback = old.callback AND d.revision = old.revision
