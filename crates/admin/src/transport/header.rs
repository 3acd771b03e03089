//! The headers of the API, with the names they had before (spec 03 §1.2).

/// The app id.
pub(crate) const APP_ID: [&str; 3] = [
    "x-lc-id",
    "x-avoscloud-application-id",
    "x-uluru-application-id",
];

/// The app key, or the master key with its suffix.
pub(crate) const APP_KEY: [&str; 3] = [
    "x-lc-key",
    "x-avoscloud-application-key",
    "x-uluru-application-key",
];

/// A signature made with either key.
pub(crate) const SIGN: [&str; 2] = ["x-lc-sign", "x-avoscloud-request-sign"];

/// The bare master key; it never had a newer name.
pub(crate) const MASTER_KEY: [&str; 2] = ["x-avoscloud-master-key", "x-uluru-master-key"];

/// The session token of a logged-in user.
pub(crate) const SESSION: [&str; 3] = [
    "x-lc-session",
    "x-avoscloud-session-token",
    "x-uluru-session-token",
];

/// The session token of a client that is logged in on a socket.
pub(crate) const CLIENT_SESSION: [&str; 1] = ["x-lc-im-session-token"];

/// Headers that SDKs send and that decide nothing about who calls.
pub(crate) const OTHERS: [&str; 4] = [
    "x-lc-prod",
    "x-avoscloud-application-production",
    "x-lc-hook-key",
    "x-lc-ua",
];
