SET LOCAL lock_timeout = '5s';
DROP INDEX callbacks_unnoted;
DROP INDEX callbacks_by_completed;
ALTER TABLE callbacks DROP COLUMN completed_at;
