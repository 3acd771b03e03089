-- Notifications that clients can ask for after they were away: changes of members, columns, roles
-- and restrictions, and receipts. They are kept for clients whose sessions ask for it, a while
-- and so many.
--
-- An event is stored once, whatever the number of its recipients.

CREATE TABLE notifications (
    notification_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at_ms  bigint NOT NULL,
    event           jsonb  NOT NULL
);

-- No foreign key: both tables forget by time, and the index that a cascade needs would cost more
-- than the rows.
CREATE TABLE notification_recipients (
    client_id       text COLLATE "C" NOT NULL,
    happened_at_ms  bigint NOT NULL,
    notification_id bigint NOT NULL,
    PRIMARY KEY (client_id, happened_at_ms, notification_id)
);

-- Rows arrive in time order, so a block range index finds the old ones at almost no cost.
CREATE INDEX notifications_happened_at_ms_idx
    ON notifications USING brin (happened_at_ms);
CREATE INDEX notification_recipients_happened_at_ms_idx
    ON notification_recipients USING brin (happened_at_ms);

-- What a login missed is kept from here on: from its beginning, or from where too many were cut.
ALTER TABLE logins ADD COLUMN notifications_since_ms bigint;

UPDATE logins SET notifications_since_ms = (extract(epoch FROM now()) * 1000)::bigint;

ALTER TABLE logins ALTER COLUMN notifications_since_ms SET NOT NULL;
