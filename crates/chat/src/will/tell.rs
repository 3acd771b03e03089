//! Telling wills.

use metrics::Counter;
use parlor_model::{Clock, ConversationKind};
use parlor_store::StoreError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Will, Wills};
use crate::conversation::Conversations;
use crate::message::{MessageWriter, Recipients};

/// The task that tells wills.
pub(crate) struct Teller {
    pub(crate) wills: Wills,
    pub(crate) conversations: Conversations,
    pub(crate) writer: MessageWriter,
    pub(crate) clock: Clock,
}

impl Teller {
    /// Starts the task; it ends with `cancel`.
    pub(crate) fn start(self, tracker: &TaskTracker, cancel: CancellationToken) {
        metrics::describe_counter!(
            "parlor_wills_told_total",
            "will messages told because their sender's session died"
        );
        let told = metrics::counter!("parlor_wills_told_total");
        tracker.spawn(async move {
            let _ = cancel.run_until_cancelled_owned(self.run(told)).await;
        });
    }

    async fn run(self, told: Counter) {
        loop {
            for will in self.wills.due().await {
                let id = will.message.id.clone();
                match self.tell(will).await {
                    Ok(true) => told.increment(1),
                    Ok(false) => tracing::debug!(message.id = %id, "will has nobody to be told to"),
                    Err(error) => tracing::error!(
                        error = &error as &dyn std::error::Error,
                        message.id = %id,
                        "will cannot be told"
                    ),
                }
            }
        }
    }

    /// Tells a will to who is online, in the conversation's order; returns whether the sender
    /// still may speak there.
    async fn tell(&self, will: Will) -> Result<bool, StoreError> {
        let Will {
            mut message,
            priority,
        } = will;
        let now = self.clock.now();
        let known = self.conversations.lookup(&message.conversation_id).await?;
        let Some(known) = known.filter(|known| known.may_speak(&message.sender, now)) else {
            return Ok(false);
        };
        let recipients = match known.kind {
            ConversationKind::ChatRoom => Recipients::Room(priority),
            ConversationKind::Normal | ConversationKind::Service | ConversationKind::Temporary => {
                Recipients::Clients(known.members.clone())
            }
        };
        message.sent_at = now;
        self.writer.pass_will(message, recipients).await;
        Ok(true)
    }
}
