-- The histories and keys of callbacks, each by its place in the question.
SELECT
    wanted.n,
    ARRAY(
        SELECT newest.document
        FROM (
            SELECT e.revision, e.document
            FROM events e
            WHERE e.tenant = $1 AND e.callback = wanted.id
            ORDER BY e.revision DESC
            LIMIT $4
        ) AS newest
        ORDER BY newest.revision
    ) AS history,
    -- A key bears the time of its booking, which leads to it.
    (SELECT k.key FROM keys k WHERE k.created_at = wanted.created_at AND k.tenant = $1 AND k.callback = wanted.id LIMIT 1)
        AS key
FROM unnest($2::uuid[], $3::timestamptz[]) WITH ORDINALITY AS wanted (id, created_at, n)
