-- The callbacks that were booked under these keys. The limits are no limits: they keep the planner at one look into each
-- index for each key, whatever it believes of the size of the tables.
SELECT wanted.tenant, wanted.key, earlier.fingerprint, earlier.created_at, booked.slot, booked.document
FROM unnest($1::uuid[], $2::text[]) AS wanted (tenant, key)
CROSS JOIN LATERAL (
    SELECT k.tenant, k.callback, k.fingerprint, k.created_at
    FROM keys k
    WHERE k.tenant = wanted.tenant AND k.key = wanted.key
    LIMIT 1
) AS earlier
CROSS JOIN LATERAL (
    SELECT c.slot, c.document
    FROM callbacks c
    WHERE c.tenant = earlier.tenant AND c.id = earlier.callback
    LIMIT 1
) AS booked
