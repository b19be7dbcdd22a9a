-- What happened since a time, in the order of time.
SELECT at, tenant, callback, revision
FROM events
WHERE at >= $1 AND tenant = ANY ($2)
ORDER BY at, tenant, callback, revision
LIMIT $3
