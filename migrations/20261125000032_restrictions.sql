-- What clients may not do in a conversation: send, or be there.
--
-- One table, because sending needs all of a conversation at once. Rows do not refer to
-- `members`: who is blocked is none, and a silenced member must not talk again by leaving and
-- coming back.

CREATE TABLE restrictions (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    -- 1 silenced, 2 blocked, 3 silenced for a while
    kind            smallint NOT NULL CHECK (kind BETWEEN 1 AND 3),
    client_id       text COLLATE "C" NOT NULL,
    -- the order in which lists are read
    position        bigint GENERATED ALWAYS AS IDENTITY,
    -- the end of kind 3; the others have none
    until_at        timestamptz,
    PRIMARY KEY (conversation_id, kind, client_id),
    CHECK ((kind = 3) = (until_at IS NOT NULL))
);

CREATE INDEX restrictions_conversation_id_kind_position_idx
    ON restrictions (conversation_id, kind, position);
CREATE INDEX restrictions_until_at_idx ON restrictions (until_at) WHERE until_at IS NOT NULL;
