//! `GET /1.1/rtm/notifications`: what a client missed while it was away (spec 02 §3.4).

use axum::extract::State;
use http::Method;
use parlor_chat::NotificationsPage;
use parlor_model::{JsonObject, Timestamp};
use parlor_wire::notification::{Dialect, describe};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::ClientLevel;
use crate::query::Query;
use crate::reply::Answer;

#[derive(Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Milliseconds since the epoch: what happened after it is wanted.
    start_ts: Option<i64>,
    /// `permanent`, or `droppable`, of which nothing is kept. Who names one gets pages, in the
    /// spelling of JavaScript; who does not gets everything, in the spelling of Swift.
    notification_type: Option<String>,
}

/// What `notification_type` names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Permanent,
    Droppable,
}

impl Kind {
    fn parse(name: &str) -> Result<Self, ApiError> {
        match name {
            "permanent" => Ok(Self::Permanent),
            "droppable" => Ok(Self::Droppable),
            _ => Err(ApiError::parameter(
                "notification_type",
                "must be permanent or droppable",
            )),
        }
    }
}

/// What happened, in the fields of the socket's frames.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
struct Notification(JsonObject);

/// `notifications` and `hasMore` are for who names a type, `permanent` and `droppable` for who
/// does not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Missed {
    notifications: Vec<Notification>,
    has_more: bool,
    /// Something is missing: what the client remembers of its conversations may be out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_local_conv_cache: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permanent: Option<Permanent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    droppable: Option<Droppable>,
}

#[derive(Serialize, ToSchema)]
struct Permanent {
    notifications: Vec<Notification>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Droppable {
    /// Something is missing: what the client remembers of its conversations may be out of date.
    invalid_local_conv_cache: bool,
    notifications: Vec<Notification>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::GET,
        "/1.1/rtm/notifications",
        list,
        "Lists what a client missed",
    )
}

async fn list(
    client: ClientLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Missed>, ApiError> {
    let kind = parameters.notification_type.as_deref();
    let kind = kind.map(Kind::parse).transpose()?;
    let page = match kind {
        Some(_) => NotificationsPage::First,
        None => NotificationsPage::All,
    };
    let after = Timestamp::from_millis(parameters.start_ts.unwrap_or_default());
    let missed = state
        .chat
        .missed_notifications(&client.client_id, after, page)
        .await?;
    let spelled = |dialect| {
        let events = missed.events.iter();
        events
            .map(|event| Notification(describe(event, dialect)))
            .collect()
    };
    Ok(Answer(match kind {
        Some(kind) => {
            let is_kept = kind == Kind::Permanent;
            Missed {
                notifications: if is_kept {
                    spelled(Dialect::JavaScript)
                } else {
                    Vec::new()
                },
                has_more: is_kept && missed.has_more,
                invalid_local_conv_cache: Some(!missed.complete),
                permanent: None,
                droppable: None,
            }
        }
        None => Missed {
            notifications: Vec::new(),
            has_more: false,
            invalid_local_conv_cache: None,
            permanent: Some(Permanent {
                notifications: spelled(Dialect::Swift),
            }),
            droppable: Some(Droppable {
                invalid_local_conv_cache: !missed.complete,
                notifications: Vec::new(),
            }),
        },
    }))
}
