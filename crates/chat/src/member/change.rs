//! Adding and removing members, joining and leaving.

use parlor_cluster::Audience;
use parlor_model::{
    ClientId, ConversationId, ConversationKind, ErrorClass, EventKind, MemberRole, Restriction,
    Timestamp,
};
use parlor_store::{StoreError, client_block, conversation, member, member_role, restriction};

use super::{FailureCause, Failures, MemberFailure, distinct, without};
use crate::conversation::Locked;
use crate::role::Ranks;
use crate::{Actor, Chat, Draft, Outbox, PresentedSignature, SignatureRefused};

/// The outcome of adding or removing members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersChanged {
    /// The conversation's time of change now.
    pub updated_at: Timestamp,
    /// Every id that is now in the requested state, changed or not.
    pub allowed: Vec<ClientId>,
    /// Those that are not, by reason.
    pub failed: Vec<MemberFailure>,
}

/// Why a member operation failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMembersError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// Its kind has no members to change.
    #[error("conversations of kind {0:?} have no members to change")]
    Unsupported(ConversationKind),
    /// The app asks for signed changes of members.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// The caller is no member and the operation is about others.
    #[error("only members of conversation {0} may add or remove others")]
    NotMember(ConversationId),
    /// The caller is blocked and the operation is about others.
    #[error("caller is blocked in conversation {0}")]
    Blocked(ConversationId),
    /// Some ids fail, and the caller's SDK does not understand partial failures.
    #[error("{}", .0.cause)]
    Failed(MemberFailure),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ChangeMembersError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::Unsupported(_) => ErrorClass::Invalid,
            Self::NotMember(_) | Self::Blocked(_) | Self::Signature(_) => ErrorClass::Forbidden,
            Self::Failed(failure) => failure.cause.class(),
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Adds members; adding only oneself is joining, which everybody may (spec 02 §3.3).
    ///
    /// # Errors
    /// [`ChangeMembersError`]; nothing is written then.
    pub async fn add_members(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        wanted: Vec<ClientId>,
        signature: Option<&PresentedSignature>,
    ) -> Result<(MembersChanged, Outbox), ChangeMembersError> {
        let signed = || match actor {
            Actor::Client(caller) => {
                self.check_add_signature(&caller.client_id, conversation_id, &wanted, signature)
            }
            Actor::App => Ok(()),
        };
        if let Actor::Client(caller) = actor {
            let joined = match self
                .join_room(caller, conversation_id, &wanted, &signed)
                .await?
            {
                Some(joined) => Some(joined),
                None => {
                    self.subscribe_caller(caller, conversation_id, &wanted, &signed)
                        .await?
                }
            };
            if let Some(joined) = joined {
                return Ok((joined, Outbox::empty(conversation_id.clone())));
            }
        }
        let mut locked = self
            .open_members(actor, conversation_id, &wanted, signed)
            .await?;
        let wanted = distinct(wanted);
        let (newcomers, failures) = self.judge_addition(actor, &mut locked, &wanted).await?;
        let failed = failures
            .settle(actor.takes_partial_failure())
            .map_err(ChangeMembersError::Failed)?;
        let now = self.clock.now();
        let added = if newcomers.is_empty() {
            newcomers
        } else {
            member::insert(&mut locked.tx, conversation_id, &newcomers, now).await?
        };
        let allowed = without(wanted, &failed_ids(&failed));
        let mut told = locked.members.clone();
        told.extend(added.iter().cloned());
        if added.is_empty() {
            return Ok(unchanged(locked, allowed, failed));
        }
        let updated_at = conversation::touch(&mut locked.tx, conversation_id, now).await?;
        let mut draft = Draft::new(conversation_id.clone());
        draft.push(
            Audience::clients(added.clone()),
            now,
            EventKind::Joined {
                conversation_id: conversation_id.clone(),
                conversation_kind: ConversationKind::Normal,
                by: actor.client_id().cloned(),
                updated_at,
                temporary_ttl_secs: None,
            },
        );
        draft.push(
            Audience::clients(told),
            now,
            EventKind::MembersJoined {
                conversation_id: conversation_id.clone(),
                conversation_kind: ConversationKind::Normal,
                members: added,
                by: actor.client_id().cloned(),
                updated_at,
                temporary_ttl_secs: None,
            },
        );
        let changed = MembersChanged {
            updated_at,
            allowed,
            failed,
        };
        Ok((changed, locked.commit(draft, &self.conversations).await?))
    }

    /// Removes members; removing only oneself is leaving. The conversation stays when the last
    /// member is gone (spec 02 §3.3).
    ///
    /// # Errors
    /// [`ChangeMembersError`]; nothing is written then.
    pub async fn remove_members(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        unwanted: Vec<ClientId>,
        signature: Option<&PresentedSignature>,
    ) -> Result<(MembersChanged, Outbox), ChangeMembersError> {
        let left = match actor {
            Actor::Client(caller) => {
                match self.leave_room(caller, conversation_id, &unwanted).await? {
                    Some(left) => Some(left),
                    None => {
                        self.unsubscribe_caller(caller, conversation_id, &unwanted)
                            .await?
                    }
                }
            }
            Actor::App => None,
        };
        if let Some(left) = left {
            return Ok((left, Outbox::empty(conversation_id.clone())));
        }
        let signed = || match actor {
            Actor::Client(caller) => self.check_remove_signature(
                &caller.client_id,
                conversation_id,
                &unwanted,
                signature,
            ),
            Actor::App => Ok(()),
        };
        let mut locked = self
            .open_members(actor, conversation_id, &unwanted, signed)
            .await?;
        let ranks = self.ranks(&mut locked.tx, &locked.conversation).await?;
        let (allowed, failures) = judge_removal(&ranks, actor, &locked.members, distinct(unwanted));
        let failed = failures
            .settle(actor.takes_partial_failure())
            .map_err(ChangeMembersError::Failed)?;
        let now = self.clock.now();
        let removed = member::delete(&mut locked.tx, conversation_id, &allowed).await?;
        member_role::delete(&mut locked.tx, conversation_id, &removed).await?;
        let told = without(locked.members.clone(), &removed);
        if removed.is_empty() {
            return Ok(unchanged(locked, allowed, failed));
        }
        let updated_at = conversation::touch(&mut locked.tx, conversation_id, now).await?;
        let mut draft = Draft::new(conversation_id.clone());
        draft.push(
            Audience::clients(removed.clone()),
            now,
            EventKind::Left {
                conversation_id: conversation_id.clone(),
                conversation_kind: ConversationKind::Normal,
                by: actor.client_id().cloned(),
                updated_at,
            },
        );
        draft.push(
            Audience::clients(told),
            now,
            EventKind::MembersLeft {
                conversation_id: conversation_id.clone(),
                conversation_kind: ConversationKind::Normal,
                members: removed,
                by: actor.client_id().cloned(),
                updated_at,
            },
        );
        let changed = MembersChanged {
            updated_at,
            allowed,
            failed,
        };
        Ok((changed, locked.commit(draft, &self.conversations).await?))
    }

    /// Finds who of those wanted is not there yet and may come, and notes who may not.
    async fn judge_addition(
        &self,
        actor: Actor<'_>,
        locked: &mut Locked,
        wanted: &[ClientId],
    ) -> Result<(Vec<ClientId>, Failures), StoreError> {
        let mut failures = Failures::default();
        let mut newcomers = without(wanted.to_vec(), &locked.members);
        if newcomers.is_empty() {
            return Ok((newcomers, failures));
        }
        let conversation_id = &locked.conversation.id;
        let tx = &mut locked.tx;
        let blocked =
            restriction::list_among(tx, conversation_id, Restriction::Blocked, &newcomers).await?;
        let mut unwilling = client_block::list_unwilling(tx, conversation_id, &newcomers).await?;
        // Whoever joins by itself wants to.
        unwilling.retain(|client_id| actor.client_id() != Some(client_id));
        let limit = self.config.max_members;
        let mut room = limit.saturating_sub(locked.members.len());
        newcomers.retain(|client_id| {
            let cause = if blocked.contains(client_id) {
                FailureCause::Blocked
            } else if unwilling.contains(client_id) {
                FailureCause::Unwilling
            } else if room == 0 {
                FailureCause::Full { limit }
            } else {
                room -= 1;
                return true;
            };
            failures.add(cause, client_id.clone());
            false
        });
        Ok((newcomers, failures))
    }

    /// Locks a conversation and checks that whoever asks may change these members; the app's
    /// server always may.
    async fn open_members(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        named: &[ClientId],
        signed: impl FnOnce() -> Result<(), SignatureRefused>,
    ) -> Result<Locked, ChangeMembersError> {
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .ok_or_else(|| ChangeMembersError::NotFound(conversation_id.clone()))?;
        if locked.conversation.kind != ConversationKind::Normal {
            return Err(ChangeMembersError::Unsupported(locked.conversation.kind));
        }
        signed()?;
        let Actor::Client(caller) = actor else {
            return Ok(locked);
        };
        let only_oneself = named.iter().all(|client_id| *client_id == caller.client_id);
        if !only_oneself && !locked.members.contains(&caller.client_id) {
            let asked = std::slice::from_ref(&caller.client_id);
            let blocked = restriction::list_among(
                &mut locked.tx,
                conversation_id,
                Restriction::Blocked,
                asked,
            )
            .await?;
            return Err(if blocked.is_empty() {
                ChangeMembersError::NotMember(conversation_id.clone())
            } else {
                ChangeMembersError::Blocked(conversation_id.clone())
            });
        }
        Ok(locked)
    }
}

/// Answers an operation without a real change: nothing is written and the time of change stays.
fn unchanged(
    locked: Locked,
    allowed: Vec<ClientId>,
    failed: Vec<MemberFailure>,
) -> (MembersChanged, Outbox) {
    let changed = MembersChanged {
        updated_at: locked.conversation.updated_at,
        allowed,
        failed,
    };
    (changed, Outbox::empty(locked.conversation.id))
}

/// Splits who may be removed from who may not (spec 02 §3.3). While a conversation has no
/// managers, every member may remove everybody.
fn judge_removal(
    ranks: &Ranks,
    actor: Actor<'_>,
    members: &[ClientId],
    unwanted: Vec<ClientId>,
) -> (Vec<ClientId>, Failures) {
    let mut allowed = Vec::with_capacity(unwanted.len());
    let mut failures = Failures::default();
    for client_id in unwanted {
        let is_oneself = actor.client_id() == Some(&client_id);
        if ranks.managers() == 0 || !members.contains(&client_id) {
            allowed.push(client_id);
        } else if is_oneself && ranks.of(&client_id) == MemberRole::Owner {
            failures.add(FailureCause::OwnerNeeded, client_id);
        } else if is_oneself || ranks.is_above(actor, &client_id) {
            allowed.push(client_id);
        } else {
            failures.add(FailureCause::Outranked, client_id);
        }
    }
    (allowed, failures)
}

fn failed_ids(failures: &[MemberFailure]) -> Vec<ClientId> {
    failures
        .iter()
        .flat_map(|failure| failure.client_ids.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Caller;

    fn ids(ids: &[&str]) -> Vec<ClientId> {
        ids.iter().map(|&id| ClientId::trusted(id)).collect()
    }

    fn judged(
        actor: Actor<'_>,
        managers: &[&str],
        unwanted: &[&str],
    ) -> (Vec<ClientId>, Vec<MemberFailure>) {
        let ranks = Ranks::new(Some(ClientId::trusted("owner")), ids(managers));
        let members = ids(&["owner", "boss", "deputy", "mike", "mary"]);
        let (allowed, failures) = judge_removal(&ranks, actor, &members, ids(unwanted));
        (allowed, failures.settle(true).expect("partial"))
    }

    fn caller(id: &str) -> Caller {
        Caller {
            client_id: ClientId::trusted(id),
            session_id: parlor_model::SessionId(1),
            session_key: uuid::Uuid::nil(),
            features: parlor_model::Features::default(),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
        }
    }

    #[test]
    fn c20_a_removal_goes_by_rank_once_there_is_a_manager() {
        let everybody = ["owner", "boss", "deputy", "mike", "mary", "stranger"];
        let managers = ["boss", "deputy"];
        let outranked = |names: &[&str]| MemberFailure {
            cause: FailureCause::Outranked,
            client_ids: ids(names),
        };
        for (name, allowed, failed) in [
            (
                "owner",
                &["boss", "deputy", "mike", "mary", "stranger"][..],
                MemberFailure {
                    cause: FailureCause::OwnerNeeded,
                    client_ids: ids(&["owner"]),
                },
            ),
            (
                "boss",
                &["boss", "mike", "mary", "stranger"],
                outranked(&["owner", "deputy"]),
            ),
            (
                "mike",
                &["mike", "stranger"],
                outranked(&["owner", "boss", "deputy", "mary"]),
            ),
        ] {
            let caller = caller(name);
            let actor = Actor::Client(&caller);
            assert_eq!(
                judged(actor, &managers, &everybody),
                (ids(allowed), vec![failed])
            );
            assert_eq!(judged(actor, &[], &everybody), (ids(&everybody), vec![]));
        }
        assert_eq!(
            judged(Actor::App, &managers, &everybody),
            (ids(&everybody), vec![])
        );
    }
}
