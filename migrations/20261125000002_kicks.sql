-- When the app's server last ended all sessions of a client: login signatures made before that
-- no longer count, although they are young enough.

CREATE TABLE kicks (
    client_id text COLLATE "C" PRIMARY KEY,
    kicked_at timestamptz NOT NULL
);

CREATE INDEX kicks_kicked_at_idx ON kicks (kicked_at);
