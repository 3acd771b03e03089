-- Roles that members were given. What clients see of a row is the class
-- `_ConversationMemberInfo`.
--
-- The owner of a conversation is its creator and has no row here. Rows do not refer to `members`,
-- because chat rooms have managers and no stored members; whoever ends a membership deletes the
-- row.

CREATE TABLE member_roles (
    conversation_id text COLLATE "C" NOT NULL REFERENCES conversations ON DELETE CASCADE,
    client_id       text COLLATE "C" NOT NULL,
    -- `objectId` of the row as clients see it
    member_role_id  text COLLATE "C" NOT NULL,
    -- 1 manager, 2 member: somebody who was a manager before keeps the row
    role            smallint    NOT NULL CHECK (role BETWEEN 1 AND 2),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, client_id)
);

CREATE UNIQUE INDEX member_roles_member_role_id_idx ON member_roles (member_role_id);
