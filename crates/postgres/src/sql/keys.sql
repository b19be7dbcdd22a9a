-- The callbacks that were booked under these keys. The limit is no limit: it keeps the planner at one look into the
-- index for each key, whatever it believes of the size of the table.
SELECT wanted.tenant, wanted.key, earlier.fingerprint, earlier.created_at, earlier.slot, earlier.document
FROM unnest($1::uuid[], $2::text[]) AS wanted (tenant, key)
CROSS JOIN LATERAL (
    SELECT k.fingerprint, k.created_at, c.slot, c.document
    FROM keys k
    JOIN callbacks c ON c.tenant = k.tenant AND c.id = k.callback
    WHERE k.tenant = wanted.tenant AND k.key = wanted.key
    LIMIT 1
) AS earlier
