-- Which of these leases stand, by their place in the question. The limit keeps the planner at one look into the index for
-- each.
SELECT wanted.n
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])
    WITH ORDINALITY AS wanted (tenant, callback, ordinal, lease, n)
CROSS JOIN LATERAL (
    SELECT o.lease
    FROM outbox o
    WHERE o.tenant = wanted.tenant AND o.callback = wanted.callback AND o.ordinal = wanted.ordinal
    LIMIT 1
) AS standing
WHERE standing.lease = wanted.lease
