DROP INDEX events_by_time;
ALTER TABLE events DROP COLUMN at;
