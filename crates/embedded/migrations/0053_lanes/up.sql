-- Effects are leased lane by lane, so that one slow kind keeps no other waiting. What was there before is of lane 0, which
-- carries out whatever lies in it.
--
-- Expand: a column with a default, and an index in the place of another; nothing older minds which there is.
-- Contract: nothing.

ALTER TABLE outbox ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
-- In the order in which effects are leased; the last column lets the leased ones be passed over without their rows.
CREATE INDEX outbox_by_lane ON outbox (lane, due_at, tenant, callback, ordinal, lease_until);
DROP INDEX outbox_by_due;
