//! The conversation service: sessions, conversations, members, messages, history, unread.
