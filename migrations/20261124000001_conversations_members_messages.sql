-- Conversations, their members and their messages.
--
-- The truth is normalised: what clients see as a `_Conversation` row (`m`, `mu`, `lm`, ...) is
-- assembled from these tables. Sending a message writes one row in `messages` and nothing
-- else: last message, unread counts and mention flags are derived by index lookups.
--
-- Ids are compared bytewise (COLLATE "C"): faster, and the order SDKs sort by.

CREATE TABLE conversations (
    conversation_id text COLLATE "C" PRIMARY KEY,
    -- 1 normal, 2 chat room, 3 service, 4 temporary
    kind            smallint    NOT NULL CHECK (kind BETWEEN 1 AND 4),
    name            text,
    creator_id      text COLLATE "C",
    attr            jsonb       CHECK (jsonb_typeof(attr) = 'object'),
    -- every other column the app stored on the row
    extra           jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
    -- md5 of the sorted member ids; set for conversations found again by their members
    unique_id       text COLLATE "C",
    created_at      timestamptz NOT NULL,
    -- strictly increases with each change of a column or of the membership
    updated_at      timestamptz NOT NULL
);

-- Not a unique constraint: an md5 of a concatenation is ambiguous, and membership drifts.
-- The start operation takes an advisory lock on the id instead.
CREATE INDEX conversations_unique_id_idx ON conversations (unique_id) WHERE unique_id IS NOT NULL;
CREATE INDEX conversations_created_at_idx ON conversations (created_at, conversation_id);
CREATE INDEX conversations_updated_at_idx ON conversations (updated_at, conversation_id);

CREATE TABLE members (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    client_id       text COLLATE "C" NOT NULL,
    -- the order of `m`
    position        bigint GENERATED ALWAYS AS IDENTITY,
    joined_at       timestamptz NOT NULL,
    -- the member silenced push notifications for itself (`mu`)
    muted           boolean     NOT NULL DEFAULT false,
    -- messages up to this time are read; starts at the time of joining
    read_up_to_ms   bigint      NOT NULL,
    -- when the read position last moved; NULL before the first read
    read_at_ms      bigint,
    PRIMARY KEY (conversation_id, client_id)
);

CREATE INDEX members_client_id_idx ON members (client_id, conversation_id);

CREATE TABLE messages (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    -- server time of commit; strictly increases within a conversation
    sent_at_ms      bigint   NOT NULL,
    message_id      text COLLATE "C" NOT NULL,
    sender_id       text COLLATE "C" NOT NULL,
    -- bytes as sent, because text in PostgreSQL cannot hold NUL and chat messages can
    content         bytea    NOT NULL,
    is_binary       boolean  NOT NULL,
    -- `_lctype` of a typed message, extracted once at write time for the history filter
    typed           integer,
    mention_all     boolean  NOT NULL,
    mention_ids     text[]   COLLATE "C" NOT NULL,
    -- the sender wants delivery and read receipts
    receipt         boolean  NOT NULL,
    -- overrides the payload of the push notification
    push_data       text,
    -- the client's token that makes a retry harmless
    dedupe_token    text COLLATE "C",
    patched_at_ms   bigint,
    recalled        boolean  NOT NULL DEFAULT false,
    PRIMARY KEY (conversation_id, sent_at_ms, message_id)
);

CREATE UNIQUE INDEX messages_message_id_idx ON messages (message_id);
CREATE UNIQUE INDEX messages_dedupe_token_idx ON messages (conversation_id, sender_id, dedupe_token)
    WHERE dedupe_token IS NOT NULL;
-- Rows arrive in time order, so a block range index finds old months for deletion at almost no cost.
CREATE INDEX messages_sent_at_ms_idx ON messages USING brin (sent_at_ms);
