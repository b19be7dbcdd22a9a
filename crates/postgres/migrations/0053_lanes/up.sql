-- Effects are leased lane by lane, so that one slow kind keeps no other waiting.
-- Expand: a column with a default, and an index in the place of one that it holds. What an older node writes is of lane 0,
-- which carries out whatever lies in it; an older node leases from all lanes, by the same index.
-- Contract: nothing.
-- The index is built while bookings and changes wait: a second for a million effects.
SET LOCAL lock_timeout = '5s';

ALTER TABLE outbox ADD COLUMN lane smallint NOT NULL DEFAULT 0;
CREATE INDEX outbox_free_by_lane ON outbox (lane, due_at) WHERE lease_until IS NULL;
DROP INDEX outbox_free;
ALTER INDEX outbox_free_by_lane RENAME TO outbox_free;
