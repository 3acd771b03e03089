//! Conversation queries.
