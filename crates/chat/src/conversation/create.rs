//! Creating a conversation for the app's server.

use parlor_cluster::Audience;
use parlor_model::{
    ClientId, Conversation, ConversationId, ConversationKind, ErrorClass, EventKind, JsonObject,
    Timestamp,
};
use parlor_store::{StoreError, conversation, member};

use super::attributes::{self, ColumnError};
use super::start::unique_id;
use super::written::{self, Written};
use crate::{Announce, Chat, Draft, Outbox};

/// What the app's server wants to create.
#[derive(Clone, Debug)]
pub struct CreateConversation {
    /// The row: columns and operations on columns that are not there yet.
    pub row: JsonObject,
    /// What kind to create; the row decides when `None`.
    pub kind: Option<ConversationKind>,
    /// Who is told.
    pub announce: Announce,
}

/// The conversation that was created or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedConversation {
    /// Its id.
    pub conversation_id: ConversationId,
    /// When it was created.
    pub created_at: Timestamp,
    /// It was there before, and nothing was written.
    pub existing: bool,
}

/// Why a conversation was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A column cannot be stored.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Too many members.
    #[error("{members} members, at most {limit} are allowed")]
    Full {
        /// How many were asked for.
        members: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CreateError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Column(_) => ErrorClass::Invalid,
            Self::Full { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Creates a conversation of any kind. Members are exactly those of the row, and only normal
    /// conversations keep any. A unique one with exactly these members that is there already is
    /// returned as it is (spec 03 §3.1).
    ///
    /// # Errors
    /// [`CreateError`]; nothing is written then.
    pub async fn create_conversation(
        &self,
        request: CreateConversation,
    ) -> Result<(CreatedConversation, Outbox), CreateError> {
        let written = Written::parse(request.row)?;
        let kind = request.kind.unwrap_or_else(|| written.kind());
        let members = match &written.members {
            Some(list) if kind == ConversationKind::Normal => written::clients("m", &[], list)?,
            _ => Vec::new(),
        };
        let limit = self.config.max_members;
        if members.len() > limit {
            let members = members.len();
            return Err(CreateError::Full { members, limit });
        }
        let muted = match &written.muted {
            Some(list) => written::clients("mu", &[], list)?,
            None => Vec::new(),
        };
        let columns = attributes::created(written.columns)?;
        let unique_id = (kind == ConversationKind::Normal && written.is_unique == Some(true))
            .then(|| unique_id(&members));

        let now = self.clock.now();
        let conversation_id = self.ids.conversation_id(now);
        let turn = self.turns.take(&conversation_id).await;
        let mut tx = self.store.begin().await?;
        if let Some(unique_id) = &unique_id {
            conversation::lock_unique_id(&mut tx, unique_id).await?;
            let found = conversation::find_unique(&mut tx, kind, unique_id, &members, now).await?;
            if let Some(found) = found {
                let existing = CreatedConversation {
                    conversation_id: found.id.clone(),
                    created_at: found.created_at,
                    existing: true,
                };
                return Ok((existing, Outbox::empty(found.id)));
            }
        }
        let created = Conversation {
            id: conversation_id,
            kind,
            name: columns.name,
            creator: written.creator.flatten(),
            attr: columns.attr,
            extra: columns.extra,
            unique_id,
            created_at: now,
            updated_at: now,
            expires_at: None,
        };
        conversation::insert(&mut tx, &created).await?;
        member::insert(&mut tx, &created.id, &members, now).await?;
        if !muted.is_empty() {
            member::mute_exactly(&mut tx, &created.id, &muted).await?;
        }
        let mut draft = Draft::new(created.id.clone());
        if request.announce == Announce::Members && !members.is_empty() {
            tell_members(&mut draft, &created, members);
        }
        let outbox = draft.commit(tx, turn).await?;
        tracing::debug!(conversation.id = %created.id, ?kind, "conversation created");
        let done = CreatedConversation {
            conversation_id: created.id,
            created_at: created.created_at,
            existing: false,
        };
        Ok((done, outbox))
    }
}

fn tell_members(draft: &mut Draft, created: &Conversation, members: Vec<ClientId>) {
    draft.push(
        Audience::clients(members.clone()),
        created.created_at,
        EventKind::Joined {
            conversation_id: created.id.clone(),
            conversation_kind: created.kind,
            by: None,
            updated_at: created.updated_at,
            temporary_ttl_secs: None,
        },
    );
    draft.push(
        Audience::clients(members.clone()),
        created.created_at,
        EventKind::MembersJoined {
            conversation_id: created.id.clone(),
            conversation_kind: created.kind,
            members,
            by: None,
            updated_at: created.updated_at,
            temporary_ttl_secs: None,
        },
    );
}
