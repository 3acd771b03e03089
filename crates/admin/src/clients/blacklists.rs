//! `/1.2/rtm/clients/{client}/blacklists`: conversations that nobody may add a client to.

use axum::extract::State;
use http::Method;
use parlor_chat::Actor;
use parlor_model::{ClientId, RestrictionChange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::{Answer, Nothing};
use crate::restrictions;
use crate::segments::Segments;

const PATH: &str = "/1.2/rtm/clients/{client}/blacklists";

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    conv_id: String,
}

/// A page of conversations; the last one has no cursor.
#[derive(Serialize, ToSchema)]
pub(crate) struct Conversations {
    conv_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) fn endpoints() -> [Endpoint; 3] {
    [
        Endpoint::new(
            Method::POST,
            PATH,
            block,
            "Blocks a conversation for a client",
        ),
        Endpoint::new(Method::DELETE, PATH, unblock, "Ends such a block"),
        Endpoint::new(
            Method::GET,
            PATH,
            list,
            "Lists the conversations that a client blocks",
        ),
    ]
}

async fn block(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    change(&state, &client, RestrictionChange::Imposed, &fields).await
}

async fn unblock(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    change(&state, &client, RestrictionChange::Lifted, &fields).await
}

async fn change(
    state: &AdminState,
    client: &str,
    change: RestrictionChange,
    fields: &Fields,
) -> Result<Answer<Nothing>, ApiError> {
    let client_id = read(client)?;
    let conversation_ids = [read_id(&fields.conv_id, ImCode::ConversationNotFound)?];
    state
        .chat
        .change_client_block(Actor::App, &client_id, change, &conversation_ids, None)
        .await?;
    Ok(Answer(Nothing {}))
}

async fn list(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Query(parameters): Query<restrictions::Parameters>,
) -> Result<Answer<Conversations>, ApiError> {
    let page = state
        .chat
        .list_client_blocks(Actor::App, &read(&client)?, parameters.page()?)
        .await?;
    Ok(Answer(Conversations {
        conv_ids: page
            .conversation_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
        next: page.next.map(|offset| offset.to_string()),
    }))
}

fn read(client: &str) -> Result<ClientId, ApiError> {
    ClientId::parse(client).map_err(|error| ApiError::client_id("client", error))
}
