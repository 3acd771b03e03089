-- Conversations that a client does not want to be added to by others.

CREATE TABLE client_blocks (
    client_id       text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    -- the order in which lists are read
    position        bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (client_id, conversation_id)
);

-- For adding members, and for deleting a conversation.
CREATE INDEX client_blocks_conversation_id_idx ON client_blocks (conversation_id, client_id);
CREATE INDEX client_blocks_client_id_position_idx ON client_blocks (client_id, position);
