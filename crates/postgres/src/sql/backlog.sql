-- How far behind the outbox is, a row for each lane ($3). Each count stops at its bound ($2): the question is asked every few
-- seconds.
SELECT
    wanted.lane,
    (SELECT count(*) FROM (
        SELECT 1 FROM outbox WHERE outbox.lane = wanted.lane AND lease_until IS NULL AND due_at <= $1 LIMIT $2
    ) AS bounded) AS free,
    (SELECT count(*) FROM (
        SELECT 1 FROM outbox WHERE outbox.lane = wanted.lane AND lease_until IS NOT NULL AND due_at <= $1 LIMIT $2
    ) AS bounded) AS leased,
    (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT $2) AS bounded) AS total,
    (SELECT reltuples::bigint FROM pg_class WHERE oid = 'outbox'::regclass) AS estimate,
    least(
        (SELECT min(due_at) FROM outbox WHERE outbox.lane = wanted.lane AND lease_until IS NULL AND due_at <= $1),
        (SELECT min(due_at) FROM outbox WHERE outbox.lane = wanted.lane AND lease_until IS NOT NULL AND due_at <= $1)
    ) AS oldest_due_at
FROM unnest($3::smallint[]) AS wanted (lane)
