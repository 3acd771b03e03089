-- How far each member has received a conversation, beside how far it has read.
--
-- Delivery and read receipts are derived from these marks: acknowledging a message moves one
-- number, whatever the number of messages it covers.

ALTER TABLE members
    ADD COLUMN acked_up_to_ms bigint,
    -- when the mark last moved; NULL before the first acknowledgement
    ADD COLUMN acked_at_ms bigint;

-- What members have read they have received.
UPDATE members SET acked_up_to_ms = read_up_to_ms;

ALTER TABLE members ALTER COLUMN acked_up_to_ms SET NOT NULL;

-- Messages whose sender asked for receipts, found again by their time when a mark moves over them.
CREATE INDEX messages_receipt_idx ON messages (conversation_id, sent_at_ms) WHERE receipt;
