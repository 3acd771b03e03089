//! The server as a stranger's client sees it: raw frames over real sockets, a real PostgreSQL.
//!
//! One file per feature; a test whose name begins with a letter and a number proves the
//! protocol notes' case of that name.

mod blacklist;
mod conversation_count;
mod conversation_mute;
mod conversation_query;
mod conversation_start;
mod conversation_update;
mod crash;
mod envelope;
mod goaway;
mod handshake;
mod history;
mod hostile;
mod json;
mod limits;
mod listener;
mod live_query;
mod login;
mod malformed;
mod member_change;
mod message_patch;
mod message_send;
mod missed;
mod notifications;
mod old_schema;
mod peer;
mod random;
mod rate;
mod raw_frames;
mod receipt;
mod rest_clients;
mod rest_conversations;
mod rest_member_infos;
mod rest_members;
mod rest_messages;
mod rest_moderation;
mod rest_service;
mod rest_transport;
mod role_change;
mod room;
mod router;
mod scene;
mod service;
mod session_open;
mod session_query;
mod session_resume;
mod signature;
mod silence;
mod single_sign_on;
mod slow_reader;
mod temporary;
mod tls;
mod unread;
mod will;
