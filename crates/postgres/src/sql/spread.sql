-- Makes deliveries of news and takes the news away. A node that comes second waits for the first one's row and finds it gone,
-- so that each event is spread once and never before an earlier one of its callback.
WITH gone AS (
    DELETE FROM news
    USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS told (tenant, callback, revision)
    WHERE news.tenant = told.tenant AND news.callback = told.callback AND news.revision = told.revision
    RETURNING news.tenant, news.callback, news.revision
)
INSERT INTO deliveries (tenant, webhook, callback, revision, id, event, body, made_at, since, due_at, state)
SELECT it.tenant, it.webhook, it.callback, it.revision, it.id, it.event, it.body, it.since, it.since,
    greatest($12, (
        SELECT max(d.due_at) FROM deliveries AS d
        WHERE d.tenant = it.tenant AND d.webhook = it.webhook AND d.callback = it.callback AND d.state = 0
    )), 0
FROM unnest(
    $4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::uuid[], $9::text[], $10::text[], $11::timestamptz[]
) AS it (tenant, webhook, callback, revision, id, event, body, since)
JOIN gone USING (tenant, callback, revision)
ON CONFLICT DO NOTHING
