//! What a member of a conversation may do to the others.

use crate::{ClientId, ConversationId, MemberRoleId, Timestamp};

/// A role, in ascending order of what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberRole {
    /// What everybody is who is nothing else.
    Member,
    /// May kick, silence and block members.
    Manager,
    /// Who created the conversation; may do all that to managers too, and appoints them.
    Owner,
}

impl MemberRole {
    /// Returns the role's name, the same for sockets and REST.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Manager => "Manager",
            Self::Owner => "Owner",
        }
    }

    /// Returns the role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Member, Self::Manager, Self::Owner]
            .into_iter()
            .find(|role| role.name() == name)
    }
}

/// A role that somebody was given, stored apart from the membership. Owners are not: they are
/// known by [`crate::Conversation::creator`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedRole {
    /// Names the assignment; it stays when the role changes.
    pub id: MemberRoleId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// Who.
    pub client_id: ClientId,
    /// What.
    pub role: MemberRole,
    /// When it was first given a role.
    pub created_at: Timestamp,
    /// When the role last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_found_by_their_names_and_ordered_by_rank() {
        for role in [MemberRole::Member, MemberRole::Manager, MemberRole::Owner] {
            assert_eq!(MemberRole::from_name(role.name()), Some(role));
        }
        assert_eq!(MemberRole::from_name("manager"), None);
        assert!(MemberRole::Owner > MemberRole::Manager);
        assert!(MemberRole::Manager > MemberRole::Member);
    }
}
