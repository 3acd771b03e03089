//! Creating a conversation, or finding the one with exactly these members.

use std::time::Duration;

use md5::{Digest, Md5};
use parlor_cluster::Audience;
use parlor_model::{
    ClientId, Conversation, ConversationId, ConversationKind, ErrorClass, EventKind, JsonObject,
    Timestamp,
};
use parlor_store::{StoreError, conversation, member};

use super::attributes::{self, ColumnError};
use crate::{Caller, Chat, Draft, Outbox, PresentedSignature, SignatureRefused};

/// What a client wants to start.
#[derive(Clone, Debug)]
pub struct StartConversation {
    /// As sent: maybe without the creator, maybe with duplicates.
    pub members: Vec<ClientId>,
    /// Columns; `name` and `attr` among them.
    pub attributes: JsonObject,
    /// Find the conversation of exactly these members first.
    pub unique: bool,
    /// What kind to create.
    pub kind: ConversationKind,
    /// How long a temporary conversation lasts.
    pub temporary_ttl: Option<Duration>,
    /// The signature of the app's server.
    pub signature: Option<PresentedSignature>,
}

/// The conversation that was started or found.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its id.
    pub conversation_id: ConversationId,
    /// Its kind.
    pub kind: ConversationKind,
    /// When it was created.
    pub created_at: Timestamp,
    /// Set for unique conversations.
    pub unique_id: Option<String>,
    /// Seconds from a temporary conversation's creation to its end.
    pub temporary_ttl_secs: Option<i32>,
    /// It was there before: nothing was written and nobody is told.
    pub existing: bool,
}

/// Why a conversation was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Too many members.
    #[error("{members} members, at most {limit} are allowed")]
    Full {
        /// How many were asked for, the creator included.
        members: usize,
        /// The limit in force.
        limit: usize,
    },
    /// Only the app's server makes service conversations.
    #[error("service conversations are created by the app's server only")]
    ReadOnly,
    /// The app asks for signed conversations.
    #[error(transparent)]
    Signature(#[from] SignatureRefused),
    /// An attribute cannot be stored.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StartError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Full { .. } => ErrorClass::Limited,
            Self::Column(_) => ErrorClass::Invalid,
            Self::ReadOnly | Self::Signature(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Starts a conversation. The creator is always a member.
    ///
    /// With `unique`, an existing conversation with exactly these members is returned as it
    /// is: the request's attributes are ignored and nobody is told (spec 02 §3.2). Temporary
    /// conversations are always unique among those that have not ended (spec 02 §5).
    ///
    /// # Errors
    /// [`StartError`]; nothing is written then.
    pub async fn start_conversation(
        &self,
        caller: &Caller,
        request: StartConversation,
    ) -> Result<(Started, Outbox), StartError> {
        let now = self.clock.now();
        let (id, limit, unique, expires_at) = match request.kind {
            ConversationKind::ChatRoom => return self.start_room(caller, request.attributes).await,
            ConversationKind::Service => return Err(StartError::ReadOnly),
            ConversationKind::Normal => (
                self.ids.conversation_id(now),
                self.config.max_members,
                request.unique,
                None,
            ),
            ConversationKind::Temporary => (
                self.ids.temporary_conversation_id(now),
                self.config.max_temporary_members,
                true,
                Some(self.end_of_temporary(request.temporary_ttl, now)),
            ),
        };
        // Swift never signs the start of a temporary conversation (spec 01 §5.8).
        if request.kind != ConversationKind::Temporary {
            self.check_start_signature(
                &caller.client_id,
                &request.members,
                request.signature.as_ref(),
            )?;
        }
        let members = members_of(caller, &request.members);
        if members.len() > limit {
            return Err(StartError::Full {
                members: members.len(),
                limit,
            });
        }
        let columns = attributes::initial(request.attributes)?;
        let unique_id = unique.then(|| unique_id(&members));

        // The turn comes before the connection, here as everywhere: whoever holds a connection
        // never waits for a turn.
        let turn = self.turns.take(&id).await;
        let mut tx = self.store.begin().await?;
        if let Some(unique_id) = &unique_id {
            conversation::lock_unique_id(&mut tx, unique_id).await?;
            let found =
                conversation::find_unique(&mut tx, request.kind, unique_id, &members, now).await?;
            if let Some(found) = found {
                return Ok((started(&found, true), Outbox::empty(found.id)));
            }
        }
        let created = Conversation {
            id,
            kind: request.kind,
            name: columns.name,
            creator: Some(caller.client_id.clone()),
            attr: columns.attr,
            extra: columns.extra,
            unique_id,
            created_at: now,
            updated_at: now,
            expires_at,
        };
        conversation::insert(&mut tx, &created).await?;
        member::insert(&mut tx, &created.id, &members, now).await?;
        let mut draft = Draft::new(created.id.clone());
        draft.push(
            Audience::clients(members.clone()),
            now,
            EventKind::Joined {
                conversation_id: created.id.clone(),
                conversation_kind: created.kind,
                by: Some(caller.client_id.clone()),
                updated_at: created.updated_at,
                temporary_ttl_secs: created.ttl_secs(),
            },
        );
        draft.push(
            Audience::clients(members.clone()),
            now,
            EventKind::MembersJoined {
                conversation_id: created.id.clone(),
                conversation_kind: created.kind,
                members: members.clone(),
                by: Some(caller.client_id.clone()),
                updated_at: created.updated_at,
                temporary_ttl_secs: created.ttl_secs(),
            },
        );
        let outbox = draft.commit(tx, turn).await?;
        tracing::debug!(
            client.id = %caller.client_id,
            conversation.id = %created.id,
            members = members.len(),
            "conversation started"
        );
        Ok((started(&created, false), outbox))
    }

    /// Returns when a temporary conversation ends that starts now.
    fn end_of_temporary(&self, wanted: Option<Duration>, now: Timestamp) -> Timestamp {
        let ttl = wanted
            .unwrap_or(self.config.temporary_ttl)
            .min(self.config.max_temporary_ttl);
        now.plus_millis(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX))
    }
}

fn started(conversation: &Conversation, existing: bool) -> Started {
    Started {
        conversation_id: conversation.id.clone(),
        kind: conversation.kind,
        created_at: conversation.created_at,
        // Every temporary conversation has one; it is nothing its creator asked for.
        unique_id: match conversation.kind {
            ConversationKind::Temporary => None,
            ConversationKind::Normal | ConversationKind::ChatRoom | ConversationKind::Service => {
                conversation.unique_id.clone()
            }
        },
        temporary_ttl_secs: conversation.ttl_secs(),
        existing,
    }
}

/// Adds the creator and drops duplicates, keeping the order as sent.
fn members_of(caller: &Caller, sent: &[ClientId]) -> Vec<ClientId> {
    let mut seen = std::collections::HashSet::new();
    std::iter::once(caller.client_id.clone())
        .filter(|creator| !sent.contains(creator))
        .chain(sent.iter().cloned())
        .filter(|client_id| seen.insert(client_id.clone()))
        .collect()
}

/// Digests a member set: MD5 over the ids, sorted bytewise and joined by nothing (spec 02
/// §3.2).
pub(super) fn unique_id(members: &[ClientId]) -> String {
    let mut sorted: Vec<&str> = members.iter().map(ClientId::as_str).collect();
    sorted.sort_unstable();
    let mut digest = Md5::new();
    for id in sorted {
        digest.update(id);
    }
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use parlor_model::{Features, SessionId};

    use super::*;

    fn ids(texts: &[&str]) -> Vec<ClientId> {
        texts.iter().map(|&text| ClientId::trusted(text)).collect()
    }

    #[test]
    fn c6_the_unique_id_matches_the_published_rows() {
        assert_eq!(
            unique_id(&ids(&["SteveJobs", "BillGates"])),
            "6c7b0e5afcae9aa1139a0afa25833dec"
        );
        assert_eq!(
            unique_id(&ids(&["T8", "William"])),
            "61e52ce97f2b93050655a1c83371b070"
        );
    }

    #[test]
    fn the_creator_is_a_member_once() {
        let caller = Caller {
            client_id: ClientId::trusted("a"),
            session_id: SessionId(1),
            session_key: uuid::Uuid::nil(),
            features: Features::default(),
            address: std::net::Ipv4Addr::LOCALHOST.into(),
        };
        assert_eq!(members_of(&caller, &ids(&["b", "b"])), ids(&["a", "b"]));
        assert_eq!(
            members_of(&caller, &ids(&["b", "a", "b"])),
            ids(&["b", "a"])
        );
    }
}
