//! Adding and removing members, joining and leaving.

use std::collections::HashSet;

use parlor_cluster::Audience;
use parlor_model::{
    ClientId, Conversation, ConversationId, ConversationKind, ErrorClass, EventKind, Features,
    Timestamp,
};
use parlor_store::{StoreError, Tx, conversation, member};
use tokio::sync::OwnedSemaphorePermit;

use crate::{Caller, Chat, Outbox, PresentedSignature, SignatureRefused};

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

/// Why some ids of a member operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberFailure {
    /// There was no room for them.
    Full {
        /// The clients left out.
        client_ids: Vec<ClientId>,
        /// The limit in force.
        limit: usize,
    },
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
    /// No room, and the caller's SDK does not understand partial failures.
    #[error("at most {limit} members are allowed")]
    Full {
        /// The clients that do not fit.
        client_ids: Vec<ClientId>,
        /// The limit in force.
        limit: usize,
    },
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
            Self::NotMember(_) | Self::Signature(_) => ErrorClass::Forbidden,
            Self::Full { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

/// A conversation locked for a change of its members.
struct Opened {
    turn: OwnedSemaphorePermit,
    tx: Tx,
    conversation: Conversation,
    members: Vec<ClientId>,
}

impl Chat {
    /// Adds members; adding only oneself is joining, which everybody may (spec 02 §3.3).
    ///
    /// # Errors
    /// [`ChangeMembersError`]; nothing is written then.
    pub async fn add_members(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        wanted: Vec<ClientId>,
        signature: Option<&PresentedSignature>,
    ) -> Result<(MembersChanged, Outbox), ChangeMembersError> {
        let signed =
            || self.check_add_signature(&caller.client_id, conversation_id, &wanted, signature);
        let joined = self
            .join_room(caller, conversation_id, &wanted, &signed)
            .await?;
        if let Some(joined) = joined {
            return Ok((joined, Outbox::empty(conversation_id.clone())));
        }
        let mut opened = self
            .open_members(caller, conversation_id, &wanted, signed)
            .await?;
        let wanted = distinct(wanted);
        let present: HashSet<&ClientId> = opened.members.iter().collect();
        let limit = self.config.max_members;
        let room = limit.saturating_sub(present.len());
        let (newcomers, left_out) = split_newcomers(&wanted, &present, room);
        if !left_out.is_empty() && !caller.features.has(Features::PARTIAL_FAILURE) {
            return Err(ChangeMembersError::Full {
                client_ids: left_out,
                limit,
            });
        }
        let now = self.clock.now();
        let added = if newcomers.is_empty() {
            newcomers
        } else {
            member::insert(&mut opened.tx, conversation_id, &newcomers, now).await?
        };
        let allowed = without(wanted, &left_out);
        let failed = if left_out.is_empty() {
            Vec::new()
        } else {
            vec![MemberFailure::Full {
                client_ids: left_out,
                limit,
            }]
        };
        let mut told = opened.members.clone();
        told.extend(added.iter().cloned());
        let (updated_at, mut outbox) = self.close_members(opened, !added.is_empty(), now).await?;
        if !added.is_empty() {
            outbox.push(
                Audience::clients(added.clone()),
                now,
                EventKind::Joined {
                    conversation_id: conversation_id.clone(),
                    conversation_kind: ConversationKind::Normal,
                    by: Some(caller.client_id.clone()),
                    updated_at,
                },
            );
            outbox.push(
                Audience::clients(told),
                now,
                EventKind::MembersJoined {
                    conversation_id: conversation_id.clone(),
                    conversation_kind: ConversationKind::Normal,
                    members: added,
                    by: Some(caller.client_id.clone()),
                    updated_at,
                },
            );
        }
        let changed = MembersChanged {
            updated_at,
            allowed,
            failed,
        };
        Ok((changed, outbox))
    }

    /// Removes members; removing only oneself is leaving. The conversation stays when the last
    /// member is gone (spec 02 §3.3).
    ///
    /// # Errors
    /// [`ChangeMembersError`]; nothing is written then.
    pub async fn remove_members(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        unwanted: Vec<ClientId>,
        signature: Option<&PresentedSignature>,
    ) -> Result<(MembersChanged, Outbox), ChangeMembersError> {
        if let Some(left) = self.leave_room(caller, conversation_id, &unwanted).await? {
            return Ok((left, Outbox::empty(conversation_id.clone())));
        }
        let signed = || {
            self.check_remove_signature(&caller.client_id, conversation_id, &unwanted, signature)
        };
        let mut opened = self
            .open_members(caller, conversation_id, &unwanted, signed)
            .await?;
        let unwanted = distinct(unwanted);
        let now = self.clock.now();
        let removed = member::delete(&mut opened.tx, conversation_id, &unwanted).await?;
        let told = without(opened.members.clone(), &removed);
        let (updated_at, mut outbox) = self.close_members(opened, !removed.is_empty(), now).await?;
        if !removed.is_empty() {
            outbox.push(
                Audience::clients(removed.clone()),
                now,
                EventKind::Left {
                    conversation_id: conversation_id.clone(),
                    conversation_kind: ConversationKind::Normal,
                    by: Some(caller.client_id.clone()),
                    updated_at,
                },
            );
            outbox.push(
                Audience::clients(told),
                now,
                EventKind::MembersLeft {
                    conversation_id: conversation_id.clone(),
                    conversation_kind: ConversationKind::Normal,
                    members: removed,
                    by: Some(caller.client_id.clone()),
                    updated_at,
                },
            );
        }
        let changed = MembersChanged {
            updated_at,
            allowed: unwanted,
            failed: Vec::new(),
        };
        Ok((changed, outbox))
    }

    /// Locks a conversation and checks that the caller may change these members.
    async fn open_members(
        &self,
        caller: &Caller,
        conversation_id: &ConversationId,
        named: &[ClientId],
        signed: impl FnOnce() -> Result<(), SignatureRefused>,
    ) -> Result<Opened, ChangeMembersError> {
        let turn = self.turns.take(conversation_id).await;
        let mut tx = self.store.begin().await?;
        let conversation = conversation::lock(&mut tx, conversation_id)
            .await?
            .ok_or_else(|| ChangeMembersError::NotFound(conversation_id.clone()))?;
        if conversation.kind != ConversationKind::Normal {
            return Err(ChangeMembersError::Unsupported(conversation.kind));
        }
        signed()?;
        let members: Vec<ClientId> = member::list(&mut tx, conversation_id)
            .await?
            .into_iter()
            .map(|member| member.client_id)
            .collect();
        let only_oneself = named.iter().all(|client_id| *client_id == caller.client_id);
        if !only_oneself && !members.contains(&caller.client_id) {
            return Err(ChangeMembersError::NotMember(conversation_id.clone()));
        }
        Ok(Opened {
            turn,
            tx,
            conversation,
            members,
        })
    }

    /// Commits a change of members. Without a real change nothing is written and the time of
    /// change stays.
    async fn close_members(
        &self,
        opened: Opened,
        changed: bool,
        now: Timestamp,
    ) -> Result<(Timestamp, Outbox), ChangeMembersError> {
        let Opened {
            turn,
            mut tx,
            conversation,
            ..
        } = opened;
        if !changed {
            return Ok((conversation.updated_at, Outbox::empty(conversation.id)));
        }
        let updated_at = conversation::touch(&mut tx, &conversation.id, now).await?;
        let committed = tx.commit().await;
        // Forgotten also when the commit seems to have failed: its answer may only be lost.
        self.conversations.forget(&conversation.id);
        committed.map_err(StoreError::from)?;
        Ok((updated_at, Outbox::new(conversation.id, turn)))
    }
}

fn distinct(client_ids: Vec<ClientId>) -> Vec<ClientId> {
    let mut seen = HashSet::new();
    client_ids
        .into_iter()
        .filter(|client_id| seen.insert(client_id.clone()))
        .collect()
}

fn without(client_ids: Vec<ClientId>, excluded: &[ClientId]) -> Vec<ClientId> {
    let excluded: HashSet<&ClientId> = excluded.iter().collect();
    client_ids
        .into_iter()
        .filter(|client_id| !excluded.contains(client_id))
        .collect()
}

/// Splits who is not there yet into those who fit and those who do not.
fn split_newcomers(
    wanted: &[ClientId],
    present: &HashSet<&ClientId>,
    room: usize,
) -> (Vec<ClientId>, Vec<ClientId>) {
    let mut newcomers: Vec<ClientId> = wanted
        .iter()
        .filter(|client_id| !present.contains(client_id))
        .cloned()
        .collect();
    let left_out = newcomers.split_off(room.min(newcomers.len()));
    (newcomers, left_out)
}
