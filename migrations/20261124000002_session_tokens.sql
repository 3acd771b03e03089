-- Session tokens: what lets a client reopen its session after a dropped socket or a restart.
--
-- Only the SHA-256 of a token is stored. Tokens of one login share a `session_key`, so that
-- closing the session revokes all of them at once.

CREATE TABLE session_tokens (
    token_hash  bytea       PRIMARY KEY,
    session_key uuid        NOT NULL,
    client_id   text COLLATE "C" NOT NULL,
    tag         text,
    device_id   text,
    -- the session's feature bits, reused when an SDK omits them on reopen
    features    bigint      NOT NULL,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX session_tokens_session_key_idx ON session_tokens (session_key);
CREATE INDEX session_tokens_expires_at_idx ON session_tokens (expires_at);
