-- Stores a batch of granted bookings: each with its event, its timer, its key, and all places they take.
-- One statement, so that it is stored whole or not at all, whatever befalls the connection.
WITH made AS MATERIALIZED (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::smallint[],
        $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::int[], $12::text[],
        $13::bigint[], $14::text[], $15::timestamptz[], $16::text[], $17::text[], $18::bytea[]
    ) AS made (
        tenant, id, service, queue, phone, kind, state,
        desired_at, created_at, slot, ceiling, document,
        revision, event, due_at, effect, key, fingerprint
    )
), stored AS (
    INSERT INTO callbacks (tenant, id, service, queue, phone, kind, state, desired_at, created_at, slot, document)
    SELECT tenant, id, service, queue, phone, kind, state, desired_at, created_at, slot, document FROM made
), agreed AS (
    -- Nearly always there already: the first booking under new settings brings them.
    INSERT INTO settings (tenant, digest, document)
    SELECT * FROM unnest($19::uuid[], $20::uuid[], $21::text[])
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO events (tenant, callback, revision, document, at)
    SELECT tenant, id, revision, event, created_at FROM made
), heralded AS (
    -- Only those who have somebody that listens.
    INSERT INTO news (tenant, callback, revision, desired_at, document)
    SELECT tenant, id, revision, desired_at, event FROM made
    WHERE EXISTS (SELECT FROM records AS r WHERE r.tenant = made.tenant AND r.kind = 'webhook')
), timed AS (
    -- A timer is of the lane that rows are of by default.
    INSERT INTO outbox (tenant, callback, ordinal, due_at, effect)
    SELECT tenant, id, 0, due_at, effect FROM made
), named AS (
    INSERT INTO keys (tenant, key, fingerprint, callback, created_at)
    SELECT tenant, key, fingerprint, id, created_at FROM made WHERE key IS NOT NULL
    -- Only a key that has been kept for its time is still there: the others were found before.
    ON CONFLICT (tenant, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, callback = excluded.callback, created_at = excluded.created_at
)
INSERT INTO slots AS slot (tenant, service, start, taken, ceiling)
SELECT tenant, service, slot, count(*), max(ceiling) FROM made WHERE slot IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (tenant, service, start) DO UPDATE
SET taken = slot.taken + excluded.taken, ceiling = excluded.ceiling
