SET LOCAL lock_timeout = '5s';
DROP INDEX outbox_free;
CREATE INDEX outbox_free ON outbox (due_at) WHERE lease_until IS NULL;
ALTER TABLE outbox DROP COLUMN lane;
