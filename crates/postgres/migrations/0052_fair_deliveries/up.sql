-- Deliveries are taken webhook by webhook, so that a backlog of one keeps no other waiting.
-- Expand: an index, in the place of one that it holds; older nodes count by it too.
-- Contract: nothing.
SET LOCAL lock_timeout = '5s';

CREATE INDEX deliveries_turns ON deliveries (tenant, webhook, due_at, id) WHERE state = 0;
DROP INDEX deliveries_pending;
