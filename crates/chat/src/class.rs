//! What can be asked of the rows of any class (spec 03 §3).

use parlor_model::JsonObject;
use parlor_store::conversation_query::{ScanOrder, ScanPosition};

/// What the app's server is looking for in a class.
#[derive(Clone, Debug, Default)]
pub struct FindRows {
    /// The `where` document; empty means all.
    pub filter: JsonObject,
    /// Comma-separated keys, `-` in front for descending; oldest first when absent.
    pub order: Option<String>,
    /// Rows to skip.
    pub skip: u32,
    /// Rows wanted, cut at [`limit::QUERY_PAGE`](parlor_model::limit::QUERY_PAGE).
    pub limit: u32,
    /// Count all that match as well.
    pub count: bool,
    /// Keys to return, `-` in front of those to leave out; all when absent.
    pub keys: Option<String>,
}

/// What the app's server found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundRows {
    /// A page of rows.
    pub rows: Vec<JsonObject>,
    /// How many match in all, when asked for.
    pub count: Option<u64>,
}

/// A page of a walk along all rows of a class.
#[derive(Clone, Debug)]
pub struct ScanRows {
    /// The `where` document; empty means all.
    pub filter: JsonObject,
    /// Which way to go.
    pub order: ScanOrder,
    /// The last row of the page before.
    pub after: Option<ScanPosition>,
    /// Rows wanted, cut at [`limit::QUERY_PAGE`](parlor_model::limit::QUERY_PAGE).
    pub limit: u32,
    /// Keys to return; see [`FindRows`].
    pub keys: Option<String>,
}

/// A page of rows, and where the next one goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct ScannedRows {
    /// The rows.
    pub rows: Vec<JsonObject>,
    /// The last row, `None` when there are no more.
    pub next: Option<ScanPosition>,
}
