-- How many callbacks each queue holds, and for when: counted without a look at a row.
--
-- Expand: an index in the place of one that it begins like; nothing older minds it.
-- Contract: nothing.

CREATE INDEX open_as_desired ON callbacks (tenant, queue, state, desired_at) WHERE completed_at IS NULL;
DROP INDEX open_by_queue;
