-- When an event happened, for those who watch what happens now. Older events stay without: nobody watches the past.
--
-- Expand: a column that may be empty, and an index.
-- Contract: nothing.

ALTER TABLE events ADD COLUMN at INTEGER;
CREATE INDEX events_by_time ON events (at) WHERE at IS NOT NULL;
