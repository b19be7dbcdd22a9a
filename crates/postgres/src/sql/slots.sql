-- Places taken in these slots, by the place of the slot in the question.
SELECT wanted.n, slot.taken
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) WITH ORDINALITY AS wanted (tenant, service, start, n)
CROSS JOIN LATERAL (
    SELECT s.taken
    FROM slots s
    WHERE s.tenant = wanted.tenant AND s.service = wanted.service AND s.start = wanted.start
    LIMIT 1
) AS slot
