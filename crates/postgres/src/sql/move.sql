-- Puts callbacks into other slots, and counts the places where they are now.
WITH left_behind AS (
    UPDATE slots
    SET taken = greatest(slots.taken - less.places, 0)
    FROM unnest($5::timestamptz[], $6::int[]) AS less (start, places)
    WHERE slots.tenant = $1 AND slots.service = $2 AND slots.start = less.start
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
FROM unnest($3::uuid[], $4::timestamptz[]) AS new (id, slot)
WHERE c.tenant = $1 AND c.id = new.id
