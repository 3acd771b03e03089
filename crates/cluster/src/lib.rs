//! The registry of this node's sessions and the mailboxes events are delivered to.
