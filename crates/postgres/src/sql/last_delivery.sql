-- The newest delivery of a webhook that was tried.
SELECT tenant, webhook, callback, revision, id, event, made_at, due_at, state, tries, last_at, last_status, last_ms, last_error
FROM deliveries
WHERE tenant = $1 AND webhook = $2 AND last_at IS NOT NULL
ORDER BY made_at DESC, id DESC
LIMIT 1
