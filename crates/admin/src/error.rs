//! The failures of the REST API and their HTTP spelling (spec 03 §1.6).
//!
//! Errors of operations come in by their class; a failure that only HTTP knows has a
//! constructor of its own.

use std::error::Error;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use parlor_chat::{
    BroadcastError, BrowseError, ChangeMembersError, ClientBlockError, ColumnError, CorrectError,
    CountError, CreateError, EditError, FailureCause, FindSystemError, KickError,
    NotificationsError, OpenError, PatchError, QueryError, RestrictError, RoleError, SendError,
    StoreError, SubscriptionError, TemporarySilenceError,
};
use parlor_model::{ConversationKind, ErrorClass, IdError, Restriction};
use parlor_sign::RestError;

use crate::config::Verb;
use crate::conversations::kind::wrong_kind;
use crate::im_code::ImCode;
use crate::openapi::Failure;
use crate::rate::RateClass;
use crate::{member_infos, reply};

/// The catch-all code: bad parameters, unknown routes, faults of ours.
const GENERIC: u16 = 1;
const NO_SUCH_CLASS: u16 = 101;
const BAD_KEY: u16 = 105;
const BAD_JSON: u16 = 107;
const WRONG_TYPE: u16 = 111;
const TOO_LARGE: u16 = 116;
const READ_ONLY: u16 = 117;
const BAD_ACL: u16 = 123;
const UNIQUE_VIOLATION: u16 = 137;
const CONDITION_FAILED: u16 = 305;

/// A failed request, answered as `{"code", "error"}`; messaging failures have a name for `error`
/// and say the rest in `detail`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: u16,
    error: String,
    detail: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: u16, error: impl Into<String>) -> Self {
        Self {
            status,
            code,
            error: error.into(),
            detail: None,
        }
    }

    /// A messaging failure.
    pub(crate) fn im(code: ImCode, detail: impl Into<String>) -> Self {
        let status = if code == ImCode::SessionTokenExpired {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::BAD_REQUEST
        };
        Self {
            status,
            code: code.number(),
            error: code.name().to_owned(),
            detail: Some(detail.into()),
        }
    }

    /// A client id that no client can have; `name` says where it was given.
    pub(crate) fn client_id(name: &str, error: IdError) -> Self {
        Self::im(ImCode::InvalidLogin, format!("{name}: {error}"))
    }

    /// A query parameter that cannot be understood.
    pub(crate) fn parameter(name: &str, problem: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            format!("parameter {name} {problem}"),
        )
    }

    /// Text that should be JSON of a certain shape; `what` names it.
    pub(crate) fn bad_json(what: &str, problem: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            BAD_JSON,
            format!("{what} {problem}"),
        )
    }

    /// A value in a body that makes no sense.
    pub(crate) fn field(name: &str, problem: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            format!("{name} {problem}"),
        )
    }

    /// A body that breaks off or cannot be unpacked.
    pub(crate) fn broken_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            "body breaks off or cannot be unpacked",
        )
    }

    /// A body in an encoding that is not read here.
    pub(crate) fn unknown_encoding() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            GENERIC,
            "content-encoding must be gzip, or absent",
        )
    }

    /// Credentials that prove nothing.
    pub(crate) fn unauthorized(error: RestError) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            StatusCode::UNAUTHORIZED.as_u16(),
            format!("Unauthorized. {error}"),
        )
    }

    /// A call that is for the app's own servers.
    pub(crate) fn master_only() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            StatusCode::FORBIDDEN.as_u16(),
            "Forbidden. This needs the master key.",
        )
    }

    /// A verb that the class permissions keep for the master key.
    pub(crate) fn class_forbidden(class: &str, verb: Verb) -> Self {
        let verb = verb.name();
        Self::new(
            StatusCode::FORBIDDEN,
            StatusCode::FORBIDDEN.as_u16(),
            format!("Forbidden. Class permission {verb} of {class} needs the master key."),
        )
    }

    /// A row to change that is not there.
    pub(crate) fn no_such_row(class: &str, id: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            format!("Could not find object by id '{id}' for class '{class}'."),
        )
    }

    /// A class that is not kept here.
    pub(crate) fn no_such_class() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            NO_SUCH_CLASS,
            "Class or object doesn't exists.",
        )
    }

    /// A query that is to follow objects.
    pub(crate) fn no_live_query() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            GENERIC,
            "LiveQuery is not supported, this server keeps no objects to query",
        )
    }

    /// A path that leads nowhere.
    pub(crate) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, GENERIC, "no such route")
    }

    /// A path that does not take this method.
    pub(crate) fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            GENERIC,
            "this route does not take this method",
        )
    }

    /// A caller that is over a quota.
    pub(crate) fn too_fast(class: RateClass) -> Self {
        let class = class.as_label();
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::TOO_MANY_REQUESTS.as_u16(),
            format!("Too many requests of class {class}."),
        )
    }

    /// Something this server depends on is away, or it is going down itself.
    pub(crate) fn unavailable() -> Self {
        Self::of_class(ErrorClass::Unavailable, "")
    }

    /// A body over the limit.
    pub(crate) fn body_too_large(limit_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::PAYLOAD_TOO_LARGE.as_u16(),
            format!("request body is longer than {limit_bytes} bytes"),
        )
    }

    /// Spells a failed operation by its class and logs it when the fault is ours.
    fn of(error: &(dyn Error + 'static), class: ErrorClass) -> Self {
        if class.is_ours() {
            tracing::error!(error, "rest request failed");
        }
        Self::of_class(class, error.to_string())
    }

    /// Spells a class; what went wrong on our side is not told to callers.
    fn of_class(class: ErrorClass, message: impl Into<String>) -> Self {
        let message = message.into();
        match class {
            // 429 is kept for callers that are too fast: SDKs and scripts try again on it.
            ErrorClass::Invalid | ErrorClass::Limited => {
                Self::new(StatusCode::BAD_REQUEST, GENERIC, message)
            }
            ErrorClass::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, 401, message),
            ErrorClass::Forbidden => Self::new(StatusCode::FORBIDDEN, 403, message),
            ErrorClass::NotFound => Self::new(StatusCode::NOT_FOUND, NO_SUCH_CLASS, message),
            ErrorClass::Conflict => Self::new(StatusCode::BAD_REQUEST, UNIQUE_VIOLATION, message),
            ErrorClass::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                GENERIC,
                "temporarily unavailable, try again",
            ),
            ErrorClass::Internal => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, GENERIC, "internal error")
            }
        }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::of(&error, error.class())
    }
}

impl From<SubscriptionError> for ApiError {
    fn from(error: SubscriptionError) -> Self {
        match error {
            SubscriptionError::NotFound(_) => {
                Self::im(ImCode::ConversationNotFound, error.to_string())
            }
            SubscriptionError::WrongKind { id, .. } => wrong_kind(ConversationKind::Service, &id),
            SubscriptionError::Store(_) => Self::of(&error, error.class()),
        }
    }
}

impl From<BroadcastError> for ApiError {
    fn from(error: BroadcastError) -> Self {
        match error {
            BroadcastError::NotFound(_) => Self::im(ImCode::MessageNotFound, error.to_string()),
            BroadcastError::Store(_) => Self::of(&error, error.class()),
        }
    }
}

impl From<FindSystemError> for ApiError {
    fn from(error: FindSystemError) -> Self {
        Self::of(&error, error.class())
    }
}

impl From<NotificationsError> for ApiError {
    fn from(error: NotificationsError) -> Self {
        Self::of(&error, error.class())
    }
}

impl From<KickError> for ApiError {
    fn from(error: KickError) -> Self {
        Self::of(&error, error.class())
    }
}

impl From<ColumnError> for ApiError {
    fn from(error: ColumnError) -> Self {
        let code = match &error {
            ColumnError::Reserved(_) => READ_ONLY,
            ColumnError::Key(_) | ColumnError::Overlap(_) => BAD_KEY,
            ColumnError::Type { column, .. } if column == "ACL" => BAD_ACL,
            ColumnError::Type { .. } | ColumnError::Operation { .. } => WRONG_TYPE,
            ColumnError::Client { column, cause } => return Self::client_id(column, *cause),
            ColumnError::Nul(_) | ColumnError::Depth(_) => GENERIC,
            ColumnError::Size => TOO_LARGE,
        };
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Column(error) => error.into(),
            CreateError::Full { .. } => Self::im(ImCode::ConversationFull, error.to_string()),
            CreateError::Store(_) => Self::of(&error, error.class()),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::NotFound(_) => Self::im(ImCode::ConversationNotFound, error.to_string()),
            EditError::Unmatched(_) => {
                Self::new(StatusCode::BAD_REQUEST, CONDITION_FAILED, error.to_string())
            }
            EditError::WrongKind { id, wanted } => wrong_kind(wanted, &id),
            EditError::Column(error) => error.into(),
            EditError::Full { .. } => Self::im(ImCode::ConversationFull, error.to_string()),
            EditError::Condition(_) | EditError::Pattern(_) | EditError::Store(_) => {
                Self::of(&error, error.class())
            }
        }
    }
}

impl From<RestrictError> for ApiError {
    fn from(error: RestrictError) -> Self {
        let code = match &error {
            RestrictError::NotFound(_) => ImCode::ConversationNotFound,
            RestrictError::Disabled(Restriction::Silenced) => {
                ImCode::ConversationMemberInfoFeatureDisabled
            }
            RestrictError::Disabled(Restriction::Blocked) => ImCode::BlacklistFeatureDisabled,
            RestrictError::Unsupported(_) => ImCode::NormalConversationRequired,
            RestrictError::Signature(_) => ImCode::BlacklistSignatureFailed,
            RestrictError::NotMember(_) => ImCode::ConversationMembershipRequired,
            RestrictError::Unauthorized { .. } => ImCode::ConversationOperationUnauthorized,
            RestrictError::Failed(failure) => match failure.cause {
                FailureCause::Full { .. } => ImCode::ConversationFull,
                FailureCause::Blocked | FailureCause::Unwilling => ImCode::BlockedByConversation,
                FailureCause::NotMember => ImCode::ConversationMembershipRequired,
                FailureCause::SilencedFull { .. } => ImCode::SilencedMemberListFull,
                FailureCause::BlockedFull { .. } => ImCode::BlacklistFull,
                FailureCause::Outranked => ImCode::ConversationOperationUnauthorized,
                FailureCause::OwnerNeeded => ImCode::ConversationNeedOwner,
            },
            RestrictError::Store(_) => return Self::of(&error, error.class()),
        };
        Self::im(code, error.to_string())
    }
}

impl From<TemporarySilenceError> for ApiError {
    fn from(error: TemporarySilenceError) -> Self {
        match error {
            TemporarySilenceError::NotFound(_) => {
                Self::im(ImCode::ConversationNotFound, error.to_string())
            }
            TemporarySilenceError::Duration { .. } | TemporarySilenceError::Store(_) => {
                Self::of(&error, error.class())
            }
        }
    }
}

impl From<ClientBlockError> for ApiError {
    fn from(error: ClientBlockError) -> Self {
        let code = match &error {
            ClientBlockError::NotFound(_) => ImCode::ConversationNotFound,
            ClientBlockError::Disabled => ImCode::BlacklistFeatureDisabled,
            ClientBlockError::NotYourself => ImCode::ConversationOperationUnauthorized,
            ClientBlockError::Signature(_) => ImCode::BlacklistSignatureFailed,
            ClientBlockError::Full { .. } => ImCode::BlacklistFull,
            ClientBlockError::Store(_) => return Self::of(&error, error.class()),
        };
        Self::im(code, error.to_string())
    }
}

impl From<RoleError> for ApiError {
    fn from(error: RoleError) -> Self {
        let code = match &error {
            RoleError::NotFound(_) => ImCode::ConversationNotFound,
            RoleError::Disabled => ImCode::ConversationMemberInfoFeatureDisabled,
            RoleError::Unsupported(_) => ImCode::NormalConversationRequired,
            RoleError::CallerNotMember(_) | RoleError::NotMember(_) => {
                ImCode::ConversationMembershipRequired
            }
            RoleError::Unauthorized => ImCode::ConversationOperationUnauthorized,
            RoleError::UnknownRole => ImCode::UnknownConversationRole,
            RoleError::Full { .. } => ImCode::ConversationMemberInRoleFull,
            RoleError::NotGiven(id) => {
                return Self::no_such_row(member_infos::NAME, id.as_str());
            }
            RoleError::Store(_) => return Self::of(&error, error.class()),
        };
        Self::im(code, error.to_string())
    }
}

impl From<ChangeMembersError> for ApiError {
    fn from(error: ChangeMembersError) -> Self {
        let code = match &error {
            ChangeMembersError::NotFound(_) => ImCode::ConversationNotFound,
            ChangeMembersError::Unsupported(_) => ImCode::NormalConversationRequired,
            ChangeMembersError::Signature(_) => ImCode::ConversationSignatureFailed,
            ChangeMembersError::NotMember(_) => ImCode::ConversationMembershipRequired,
            ChangeMembersError::Blocked(_) => ImCode::BlockedByConversation,
            ChangeMembersError::Failed(failure) => match failure.cause {
                FailureCause::Blocked | FailureCause::Unwilling => ImCode::BlockedByConversation,
                FailureCause::NotMember => ImCode::ConversationMembershipRequired,
                FailureCause::Outranked | FailureCause::OwnerNeeded => {
                    ImCode::ConversationOperationUnauthorized
                }
                FailureCause::Full { .. }
                | FailureCause::SilencedFull { .. }
                | FailureCause::BlockedFull { .. } => ImCode::ConversationFull,
            },
            ChangeMembersError::Store(_) => return Self::of(&error, error.class()),
        };
        Self::im(code, error.to_string())
    }
}

impl From<CountError> for ApiError {
    fn from(error: CountError) -> Self {
        match error {
            CountError::NotFound(_) => Self::im(ImCode::ConversationNotFound, error.to_string()),
            CountError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::of(&error, error.class())
    }
}

impl From<BrowseError> for ApiError {
    fn from(error: BrowseError) -> Self {
        match error {
            BrowseError::NotFound(_) => Self::im(ImCode::ConversationNotFound, error.to_string()),
            BrowseError::WrongKind { id, wanted, .. } => wrong_kind(wanted, &id),
            BrowseError::Signature(_) => {
                Self::im(ImCode::ConversationSignatureFailed, error.to_string())
            }
            BrowseError::Store(error) => error.into(),
        }
    }
}

impl From<CorrectError> for ApiError {
    fn from(error: CorrectError) -> Self {
        let code = match &error {
            CorrectError::NotFound(_) => ImCode::MessageNotFound,
            CorrectError::NotSender(_) => ImCode::MessageOwnershipRequired,
            CorrectError::TooLong { .. } => ImCode::FrameTooLong,
            CorrectError::Store(_) => return Self::of(&error, error.class()),
        };
        Self::im(code, error.to_string())
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        let code = match &error {
            PatchError::TooLong { .. } => ImCode::FrameTooLong,
            PatchError::EditDisabled => ImCode::MessageEditDisabled,
            PatchError::RecallDisabled => ImCode::MessageRecallDisabled,
            PatchError::InvalidTarget(_) | PatchError::Ended(_) => ImCode::InvalidMessagingTarget,
            PatchError::NotFound(_) => ImCode::MessageNotFound,
            PatchError::NotSender(_) => ImCode::MessageOwnershipRequired,
            PatchError::Silenced(_) => ImCode::Silenced,
            PatchError::ShuttingDown | PatchError::Store(_) => {
                return Self::of_class(error.class(), error.to_string());
            }
        };
        Self::im(code, error.to_string())
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        let code = match &error {
            SendError::InvalidTarget(_) | SendError::Ended(_) => ImCode::InvalidMessagingTarget,
            SendError::Blocked(_) => ImCode::BlockedByConversation,
            SendError::Silenced(_) => ImCode::Silenced,
            SendError::SilencedForAWhile(_) => ImCode::SilencedForAWhile,
            SendError::TooLong { .. } => ImCode::FrameTooLong,
            SendError::Nul(name) => return Self::field(name, "contains a NUL character"),
            SendError::ShuttingDown | SendError::Store(_) => {
                return Self::of_class(error.class(), error.to_string());
            }
        };
        Self::im(code, error.to_string())
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::TokenExpired => Self::im(ImCode::SessionTokenExpired, error.to_string()),
            OpenError::Conflict
            | OpenError::Kicked { .. }
            | OpenError::Signature(_)
            | OpenError::Store(_) => Self::of(&error, error.class()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        reply::json(
            self.status,
            &Failure {
                code: self.code,
                error: self.error,
                detail: self.detail,
            },
        )
    }
}
