-- The log of a webhook, newest first, after a row.
SELECT tenant, webhook, callback, revision, id, event, made_at, due_at, state, tries, last_at, last_status, last_ms, last_error
FROM deliveries
WHERE tenant = $1 AND webhook = $2 AND (made_at, id) < ($3, $4)
ORDER BY made_at DESC, id DESC
LIMIT $5
