-- Takes those of the locks that these names stand for which are free, and says which are not; given back at the end of
-- the transaction.
SELECT wanted.name
FROM unnest($1::text[]) AS wanted (name)
WHERE NOT pg_try_advisory_xact_lock(hashtextextended(wanted.name, hashtext(current_schema())))
