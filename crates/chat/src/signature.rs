//! Which operations need a signature of the app's server, and whether one is good.
//!
//! SDKs differ in what they sign: some leave the caller out of the member list, ObjC signs
//! removals as invitations. Each difference is accepted, no other (spec 01 §5.8).
//!
//! **Invariant:** without a policy every signature is ignored, good or bad.

use std::time::Duration;

use parlor_model::{ClientId, ConversationId, RestrictionChange, Timestamp};
use parlor_sign::{Action, AppCredentials, ClientSignature, SignatureError, Signed};

use crate::message::{BrowseScope, HistorySignature};
use crate::{Actor, Chat};

/// What the app's server must sign.
#[derive(Clone, Debug)]
pub struct SignaturePolicy {
    /// Opening a session.
    pub login: bool,
    /// Starting conversations, adding and removing members.
    pub conversation: bool,
    /// Blocking clients in conversations and conversations by clients, and the end of both.
    pub blacklist: bool,
    /// Reading history over REST.
    pub history: bool,
    /// How far a signature's time may be from now, either way.
    pub window: Duration,
    /// Whose master key signs.
    pub credentials: AppCredentials,
}

/// A signature as a client presents it.
#[derive(Clone, Debug)]
pub struct PresentedSignature {
    /// Hex HMAC-SHA1 in either case.
    pub signature: String,
    /// Seconds or milliseconds, verbatim.
    pub timestamp: i64,
    /// Any text.
    pub nonce: String,
}

/// Why an operation is not allowed by its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefused {
    /// The app asks for one and none was sent.
    #[error("a signature of the app's server is required")]
    Missing,
    /// The one that was sent does not count.
    #[error(transparent)]
    Bad(#[from] SignatureError),
    /// The client was kicked since it was made.
    #[error("the client was kicked since the signature was made")]
    Voided,
}

impl Chat {
    /// Checks the signature of a login and returns when it was made, `None` when the app asks
    /// for none.
    pub(crate) fn check_login_signature(
        &self,
        client_id: &ClientId,
        presented: Option<&PresentedSignature>,
    ) -> Result<Option<Timestamp>, SignatureRefused> {
        match &self.config.signatures {
            Some(policy) if policy.login => {
                self.check(policy, client_id, presented, [Action::Login])?;
                Ok(presented.map(|presented| {
                    let signed = signed(client_id, presented);
                    Timestamp::from_millis(signed.signed_at_ms())
                }))
            }
            _ => Ok(None),
        }
    }

    /// Checks the signature of a new conversation.
    pub(crate) fn check_start_signature(
        &self,
        client_id: &ClientId,
        sent: &[ClientId],
        presented: Option<&PresentedSignature>,
    ) -> Result<(), SignatureRefused> {
        let Some(policy) = self.conversation_policy() else {
            return Ok(());
        };
        let actions = member_lists(client_id, sent).map(|members| Action::Start { members });
        self.check(policy, client_id, presented, actions)
    }

    /// Checks the signature of added members.
    pub(crate) fn check_add_signature(
        &self,
        client_id: &ClientId,
        conversation_id: &ConversationId,
        sent: &[ClientId],
        presented: Option<&PresentedSignature>,
    ) -> Result<(), SignatureRefused> {
        let Some(policy) = self.conversation_policy() else {
            return Ok(());
        };
        let actions = member_lists(client_id, sent).map(|members| invite(conversation_id, members));
        self.check(policy, client_id, presented, actions)
    }

    /// Checks the signature of removed members. Leaving needs none: Java and JavaScript 2 send
    /// none.
    pub(crate) fn check_remove_signature(
        &self,
        client_id: &ClientId,
        conversation_id: &ConversationId,
        sent: &[ClientId],
        presented: Option<&PresentedSignature>,
    ) -> Result<(), SignatureRefused> {
        let Some(policy) = self.conversation_policy() else {
            return Ok(());
        };
        if sent.iter().all(|member| member == client_id) {
            return Ok(());
        }
        let actions = member_lists(client_id, sent).flat_map(|members| {
            let kick = Action::Kick {
                conversation_id: conversation_id.to_string(),
                members: members.clone(),
            };
            [kick, invite(conversation_id, members)]
        });
        self.check(policy, client_id, presented, actions)
    }

    /// Checks the signature of blocked or unblocked clients. The app's server needs none.
    pub(crate) fn check_block_signature(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        sent: &[ClientId],
        change: RestrictionChange,
        presented: Option<&PresentedSignature>,
    ) -> Result<(), SignatureRefused> {
        let Some((policy, client_id)) = self.blacklist_policy(actor) else {
            return Ok(());
        };
        // ObjC signs the shorter name.
        let names = match change {
            RestrictionChange::Imposed => ["conversation-block-clients", "block"],
            RestrictionChange::Lifted => ["conversation-unblock-clients", "unblock"],
        };
        let actions = member_lists(client_id, sent).flat_map(|members| {
            names.map(|name| blacklist(conversation_id, members.clone(), name))
        });
        self.check(policy, client_id, presented, actions)
    }

    /// Checks the signature of a conversation that a client blocks or unblocks.
    pub(crate) fn check_client_block_signature(
        &self,
        actor: Actor<'_>,
        conversation_id: &ConversationId,
        change: RestrictionChange,
        presented: Option<&PresentedSignature>,
    ) -> Result<(), SignatureRefused> {
        let Some((policy, client_id)) = self.blacklist_policy(actor) else {
            return Ok(());
        };
        let name = match change {
            RestrictionChange::Imposed => "client-block-conversations",
            RestrictionChange::Lifted => "client-unblock-conversations",
        };
        let action = blacklist(conversation_id, Vec::new(), name);
        self.check(policy, client_id, presented, [action])
    }

    fn blacklist_policy<'a>(
        &'a self,
        actor: Actor<'a>,
    ) -> Option<(&'a SignaturePolicy, &'a ClientId)> {
        let policy = self
            .config
            .signatures
            .as_ref()
            .filter(|policy| policy.blacklist)?;
        match actor {
            Actor::Client(caller) => Some((policy, &caller.client_id)),
            Actor::App => None,
        }
    }

    /// Checks the signature of a history request. Documentation and demo code put time and nonce
    /// in different orders.
    pub(crate) fn check_history_signature(
        &self,
        scope: &BrowseScope,
        signature: Option<&HistorySignature>,
    ) -> Result<(), SignatureRefused> {
        let policy = self.config.signatures.as_ref();
        let Some(policy) = policy.filter(|policy| policy.history) else {
            return Ok(());
        };
        let conversation_id = match scope {
            BrowseScope::Conversation { id, .. } | BrowseScope::Stream { id, .. } => id.to_string(),
            BrowseScope::Sender(_) | BrowseScope::Everything => String::new(),
        };
        let signature = signature.ok_or(SignatureRefused::Missing)?;
        let actions = [true, false].map(|nonce_first| Action::History {
            conversation_id: conversation_id.clone(),
            nonce_first,
        });
        let presented = Some(&signature.presented);
        self.check(policy, &signature.client_id, presented, actions)
    }

    fn conversation_policy(&self) -> Option<&SignaturePolicy> {
        self.config
            .signatures
            .as_ref()
            .filter(|policy| policy.conversation)
    }

    /// Accepts a signature that is good for any of the actions.
    fn check(
        &self,
        policy: &SignaturePolicy,
        client_id: &ClientId,
        presented: Option<&PresentedSignature>,
        actions: impl IntoIterator<Item = Action>,
    ) -> Result<(), SignatureRefused> {
        let presented = presented.ok_or(SignatureRefused::Missing)?;
        let presented = ClientSignature {
            signed: signed(client_id, presented),
            signature: &presented.signature,
        };
        let now_ms = self.clock.now().as_millis();
        let mut refused = SignatureError::Mismatch;
        for action in actions {
            match parlor_sign::verify(
                &policy.credentials,
                &presented,
                &action,
                now_ms,
                policy.window,
            ) {
                Ok(()) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        tracing::debug!(client.id = %client_id, error = %refused, "signature refused");
        Err(SignatureRefused::Bad(refused))
    }
}

fn signed<'a>(client_id: &'a ClientId, presented: &'a PresentedSignature) -> Signed<'a> {
    Signed {
        client_id: client_id.as_str(),
        timestamp: presented.timestamp,
        nonce: &presented.nonce,
    }
}

/// The member list as sent, without and with the caller.
fn member_lists(
    client_id: &ClientId,
    sent: &[ClientId],
) -> impl Iterator<Item = Vec<String>> + use<> {
    let as_sent: Vec<String> = sent.iter().map(ToString::to_string).collect();
    let caller = client_id.to_string();
    let without: Vec<String> = as_sent
        .iter()
        .filter(|member| **member != caller)
        .cloned()
        .collect();
    let mut with = without.clone();
    with.push(caller);
    [as_sent, without, with].into_iter()
}

fn blacklist(conversation_id: &ConversationId, members: Vec<String>, name: &str) -> Action {
    Action::Blacklist {
        conversation_id: conversation_id.to_string(),
        members,
        name: name.to_owned(),
    }
}

fn invite(conversation_id: &ConversationId, members: Vec<String>) -> Action {
    Action::Invite {
        conversation_id: conversation_id.to_string(),
        members,
    }
}
