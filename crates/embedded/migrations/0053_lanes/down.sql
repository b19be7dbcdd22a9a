CREATE INDEX outbox_by_due ON outbox (due_at, tenant, callback, ordinal, lease_until);
DROP INDEX outbox_by_lane;
ALTER TABLE outbox DROP COLUMN lane;
