//! Sending a message for the app's server, in whoever's name.

use parlor_model::{
    AddressedTo, ClientId, Content, ConversationId, ConversationKind, Mention, Message, Priority,
};
use parlor_store::message::NewMessage;
use tokio::sync::oneshot;

use super::send::{SendDone, SendError, Sent};
use super::typed::type_of;
use super::writer::{Echo, Pending, Recipients};
use crate::Chat;
use crate::conversation::KnownConversation;

/// What the app's server wants to send.
#[derive(Clone, Debug)]
pub struct PostMessage {
    /// Where to.
    pub conversation_id: ConversationId,
    /// In whose name; it need not be a member, nor online, nor known.
    pub sender: ClientId,
    /// What.
    pub content: Content,
    /// Only for who is online now.
    pub transient: bool,
    /// The sender's own devices get it too. Never in a room.
    pub echo: bool,
    /// Overrides the payload of the push notification.
    pub push_data: Option<String>,
    /// Whom it mentions.
    pub mention: Mention,
    /// How important it is in a chat room.
    pub priority: Priority,
}

impl Chat {
    /// Sends a message to a normal conversation or a chat room and waits until it is durable. The
    /// sender is taken at its word: neither membership nor anything else about it is checked
    /// (spec 03 §2.3).
    ///
    /// # Errors
    /// [`SendError`]; nobody gets it then.
    pub async fn post_message(&self, request: PostMessage) -> Result<Sent, SendError> {
        self.check_size(&request.content, request.push_data.as_deref())?;
        let known = self
            .conversations
            .lookup(&request.conversation_id)
            .await
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::error!(error, "conversation lookup failed");
            })?
            .ok_or_else(|| SendError::InvalidTarget(request.conversation_id.clone()))?;
        match known.kind {
            ConversationKind::Normal | ConversationKind::ChatRoom => {}
            ConversationKind::Service | ConversationKind::Temporary => {
                return Err(SendError::InvalidTarget(request.conversation_id));
            }
        }
        let (done, outcome) = oneshot::channel();
        let done: SendDone = Box::new(move |sent| {
            // Whoever asked may have left.
            let _ = done.send(sent);
        });
        if request.transient {
            self.post_transient(request, &known, done).await;
        } else {
            self.post_stored(request, known.kind, done).await;
        }
        outcome.await.unwrap_or(Err(SendError::ShuttingDown))
    }

    async fn post_stored(&self, request: PostMessage, kind: ConversationKind, done: SendDone) {
        let typed = type_of(&request.content);
        let pending = Pending {
            message: NewMessage {
                id: self.new_message_id(),
                conversation_id: request.conversation_id,
                sender: request.sender,
                content: request.content,
                typed,
                mention: request.mention,
                receipt: false,
                push_data: request.push_data,
                dedupe_token: None,
                addressed_to: AddressedTo::Conversation,
                sender_address: None,
            },
            kind,
            priority: request.priority,
            echo: if request.echo {
                Echo::Everybody
            } else {
                Echo::Nobody
            },
            done,
        };
        self.writer.store(pending).await;
    }

    async fn post_transient(
        &self,
        request: PostMessage,
        known: &KnownConversation,
        done: SendDone,
    ) {
        let recipients = if known.kind == ConversationKind::ChatRoom {
            Recipients::Room(request.priority)
        } else {
            let members = known.members.iter();
            let told = members.filter(|member| request.echo || **member != request.sender);
            Recipients::Clients(told.cloned().collect())
        };
        let message = Message {
            id: self.new_message_id(),
            conversation_id: request.conversation_id,
            kind: known.kind,
            sender: request.sender,
            sent_at: self.clock.now(),
            content: request.content,
            mention: request.mention,
            transient: true,
            patched_at: None,
        };
        self.writer.pass(message, recipients, done).await;
    }
}
