-- The settings that callbacks were booked under, each kept once: thousands of callbacks name the same ones, and each change
-- of a callback wrote them all again.
-- Expand: a table. Callbacks that are there keep their settings in their documents, and are read as before.
-- Contract: a node of before cannot read a callback that is booked from now on.
SET LOCAL lock_timeout = '5s';

-- By tenant and digest. Rows are written with the bookings that name them and never taken away: there is one for each time
-- that a service was changed and booked.
CREATE TABLE settings (
    tenant   uuid NOT NULL,
    digest   uuid NOT NULL,
    document text NOT NULL,
    PRIMARY KEY (tenant, digest)
);

UPDATE meta SET value = '0054' WHERE name = 'needs';
