//! Sending in a service conversation, in whoever's name.

use std::net::IpAddr;

use parlor_model::{
    AddressedTo, ClientId, Content, ConversationId, ConversationKind, Mention, Message, Priority,
    Timestamp, limit,
};
use parlor_store::message::NewMessage;
use tokio::sync::oneshot;

use crate::message::{Echo, Pending, Recipients, type_of};
use crate::{Chat, SendDone, SendError, Sent};

/// What the app's server wants to say.
#[derive(Clone, Debug)]
pub struct SendService {
    /// In which service conversation.
    pub conversation_id: ConversationId,
    /// In whose name; nothing about it is checked.
    pub sender: ClientId,
    /// To whom; never to the app's server or the conversation.
    pub addressed_to: AddressedTo,
    /// What.
    pub content: Content,
    /// Only for who is online now.
    pub transient: bool,
    /// Overrides the payload of the push notification.
    pub push_data: Option<String>,
    /// From which address the app's server asks.
    pub address: Option<IpAddr>,
}

impl Chat {
    /// Returns until when a broadcast to everybody counts as unread that is to hold until
    /// `wanted`: a month at most, and by default (spec 03 §2.3).
    #[must_use]
    pub fn broadcast_end(&self, wanted: Option<Timestamp>) -> Timestamp {
        let longest = i64::try_from(limit::BROADCAST_LIFE.as_millis()).unwrap_or(i64::MAX);
        let latest = self.clock.now().plus_millis(longest);
        wanted.map_or(latest, |wanted| wanted.min(latest))
    }

    /// Sends a message in a service conversation and waits until it is durable. It is one row,
    /// however many it reaches.
    ///
    /// # Errors
    /// [`SendError`]; nobody gets it then.
    pub async fn send_service(&self, request: SendService) -> Result<Sent, SendError> {
        self.check_size(&request.content, request.push_data.as_deref())?;
        let known = self
            .conversations
            .lookup(&request.conversation_id)
            .await
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::error!(error, "conversation lookup failed");
            })?;
        if !known.is_some_and(|known| known.kind == ConversationKind::Service) {
            return Err(SendError::InvalidTarget(request.conversation_id));
        }
        let (done, outcome) = oneshot::channel();
        let done: SendDone = Box::new(move |sent| {
            // Whoever asked may have left.
            let _ = done.send(sent);
        });
        if request.transient {
            self.pass_service(request, done).await;
        } else {
            self.store_service(request, done).await;
        }
        outcome.await.unwrap_or(Err(SendError::ShuttingDown))
    }

    async fn store_service(&self, request: SendService, done: SendDone) {
        let pending = Pending {
            message: NewMessage {
                id: self.new_message_id(),
                conversation_id: request.conversation_id,
                sender: request.sender,
                typed: type_of(&request.content),
                content: request.content,
                mention: Mention::default(),
                receipt: false,
                push_data: request.push_data,
                dedupe_token: None,
                addressed_to: request.addressed_to,
                sender_address: request.address,
            },
            kind: ConversationKind::Service,
            priority: Priority::default(),
            echo: Echo::Everybody,
            done,
        };
        self.writer.store(pending).await;
    }

    async fn pass_service(&self, request: SendService, done: SendDone) {
        let recipients = Recipients::Addressed(request.addressed_to);
        let message = Message {
            id: self.new_message_id(),
            conversation_id: request.conversation_id,
            kind: ConversationKind::Service,
            sender: request.sender,
            sent_at: self.clock.now(),
            content: request.content,
            mention: Mention::default(),
            transient: true,
            patched_at: None,
        };
        self.writer.pass(message, recipients, done).await;
    }
}
