-- When a callback ended: those that were kept long enough are removed.
-- Expand: a column that older nodes leave empty, and an index. A purge fills the column of what they complete.
-- Contract: nothing.
-- The index is built while changes of callbacks wait: some seconds for a million of them.
SET LOCAL lock_timeout = '5s';

ALTER TABLE callbacks ADD COLUMN completed_at timestamptz;
CREATE INDEX callbacks_by_completed ON callbacks (tenant, completed_at, id) WHERE state = 4;
-- What older nodes complete: empty once they are gone and a purge has passed.
CREATE INDEX callbacks_unnoted ON callbacks (tenant) WHERE state = 4 AND completed_at IS NULL;
