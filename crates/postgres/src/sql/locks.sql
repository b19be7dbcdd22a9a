-- Takes the locks that these names stand for, in one order that all nodes share; given back at the end of the
-- transaction. The schema is part of each name: two installations in one database do not wait for each other.
SELECT pg_advisory_xact_lock(name)
FROM (
    SELECT DISTINCT hashtextextended(name, hashtext(current_schema())) AS name
    FROM unnest($1::text[]) AS wanted (name)
    ORDER BY 1
) AS ordered
