//! Reading what a session missed: when it opens, and while it has not been told all of it.
//!
//! **Invariant:** a session that cannot be told what it missed does not go on without it. Its
//! client would believe to know everything and never ask again, so the connection ends, and the
//! client comes back.

use std::error::Error;
use std::sync::Arc;

use parlor_chat::{AckedUpTo, Caller, MissedAtLogin, PatchReplay};
use parlor_cluster::{MissedBatch, Outgoing, Published, SessionAddress};
use parlor_model::{ClientId, ConversationId, Features, SessionId, Timestamp, UnreadMode};
use parlor_wire::close_code::CloseCode;

use super::{Connection, Session};
use crate::metrics;

/// What a client remembers of its last session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The last unread report.
    pub(crate) unread: Option<Timestamp>,
    /// The last patch.
    pub(crate) patches: Option<Timestamp>,
}

/// What a session missed.
pub(crate) struct CatchUp {
    /// Counts, for sessions that take them.
    pub(crate) unread: Option<Arc<Published>>,
    /// The conversations in which messages wait, for the others.
    pub(crate) withheld: Vec<ConversationId>,
    /// The first of these messages.
    pub(crate) batches: Vec<MissedBatch>,
    /// Patches, for sessions that understand them.
    pub(crate) patches: PatchReplay,
}

impl Connection {
    /// Reads what a session missed that was just registered: `None` when it cannot be read.
    pub(crate) async fn catch_up(
        &mut self,
        session: &SessionAddress,
        known: Known,
    ) -> Option<CatchUp> {
        let chat = self.gateway.chat.clone();
        let client_id = &session.client_id;
        let (unread, missed) = match session.unread_mode {
            UnreadMode::UnreadNotifications => (
                self.unread_report(client_id, known.unread).await,
                MissedAtLogin::default(),
            ),
            UnreadMode::OfflineMessages => {
                let missed = chat.missed_at_login(client_id, session.features).await;
                let missed = self.readable(missed)?;
                (None, missed)
            }
        };
        let since = known
            .patches
            .filter(|_| session.features.has(Features::PATCH));
        let mut patches = self.readable(chat.patches_at_login(client_id, since).await)?;
        patches.events.retain(|event| session.takes(&event.kind));
        let MissedAtLogin {
            conversations,
            batches,
            rest,
        } = missed;
        if let Some(session) = self.session_mut(session.id) {
            session.missed = rest;
        }
        count(&batches);
        Some(CatchUp {
            unread,
            withheld: conversations,
            batches,
            patches,
        })
    }

    /// Tells a session what comes next of the messages it missed, now that it has received a
    /// conversation's messages up to somewhere.
    pub(crate) async fn tell_more(
        &mut self,
        caller: &Caller,
        conversation_id: &ConversationId,
        up_to: &AckedUpTo,
    ) {
        let chat = self.gateway.chat.clone();
        let Some(session) = self.session_mut(caller.session_id) else {
            return;
        };
        let batches = chat
            .missed_after(
                &caller.client_id,
                &mut session.missed,
                conversation_id,
                up_to,
            )
            .await;
        let session = Arc::clone(&session.address);
        if let Some(batches) = self.readable(batches)
            && !batches.is_empty()
        {
            count(&batches);
            self.handle.deliver(Outgoing::Missed { session, batches });
        }
    }

    fn session_mut(&mut self, session_id: SessionId) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.caller.session_id == session_id)
    }

    /// Counts what a session has not read. A client that gets no report asks again for the same
    /// with its next login, so a failure costs the report, not the login.
    async fn unread_report(
        &self,
        client_id: &ClientId,
        since: Option<Timestamp>,
    ) -> Option<Arc<Published>> {
        self.gateway
            .chat
            .unread_at_login(client_id, since)
            .await
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "unread report failed"
                );
            })
            .ok()
            .flatten()
            .map(|event| Arc::new(Published::new(event)))
    }

    /// Ends the connection when what a session missed cannot be read.
    fn readable<T, E: Error + 'static>(&self, read: Result<T, E>) -> Option<T> {
        read.inspect_err(|error| {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "what a session missed cannot be read, closing its connection"
            );
            self.handle.deliver(Outgoing::Close {
                code: CloseCode::InternalError.number(),
                reason: CloseCode::InternalError.reason(),
            });
        })
        .ok()
    }
}

fn count(batches: &[MissedBatch]) {
    metrics::missed(batches.iter().map(|batch| batch.events.len()).sum());
}
