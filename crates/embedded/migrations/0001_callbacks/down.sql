DROP TABLE leases;
DROP TABLE catalogues;
DROP TABLE keys;
DROP TABLE slots;
DROP TABLE outbox;
DROP TABLE events;
DROP TABLE callbacks;
