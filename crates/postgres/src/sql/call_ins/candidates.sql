-- The live call-ins that a call may be for, by each clue; a number that others share tells nothing by itself. Locked, so
-- that of two calls one is the one.
SELECT c.document
FROM call_ins c
WHERE c.tenant = $1 AND c.id IN (
    (
        SELECT id FROM call_ins
        WHERE tenant = $1 AND matched_at IS NULL AND expires_at > $2 AND code = $3
        LIMIT 64
    ) UNION ALL (
        SELECT id FROM call_ins
        WHERE tenant = $1 AND matched_at IS NULL AND expires_at > $2 AND caller = $4
        ORDER BY created_at DESC, id DESC
        LIMIT 64
    ) UNION ALL (
        SELECT id FROM call_ins
        WHERE tenant = $1 AND matched_at IS NULL AND expires_at > $2 AND number = $5 AND exclusive
        LIMIT 64
    )
) AND c.matched_at IS NULL
ORDER BY c.id
FOR UPDATE
