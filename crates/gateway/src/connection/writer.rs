//! The task that owns the sink: drains the mailbox, several frames per flush.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use parlor_cluster::{Encoding as EventEncoding, Mailbox, OverflowSignal};
use parlor_model::Event;
use parlor_wire::close_code::CloseCode;
use parlor_wire::event::{self, AttributeDialect};
use parlor_wire::subprotocol::{Encoding, Subprotocol};
use parlor_wire::{base64_text, json};

use super::opening::{Frame, Opening};
use crate::metrics;

/// Frames written per flush at most; more only delays the first of them.
const BATCH: usize = 64;

/// How long a peer that reads too slowly is given to take its close frame.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Sends what the mailbox holds until it closes, a close is sent, or the peer is gone.
pub(crate) async fn run(
    mut sink: SplitSink<WebSocket, Message>,
    mut mailbox: Mailbox,
    overflow: OverflowSignal,
    subprotocol: Subprotocol,
) {
    let overflowed = {
        let drain = drain(&mut sink, &mut mailbox, subprotocol);
        tokio::select! {
            () = drain => false,
            () = overflow.overflowed() => true,
        }
    };
    if overflowed {
        metrics::closed(CloseCode::TooSlow.number());
        let close = sink.send(close_frame(
            CloseCode::TooSlow.number(),
            CloseCode::TooSlow.reason(),
        ));
        if tokio::time::timeout(LAST_WORDS, close).await.is_err() {
            tracing::debug!("slow peer did not take its close frame");
        }
    }
}

async fn drain(
    sink: &mut SplitSink<WebSocket, Message>,
    mailbox: &mut Mailbox,
    subprotocol: Subprotocol,
) {
    let mut opening = Opening::default();
    let mut batch = Vec::new();
    let mut frames = Vec::new();
    while mailbox.receive(&mut batch, BATCH).await {
        let mut last = false;
        for outgoing in batch.drain(..) {
            opening.pass(outgoing, &mut frames);
            for frame in frames.drain(..) {
                last |= matches!(frame, Frame::Close { .. });
                let Some(message) = message_of(frame, subprotocol) else {
                    continue;
                };
                if let Err(error) = sink.feed(message).await {
                    tracing::debug!(%error, "peer is gone");
                    return;
                }
            }
            if last {
                break;
            }
        }
        if let Err(error) = sink.flush().await {
            tracing::debug!(%error, "peer is gone");
            return;
        }
        if last {
            return;
        }
        // A burst leaves a large buffer behind; an idle connection should not keep it.
        batch.shrink_to(0);
        frames.shrink_to(0);
    }
}

/// Returns what goes over the socket; nothing when the client's schema has no word for it.
fn message_of(frame: Frame, subprotocol: Subprotocol) -> Option<Message> {
    match frame {
        Frame::Encoded(frame) => match subprotocol.encoding() {
            Encoding::Json => Some(text_message(json::encode(&frame))),
            Encoding::Binary | Encoding::Base64Text => protobuf_message(frame, subprotocol),
        },
        Frame::Event(session, event) => {
            let encoding = session.encoding;
            let encoded = event.encoded(encoding, |event| encode_event(event, encoding));
            match encoding {
                EventEncoding::Json => {
                    Some(text_message(json::address(encoded, &session.client_id)))
                }
                EventEncoding::AsRequested | EventEncoding::Resolved => {
                    protobuf_message(event::address(encoded, &session.client_id), subprotocol)
                }
            }
        }
        Frame::Close { code, reason } => {
            metrics::closed(code);
            Some(close_frame(code, reason))
        }
    }
}

fn encode_event(event: &Event, encoding: EventEncoding) -> Bytes {
    match encoding {
        EventEncoding::AsRequested => event::encode(event, AttributeDialect::AsRequested),
        EventEncoding::Resolved => event::encode(event, AttributeDialect::Resolved),
        EventEncoding::Json => {
            json::encode(&event::encode(event, AttributeDialect::AsRequested)).into()
        }
    }
}

fn protobuf_message(frame: Bytes, subprotocol: Subprotocol) -> Option<Message> {
    if !subprotocol.generation().understands(&frame) {
        return None;
    }
    Some(match subprotocol.encoding() {
        Encoding::Base64Text => Message::Text(base64_text::to_text(&frame).into()),
        Encoding::Binary | Encoding::Json => Message::Binary(frame),
    })
}

fn text_message(json: String) -> Message {
    Message::Text(json.into())
}

fn close_frame(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }))
}
