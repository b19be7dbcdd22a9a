-- Which callbacks ended when: those that are kept long enough are removed.
--
-- Expand: an index; nothing older minds it.
-- Contract: nothing.

CREATE INDEX callbacks_by_completed ON callbacks (tenant, completed_at, id) WHERE completed_at IS NOT NULL;
