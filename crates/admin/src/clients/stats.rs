//! `GET /1.2/rtm/stats`: how many clients there are.

use axum::extract::State;
use http::Method;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AdminState;
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::MasterLevel;
use crate::reply::{Answer, Wrapped};

#[derive(Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Logged in now.
    online_user_count: u64,
    /// Logged in at some time today (UTC).
    user_count_today: u64,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/1.2/rtm/stats", show, "Counts clients")
}

async fn show(
    _: MasterLevel,
    State(state): State<AdminState>,
) -> Result<Answer<Wrapped<Counts>>, ApiError> {
    let statistics = state.chat.statistics().await?;
    Ok(Answer(Wrapped {
        result: Counts {
            online_user_count: statistics.online,
            user_count_today: statistics.today,
        },
    }))
}
