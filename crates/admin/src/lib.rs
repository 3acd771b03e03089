//! The REST door: the LeanCloud-compatible API under `/1.1` and `/1.2` (spec 03).
//!
//! Resources are folders with one file per endpoint, and `router` lists them. Each handler's
//! first argument says who may call it, and the table takes no other handler; the OpenAPI
//! document is made from the same table. What holds for every request, whatever its route
//! (request line, compression, CORS, limits, the old `text/plain` form), is in `transport`.
//!
//! **Invariant:** no policy and no SQL here; an endpoint translates between HTTP and one `chat`
//! operation. Every answer, failures of every kind included, is JSON that SDKs can decode, and
//! no credential or body reaches the log.

mod body;
mod broadcasts;
mod class;
mod clients;
mod config;
mod conversations;
mod date;
mod endpoint;
mod error;
mod im_code;
mod level;
mod live_query;
mod member_infos;
mod members;
mod messages;
mod metrics;
mod notifications;
mod openapi;
mod parameters;
mod query;
mod rate;
mod reply;
mod restrictions;
mod rooms;
mod router;
mod row;
mod segments;
mod service_conversations;
mod state;
mod system_messages;
mod transport;

pub use config::{ClientPermissions, Config, Verb};
pub use openapi::openapi_document;
pub use rate::{Quota, Quotas};
pub use router::router;
pub use state::AdminState;
