-- Settings by their digests.
SELECT s.tenant, s.digest, s.document
FROM unnest($1::uuid[], $2::uuid[]) AS wanted (tenant, digest)
CROSS JOIN LATERAL (
    SELECT * FROM settings s WHERE s.tenant = wanted.tenant AND s.digest = wanted.digest LIMIT 1
) AS s
