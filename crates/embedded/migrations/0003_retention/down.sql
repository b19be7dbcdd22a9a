DROP INDEX callbacks_by_completed;
