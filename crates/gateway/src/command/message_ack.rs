//! `ack` from a client: messages have arrived. Never answered.

use parlor_chat::AckedUpTo;
use parlor_wire::request::MessageAck;

use super::Context;
use crate::connection::Connection;

/// Notes what has arrived, and tells what comes next to a session that is pushed what it
/// missed.
pub(super) async fn run(connection: &mut Connection, context: &Context<'_>, ack: MessageAck) {
    let (conversation_id, up_to) = match ack {
        MessageAck::One {
            conversation_id,
            message_id,
        } => (conversation_id, AckedUpTo::Message(message_id)),
        // What came before the span was received before, or is read from history.
        MessageAck::Range {
            conversation_id,
            to,
            ..
        } => (conversation_id, AckedUpTo::Time(to)),
        // Listed ids acknowledge the push channel, which is not spoken here.
        MessageAck::Ids(_) => return,
    };
    context
        .chat
        .acknowledge(context.caller, conversation_id.clone(), up_to.clone())
        .await;
    connection
        .tell_more(context.caller, &conversation_id, &up_to)
        .await;
}
