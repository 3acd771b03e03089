-- Logins: what all tokens of one login share, and which login holds a single-sign-on tag.
--
-- Apart from the tokens, so that a device that reports a new identity changes one row, and so
-- that who comes back with a token of a login that was ended from outside can be told why.

CREATE TABLE logins (
    session_key uuid        PRIMARY KEY,
    client_id   text COLLATE "C" NOT NULL,
    -- the single-sign-on group
    tag         text COLLATE "C",
    device_id   text COLLATE "C",
    -- the session's feature bits, reused when an SDK omits them on reopen
    features    bigint      NOT NULL,
    opened_at   timestamptz NOT NULL,
    -- when its newest token expires
    expires_at  timestamptz NOT NULL,
    -- NULL while in force; 1 the same device logged in again, 2 another device took the tag,
    -- 3 the app's server ended it
    ended_by    smallint CHECK (ended_by BETWEEN 1 AND 3),
    -- what the app's server said when it ended it
    end_reason  text
);

INSERT INTO logins (
    session_key, client_id, tag, device_id, features, opened_at, expires_at, ended_by
)
SELECT
    session_key, client_id, tag, device_id, features, opened_at, last_expires_at,
    -- of several logins under one tag the newest holds it
    CASE WHEN tag IS NOT NULL AND rank > 1 THEN 2 END
FROM (
    SELECT
        *,
        row_number() OVER (PARTITION BY client_id, tag ORDER BY opened_at DESC, session_key) AS rank
    FROM (
        SELECT DISTINCT ON (session_key)
            session_key, client_id, tag, device_id, features,
            min(issued_at) OVER (PARTITION BY session_key) AS opened_at,
            max(expires_at) OVER (PARTITION BY session_key) AS last_expires_at
        FROM session_tokens
        ORDER BY session_key, issued_at DESC
    ) AS newest_tokens
) AS ranked;

-- A tag has one holder.
CREATE UNIQUE INDEX logins_holder_idx ON logins (client_id, tag)
    WHERE tag IS NOT NULL AND ended_by IS NULL;
CREATE INDEX logins_client_id_idx ON logins (client_id);
CREATE INDEX logins_expires_at_idx ON logins (expires_at);

ALTER TABLE session_tokens
    DROP COLUMN client_id,
    DROP COLUMN tag,
    DROP COLUMN device_id,
    DROP COLUMN features,
    ADD CONSTRAINT session_tokens_session_key_fkey
        FOREIGN KEY (session_key) REFERENCES logins ON DELETE CASCADE;
