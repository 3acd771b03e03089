//! Whether anybody hears of what the app's server does.

/// Who is told of a change by the app's server: some of its calls notify clients, others are
/// silent (spec 03 §2.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// The members, as if one of them had done it.
    Members,
    /// Nobody.
    Nobody,
}
