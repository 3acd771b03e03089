//! Walking all conversations, page by page, for the app's server (spec 03 §3.2).

use parlor_model::limit;
use parlor_store::conversation_query::{
    ConversationQuery, ConversationRow, Filter, LastMessage, ScanKey, ScanPosition, Scope,
};

use super::projection::Projection;
use super::query::{QueryError, members_for};
use super::row::{self, RowView};
use crate::{Chat, ScanRows, ScannedRows};

impl Chat {
    /// Returns the next page of a walk. It costs the same however far the walk has come.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn scan_conversations(&self, request: ScanRows) -> Result<ScannedRows, QueryError> {
        let limit = request.limit.clamp(1, limit::QUERY_PAGE);
        let keys = Projection::parse(request.keys.as_deref().unwrap_or_default());
        let key = request.order.key;
        let query = ConversationQuery {
            filter: Filter::from_object(&request.filter)?,
            scope: Scope::All,
            sort: request.order.sort(),
            after: request.after.map(|after| (request.order, after)),
            skip: 0,
            // One more, to see whether it is the last page.
            limit: limit + 1,
            members: members_for(&keys),
            last_message: LastMessage::Omitted,
            viewer: None,
        };
        let mut rows = self.list_conversations(&query).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = rows.len() <= wanted;
        rows.truncate(wanted);
        let last = rows.last().filter(|_| !is_last);
        Ok(ScannedRows {
            next: last.map(|last| position_of(last, key)),
            rows: rows
                .iter()
                .map(|row| keys.apply(row::to_json(row, RowView::App)))
                .collect(),
        })
    }
}

fn position_of(row: &ConversationRow, key: ScanKey) -> ScanPosition {
    let conversation = &row.conversation;
    ScanPosition {
        at: match key {
            ScanKey::Id => None,
            ScanKey::Created => Some(conversation.created_at),
            ScanKey::Updated => Some(conversation.updated_at),
        },
        id: conversation.id.to_string(),
    }
}
