//! Finding conversations, for clients and for the app's server.

use parlor_model::{ClientId, ConversationId, ErrorClass, JsonObject, limit};
use parlor_store::StoreError;
use parlor_store::conversation_query::{
    self, ConversationQuery, ConversationRow, Filter, FilterError, LastMessage, ListError,
    MemberList, Scope, Sort, SortError, Viewer,
};

use super::projection::Projection;
use super::row::{self, RowView};
use crate::{Chat, FindRows, FoundRows};

/// What a client is looking for.
#[derive(Clone, Debug, Default)]
pub struct QueryConversations {
    /// Temporary conversations by their ids; when there are any, filter, skip and limit do not
    /// count.
    pub temporary_ids: Vec<ConversationId>,
    /// The `where` document; empty means the normal conversations that the client is in.
    pub filter: JsonObject,
    /// Comma-separated keys, `-` in front for descending; latest message first when absent.
    pub sort: Option<String>,
    /// Rows to skip.
    pub skip: u32,
    /// Rows wanted; `None` for the default, cut at [`limit::QUERY_PAGE`].
    pub limit: Option<u32>,
    /// Leave the members out.
    pub compact: bool,
    /// Add the last message.
    pub with_last_message: bool,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The `where` document is refused.
    #[error("where: {0}")]
    Filter(#[from] FilterError),
    /// The order is refused.
    #[error(transparent)]
    Sort(#[from] SortError),
    /// The database refuses a pattern.
    #[error("where: $regex is refused: {0}")]
    Pattern(String),
    /// It would take too long.
    #[error("the query takes longer than {0} seconds; narrow it, best by members or ids")]
    TooSlow(u64),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl QueryError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Filter(error) => error.class(),
            Self::Sort(error) => error.class(),
            Self::Pattern(_) => ErrorClass::Invalid,
            Self::TooSlow(_) => ErrorClass::Limited,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Finds conversations for a client: any conversation, not only its own (spec 02 §3.5).
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn query_conversations(
        &self,
        caller: &ClientId,
        request: QueryConversations,
    ) -> Result<Vec<JsonObject>, QueryError> {
        let (filter, scope) = if !request.temporary_ids.is_empty() {
            let now = self.clock.now();
            (
                Filter::has_id(&request.temporary_ids),
                Scope::TemporaryAt(now),
            )
        } else if request.filter.is_empty() {
            (Filter::has_member(caller), Scope::Normal)
        } else {
            (Filter::from_object(&request.filter)?, Scope::All)
        };
        let (skip, limit) = match scope {
            Scope::TemporaryAt(_) => (0, limit::QUERY_PAGE),
            Scope::Normal | Scope::All => {
                let limit = request.limit.unwrap_or(limit::QUERY_PAGE_DEFAULT);
                (request.skip, limit.min(limit::QUERY_PAGE))
            }
        };
        let sort = request.sort.as_deref().map(Sort::parse).transpose()?;
        let query = ConversationQuery {
            filter,
            scope,
            sort: sort.flatten().unwrap_or_else(Sort::by_activity),
            after: None,
            skip,
            limit,
            members: if request.compact {
                MemberList::Omitted
            } else {
                MemberList::Included
            },
            last_message: if request.with_last_message {
                LastMessage::Included
            } else {
                LastMessage::Omitted
            },
            viewer: Some(Viewer {
                client_id: caller.clone(),
                now: self.clock.now(),
            }),
        };
        let rows = self.list_conversations(&query).await?;
        Ok(rows
            .iter()
            .map(|row| row::to_json(row, RowView::Client(caller)))
            .collect())
    }

    /// Finds conversations for the app's server (spec 03 §3.4, §3.5).
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn find_conversations(&self, request: FindRows) -> Result<FoundRows, QueryError> {
        let filter = Filter::from_object(&request.filter)?;
        let order = request.order.as_deref().map(Sort::parse).transpose()?;
        let keys = Projection::parse(request.keys.as_deref().unwrap_or_default());
        let count = if request.count {
            Some(self.count_conversations(&filter).await?)
        } else {
            None
        };
        let query = ConversationQuery {
            filter,
            scope: Scope::All,
            sort: order.flatten().unwrap_or_else(Sort::by_creation),
            after: None,
            skip: request.skip,
            limit: request.limit.min(limit::QUERY_PAGE),
            members: members_for(&keys),
            last_message: LastMessage::Omitted,
            viewer: None,
        };
        let rows = self.list_conversations(&query).await?;
        let rows = rows
            .iter()
            .map(|row| keys.apply(row::to_json(row, RowView::App)))
            .collect();
        Ok(FoundRows { rows, count })
    }

    /// Looks one conversation up for the app's server.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn get_conversation(
        &self,
        conversation_id: &ConversationId,
        keys: Option<&str>,
    ) -> Result<Option<JsonObject>, QueryError> {
        let keys = Projection::parse(keys.unwrap_or_default());
        let query = ConversationQuery {
            filter: Filter::has_id(std::slice::from_ref(conversation_id)),
            scope: Scope::All,
            sort: Sort::by_creation(),
            after: None,
            skip: 0,
            limit: 1,
            members: members_for(&keys),
            last_message: LastMessage::Omitted,
            viewer: None,
        };
        let rows = self.list_conversations(&query).await?;
        Ok(rows
            .first()
            .map(|row| keys.apply(row::to_json(row, RowView::App))))
    }

    pub(super) async fn list_conversations(
        &self,
        query: &ConversationQuery,
    ) -> Result<Vec<ConversationRow>, QueryError> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.store.begin().await.map_err(QueryError::Store)?;
        let rows = conversation_query::list(&mut tx, query, self.config.query_timeout)
            .await
            .map_err(|error| self.query_error(error))?;
        self.end(tx).await?;
        Ok(rows)
    }

    async fn count_conversations(&self, filter: &Filter) -> Result<u64, QueryError> {
        let mut tx = self.store.begin().await.map_err(QueryError::Store)?;
        let timeout = self.config.query_timeout;
        let count = conversation_query::count(&mut tx, filter, Scope::All, timeout)
            .await
            .map_err(|error| self.query_error(error))?;
        self.end(tx).await?;
        Ok(count)
    }

    /// Ends a transaction that only read.
    async fn end(&self, tx: parlor_store::Tx) -> Result<(), QueryError> {
        tx.commit()
            .await
            .map_err(|error| QueryError::Store(error.into()))
    }

    fn query_error(&self, error: ListError) -> QueryError {
        match error {
            ListError::Pattern(problem) => QueryError::Pattern(problem),
            ListError::Store(StoreError::TimedOut(_)) => {
                QueryError::TooSlow(self.config.query_timeout.as_secs())
            }
            ListError::Store(error) => QueryError::Store(error),
        }
    }
}

pub(super) fn members_for(keys: &Projection) -> MemberList {
    if keys.wants("m") {
        MemberList::Included
    } else {
        MemberList::Omitted
    }
}
