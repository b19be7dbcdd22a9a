-- Removes some call-ins of a caller, and of callbacks.
WITH known AS MATERIALIZED (
    (SELECT id FROM call_ins WHERE tenant = $1 AND caller = $2 LIMIT $4)
    UNION
    (SELECT id FROM call_ins WHERE tenant = $1 AND callback IS NOT NULL AND callback = ANY ($3::uuid[]) LIMIT $4)
    LIMIT $4
)
DELETE FROM call_ins
USING known
WHERE call_ins.tenant = $1 AND call_ins.id = known.id
