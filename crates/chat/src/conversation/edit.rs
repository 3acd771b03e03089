//! Changing a conversation for the app's server.

use parlor_model::{
    ClientId, ConversationId, ConversationKind, ErrorClass, EventKind, JsonObject, Timestamp,
};
use parlor_store::conversation_query::{self, Filter, FilterError, ListError};
use parlor_store::{StoreError, conversation, member, member_role};

use super::attributes::{self, ColumnError};
use super::locked::Locked;
use super::written::{self, Written};
use crate::{Announce, Chat, Draft, Outbox};

/// What the app's server wants to change.
#[derive(Clone, Debug)]
pub struct EditConversation {
    /// Columns and paths with values or operations.
    pub row: JsonObject,
    /// What the row must be like before; empty for anything.
    pub condition: JsonObject,
    /// What kind it must be, when that matters.
    pub kind: Option<ConversationKind>,
    /// Who is told. Nobody is ever told of changed members or mutes.
    pub announce: Announce,
}

/// Why a conversation was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The conversation is of another kind.
    #[error("conversation {id} is of another kind")]
    WrongKind {
        /// The conversation.
        id: ConversationId,
        /// What it should be.
        wanted: ConversationKind,
    },
    /// The condition is refused.
    #[error("where: {0}")]
    Condition(#[from] FilterError),
    /// The condition does not hold.
    #[error("conversation {0} does not match where, nothing was changed")]
    Unmatched(ConversationId),
    /// A column cannot be stored.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Too many members.
    #[error("{members} members, at most {limit} are allowed")]
    Full {
        /// How many there would be.
        members: usize,
        /// The limit in force.
        limit: usize,
    },
    /// The database refuses a pattern of the condition.
    #[error("where: $regex is refused: {0}")]
    Pattern(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EditError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::WrongKind { .. } | Self::Condition(_) | Self::Column(_) | Self::Pattern(_) => {
                ErrorClass::Invalid
            }
            Self::Unmatched(_) => ErrorClass::Conflict,
            Self::Full { .. } => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

impl From<ListError> for EditError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Pattern(problem) => Self::Pattern(problem),
            ListError::Store(error) => Self::Store(error),
        }
    }
}

impl Chat {
    /// Changes columns, members and mutes of a conversation, all of them or none, and returns
    /// the time of change. What is known of it in memory is forgotten, so that sockets go by the
    /// change at once.
    ///
    /// # Errors
    /// [`EditError`]; nothing is written then.
    pub async fn edit_conversation(
        &self,
        conversation_id: &ConversationId,
        request: EditConversation,
    ) -> Result<(Timestamp, Outbox), EditError> {
        let condition = Filter::from_object(&request.condition)?;
        let written = Written::parse(request.row)?;
        let mut locked = self
            .lock_conversation(conversation_id)
            .await?
            .filter(|locked| locked.conversation.kind != ConversationKind::Temporary)
            .ok_or_else(|| EditError::NotFound(conversation_id.clone()))?;
        check_kind(&locked, request.kind)?;
        if !request.condition.is_empty() {
            self.check_condition(&mut locked, &condition).await?;
        }
        check_fixed(&written, &locked)?;
        let now = self.clock.now();
        if let Some(list) = &written.members
            && locked.conversation.kind == ConversationKind::Normal
        {
            self.replace_members(&mut locked, list, now).await?;
        }
        if let Some(list) = &written.muted {
            replace_muted(&mut locked, list).await?;
        }
        if let Some(creator) = &written.creator {
            conversation::set_creator(&mut locked.tx, conversation_id, creator.as_ref()).await?;
        }
        let before = conversation::Columns {
            name: locked.conversation.name.clone(),
            attr: locked.conversation.attr.clone(),
            extra: locked.conversation.extra.clone(),
        };
        let told = !written.columns.is_empty() && request.announce == Announce::Members;
        let (after, change) = attributes::apply_all(&before, written.columns)?;
        let updated_at = conversation::update(&mut locked.tx, conversation_id, &after, now).await?;
        let audience = locked.everybody();
        let mut draft = Draft::new(conversation_id.clone());
        if told {
            draft.push(
                audience,
                now,
                EventKind::Updated {
                    conversation_id: conversation_id.clone(),
                    by: None,
                    updated_at,
                    change,
                },
            );
        }
        Ok((updated_at, locked.commit(draft, &self.conversations).await?))
    }

    /// Checks that a locked conversation passes a filter.
    pub(super) async fn check_condition(
        &self,
        locked: &mut Locked,
        condition: &Filter,
    ) -> Result<(), EditError> {
        let conversation_id = &locked.conversation.id;
        let passes = conversation_query::passes(&mut locked.tx, conversation_id, condition).await?;
        if passes {
            Ok(())
        } else {
            Err(EditError::Unmatched(conversation_id.clone()))
        }
    }

    async fn replace_members(
        &self,
        locked: &mut Locked,
        list: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), EditError> {
        let wanted = written::clients("m", &locked.members, list)?;
        let gone: Vec<ClientId> = subtract(&locked.members, &wanted);
        let new = subtract(&wanted, &locked.members);
        let limit = self.config.max_members;
        if !new.is_empty() && wanted.len() > limit {
            let members = wanted.len();
            return Err(EditError::Full { members, limit });
        }
        let conversation_id = &locked.conversation.id;
        member::delete(&mut locked.tx, conversation_id, &gone).await?;
        member_role::delete(&mut locked.tx, conversation_id, &gone).await?;
        member::insert(&mut locked.tx, conversation_id, &new, now).await?;
        locked.members = wanted;
        Ok(())
    }
}

async fn replace_muted(locked: &mut Locked, list: &serde_json::Value) -> Result<(), EditError> {
    let conversation_id = &locked.conversation.id;
    let present: Vec<ClientId> = member::list(&mut locked.tx, conversation_id)
        .await?
        .into_iter()
        .filter(|member| member.muted)
        .map(|member| member.client_id)
        .collect();
    let wanted = written::clients("mu", &present, list)?;
    member::mute_exactly(&mut locked.tx, conversation_id, &wanted).await?;
    Ok(())
}

/// Checks that nothing is written to what a conversation is from its creation on, except what it
/// is already.
fn check_fixed(written: &Written, locked: &Locked) -> Result<(), ColumnError> {
    let conversation = &locked.conversation;
    let is_room = conversation.kind == ConversationKind::ChatRoom;
    let is_service = conversation.kind == ConversationKind::Service;
    let is_unique = conversation.unique_id.is_some();
    for (column, written, present) in [
        ("tr", written.is_room, is_room),
        ("sys", written.is_service, is_service),
        ("unique", written.is_unique, is_unique),
    ] {
        if written.is_some_and(|written| written != present) {
            return Err(ColumnError::Reserved(column.to_owned()));
        }
    }
    match &written.unique_id {
        Some(written) if written.as_str() != conversation.unique_id.as_deref() => {
            Err(ColumnError::Reserved("uniqueId".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Checks that a locked conversation is of a kind.
pub(super) fn check_kind(
    locked: &Locked,
    wanted: Option<ConversationKind>,
) -> Result<(), EditError> {
    match wanted {
        Some(wanted) if wanted != locked.conversation.kind => Err(EditError::WrongKind {
            id: locked.conversation.id.clone(),
            wanted,
        }),
        _ => Ok(()),
    }
}

fn subtract(from: &[ClientId], what: &[ClientId]) -> Vec<ClientId> {
    let what: std::collections::HashSet<&ClientId> = what.iter().collect();
    from.iter()
        .filter(|client_id| !what.contains(client_id))
        .cloned()
        .collect()
}
