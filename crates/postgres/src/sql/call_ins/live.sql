-- The live call-ins by group.
SELECT pool AS name, count(*) AS count
FROM call_ins
WHERE tenant = $1 AND matched_at IS NULL AND expires_at > $2
GROUP BY pool
ORDER BY pool
