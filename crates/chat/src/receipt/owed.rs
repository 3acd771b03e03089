//! The receipts that moving a mark gives rise to.

use std::sync::Arc;

use parlor_cluster::{Published, Registry};
use parlor_model::{ClientId, Event, EventKind, ReceiptKind, Timestamp};
use parlor_store::receipt::{self, Moved, Owed};
use parlor_store::{Connection, StoreError};

/// A receipt and who gets it.
pub(crate) type Notice = (ClientId, Event);

/// Returns one delivery receipt for each message that the moved marks cover now.
pub(crate) async fn delivered(
    connection: &mut Connection,
    moved: &[Moved],
    now: Timestamp,
) -> Result<Vec<Notice>, StoreError> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let owed = receipt::list_owed(connection, moved).await?;
    Ok(owed
        .into_iter()
        .map(|owed| notice(owed, ReceiptKind::Delivered, now))
        .collect())
}

/// Returns one read receipt per sender and conversation, for the newest message read: one read
/// operation is one receipt (spec 02 §8.1).
pub(crate) async fn read(
    connection: &mut Connection,
    moved: &[Moved],
    now: Timestamp,
) -> Result<Vec<Notice>, StoreError> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let mut newest: Vec<Owed> = Vec::new();
    for owed in receipt::list_owed(connection, moved).await? {
        let earlier = newest.iter_mut().find(|known| {
            known.conversation_id == owed.conversation_id && known.sender == owed.sender
        });
        match earlier {
            Some(earlier) => *earlier = owed,
            None => newest.push(owed),
        }
    }
    Ok(newest
        .into_iter()
        .map(|owed| notice(owed, ReceiptKind::Read, now))
        .collect())
}

/// Tells senders, on all their sessions.
pub(crate) fn tell(registry: &Registry, notices: Vec<Notice>) {
    for (sender, event) in notices {
        registry.deliver(
            std::slice::from_ref(&sender),
            None,
            &Arc::new(Published::new(event)),
        );
    }
}

fn notice(owed: Owed, kind: ReceiptKind, happened_at: Timestamp) -> Notice {
    let event = Event {
        happened_at,
        kind: EventKind::Receipt {
            conversation_id: owed.conversation_id,
            message_id: owed.message_id,
            recipient: owed.recipient,
            kind,
            is_group: owed.is_group,
        },
    };
    (owed.sender, event)
}
