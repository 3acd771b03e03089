//! What can go wrong between the process and its database.

use parlor_model::ErrorClass;

/// A failed database operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is starting, shutting down, or has no connection left
    /// within the acquire timeout. Trying again later may work.
    #[error("database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The statement ran longer than the statement timeout.
    #[error("database statement timed out")]
    TimedOut(#[source] sqlx::Error),
    /// A stored row contradicts the model; names it so that an operator can find it.
    #[error("inconsistent row in {table}, column {column}, id {id}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        id: String,
    },
    /// The database refused the statement.
    #[error("database refused a statement")]
    Refused(#[source] sqlx::Error),
    /// The schema could not be migrated.
    #[error("database migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// Returns the class every caller maps to its own codes.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Unavailable(_) | Self::TimedOut(_) => ErrorClass::Unavailable,
            Self::Inconsistent { .. } | Self::Refused(_) | Self::Migration(_) => {
                ErrorClass::Internal
            }
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLSTATE classes: 57014 is a cancelled statement; 08 connection trouble, 53 no
        // resources, 57P shutdown or start-up.
        let state = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .map(std::borrow::Cow::into_owned);
        match (&error, state.as_deref()) {
            (_, Some("57014")) => Self::TimedOut(error),
            (_, Some(code))
                if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") =>
            {
                Self::Unavailable(error)
            }
            (
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_),
                _,
            ) => Self::Unavailable(error),
            _ => Self::Refused(error),
        }
    }
}
