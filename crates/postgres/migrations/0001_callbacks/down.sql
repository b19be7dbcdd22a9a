SET LOCAL lock_timeout = '5s';
DROP TABLE keys, slots, outbox, events, callbacks, catalogues, meta;
DROP SEQUENCE leases;
