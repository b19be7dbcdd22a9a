-- Open callbacks of these numbers with these services, each counted no further than its bound. The order and the fence
-- keep the planner from the index of a service's open callbacks, of which there may be many.
SELECT wanted.n, found.count
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS wanted (tenant, service, phone, bound, n)
CROSS JOIN LATERAL (
    SELECT count(*) AS count
    FROM (
        SELECT 1
        FROM (
            SELECT c.service
            FROM callbacks c
            WHERE c.tenant = wanted.tenant AND c.phone = wanted.phone AND c.state < 4
            ORDER BY c.state, c.desired_at, c.id
            OFFSET 0
        ) AS open
        WHERE open.service = wanted.service
        LIMIT wanted.bound
    ) AS bounded
) AS found
