-- Edited and recalled messages, found again by when that happened.
--
-- A client that was away asks for what was patched since its last patch. Few messages are ever
-- patched, so the index holds only those.

CREATE INDEX messages_patched_at_ms_idx ON messages (conversation_id, patched_at_ms)
    WHERE patched_at_ms IS NOT NULL;
