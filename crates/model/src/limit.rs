//! The protocol's limits, with where they come from. Limits an operator may change are
//! configuration and default to these.

use std::time::Duration;

/// Members of a normal conversation (spec 02 §16).
pub const MEMBERS_PER_CONVERSATION: usize = 500;
/// Managers of a conversation. No limit is published, only the code for reaching it (spec 02
/// §3.9): far more than a conversation of 500 needs.
pub const MANAGERS_PER_CONVERSATION: usize = 100;
/// Clients silenced or blocked in one normal conversation (spec 03 §2.6).
pub const RESTRICTED_PER_CONVERSATION: usize = 500;
/// Clients silenced or blocked in one chat room (spec 03 §2.6).
pub const RESTRICTED_PER_ROOM: usize = 10_000;
/// Clients of one page of such a list; a larger wish is cut to it (spec 02 §3.10).
pub const RESTRICTED_PAGE: u32 = 100;
/// Clients of such a page when the client names no limit (spec 02 §3.10).
pub const RESTRICTED_PAGE_DEFAULT: u32 = 10;
/// Longest temporary silence (spec 03 §2.6).
pub const TEMPORARY_SILENCE: Duration = Duration::from_hours(24);
/// Members of a temporary conversation (spec 02 §5).
pub const MEMBERS_PER_TEMPORARY: usize = 10;
/// Life of a temporary conversation when the client names none (spec 02 §5).
pub const TEMPORARY_TTL_DEFAULT: Duration = Duration::from_hours(24);
/// Longest life of a temporary conversation; a longer wish is cut to it (spec 02 §5).
pub const TEMPORARY_TTL: Duration = Duration::from_hours(30 * 24);
/// Clients that one message in a service conversation is sent to by name (spec 03 §2.3).
pub const SERVICE_TARGETS: usize = 20;
/// Longest that a broadcast to everybody reaches who logs in: a month (spec 03 §2.3).
pub const BROADCAST_LIFE: Duration = Duration::from_hours(30 * 24);
/// Subscribers or subscriptions of one page; a larger wish is cut to it (spec 03 §2.7).
pub const SUBSCRIPTIONS_PAGE: u32 = 50;
/// Bytes of one message: content and push payload together (spec 01 §2.5).
pub const MESSAGE_BYTES: usize = 5 * 1024;
/// Bytes of one frame; beyond it the connection is closed (spec 01 §2.5).
pub const FRAME_BYTES: usize = 64 * 1024;
/// Messages one client may send per minute (spec 04 §5).
pub const SENDS_PER_MINUTE: u32 = 60;
/// History reads of one client per minute (spec 04 §5).
pub const HISTORY_PER_MINUTE: u32 = 120;
/// Commands of each other kind of one client per minute (spec 04 §5).
pub const OTHERS_PER_MINUTE: u32 = 30;
/// Messages of one history page; a larger wish is cut to it (spec 02 §11).
pub const HISTORY_PAGE: u32 = 100;
/// Messages of a history page when the client names no limit (spec 02 §11).
pub const HISTORY_PAGE_DEFAULT: u32 = 20;
/// Conversations of one query page; a larger wish is cut to it (spec 02 §3.5).
pub const QUERY_PAGE: u32 = 1000;
/// Conversations of a query page when the client names no limit (spec 02 §3.5).
pub const QUERY_PAGE_DEFAULT: u32 = 10;
/// Unread conversations reported at login, newest first (spec 02 §9).
pub const UNREAD_CONVERSATIONS: i64 = 50;
/// Highest unread count reported for a conversation (spec 02 §9).
pub const UNREAD_COUNT: i32 = 100;
/// Patches replayed at login, the newest ones (spec 02 §12).
pub const PATCHES_AT_LOGIN: i64 = 100;
/// Missed messages of one conversation pushed at once; the next ones follow the ack
/// (spec 02 §10).
pub const MISSED_BATCH: usize = 20;
/// Missed messages kept for a client per conversation, the newest ones (spec 02 §10).
pub const MISSED_QUEUE: i64 = 100;
/// Conversations of which missed messages are on their way to one session at once. It bounds
/// what a login reads; the others follow when these are acknowledged.
pub const MISSED_CONVERSATIONS: usize = 50;
/// Ids evaluated by one online query; the rest is ignored (spec 01 §5.9).
pub const ONLINE_QUERY: usize = 20;
/// Characters of the reason that a kicked client is told (spec 01 §5.7).
pub const KICK_REASON: usize = 20;
/// Notifications of one page for clients that come back for the next (spec 02 §3.4).
pub const NOTIFICATION_PAGE: i64 = 100;
/// Members returned by a member sample (spec 02 §3.8).
pub const MEMBER_SAMPLE: usize = 50;
/// How long a login whose session is lost finds its way back into its chat room (spec 02 §4).
pub const ROOM_REJOIN: Duration = Duration::from_mins(30);
