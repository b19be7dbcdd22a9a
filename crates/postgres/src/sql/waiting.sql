-- Open immediate callbacks (kind 0) of these services, each counted no further than its bound.
SELECT wanted.n, found.count
FROM unnest($1::uuid[], $2::text[], $3::int[]) WITH ORDINALITY AS wanted (tenant, service, bound, n)
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT 1
        FROM callbacks c
        WHERE c.tenant = wanted.tenant AND c.service = wanted.service AND c.kind = 0 AND c.state < 4
        LIMIT wanted.bound
    ) AS bounded
) AS found
