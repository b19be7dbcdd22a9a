-- The newest call-in that was given under a key since a time.
SELECT fingerprint, document
FROM call_ins
WHERE tenant = $1 AND key IS NOT NULL AND key = $2 AND created_at >= $3
ORDER BY created_at DESC
LIMIT 1
