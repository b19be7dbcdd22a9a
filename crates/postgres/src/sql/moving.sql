-- The open callbacks of a service that hold a place, locked in the order in which all nodes lock callbacks.
SELECT id, desired_at, slot
FROM callbacks
WHERE tenant = $1 AND service = $2 AND state < 4 AND slot IS NOT NULL
ORDER BY id
FOR UPDATE
