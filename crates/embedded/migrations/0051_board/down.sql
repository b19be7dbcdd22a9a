CREATE INDEX open_by_queue ON callbacks (tenant, queue, state) WHERE completed_at IS NULL;
DROP INDEX open_as_desired;
