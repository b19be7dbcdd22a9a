-- When an event happened, for those who watch what happens now. Older events stay without: nobody watches the past.
-- Expand: a column that older nodes leave empty, and an index.
-- Contract: nothing.
SET LOCAL lock_timeout = '5s';

ALTER TABLE events ADD COLUMN at timestamptz;
-- Of blocks, not of rows: events come in the order of time, and a booking should not pay for those who watch. What is not
-- summed up yet is read, which is the end of the table.
CREATE INDEX events_by_time ON events USING brin (at) WITH (pages_per_range = 16, autosummarize = on);
