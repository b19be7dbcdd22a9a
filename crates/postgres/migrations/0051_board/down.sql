SET LOCAL lock_timeout = '5s';
DROP INDEX callbacks_open;
CREATE INDEX callbacks_open ON callbacks (tenant, service, kind, queue, state) WHERE state < 4;
