-- Removes some counters of slots that started before a time, service by service: each is looked up, not walked to.
WITH RECURSIVE services AS (
    (SELECT service FROM slots WHERE tenant = $1 ORDER BY service LIMIT 1)
    UNION ALL
    SELECT (
        SELECT s.service FROM slots s WHERE s.tenant = $1 AND s.service > services.service ORDER BY s.service LIMIT 1
    )
    FROM services
    WHERE services.service IS NOT NULL
), past AS MATERIALIZED (
    SELECT found.tenant, found.service, found.start
    FROM services
    CROSS JOIN LATERAL (
        SELECT s.tenant, s.service, s.start
        FROM slots s
        WHERE s.tenant = $1 AND s.service = services.service AND s.start < $2
        ORDER BY s.start
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ) AS found
    LIMIT $3
)
DELETE FROM slots
USING past
WHERE slots.tenant = past.tenant AND slots.service = past.service AND slots.start = past.start
