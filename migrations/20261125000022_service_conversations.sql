-- Service conversations: run by the app's server, read by each client in its own stream.
--
-- A stream is what one client sees of one service conversation: what was broadcast to it, what
-- was sent to it alone, what it sent itself. Broadcasts are one row however many they reach; the
-- stream is put together when it is read. See docs/adr/0007.

ALTER TABLE messages
    -- NULL in every kind but service conversations: whoever is in the conversation. Else: 1 the
    -- clients in stream_messages, 2 the app's server, 3 subscribers, 4 everybody
    ADD COLUMN addressed_to smallint CHECK (addressed_to BETWEEN 1 AND 4),
    -- of a message to everybody: until when it counts as unread
    ADD COLUMN valid_till_ms bigint,
    -- from which address a client or the app's server sent it
    ADD COLUMN sender_address text,
    ADD CHECK ((addressed_to = 4) = (valid_till_ms IS NOT NULL));

-- What the streams of a conversation share.
CREATE INDEX messages_to_subscribers_idx ON messages (conversation_id, sent_at_ms, message_id)
    WHERE addressed_to = 3;
CREATE INDEX messages_to_everybody_idx ON messages (conversation_id, sent_at_ms, message_id)
    WHERE addressed_to = 4;
-- The few broadcasts to everybody that still reach somebody.
CREATE INDEX messages_valid_till_ms_idx ON messages (valid_till_ms) WHERE addressed_to = 4;
-- What clients sent to the app's server: each in its stream, and all of it.
CREATE INDEX messages_to_app_sender_id_idx
    ON messages (conversation_id, sender_id, sent_at_ms, message_id) WHERE addressed_to = 2;
CREATE INDEX messages_to_app_idx ON messages (sent_at_ms, message_id) WHERE addressed_to = 2;

CREATE TABLE streams (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    client_id       text COLLATE "C" NOT NULL,
    -- the last time the client subscribed; NULL when it never did
    subscribed_from_ms  bigint,
    -- when it unsubscribed after that; NULL while it is a subscriber
    subscribed_until_ms bigint,
    -- the client silenced push notifications for itself
    muted           boolean  NOT NULL DEFAULT false,
    -- messages up to this time are read
    read_up_to_ms   bigint   NOT NULL,
    -- when the read position last moved; NULL before the first read
    read_at_ms      bigint,
    PRIMARY KEY (conversation_id, client_id)
);

CREATE INDEX streams_client_id_idx ON streams (client_id, conversation_id);
-- Counting subscribers and paging through them, and through the subscriptions of a client.
CREATE INDEX streams_subscribed_idx ON streams (conversation_id, client_id)
    WHERE subscribed_from_ms IS NOT NULL AND subscribed_until_ms IS NULL;
CREATE INDEX streams_subscriptions_idx ON streams (client_id, subscribed_from_ms, conversation_id)
    WHERE subscribed_from_ms IS NOT NULL AND subscribed_until_ms IS NULL;

-- Messages to single clients, at most a handful each.
CREATE TABLE stream_messages (
    conversation_id text COLLATE "C" NOT NULL,
    client_id       text COLLATE "C" NOT NULL,
    sent_at_ms      bigint NOT NULL,
    message_id      text COLLATE "C" NOT NULL,
    PRIMARY KEY (conversation_id, client_id, sent_at_ms, message_id),
    FOREIGN KEY (conversation_id, client_id) REFERENCES streams ON DELETE CASCADE,
    FOREIGN KEY (conversation_id, sent_at_ms, message_id) REFERENCES messages ON DELETE CASCADE
);

CREATE INDEX stream_messages_message_idx ON stream_messages (conversation_id, sent_at_ms, message_id);

-- Clients that have logged in, for broadcasts to everybody: which of them came before a client
-- did is decided once, at its first login.
CREATE TABLE clients (
    client_id          text COLLATE "C" PRIMARY KEY,
    -- broadcasts to everybody from this time on are the client's
    broadcasts_from_ms bigint NOT NULL
);

INSERT INTO clients (client_id, broadcasts_from_ms)
SELECT client_id, (extract(epoch FROM min(opened_at)) * 1000)::bigint
FROM logins
GROUP BY client_id;
