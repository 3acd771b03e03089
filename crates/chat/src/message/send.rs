//! Sending a message.

use std::fmt;
use std::sync::Arc;

use parlor_model::{
    AddressedTo, Content, ConversationId, ConversationKind, ErrorClass, Mention, Message,
    MessageId, MessageKey, Priority,
};
use parlor_store::StoreError;
use parlor_store::message::NewMessage;

use super::typed::type_of;
use super::writer::{Echo, Pending, Recipients};
use crate::conversation::KnownConversation;
use crate::will::Will;
use crate::{Caller, Chat};

/// What a client wants to send.
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// Where to.
    pub conversation_id: ConversationId,
    /// What.
    pub content: Content,
    /// Only for who is online now.
    pub transient: bool,
    /// The sender wants receipts.
    pub receipt: bool,
    /// Keep it, and tell it when the session dies.
    pub will: bool,
    /// Makes a retry harmless.
    pub dedupe_token: Option<String>,
    /// Overrides the payload of the push notification.
    pub push_data: Option<String>,
    /// Whom it mentions.
    pub mention: Mention,
    /// How important it is in a chat room.
    pub priority: Priority,
}

/// Where a message ended up.
pub type Sent = MessageKey;

/// Called exactly once, before anybody else hears of the message.
pub type SendDone = Box<dyn FnOnce(Result<Sent, SendError>) + Send>;

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No such conversation, or the sender is no member of it: the two are told apart to
    /// nobody.
    #[error("conversation {0} does not exist or the sender is no member of it")]
    InvalidTarget(ConversationId),
    /// The sender is blocked in the conversation.
    #[error("sender is blocked in conversation {0}")]
    Blocked(ConversationId),
    /// The sender may not send, until the silence is lifted.
    #[error("sender is silenced in conversation {0}")]
    Silenced(ConversationId),
    /// The sender may not send for a while.
    #[error("sender is silenced in conversation {0} for a while")]
    SilencedForAWhile(ConversationId),
    /// A temporary conversation that has ended, or never was.
    #[error("temporary conversation {0} does not exist or has ended")]
    Ended(ConversationId),
    /// Too many bytes.
    #[error("message has {bytes} bytes with its push payload, at most {limit} are allowed")]
    TooLong {
        /// How many.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// A field cannot be stored.
    #[error("{0} contains a NUL character")]
    Nul(&'static str),
    /// The server is going down.
    #[error("server is shutting down")]
    ShuttingDown,
    /// The database failed; the cause is logged where it happened.
    #[error("database failed")]
    Store(ErrorClass),
}

impl SendError {
    /// Makes the error for a conversation that is not there.
    pub(crate) fn gone(conversation_id: ConversationId) -> Self {
        if conversation_id.is_temporary() {
            Self::Ended(conversation_id)
        } else {
            Self::InvalidTarget(conversation_id)
        }
    }

    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::InvalidTarget(_) | Self::Ended(_) => ErrorClass::NotFound,
            Self::Blocked(_) | Self::Silenced(_) | Self::SilencedForAWhile(_) => {
                ErrorClass::Forbidden
            }
            Self::TooLong { .. } => ErrorClass::Limited,
            Self::Nul(_) => ErrorClass::Invalid,
            Self::ShuttingDown => ErrorClass::Unavailable,
            Self::Store(class) => *class,
        }
    }
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.class())
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("id", &self.message.id)
            .finish_non_exhaustive()
    }
}

impl Chat {
    /// Returns the id for a message that is about to be sent.
    ///
    /// It is chosen first because a refusal carries one too (spec 02 §7.2).
    #[must_use]
    pub fn new_message_id(&self) -> MessageId {
        self.ids.message_id(self.clock.now())
    }

    /// Sends a message: checks it, hands it to the writer, and returns without waiting for the
    /// commit, so that one session has many messages on their way.
    ///
    /// `done` is called once the message is durable (or refused), before it is delivered to
    /// every other session of every member, or to everybody else in the room; in a service
    /// conversation, where only the app's server is spoken to, to the sender's other sessions.
    /// Transient messages are not stored and not told to the sender's other devices. A will is told when the
    /// session dies, if at all.
    pub async fn send_message(
        &self,
        caller: &Caller,
        message_id: MessageId,
        request: SendMessage,
        done: SendDone,
    ) {
        match self.authorise(caller, &request).await {
            Ok(known) if request.will => {
                self.leave_will(caller, message_id, request, &known, done);
            }
            Ok(known) if request.transient => {
                self.send_transient(caller, message_id, request, &known, done)
                    .await;
            }
            Ok(known) => {
                let typed = type_of(&request.content);
                let pending = Pending {
                    message: NewMessage {
                        id: message_id,
                        conversation_id: request.conversation_id,
                        sender: caller.client_id.clone(),
                        content: request.content,
                        typed,
                        mention: request.mention,
                        receipt: request.receipt && has_receipts(known.kind),
                        push_data: request.push_data,
                        dedupe_token: request.dedupe_token,
                        addressed_to: addressed_to(known.kind),
                        sender_address: Some(caller.address),
                    },
                    kind: known.kind,
                    priority: request.priority,
                    echo: Echo::AllBut(caller.session_id),
                    done,
                };
                self.writer.store(pending).await;
            }
            Err(error) => done(Err(error)),
        }
    }

    /// Checks what every message has, whoever sends it.
    pub(crate) fn check_size(
        &self,
        content: &Content,
        push_data: Option<&str>,
    ) -> Result<(), SendError> {
        let limit = self.config.max_message_bytes;
        let bytes = content.len() + push_data.map_or(0, str::len);
        if bytes > limit {
            return Err(SendError::TooLong { bytes, limit });
        }
        if has_nul(push_data) {
            return Err(SendError::Nul("pushData"));
        }
        Ok(())
    }

    async fn authorise(
        &self,
        caller: &Caller,
        request: &SendMessage,
    ) -> Result<Arc<KnownConversation>, SendError> {
        self.check_size(&request.content, request.push_data.as_deref())?;
        if has_nul(request.dedupe_token.as_deref()) {
            return Err(SendError::Nul("dt"));
        }
        let invalid_target = || SendError::InvalidTarget(request.conversation_id.clone());
        let known = self
            .conversations
            .lookup(&request.conversation_id)
            .await
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "conversation lookup failed"
                );
            })?
            .ok_or_else(|| SendError::gone(request.conversation_id.clone()))?;
        if known.is_blocked(&caller.client_id) {
            return Err(SendError::Blocked(request.conversation_id.clone()));
        }
        if !known.accepts_from(&caller.client_id) {
            return Err(invalid_target());
        }
        if known.is_silenced_for_a_while(&caller.client_id, self.clock.now()) {
            let conversation_id = request.conversation_id.clone();
            return Err(SendError::SilencedForAWhile(conversation_id));
        }
        if known.is_silenced(&caller.client_id) {
            return Err(SendError::Silenced(request.conversation_id.clone()));
        }
        Ok(known)
    }

    /// Keeps a message for the death of the caller's session; nothing is told now.
    fn leave_will(
        &self,
        caller: &Caller,
        message_id: MessageId,
        request: SendMessage,
        known: &KnownConversation,
        done: SendDone,
    ) {
        let priority = request.priority;
        let message = self.unstored(caller, message_id, request, known.kind);
        let key = MessageKey {
            sent_at: message.sent_at,
            id: message.id.clone(),
        };
        self.wills.keep(caller, Will { message, priority });
        done(Ok(key));
    }

    async fn send_transient(
        &self,
        caller: &Caller,
        message_id: MessageId,
        request: SendMessage,
        known: &KnownConversation,
        done: SendDone,
    ) {
        let recipients = if known.kind == ConversationKind::ChatRoom {
            Recipients::Room(request.priority)
        } else {
            let others = known.members.iter();
            Recipients::Clients(
                others
                    .filter(|member| **member != caller.client_id)
                    .cloned()
                    .collect(),
            )
        };
        let message = Message {
            transient: true,
            ..self.unstored(caller, message_id, request, known.kind)
        };
        self.writer.pass(message, recipients, done).await;
    }

    /// Makes a message that never comes to the log.
    fn unstored(
        &self,
        caller: &Caller,
        id: MessageId,
        request: SendMessage,
        kind: ConversationKind,
    ) -> Message {
        Message {
            id,
            conversation_id: request.conversation_id,
            kind,
            sender: caller.client_id.clone(),
            sent_at: self.clock.now(),
            content: request.content,
            mention: request.mention,
            transient: false,
            patched_at: None,
        }
    }
}

/// Tells whether receipts are given in conversations of this kind: rooms are too large, and the
/// app's server acknowledges nothing.
const fn has_receipts(kind: ConversationKind) -> bool {
    match kind {
        ConversationKind::Normal | ConversationKind::Temporary => true,
        ConversationKind::ChatRoom | ConversationKind::Service => false,
    }
}

/// Returns whom a client speaks to in a conversation of this kind.
const fn addressed_to(kind: ConversationKind) -> AddressedTo {
    match kind {
        ConversationKind::Normal | ConversationKind::ChatRoom | ConversationKind::Temporary => {
            AddressedTo::Conversation
        }
        ConversationKind::Service => AddressedTo::App,
    }
}

fn has_nul(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.contains('\0'))
}
