-- Keeps the catalogues of these tenants as they are until the end of the transaction.
SELECT pg_advisory_xact_lock_shared(name)
FROM (
    SELECT DISTINCT hashtextextended('catalogue:' || tenant::text, hashtext(current_schema())) AS name
    FROM unnest($1::uuid[]) AS wanted (tenant)
    ORDER BY 1
) AS ordered
