//! Reading a conversation's log.

use parlor_model::{
    ConversationId, ConversationKind, ErrorClass, Message, MessageId, MessageKey, Timestamp, limit,
};
use parlor_store::message::{PageFrom, Span};
use parlor_store::receipt::{self, Marks};
use parlor_store::{Connection, StoreError, message, stream, stream_log};

use crate::{Caller, Chat};

/// Which way history is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From new to old.
    Older,
    /// From old to new.
    Newer,
}

/// One end of a walk.
#[derive(Clone, Debug, Default)]
pub struct HistoryBound {
    /// The time; `None` when not given.
    pub sent_at: Option<Timestamp>,
    /// The message at that time; `None` compares times only.
    pub message_id: Option<MessageId>,
    /// Whether the bound itself is wanted.
    pub included: bool,
}

/// What a client wants to read.
#[derive(Clone, Debug)]
pub struct ReadHistory {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Where to start.
    pub start: HistoryBound,
    /// Where to stop.
    pub end: HistoryBound,
    /// Which way.
    pub direction: Direction,
    /// How many; `None` for the default, cut at [`limit::HISTORY_PAGE`].
    pub limit: Option<u32>,
    /// Only messages of this type.
    pub typed: Option<i32>,
}

/// A message of history, with what its sender may know about its recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryMessage {
    /// The message.
    pub message: Message,
    /// When the other member received it; for the sender's eyes in conversations of two.
    pub acked_at: Option<Timestamp>,
    /// When the other member read it; likewise.
    pub read_at: Option<Timestamp>,
}

/// Why history was not read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// No such conversation.
    #[error("conversation {0} does not exist")]
    NotFound(ConversationId),
    /// The caller is no member.
    #[error("only members of conversation {0} may read its history")]
    NotMember(ConversationId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HistoryError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NotFound(_) => ErrorClass::NotFound,
            Self::NotMember(_) => ErrorClass::Forbidden,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Reads a page of history: the first messages in walk order, returned ascending by time
    /// and id whichever way they were walked (spec 02 §11). Of a service conversation everybody
    /// reads its own stream.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn read_history(
        &self,
        caller: &Caller,
        request: ReadHistory,
    ) -> Result<Vec<HistoryMessage>, HistoryError> {
        let conversation_id = &request.conversation_id;
        let known = self
            .conversations
            .lookup(conversation_id)
            .await?
            .ok_or_else(|| HistoryError::NotFound(conversation_id.clone()))?;
        let has_members = matches!(
            known.kind,
            ConversationKind::Normal | ConversationKind::Temporary
        );
        if has_members && !known.has_member(&caller.client_id) {
            return Err(HistoryError::NotMember(conversation_id.clone()));
        }
        let limit = request.limit.unwrap_or(limit::HISTORY_PAGE_DEFAULT);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let mut connection = self.store.acquire().await?;
        let span = span_of(&mut connection, &request).await?;
        if span.low >= span.high {
            return Ok(Vec::new());
        }
        let from = match request.direction {
            Direction::Older => PageFrom::Newest,
            Direction::Newer => PageFrom::Oldest,
        };
        let limit = limit.min(limit::HISTORY_PAGE);
        let messages = if known.kind == ConversationKind::Service {
            let client_id = &caller.client_id;
            let share = stream::share_of(&mut connection, conversation_id, client_id).await?;
            stream_log::history(
                &mut connection,
                conversation_id,
                client_id,
                share,
                &span,
                request.typed,
                from,
                limit,
            )
            .await?
        } else {
            message::history(
                &mut connection,
                conversation_id,
                known.kind,
                &span,
                request.typed,
                from,
                limit,
            )
            .await?
        };
        let other = match known.members.as_slice() {
            [a, b] if has_members => Some(if *a == caller.client_id { b } else { a }),
            _ => None,
        };
        let marks = match other {
            Some(other)
                if messages
                    .iter()
                    .any(|message| message.sender == caller.client_id) =>
            {
                receipt::list_marks(&mut connection, conversation_id)
                    .await?
                    .into_iter()
                    .find(|marks| marks.client_id == *other)
            }
            _ => None,
        };
        Ok(messages
            .into_iter()
            .map(|message| with_progress(message, caller, marks.as_ref()))
            .collect())
    }
}

/// Adds when the other member received and read a message. One mark stands for all messages
/// before it, so the times are those of the mark's last move.
fn with_progress(message: Message, caller: &Caller, marks: Option<&Marks>) -> HistoryMessage {
    let marks = marks.filter(|_| message.sender == caller.client_id);
    let read_at = marks.and_then(|marks| reached(&message, marks.read_up_to, marks.read_at));
    let acked_at = marks.and_then(|marks| reached(&message, marks.acked_up_to, marks.acked_at));
    HistoryMessage {
        acked_at: acked_at.or(read_at),
        read_at,
        message,
    }
}

/// Returns when a mark moved last, if it covers a message.
pub(super) fn reached(
    message: &Message,
    up_to: Option<Timestamp>,
    at: Option<Timestamp>,
) -> Option<Timestamp> {
    up_to.filter(|up_to| *up_to >= message.sent_at).and(at)
}

/// Turns the two bounds of a walk into one half-open span of keys.
async fn span_of(connection: &mut Connection, request: &ReadHistory) -> Result<Span, StoreError> {
    let start = place_of(connection, &request.conversation_id, &request.start).await?;
    let end = place_of(connection, &request.conversation_id, &request.end).await?;
    Ok(span_between(
        request.direction,
        (start, request.start.included),
        (end, request.end.included),
    ))
}

/// Returns the keys from the start of a walk to its end; each end says whether it is included,
/// and no place means no end.
pub(super) fn span_between(
    direction: Direction,
    start: (Option<Place>, bool),
    end: (Option<Place>, bool),
) -> Span {
    let (low, high) = match direction {
        Direction::Older => (end, start),
        Direction::Newer => (start, end),
    };
    Span {
        low: match low {
            (None, _) => start_of(Timestamp::from_millis(i64::MIN)),
            (Some(place), true) => place.first_key(),
            (Some(place), false) => place.next_key(),
        },
        high: match high {
            (None, _) => start_of(Timestamp::from_millis(i64::MAX)),
            (Some(place), true) => place.next_key(),
            (Some(place), false) => place.first_key(),
        },
    }
}

/// Where a bound lies in the log.
pub(super) enum Place {
    /// At exactly this message.
    Message(MessageKey),
    /// At every message of this millisecond.
    Time(Timestamp),
}

impl Place {
    /// Returns the first key of the place.
    fn first_key(self) -> MessageKey {
        match self {
            Self::Message(key) => key,
            Self::Time(sent_at) => start_of(sent_at),
        }
    }

    /// Returns the first key after the place.
    fn next_key(self) -> MessageKey {
        match self {
            // No id holds U+0001, so nothing lies between a key and its successor.
            Self::Message(key) => MessageKey {
                sent_at: key.sent_at,
                id: MessageId::trusted(format!("{}\u{1}", key.id)),
            },
            Self::Time(sent_at) => start_of(sent_at.plus_millis(1)),
        }
    }
}

/// Returns the key before every message of this millisecond.
fn start_of(sent_at: Timestamp) -> MessageKey {
    MessageKey {
        sent_at,
        id: MessageId::trusted(""),
    }
}

/// Finds a bound's place: its message when that is in the log, else its time.
async fn place_of(
    connection: &mut Connection,
    conversation_id: &ConversationId,
    bound: &HistoryBound,
) -> Result<Option<Place>, StoreError> {
    if let Some(message_id) = &bound.message_id
        && let Some(sent_at) =
            message::lookup_sent_at(connection, conversation_id, message_id).await?
    {
        return Ok(Some(Place::Message(MessageKey {
            sent_at,
            id: message_id.clone(),
        })));
    }
    Ok(bound.sent_at.map(Place::Time))
}
