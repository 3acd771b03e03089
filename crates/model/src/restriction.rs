//! What a client may be kept from in a conversation.

/// A restriction of a client in one conversation, without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restriction {
    /// May not send (wire "shutup").
    Silenced,
    /// May not be a member, nor come into the room (wire "blacklist").
    Blocked,
}

/// What happens to a restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestrictionChange {
    /// It begins.
    Imposed,
    /// It ends.
    Lifted,
}
