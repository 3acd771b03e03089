-- Reading the log across conversations: what one client sent, and everything.
--
-- Only the app's servers ask for these, page by page through the whole log, so each page has to
-- be an index range however far the walk has come. New rows go to the right edge of the index by
-- time, where insertion is cheapest; it serves the deletion of old months as well, so the block
-- range index goes.

CREATE INDEX messages_sent_at_ms_message_id_idx ON messages (sent_at_ms, message_id);
CREATE INDEX messages_sender_id_sent_at_ms_idx ON messages (sender_id, sent_at_ms, message_id);

DROP INDEX messages_sent_at_ms_idx;
