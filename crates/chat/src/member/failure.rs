//! Ids for which an operation on several failed.

use parlor_model::{ClientId, ErrorClass};

/// Why an operation failed for some of its ids. The others may have succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFailure {
    /// Why.
    pub cause: FailureCause,
    /// For whom.
    pub client_ids: Vec<ClientId>,
}

/// The closed set of reasons why an operation fails for single ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureCause {
    /// There is no room for them.
    #[error("at most {limit} members are allowed")]
    Full {
        /// The limit in force.
        limit: usize,
    },
    /// They are blocked in the conversation.
    #[error("blocked in the conversation")]
    Blocked,
    /// They do not want to be added to the conversation by others.
    #[error("does not want to be added to the conversation")]
    Unwilling,
    /// They are no members.
    #[error("not a member of the conversation")]
    NotMember,
    /// No more can be silenced.
    #[error("at most {limit} clients can be silenced")]
    SilencedFull {
        /// The limit in force.
        limit: usize,
    },
    /// No more can be blocked.
    #[error("at most {limit} clients can be blocked")]
    BlockedFull {
        /// The limit in force.
        limit: usize,
    },
    /// The caller's role is not above theirs.
    #[error("the caller's role is not above theirs")]
    Outranked,
    /// The owner cannot leave a conversation that has managers.
    #[error("the owner cannot leave a conversation that has managers")]
    OwnerNeeded,
}

impl FailureCause {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::Full { .. } | Self::SilencedFull { .. } | Self::BlockedFull { .. } => {
                ErrorClass::Limited
            }
            Self::Blocked | Self::Unwilling | Self::NotMember | Self::Outranked => {
                ErrorClass::Forbidden
            }
            Self::OwnerNeeded => ErrorClass::Conflict,
        }
    }
}

/// Gathers failures, one entry per cause, in the order in which the causes came up.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<MemberFailure>);

impl Failures {
    pub(crate) fn add(&mut self, cause: FailureCause, client_id: ClientId) {
        match self.0.iter_mut().find(|failure| failure.cause == cause) {
            Some(failure) => failure.client_ids.push(client_id),
            None => self.0.push(MemberFailure {
                cause,
                client_ids: vec![client_id],
            }),
        }
    }

    /// Returns the failures when the caller can be told of them beside a success; otherwise the
    /// first one is the failure of the whole operation.
    pub(crate) fn settle(self, partial: bool) -> Result<Vec<MemberFailure>, MemberFailure> {
        let mut failures = self.0;
        if partial || failures.is_empty() {
            return Ok(failures);
        }
        Err(failures.swap_remove(0))
    }
}
