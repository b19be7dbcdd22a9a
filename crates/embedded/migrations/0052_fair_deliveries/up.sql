-- Deliveries are taken webhook by webhook, so that a backlog of one keeps no other waiting.
--
-- Expand: an index, in the place of one that it holds.
-- Contract: nothing.

CREATE INDEX deliveries_turns ON deliveries (tenant, webhook, due_at) WHERE state = 0;
DROP INDEX deliveries_pending;
