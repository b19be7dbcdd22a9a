-- Lists of very many callbacks: what a search leaves out is left out in the index, without a look at a row, and what is
-- rare among the completed has a small index of its own, into which nothing is written before a callback ends.
-- Expand: indexes in the place of others; nothing older minds which there are.
-- Contract: nothing.
-- They are built while bookings and changes wait: some seconds for a million callbacks.
SET LOCAL lock_timeout = '5s';

CREATE INDEX callbacks_as_desired ON callbacks (tenant, state, desired_at, id)
    INCLUDE (created_at, service, queue, kind, reason);
CREATE INDEX callbacks_as_created ON callbacks (tenant, state, created_at, id)
    INCLUDE (desired_at, service, queue, kind, reason);
DROP INDEX callbacks_by_desired;
DROP INDEX callbacks_by_created;

CREATE INDEX callbacks_ended_of_service ON callbacks (tenant, service) WHERE state = 4;
CREATE INDEX callbacks_ended_of_queue   ON callbacks (tenant, queue)   WHERE state = 4;
CREATE INDEX callbacks_ended_for_reason ON callbacks (tenant, reason)  WHERE state = 4;

-- An index answers alone only for pages that a vacuum has seen.
ALTER TABLE callbacks SET (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

-- A callback's document is written often and read soon: to compress it costs more than the room that it saves, and up to
-- most of a page it stays with its row.
ALTER TABLE callbacks ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE callbacks SET (toast_tuple_target = 8160);
