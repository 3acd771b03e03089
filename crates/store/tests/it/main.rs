//! The store against a real PostgreSQL: one freshly migrated database per test.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod conversations;
mod messages;
mod missed;
mod notifications;
mod patches;
mod reading;
mod restrictions;
mod roles;
mod session_tokens;
mod streams;

use parlor_model::{
    AddressedTo, ClientId, Content, Conversation, ConversationId, ConversationKind, Mention,
    MessageId, Timestamp,
};
use parlor_store::message::NewMessage;
use parlor_store::{Connection, conversation, member};

/// The moment at which every test starts.
const START: Timestamp = Timestamp::from_millis(1_764_000_000_000);

fn client(id: &str) -> ClientId {
    ClientId::trusted(id)
}

fn clients(ids: &[&str]) -> Vec<ClientId> {
    ids.iter().map(|&id| client(id)).collect()
}

async fn start(connection: &mut Connection, id: &str, members: &[&str]) -> ConversationId {
    let conversation = Conversation {
        id: ConversationId::trusted(id),
        kind: ConversationKind::Normal,
        name: None,
        creator: Some(client(members[0])),
        attr: None,
        extra: serde_json::Map::new(),
        unique_id: Some("digest".to_owned()),
        created_at: START,
        updated_at: START,
        expires_at: None,
    };
    conversation::insert(connection, &conversation)
        .await
        .unwrap();
    member::insert(connection, &conversation.id, &clients(members), START)
        .await
        .unwrap();
    conversation.id
}

fn text(conversation_id: &ConversationId, id: &str, sender: &str) -> NewMessage {
    NewMessage {
        id: MessageId::trusted(id),
        conversation_id: conversation_id.clone(),
        sender: client(sender),
        content: Content::Text(format!("text of {id}")),
        typed: None,
        mention: Mention::default(),
        receipt: false,
        push_data: None,
        dedupe_token: None,
        addressed_to: AddressedTo::Conversation,
        sender_address: None,
    }
}
