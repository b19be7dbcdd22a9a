-- Puts callbacks into other slots, and counts the places where they are now.
WITH left_behind AS (
    UPDATE slots
    SET taken = greatest(slots.taken - less.places, 0)
    FROM (
        -- Owner and service come with each row: alone they would be an invitation to walk through all of theirs.
        SELECT $1::uuid AS tenant, $2::text AS service, start, places
        FROM unnest($5::timestamptz[], $6::int[]) AS less (start, places)
        OFFSET 0
    ) AS less
    WHERE slots.tenant = less.tenant AND slots.service = less.service AND slots.start = less.start
), taken AS (
    INSERT INTO slots AS slot (tenant, service, start, taken, ceiling)
    SELECT $1, $2, start, places, places
    FROM unnest($7::timestamptz[], $8::int[]) AS more (start, places)
    -- What was sold stays sold: hours that leave fewer places than were sold overfill a slot, and sell no more of it.
    ON CONFLICT (tenant, service, start) DO UPDATE
    SET taken = slot.taken + excluded.taken, ceiling = greatest(slot.ceiling, slot.taken + excluded.taken)
)
UPDATE callbacks AS c
SET slot = new.slot
FROM (
    SELECT $1::uuid AS tenant, id, slot
    FROM unnest($3::uuid[], $4::timestamptz[]) AS new (id, slot)
    OFFSET 0
) AS new
WHERE c.tenant = new.tenant AND c.id = new.id
