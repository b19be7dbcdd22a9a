CREATE INDEX deliveries_pending ON deliveries (tenant, webhook) WHERE state = 0;
DROP INDEX deliveries_turns;
