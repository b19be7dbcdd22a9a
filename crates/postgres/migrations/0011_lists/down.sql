SET LOCAL lock_timeout = '5s';
ALTER TABLE callbacks RESET (toast_tuple_target);
ALTER TABLE callbacks ALTER COLUMN document SET STORAGE EXTENDED;
ALTER TABLE callbacks RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor
);
DROP INDEX callbacks_ended_for_reason;
DROP INDEX callbacks_ended_of_queue;
DROP INDEX callbacks_ended_of_service;
CREATE INDEX callbacks_by_desired ON callbacks (tenant, state, desired_at, id);
CREATE INDEX callbacks_by_created ON callbacks (tenant, state, created_at, id);
DROP INDEX callbacks_as_created;
DROP INDEX callbacks_as_desired;
