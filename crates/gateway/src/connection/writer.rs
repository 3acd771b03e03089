//! The task that owns the sink: drains the mailbox, several frames per flush.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use parlor_cluster::{Encoding as EventEncoding, Mailbox, OverflowSignal};
use parlor_wire::base64_text::{self, Encoding};
use parlor_wire::close_code::CloseCode;
use parlor_wire::event::{self, AttributeDialect};

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
    encoding: Encoding,
) {
    let overflowed = {
        let drain = drain(&mut sink, &mut mailbox, encoding);
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
    encoding: Encoding,
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
                if let Err(error) = sink.feed(message_of(frame, encoding)).await {
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

fn message_of(frame: Frame, encoding: Encoding) -> Message {
    match frame {
        Frame::Encoded(frame) => frame_message(frame, encoding),
        Frame::Event(session, event) => {
            let dialect = match session.encoding {
                EventEncoding::AsRequested => AttributeDialect::AsRequested,
                EventEncoding::Resolved => AttributeDialect::Resolved,
            };
            let encoded = event.encoded(session.encoding, |event| event::encode(event, dialect));
            frame_message(event::address(encoded, &session.client_id), encoding)
        }
        Frame::Close { code, reason } => {
            metrics::closed(code);
            close_frame(code, reason)
        }
    }
}

fn frame_message(frame: Bytes, encoding: Encoding) -> Message {
    match encoding {
        Encoding::Binary => Message::Binary(frame),
        Encoding::Base64Text => Message::Text(base64_text::to_text(&frame).into()),
    }
}

fn close_frame(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: reason.into(),
    }))
}
