//! Creating a room.

use parlor_model::{Conversation, ConversationKind, JsonObject};
use parlor_store::conversation;

use crate::conversation::attributes;
use crate::{Caller, Chat, Outbox, StartError, Started};

impl Chat {
    /// Creates a room and puts its creator into it; nobody else, whoever was named, and nobody
    /// is told (spec 02 §4).
    pub(crate) async fn start_room(
        &self,
        caller: &Caller,
        columns: JsonObject,
    ) -> Result<(Started, Outbox), StartError> {
        let columns = attributes::initial(columns)?;
        let now = self.clock.now();
        let created = Conversation {
            id: self.ids.conversation_id(now),
            kind: ConversationKind::ChatRoom,
            name: columns.name,
            creator: Some(caller.client_id.clone()),
            attr: columns.attr,
            extra: columns.extra,
            unique_id: None,
            created_at: now,
            updated_at: now,
            expires_at: None,
        };
        let mut connection = self.store.acquire().await?;
        conversation::insert(&mut connection, &created).await?;
        drop(connection);
        self.sit_down(caller, &created.id);
        tracing::debug!(
            client.id = %caller.client_id,
            conversation.id = %created.id,
            "room started"
        );
        let started = Started {
            conversation_id: created.id.clone(),
            kind: created.kind,
            created_at: created.created_at,
            unique_id: None,
            temporary_ttl_secs: None,
            existing: false,
        };
        Ok((started, Outbox::empty(created.id)))
    }
}
