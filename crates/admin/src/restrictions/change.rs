//! `POST` and `DELETE /1.2/rtm/{kind}/{id}/permanent-silenceds`, `…/blacklists`: silencing and
//! blocking, and the end of both.

use axum::extract::State;
use http::Method;
use parlor_chat::{Actor, ChangeRestriction};
use parlor_model::{ClientId, RestrictionChange};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PathRestriction, path};
use crate::AdminState;
use crate::body::Body;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::reply::{Answer, Nothing};
use crate::segments::Segments;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Fields {
    /// At least one.
    client_ids: Vec<String>,
}

pub(super) fn impose_endpoint<K: PathKind, R: PathRestriction>() -> Endpoint {
    let about = format!("Adds clients to those who are {}", R::PARTICIPLE);
    Endpoint::new(Method::POST, path::<K, R>(), impose::<K, R>, &about)
}

pub(super) fn lift_endpoint<K: PathKind, R: PathRestriction>() -> Endpoint {
    let about = format!("Removes clients from those who are {}", R::PARTICIPLE);
    Endpoint::new(Method::DELETE, path::<K, R>(), lift::<K, R>, &about)
}

async fn impose<K: PathKind, R: PathRestriction>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    change::<K, R>(&state, &id, RestrictionChange::Imposed, &fields).await
}

async fn lift<K: PathKind, R: PathRestriction>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Body(fields): Body<Fields>,
) -> Result<Answer<Nothing>, ApiError> {
    change::<K, R>(&state, &id, RestrictionChange::Lifted, &fields).await
}

async fn change<K: PathKind, R: PathRestriction>(
    state: &AdminState,
    id: &str,
    change: RestrictionChange,
    fields: &Fields,
) -> Result<Answer<Nothing>, ApiError> {
    let conversation_id = read_id(id, ImCode::ConversationNotFound)?;
    kind::check::<K>(state, &conversation_id, ImCode::ConversationNotFound).await?;
    let client_ids: Result<Vec<ClientId>, ApiError> = fields
        .client_ids
        .iter()
        .map(|id| ClientId::parse(id).map_err(|error| ApiError::client_id("client_ids", error)))
        .collect();
    let client_ids = client_ids?;
    if client_ids.is_empty() {
        return Err(ApiError::field("client_ids", "names nobody"));
    }
    let request = ChangeRestriction {
        conversation_id,
        restriction: R::RESTRICTION,
        change,
        client_ids,
        signature: None,
    };
    let (_, outbox) = state.chat.change_restriction(Actor::App, request).await?;
    state.chat.publish(outbox).await;
    Ok(Answer(Nothing {}))
}
