//! `GET /1.2/rtm/service-conversations/{id}/subscribers` and its siblings: who is subscribed.

use axum::extract::State;
use http::Method;
use parlor_chat::Subscription;
use parlor_model::limit;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::read_client;
use crate::AdminState;
use crate::conversations::kind::read_id;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Page {
    /// Subscribers wanted, at most 50.
    limit: Option<i64>,
    /// The last client of the page before.
    client_id: Option<String>,
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Page11 {
    conv_id: String,
    /// Subscribers wanted, at most 50.
    limit: Option<i64>,
    /// The last client of the page before.
    client_id: Option<String>,
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Which11 {
    conv_id: String,
}

#[derive(Deserialize, IntoParams)]
pub(crate) struct Pair11 {
    conv_id: String,
    client_id: String,
}

/// A subscription.
#[derive(Serialize, ToSchema)]
pub(crate) struct Record {
    /// Since when, in milliseconds.
    timestamp: i64,
    subscriber: String,
    conv_id: String,
}

impl From<Subscription> for Record {
    fn from(subscription: Subscription) -> Self {
        Self {
            timestamp: subscription.since.as_millis(),
            subscriber: subscription.client_id.to_string(),
            conv_id: subscription.conversation_id.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Count {
    count: u64,
}

pub(crate) fn list() -> Endpoint {
    let path = "/1.2/rtm/service-conversations/{id}/subscribers";
    Endpoint::new(Method::GET, path, page, "Lists subscribers")
}

pub(crate) fn count() -> Endpoint {
    let path = "/1.2/rtm/service-conversations/{id}/subscribers/count";
    Endpoint::new(Method::GET, path, number, "Counts subscribers")
}

pub(crate) fn list_1_1() -> Endpoint {
    let path = "/1.1/rtm/conversation/subscribers";
    Endpoint::new(Method::GET, path, page_1_1, "Lists subscribers")
}

pub(crate) fn count_1_1() -> Endpoint {
    let path = "/1.1/rtm/conversation/subscribers/count";
    Endpoint::new(Method::GET, path, number_1_1, "Counts subscribers")
}

pub(crate) fn is_subscribed_1_1() -> Endpoint {
    let path = "/1.1/rtm/conversation/subscribed";
    let about = "Tells whether a client is subscribed";
    Endpoint::new(Method::GET, path, subscribed_1_1, about)
}

async fn page(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(page): Query<Page>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    run(&state, &id, page).await
}

async fn page_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(page): Query<Page11>,
) -> Result<Answer<Vec<Record>>, ApiError> {
    let Page11 {
        conv_id,
        limit,
        client_id,
    } = page;
    run(&state, &conv_id, Page { limit, client_id }).await
}

async fn number(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
) -> Result<Answer<Count>, ApiError> {
    run_count(&state, &id).await
}

async fn number_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(which): Query<Which11>,
) -> Result<Answer<Count>, ApiError> {
    run_count(&state, &which.conv_id).await
}

/// Answers with a bare `true` or `false`: SDKs compare the text.
async fn subscribed_1_1(
    _: MasterLevel,
    State(state): State<AdminState>,
    Query(pair): Query<Pair11>,
) -> Result<Answer<bool>, ApiError> {
    let conversation_id = read_id(&pair.conv_id, ImCode::ConversationNotFound)?;
    let client_id = read_client("client_id", &pair.client_id)?;
    let subscribed = state.chat.is_subscribed(&conversation_id, &client_id);
    Ok(Answer(subscribed.await?))
}

async fn run(state: &AdminState, id: &str, page: Page) -> Result<Answer<Vec<Record>>, ApiError> {
    let conversation_id = read_id(id, ImCode::ConversationNotFound)?;
    let after = match &page.client_id {
        Some(client_id) => Some(read_client("client_id", client_id)?),
        None => None,
    };
    let limit = page_limit(page.limit);
    let subscribers = state
        .chat
        .list_subscribers(&conversation_id, after.as_ref(), limit);
    Ok(Answer(
        subscribers.await?.into_iter().map(Record::from).collect(),
    ))
}

async fn run_count(state: &AdminState, id: &str) -> Result<Answer<Count>, ApiError> {
    let conversation_id = read_id(id, ImCode::ConversationNotFound)?;
    let count = state.chat.count_subscribers(&conversation_id).await?;
    Ok(Answer(Count { count }))
}

/// Reads a limit; one that makes no sense is the largest.
pub(super) fn page_limit(limit: Option<i64>) -> u32 {
    limit
        .and_then(|limit| u32::try_from(limit).ok())
        .filter(|limit| *limit > 0)
        .map_or(limit::SUBSCRIPTIONS_PAGE, |limit| {
            limit.min(limit::SUBSCRIPTIONS_PAGE)
        })
}
