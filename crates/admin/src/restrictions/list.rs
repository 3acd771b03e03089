//! `GET /1.2/rtm/{kind}/{id}/permanent-silenceds`, `…/blacklists`: who is silenced or blocked.

use axum::extract::State;
use http::Method;
use parlor_chat::{Actor, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{PathRestriction, path};
use crate::AdminState;
use crate::conversations::kind::{self, PathKind, read_id};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::im_code::ImCode;
use crate::level::MasterLevel;
use crate::query::Query;
use crate::reply::Answer;
use crate::segments::Segments;

/// Which part of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// Entries wanted: 10 unless this says otherwise, at most 100.
    limit: Option<i64>,
    /// The cursor that came with the page before.
    next: Option<String>,
}

impl Parameters {
    /// Reads the page.
    pub(crate) fn page(&self) -> Result<Page, ApiError> {
        let offset = match &self.next {
            None => 0,
            Some(next) => next
                .parse()
                .map_err(|_| ApiError::parameter("next", "is no cursor of this server"))?,
        };
        Ok(Page {
            offset,
            // A number out of range falls back, as it does on sockets.
            limit: self.limit.and_then(|limit| u32::try_from(limit).ok()),
        })
    }
}

/// A page of clients; the last one has no cursor.
#[derive(Serialize, ToSchema)]
pub(crate) struct Clients {
    client_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) fn endpoint<K: PathKind, R: PathRestriction>() -> Endpoint {
    let about = format!("Lists who is {}", R::PARTICIPLE);
    Endpoint::new(Method::GET, path::<K, R>(), list::<K, R>, &about)
}

async fn list<K: PathKind, R: PathRestriction>(
    _: MasterLevel,
    State(state): State<AdminState>,
    Segments(id): Segments<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Clients>, ApiError> {
    let page = parameters.page()?;
    let conversation_id = read_id(&id, ImCode::ConversationNotFound)?;
    kind::check::<K>(&state, &conversation_id, ImCode::ConversationNotFound).await?;
    let page = state
        .chat
        .list_restricted(Actor::App, &conversation_id, R::RESTRICTION, page)
        .await?;
    Ok(Answer(Clients {
        client_ids: page.client_ids.iter().map(ToString::to_string).collect(),
        next: page.next.map(|offset| offset.to_string()),
    }))
}
