-- Open callbacks of these numbers with these services, each counted no further than its bound.
SELECT wanted.n, found.count
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS wanted (tenant, service, phone, bound, n)
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT 1
        FROM callbacks c
        WHERE c.tenant = wanted.tenant AND c.phone = wanted.phone AND c.state < 4 AND c.service = wanted.service
        LIMIT wanted.bound
    ) AS bounded
) AS found
