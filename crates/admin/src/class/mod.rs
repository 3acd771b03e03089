//! Classes of rows: the calls that every class takes (spec 03 §3).
//!
//! A class is a module that implements [`Class`]: its name, its paths, what is open to clients,
//! and one `chat` operation per verb. The endpoints here do the rest for all of them.

pub(crate) mod condition;
mod create;
mod cursor;
mod delete;
pub(crate) mod find;
mod get;
mod scan;
mod unknown;
mod update;

use parlor_chat::{Chat, FindRows, FoundRows, ScanRows, ScannedRows};
use parlor_model::{JsonObject, Timestamp};

use crate::config::{ClientPermissions, Verb};
use crate::endpoint::Endpoint;
use crate::error::ApiError;

pub(crate) use find::{FindParameters, Found};
pub(crate) use unknown::unknown;

/// A class of rows.
pub(crate) trait Class: Sized + Send + Sync + 'static {
    /// As it is called in paths.
    const NAME: &'static str;

    /// Where its rows are besides `/1.1/classes/<name>`.
    const ALIASES: &'static [&'static str] = &[];

    /// Returns what callers with the app key may do with its rows.
    fn open_to_clients(permissions: &ClientPermissions) -> &[Verb];

    /// Makes a row.
    fn create(
        chat: &Chat,
        row: JsonObject,
    ) -> impl Future<Output = Result<NewRow, ApiError>> + Send;

    /// Finds rows.
    fn find(
        chat: &Chat,
        request: FindRows,
    ) -> impl Future<Output = Result<FoundRows, ApiError>> + Send;

    /// Looks a row up, some of its keys or all.
    fn get(
        chat: &Chat,
        id: &str,
        keys: Option<&str>,
    ) -> impl Future<Output = Result<Option<JsonObject>, ApiError>> + Send;

    /// Changes a row that meets a condition and returns its time of change.
    fn update(
        chat: &Chat,
        id: &str,
        row: JsonObject,
        condition: JsonObject,
    ) -> impl Future<Output = Result<Timestamp, ApiError>> + Send;

    /// Removes a row that meets a condition.
    fn delete(
        chat: &Chat,
        id: &str,
        condition: &JsonObject,
    ) -> impl Future<Output = Result<(), ApiError>> + Send;

    /// Returns a page of a walk along all rows.
    fn scan(
        chat: &Chat,
        request: ScanRows,
    ) -> impl Future<Output = Result<ScannedRows, ApiError>> + Send;
}

/// A row that was made.
pub(crate) struct NewRow {
    pub(crate) id: String,
    pub(crate) created_at: Timestamp,
}

/// Returns the endpoints of a class.
pub(crate) fn endpoints<C: Class>() -> Vec<Endpoint> {
    let own = path::<C>();
    let aliases = C::ALIASES.iter().map(|&alias| alias.to_owned());
    let mut endpoints = vec![scan::endpoint::<C>()];
    for path in std::iter::once(own).chain(aliases) {
        endpoints.extend([
            create::endpoint::<C>(&path),
            find::endpoint::<C>(&path),
            get::endpoint::<C>(&path),
            update::endpoint::<C>(&path),
            delete::endpoint::<C>(&path),
        ]);
    }
    endpoints
}

/// Returns the path of a class's rows.
fn path<C: Class>() -> String {
    format!("/1.1/classes/{}", C::NAME)
}
