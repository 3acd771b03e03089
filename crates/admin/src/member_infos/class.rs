//! `GET /1.1/classes/_ConversationMemberInfo`: the rows of the class.

use axum::extract::State;
use http::Method;
use parlor_chat::ListRoles;
use parlor_model::{AssignedRole, ClientId, ConversationId, JsonObject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::AdminState;
use crate::class::{condition, find};
use crate::endpoint::Endpoint;
use crate::error::ApiError;
use crate::level::ClientOrMasterLevel;
use crate::query::Query;
use crate::reply::Answer;

/// What clients name the class.
pub(crate) const NAME: &str = "_ConversationMemberInfo";

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::new(
        Method::GET,
        format!("/1.1/classes/{NAME}"),
        list,
        "Lists the roles that members were given",
    )
}

/// The parameters of a find. What SDKs send besides has no effect on so few rows.
#[derive(Debug, Deserialize, IntoParams)]
pub(crate) struct Parameters {
    /// A condition, as JSON: `cid`, `clientId` and `role`, each with the value it must have.
    #[serde(rename = "where")]
    filter: Option<String>,
    /// The conversation, as the C# SDK says it.
    cid: Option<String>,
    /// Rows to skip.
    skip: Option<i64>,
    /// Rows wanted, from 1 to 1000.
    limit: Option<i64>,
}

/// What was found. The Java SDK cannot decode an answer with anything else in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    results: Vec<MemberInfo>,
}

/// A role that somebody was given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberInfo {
    object_id: String,
    cid: String,
    client_id: String,
    role: &'static str,
    created_at: String,
    updated_at: String,
}

impl From<AssignedRole> for MemberInfo {
    fn from(role: AssignedRole) -> Self {
        Self {
            object_id: role.id.to_string(),
            cid: role.conversation_id.to_string(),
            client_id: role.client_id.to_string(),
            role: role.role.name(),
            created_at: role.created_at.to_iso(),
            updated_at: role.updated_at.to_iso(),
        }
    }
}

/// Answers with the rows of one conversation to its members, and with any to the app's server.
async fn list(
    level: ClientOrMasterLevel,
    State(state): State<AdminState>,
    Query(parameters): Query<Parameters>,
) -> Result<Answer<Found>, ApiError> {
    let request = read(&parameters)?;
    let found = match level {
        ClientOrMasterLevel::Master => state.chat.list_roles(request).await?,
        ClientOrMasterLevel::Client(client_id) => {
            let conversation_id = request
                .conversation_id
                .clone()
                .ok_or_else(|| ApiError::parameter("where", "must name the conversation: cid"))?;
            state
                .chat
                .list_roles_for(&client_id, conversation_id, request)
                .await?
        }
    };
    Ok(Answer(Found {
        results: found.into_iter().map(MemberInfo::from).collect(),
    }))
}

fn read(parameters: &Parameters) -> Result<ListRoles, ApiError> {
    let filter = condition::read(parameters.filter.as_deref())?;
    let mut request = ListRoles {
        skip: find::skip(parameters.skip)?,
        limit: find::limit(parameters.limit, false),
        ..conditions(&filter)?
    };
    if let Some(cid) = &parameters.cid {
        request.conversation_id = Some(conversation_id(cid)?);
    }
    Ok(request)
}

fn conditions(filter: &JsonObject) -> Result<ListRoles, ApiError> {
    let mut request = ListRoles::default();
    for (key, value) in filter {
        let text = value
            .as_str()
            .ok_or_else(|| ApiError::parameter("where", &format!("must give {key} a text")))?;
        match key.as_str() {
            "cid" => request.conversation_id = Some(conversation_id(text)?),
            "clientId" => {
                let client_id = ClientId::parse(text);
                let client_id = client_id.map_err(|error| ApiError::client_id(key, error))?;
                request.client_id = Some(client_id);
            }
            "role" => request.role = Some(super::list::role(text)?),
            _ => {
                let problem = format!("cannot ask for {key}, only for cid, clientId and role");
                return Err(ApiError::parameter("where", &problem));
            }
        }
    }
    Ok(request)
}

fn conversation_id(text: &str) -> Result<ConversationId, ApiError> {
    ConversationId::parse(text).map_err(|error| ApiError::parameter("cid", &error.to_string()))
}
