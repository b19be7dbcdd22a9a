-- Stores what became of a chunk of changes: the callbacks, their events, timers and effects, and all places given back
-- and taken. One statement, so that it is stored whole or not at all, whatever befalls the connection.
WITH told AS (
    INSERT INTO events (tenant, callback, revision, document, at)
    SELECT * FROM unnest($10::uuid[], $11::uuid[], $12::bigint[], $13::text[], $32::timestamptz[])
), heralded AS (
    -- Only those who have somebody that listens.
    INSERT INTO news (tenant, callback, revision, desired_at, document)
    SELECT event.tenant, event.callback, event.revision, new.desired_at, event.document
    FROM unnest($10::uuid[], $11::uuid[], $12::bigint[], $13::text[])
        AS event (tenant, callback, revision, document)
    JOIN unnest($1::uuid[], $2::uuid[], $7::timestamptz[]) AS new (tenant, id, desired_at)
        ON new.tenant = event.tenant AND new.id = event.callback
    WHERE EXISTS (SELECT FROM records AS r WHERE r.tenant = event.tenant AND r.kind = 'webhook')
), cleared AS (
    DELETE FROM outbox
    -- The ordinal comes with the names: alone it would be an invitation to walk through all timers.
    USING unnest($14::uuid[], $15::uuid[], $31::bigint[]) AS gone (tenant, callback, ordinal)
    WHERE outbox.tenant = gone.tenant AND outbox.callback = gone.callback AND outbox.ordinal = gone.ordinal
), timed AS (
    INSERT INTO outbox (tenant, callback, ordinal, due_at, effect, lane)
    SELECT * FROM unnest($16::uuid[], $17::uuid[], $18::bigint[], $19::timestamptz[], $20::text[], $33::smallint[])
    -- A timer set anew is a new row, and the lease on the old one is void.
    ON CONFLICT (tenant, callback, ordinal) DO UPDATE
    SET due_at = excluded.due_at, effect = excluded.effect, lane = excluded.lane,
        tries = 0, lease = 0, lease_owner = NULL, lease_until = NULL
), given_back AS (
    UPDATE slots
    SET taken = greatest(slots.taken - less.places, 0)
    FROM unnest($21::uuid[], $22::text[], $23::timestamptz[], $24::int[]) AS less (tenant, service, start, places)
    WHERE slots.tenant = less.tenant AND slots.service = less.service AND slots.start = less.start
), taken AS (
    INSERT INTO slots AS slot (tenant, service, start, taken, ceiling)
    SELECT * FROM unnest($25::uuid[], $26::text[], $27::timestamptz[], $28::int[], $29::int[])
    ON CONFLICT (tenant, service, start) DO UPDATE
    SET taken = slot.taken + excluded.taken, ceiling = excluded.ceiling
)
UPDATE callbacks AS c
SET phone = new.phone, kind = new.kind, state = new.state, reason = new.reason,
    desired_at = new.desired_at, slot = new.slot, document = new.document, completed_at = new.completed_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::smallint[], $5::smallint[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::text[], $30::timestamptz[]
) AS new (tenant, id, phone, kind, state, reason, desired_at, slot, document, completed_at)
WHERE c.tenant = new.tenant AND c.id = new.id
