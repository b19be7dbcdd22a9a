-- How many callbacks of a number there are, counted no further than a bound.
SELECT count(*) AS count
FROM (SELECT 1 FROM callbacks WHERE tenant = $1 AND phone = $2 LIMIT $3) AS bounded
