-- Lets a delivery that waits for nothing be made again.
UPDATE deliveries
SET state = 0, since = $4, due_at = $4, tries = 0
WHERE tenant = $1 AND webhook = $2 AND id = $3 AND state <> 0
