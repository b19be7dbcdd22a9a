-- Locks callbacks, in one order that all nodes share.
SELECT c.tenant, c.id, c.slot, c.document
FROM (
    SELECT DISTINCT tenant, id FROM unnest($1::uuid[], $2::uuid[]) AS wanted (tenant, id) ORDER BY 1, 2
) AS wanted
JOIN callbacks c ON c.tenant = wanted.tenant AND c.id = wanted.id
ORDER BY c.tenant, c.id
FOR UPDATE OF c
