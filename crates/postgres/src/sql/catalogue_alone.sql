-- Waits until nobody works under the tenant's catalogue, and keeps everybody out until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('catalogue:' || $1::uuid::text, hashtext(current_schema())))
