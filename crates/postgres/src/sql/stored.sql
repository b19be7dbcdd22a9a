-- Which of these callbacks are there already.
SELECT stored.slot, stored.document
FROM unnest($1::uuid[], $2::uuid[]) AS wanted (tenant, id)
CROSS JOIN LATERAL (
    SELECT c.slot, c.document
    FROM callbacks c
    WHERE c.tenant = wanted.tenant AND c.id = wanted.id
    LIMIT 1
) AS stored
