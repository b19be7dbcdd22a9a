-- News that is not spread yet; of one callback never a later event without the earlier ones.
SELECT tenant, callback, revision, desired_at, document FROM news ORDER BY tenant, callback, revision LIMIT $1
