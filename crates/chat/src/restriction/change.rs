//! Silencing and blocking, and the end of both.

use parlor_cluster::Audience;
use parlor_model::{
    ClientId, ConversationId, ConversationKind, ErrorClass, EventKind, Restriction,
    RestrictionChange, Timestamp,
};
use parlor_store::{StoreError, conversation, member, member_role, restriction};

use crate::conversation::Locked;
use crate::member::{Failures, distinct, without};
use crate::role::Ranks;
use crate::{
    Actor, Chat, Draft, FailureCause, MemberFailure, Outbox, PresentedSignature, SignatureRefused,
};

/// What to do with whom.
#[derive(Clone, Debug)]
pub struct ChangeRestriction {
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub restriction: Restriction,
    /// Whether it begins or ends.
    pub change: RestrictionChange,
    /// For whom.
    pub client_ids: Vec<ClientId>,
    /// The signature of the app's server, which it may ask for when clients are blocked.
    pub signature: Option<PresentedSignature>,
}

/// The outcome of silencing or blocking, or of their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restricted {
    /// Every id that is now in the requested state, changed or not.
    pub allowed: Vec<ClientId>,
    /// Those that are not, by reason.
    pub failed: Vec<MemberFailure>,
}

/// Why nobody was silenced or blocked, or nobody looked up who is.
#[derive(Debug, thiserror::Error)]
pub enum RestrictError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The operator switched this restriction off.
    #[error("this restriction is switched off: {0:?}")]
    Disabled(Restriction),
    /// Its kind knows no restrictions.
    #[error("nobody can be silenced or blocked in conversations of kind {0:?}")]
    Unsupported(ConversationKind),
    /// The app asks for signed blocking.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// The caller is no member.
    #[error("only members of conversation {0} may do this")]
    NotMember(ConversationId),
    /// The caller's role is above nobody's of those named.
    #[error("only the owner and managers may do this, and only to those below them")]
    Unauthorized {
        /// The clients named.
        client_ids: Vec<ClientId>,
    },
    /// Some ids fail, and the caller does not understand partial failures.
    #[error("{}", .0.cause)]
    Failed(MemberFailure),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RestrictError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Unsupported(_) => ErrorClass::Invalid,
            Self::Disabled(_)
            | Self::Signature(_)
            | Self::NotMember(_)
            | Self::Unauthorized { .. } => ErrorClass::Forbidden,
            Self::Failed(failure) => failure.cause.class(),
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Silences or blocks clients, or ends it. Who is blocked is removed as well, and stays out
    /// when the block ends. Those concerned are told, and so are the members.
    ///
    /// # Errors
    /// [`RestrictError`]; nothing is written then.
    pub async fn change_restriction(
        &self,
        actor: Actor<'_>,
        request: ChangeRestriction,
    ) -> Result<(Restricted, Outbox), RestrictError> {
        let ChangeRestriction {
            conversation_id,
            restriction,
            change,
            client_ids,
            signature,
        } = request;
        let mut locked = self
            .lock_conversation(&conversation_id)
            .await?
            .ok_or_else(|| RestrictError::NotFound(conversation_id.clone()))?;
        let kind = locked.conversation.kind;
        self.check_restrictable(restriction, kind)?;
        if restriction == Restriction::Blocked {
            self.check_block_signature(
                actor,
                &conversation_id,
                &client_ids,
                change,
                signature.as_ref(),
            )?;
        }
        if let Some(caller) = actor.client_id()
            && kind == ConversationKind::Normal
            && !locked.members.contains(caller)
        {
            return Err(RestrictError::NotMember(conversation_id));
        }
        let ranks = self.ranks(&mut locked.tx, &locked.conversation).await?;
        let client_ids = distinct(client_ids);
        if client_ids
            .iter()
            .all(|client_id| !ranks.is_above(actor, client_id))
        {
            return Err(RestrictError::Unauthorized { client_ids });
        }
        let needs_members = restriction == Restriction::Silenced
            && change == RestrictionChange::Imposed
            && kind == ConversationKind::Normal;
        let members = needs_members.then_some(&locked.members[..]);
        let (mut allowed, mut failures) = judge(&ranks, actor, members, client_ids);
        if change == RestrictionChange::Imposed {
            let left_out = self
                .left_out(&mut locked, restriction, &allowed, &mut failures)
                .await?;
            allowed = without(allowed, &left_out);
        }
        let failed = failures
            .settle(actor.takes_partial_failure())
            .map_err(RestrictError::Failed)?;
        let outbox = self
            .apply(actor, locked, restriction, change, &allowed)
            .await?;
        Ok((Restricted { allowed, failed }, outbox))
    }

    /// Checks whether anybody can be restricted so in conversations of a kind.
    pub(super) fn check_restrictable(
        &self,
        restriction: Restriction,
        kind: ConversationKind,
    ) -> Result<(), RestrictError> {
        let enabled = match restriction {
            Restriction::Silenced => self.config.roles,
            Restriction::Blocked => self.config.blacklist,
        };
        if !enabled {
            return Err(RestrictError::Disabled(restriction));
        }
        match kind {
            ConversationKind::Normal | ConversationKind::ChatRoom => Ok(()),
            ConversationKind::Service | ConversationKind::Temporary => {
                Err(RestrictError::Unsupported(kind))
            }
        }
    }

    /// Finds who no longer fits on the list, and notes the failures.
    async fn left_out(
        &self,
        locked: &mut Locked,
        restriction: Restriction,
        client_ids: &[ClientId],
        failures: &mut Failures,
    ) -> Result<Vec<ClientId>, StoreError> {
        let conversation_id = &locked.conversation.id;
        let limit = match locked.conversation.kind {
            ConversationKind::ChatRoom => self.config.max_restricted_in_room,
            ConversationKind::Normal | ConversationKind::Service | ConversationKind::Temporary => {
                self.config.max_restricted
            }
        };
        let tx = &mut locked.tx;
        let room =
            limit.saturating_sub(restriction::count(tx, conversation_id, restriction).await?);
        let listed = restriction::list_among(tx, conversation_id, restriction, client_ids).await?;
        let left_out: Vec<ClientId> = without(client_ids.to_vec(), &listed)
            .into_iter()
            .skip(room)
            .collect();
        let cause = match restriction {
            Restriction::Silenced => FailureCause::SilencedFull { limit },
            Restriction::Blocked => FailureCause::BlockedFull { limit },
        };
        for client_id in &left_out {
            failures.add(cause, client_id.clone());
        }
        Ok(left_out)
    }

    /// Writes the change and gathers its events. Without a real change nothing is written and
    /// nobody is told.
    async fn apply(
        &self,
        actor: Actor<'_>,
        mut locked: Locked,
        restriction: Restriction,
        change: RestrictionChange,
        client_ids: &[ClientId],
    ) -> Result<Outbox, StoreError> {
        let conversation_id = locked.conversation.id.clone();
        let conversation_kind = locked.conversation.kind;
        let tx = &mut locked.tx;
        let changed = match change {
            RestrictionChange::Imposed => {
                restriction::insert(tx, &conversation_id, restriction, client_ids).await?
            }
            RestrictionChange::Lifted => {
                restriction::delete(tx, &conversation_id, restriction, client_ids).await?
            }
        };
        if changed.is_empty() {
            return Ok(Outbox::empty(conversation_id));
        }
        let now = self.clock.now();
        let is_block = (restriction, change) == (Restriction::Blocked, RestrictionChange::Imposed);
        let removal = if is_block {
            remove(&mut locked, &changed, now).await?
        } else {
            None
        };
        let everybody = locked.everybody();
        let evicted = if is_block && conversation_kind == ConversationKind::ChatRoom {
            changed.clone()
        } else {
            Vec::new()
        };

        let mut draft = Draft::new(conversation_id.clone());
        let by = actor.client_id().cloned();
        draft.push(
            Audience::clients(changed.clone()),
            now,
            EventKind::Restricted {
                conversation_id: conversation_id.clone(),
                conversation_kind,
                restriction,
                change,
                by: by.clone(),
            },
        );
        if let Some(removal) = &removal {
            draft.push(
                Audience::clients(removal.members.clone()),
                now,
                EventKind::Left {
                    conversation_id: conversation_id.clone(),
                    conversation_kind,
                    by: by.clone(),
                    updated_at: removal.updated_at,
                },
            );
        }
        draft.push(
            everybody.clone(),
            now,
            EventKind::MembersRestricted {
                conversation_id: conversation_id.clone(),
                conversation_kind,
                restriction,
                change,
                members: changed,
                by: by.clone(),
            },
        );
        if let Some(removal) = removal {
            draft.push(
                everybody,
                now,
                EventKind::MembersLeft {
                    conversation_id: conversation_id.clone(),
                    conversation_kind,
                    members: removal.members,
                    by,
                    updated_at: removal.updated_at,
                },
            );
        }
        let outbox = locked.commit(draft, &self.conversations).await?;
        for client_id in &evicted {
            self.rooms.evict(&conversation_id, client_id);
        }
        Ok(outbox)
    }
}

/// Members whom a block removed.
struct Removal {
    members: Vec<ClientId>,
    updated_at: Timestamp,
}

/// Ends the memberships and roles of clients; `None` when none of them was a member.
async fn remove(
    locked: &mut Locked,
    client_ids: &[ClientId],
    now: Timestamp,
) -> Result<Option<Removal>, StoreError> {
    let conversation_id = &locked.conversation.id;
    let tx = &mut locked.tx;
    member_role::delete(tx, conversation_id, client_ids).await?;
    let members = member::delete(tx, conversation_id, client_ids).await?;
    if members.is_empty() {
        return Ok(None);
    }
    let updated_at = conversation::touch(tx, conversation_id, now).await?;
    locked.members = without(std::mem::take(&mut locked.members), &members);
    Ok(Some(Removal {
        members,
        updated_at,
    }))
}

/// Splits who may be restricted from who may not. `members` are those it is for, when it is not
/// for everybody.
fn judge(
    ranks: &Ranks,
    actor: Actor<'_>,
    members: Option<&[ClientId]>,
    client_ids: Vec<ClientId>,
) -> (Vec<ClientId>, Failures) {
    let mut allowed = Vec::with_capacity(client_ids.len());
    let mut failures = Failures::default();
    for client_id in client_ids {
        if !ranks.is_above(actor, &client_id) {
            failures.add(FailureCause::Outranked, client_id);
        } else if members.is_some_and(|members| !members.contains(&client_id)) {
            failures.add(FailureCause::NotMember, client_id);
        } else {
            allowed.push(client_id);
        }
    }
    (allowed, failures)
}
