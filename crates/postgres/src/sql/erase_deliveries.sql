-- Erases what webhooks heard, or have yet to hear, of some callbacks.
-- A tenant has few webhooks: their names are stepped through, so that the key leads to the rows and no index is kept for this.
WITH RECURSIVE hooks (webhook) AS (
    (SELECT d.webhook FROM deliveries AS d WHERE d.tenant = $1 ORDER BY d.webhook LIMIT 1)
    UNION ALL
    SELECT (
        SELECT d.webhook FROM deliveries AS d
        WHERE d.tenant = $1 AND d.webhook > hooks.webhook
        ORDER BY d.webhook
        LIMIT 1
    )
    FROM hooks
    WHERE hooks.webhook IS NOT NULL
), old AS (
    SELECT d.tenant, d.webhook, d.callback, d.revision
    FROM hooks
    JOIN deliveries AS d ON d.tenant = $1 AND d.webhook = hooks.webhook AND d.callback = ANY ($2)
    ORDER BY d.webhook, d.callback, d.revision
    LIMIT $3
    FOR UPDATE OF d
), untold AS (
    DELETE FROM news WHERE news.tenant = $1 AND news.callback = ANY ($2) RETURNING 1
), gone AS (
    DELETE FROM deliveries AS d
    USING old
    WHERE d.tenant = old.tenant AND d.webhook = old.webhook AND d.callback = old.callback AND d.revision = old.revision
    RETURNING 1
)
SELECT (SELECT count(*) FROM untold) + (SELECT count(*) FROM gone) AS n
