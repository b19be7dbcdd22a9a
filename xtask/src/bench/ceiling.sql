-- The rows of a booking with no check at all: what the store's own promises cost is seen against this.
WITH made AS MATERIALIZED (
    SELECT ('01955541-0000-7000-8000-' || lpad(to_hex(nextval('leases')), 12, '0'))::uuid AS id
), stored AS (
    INSERT INTO callbacks (tenant, id, service, queue, phone, kind, state, desired_at, created_at, slot, document)
    SELECT :tenant::uuid, id, 'CB_Sales', 'CB_Sales_VQ', '+1' || right(id::text, 10), 1::smallint, 0::smallint,
        now() + interval '1 hour', now(), now() + interval '1 hour', :document
    FROM made
), told AS (
    INSERT INTO events (tenant, callback, revision, document) SELECT :tenant::uuid, id, 1, :event FROM made
), timed AS (
    INSERT INTO outbox (tenant, callback, ordinal, due_at, effect)
    SELECT :tenant::uuid, id, 0, now() + interval '1 hour', :effect FROM made
)
INSERT INTO keys (tenant, key, fingerprint, callback, created_at)
SELECT :tenant::uuid, 'key-' || id, decode(:fingerprint, 'hex'), id, now() FROM made;
