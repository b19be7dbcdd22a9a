-- The open callbacks (state 4 is COMPLETED) by queue, state, and the part of time that they are desired in.
SELECT queue, state, width_bucket(desired_at, $2::timestamptz[]) AS part, count(*) AS count
FROM callbacks
WHERE tenant = $1 AND state < 4
GROUP BY queue, state, part
ORDER BY queue, state, part
