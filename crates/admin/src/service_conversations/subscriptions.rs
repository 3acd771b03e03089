//! `GET /1.2/rtm/clients/{client}/service-conversations`: what a client is subscribed to.

use axum::extract::State;
use http::Method;
use parlor_chat::{ListSubscriptions, SubscriptionKey, SubscriptionOrder};
use parlor_model::ClientId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::read_client;
use super::subscribers::{Record, page_limit};
use crate::AdminState;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::messages::key;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Page {
    /// The last conversation of the page before, with `timestamp`.
    conv_id: Option<String>,
    /// Since when it is subscribed, in milliseconds.
    timestamp: Option<f64>,
    /// Subscriptions wanted, at most 50.
    limit: Option<i64>,
    /// `new` for the oldest first, `old` for the newest first.
    direction: Option<String>,
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Page11 {
    client_id: String,
    /// The last conversation of the page before, with `timestamp`.
    conv_id: Option<String>,
    /// Since when it is subscribed, in milliseconds.
    timestamp: Option<f64>,
    /// Subscriptions wanted, at most 50.
    limit: Option<i64>,
    /// `new` for the oldest first, `old` for the newest first.
    direction: Option<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    let path = "/1.2/rtm/clients/{client}/service-conversations";
    Endpoint::new(Method::GET, path, list, "Lists subscriptions of a client")
}

pub(crate) fn legacy() -> Endpoint {
    let path = "/1.1/rtm/conversation/subscription";
    Endpoint::new(
        Method::GET,
        path,
        list_1_1,
        "Lists subscriptions of a client",
    )
}

async fn list(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(client): Segments<String>,
    Query(page): Query<Page>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    run(&state, &read_client("client", &client)?, page).await
}

async fn list_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(page): Query<Page11>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let client_id = read_client("client_id", &page.client_id)?;
    let page = Page {
        conv_id: page.conv_id,
        timestamp: page.timestamp,
        limit: page.limit,
        direction: page.direction,
    };
    run(&state, &client_id, page).await
}

async fn run(
    state: &AdminState,
    client_id: &ClientId,
    page: Page,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let after = match (&page.conv_id, page.timestamp) {
        (None, None) => None,
        (Some(id), Some(timestamp)) => Some(SubscriptionKey {
            since: key::time(timestamp),
            conversation_id: read_id(id, ImCode::ConversationNotFound)?,
        }),
        (Some(_), None) => return Err(ApiError::parameter("timestamp", "is missing")),
        (None, Some(_)) => return Err(ApiError::parameter("conv_id", "is missing")),
    };
    let order = match page.direction.as_deref() {
        None => SubscriptionOrder::Oldest,
        Some(text) if text.eq_ignore_ascii_case("new") => SubscriptionOrder::Oldest,
        Some(text) if text.eq_ignore_ascii_case("old") => SubscriptionOrder::Newest,
        Some(_) => return Err(ApiError::parameter("direction", "must be new or old")),
    };
    let request = ListSubscriptions {
        after,
        order,
        limit: page_limit(page.limit),
    };
    let subscriptions = state.chat.list_subscriptions(client_id, request).await?;
    Ok(Answer(
        subscriptions.into_iter().map(Record::from).collect(),
    ))
}
