//! Who may act: the app's credentials, the signatures its server makes for clients, and the
//! signatures of REST requests.
//!
//! **Invariant:** pure functions. Time is handed in, secrets are compared in constant time and
//! never printed.

mod client;
mod credentials;
mod rest;

pub use client::{
    Action, ClientSignature, SignatureError, Signed, members_text, message, sign, verify,
};
pub use credentials::AppCredentials;
pub use rest::{AccessLevel, RestCredentials, RestError, authenticate, request_sign};
