-- Temporary conversations end by themselves.
--
-- Nobody deletes them at that moment: whoever reads a conversation compares the time, and the
-- periodic cleanup removes what has ended, members and messages included.

ALTER TABLE conversations
    -- when a temporary conversation ends; NULL for every other kind
    ADD COLUMN expires_at timestamptz,
    ADD CHECK ((kind = 4) = (expires_at IS NOT NULL));

CREATE INDEX conversations_expires_at_idx ON conversations (expires_at) WHERE expires_at IS NOT NULL;
