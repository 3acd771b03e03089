//! Keeping what somebody may miss.

use parlor_cluster::{Audience, Registry};
use parlor_model::{ClientId, Event, EventKind, Features};
use parlor_store::notification::{self, NewNotification};
use parlor_store::{Connection, StoreError};

/// Describes what is counted here.
pub(crate) fn describe() {
    metrics::describe_counter!(
        "parlor_notifications_kept_total",
        "notifications kept for clients that may have missed them, once per client"
    );
}

/// Keeps an operation's permanent events for who asks, online or not: of several devices one may
/// be away. Who is in a chat room is told or not told.
pub(crate) async fn keep(
    connection: &mut Connection,
    events: &[(Audience, Event)],
) -> Result<(), StoreError> {
    let notifications: Vec<NewNotification<'_>> = events
        .iter()
        .filter(|(_, event)| event.kind.is_permanent())
        .map(|(audience, event)| NewNotification {
            event,
            clients: &audience.clients,
        })
        .collect();
    insert(connection, &notifications).await
}

/// Keeps receipts for senders who are not online. Those of groups are kept for nobody: no SDK
/// asks for them.
pub(crate) async fn keep_receipts(
    connection: &mut Connection,
    registry: &Registry,
    receipts: &[(ClientId, Event)],
) -> Result<(), StoreError> {
    let notifications: Vec<NewNotification<'_>> = receipts
        .iter()
        .filter(|(_, event)| {
            matches!(
                event.kind,
                EventKind::Receipt {
                    is_group: false,
                    ..
                }
            )
        })
        .filter(|(sender, _)| !registry.is_online(sender))
        .map(|(sender, event)| NewNotification {
            event,
            clients: std::slice::from_ref(sender),
        })
        .collect();
    insert(connection, &notifications).await
}

async fn insert(
    connection: &mut Connection,
    notifications: &[NewNotification<'_>],
) -> Result<(), StoreError> {
    let now = notifications
        .iter()
        .map(|notification| notification.event.happened_at)
        .max();
    let Some(now) = now else {
        return Ok(());
    };
    let ask = Features::KEEP_NOTIFICATIONS;
    let kept = notification::insert(connection, notifications, ask, now).await?;
    metrics::counter!("parlor_notifications_kept_total").increment(kept);
    Ok(())
}
