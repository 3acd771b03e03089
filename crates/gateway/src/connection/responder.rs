//! Answering one command.

use std::error::Error;

use bytes::Bytes;
use parlor_cluster::{ConnectionHandle, Outgoing};
use parlor_model::{ClientId, Clock, ErrorClass};
use parlor_wire::error_code::ErrorCode;
use parlor_wire::reply::{Refusal, Reply, ReplyEnvelope};

use crate::metrics;

/// Knows where the answer of one command goes; movable into whatever finishes the command.
#[derive(Clone)]
pub(crate) struct Responder {
    pub(crate) handle: ConnectionHandle,
    pub(crate) clock: Clock,
    /// The command's name, for metrics.
    pub(crate) command: &'static str,
    /// The request's serial number, copied into the answer.
    pub(crate) serial: Option<i32>,
    /// The client addressed.
    pub(crate) client_id: Option<ClientId>,
    /// Whether an answer is expected: SDKs break on answers to fire-and-forget commands.
    pub(crate) expected: bool,
}

impl Responder {
    /// Answers the command.
    pub(crate) fn reply(&self, reply: &Reply) {
        metrics::answered(self.command, "ok");
        self.send(reply);
    }

    /// Encodes the answer for somebody who sends it in a particular order.
    pub(crate) fn encode(&self, reply: &Reply) -> Bytes {
        metrics::answered(self.command, "ok");
        self.frame(reply)
    }

    /// Refuses the command.
    pub(crate) fn refuse(&self, class: ErrorClass, refusal: Refusal) {
        self.refuse_as(class, &Reply::Error(refusal));
    }

    /// Refuses the command in a shape of its own.
    pub(crate) fn refuse_as(&self, class: ErrorClass, reply: &Reply) {
        metrics::answered(self.command, class.as_label());
        self.send(reply);
    }

    /// Refuses the command without a word.
    pub(crate) fn ignore(&self, class: ErrorClass) {
        metrics::answered(self.command, class.as_label());
    }

    fn send(&self, reply: &Reply) {
        if self.expected {
            self.handle.deliver(Outgoing::Frame(self.frame(reply)));
        }
    }

    fn frame(&self, reply: &Reply) -> Bytes {
        reply.encode(&ReplyEnvelope {
            serial: self.serial,
            client_id: self.client_id.as_ref(),
            server_ts: self.clock.now(),
        })
    }
}

/// Turns an operation's error into what the client is told. A fault of ours is logged here,
/// once, and its text stays here: it may name tables or hosts.
pub(crate) fn refusal(
    code: ErrorCode,
    class: ErrorClass,
    error: &(dyn Error + 'static),
) -> Refusal {
    let detail = if class.is_ours() {
        tracing::error!(error, code = code.number(), "command failed");
        match class {
            ErrorClass::Unavailable => "the server cannot reach its storage, try again".to_owned(),
            _ => "the server failed, its log has the cause".to_owned(),
        }
    } else {
        tracing::debug!(error, code = code.number(), "command refused");
        error.to_string()
    };
    Refusal {
        code,
        detail: Some(detail),
        client_ids: Vec::new(),
    }
}
