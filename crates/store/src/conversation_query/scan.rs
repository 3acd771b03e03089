//! Walking rows in an order that can be taken up again after any of them.

use parlor_model::Timestamp;
use sqlx::{Postgres, QueryBuilder};

use super::Sort;
use super::field::{Field, TextColumn, TimeColumn};
use super::sort::{Direction, SortKey};

/// What a walk goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanKey {
    /// The row's id.
    Id,
    /// When the row was created, then its id.
    Created,
    /// When the row last changed, then its id. Rows that change during the walk may come twice.
    Updated,
}

/// A key and which way to walk along it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOrder {
    /// The key.
    pub key: ScanKey,
    /// From the greatest to the least.
    pub descending: bool,
}

/// Where a walk is: at this row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanPosition {
    /// Its time, for a walk along a time.
    pub at: Option<Timestamp>,
    /// Its id.
    pub id: String,
}

impl ScanOrder {
    /// Returns the order of the rows of such a walk.
    #[must_use]
    pub fn sort(self) -> Sort {
        let field = match self.key {
            ScanKey::Id => Field::Text(TextColumn::Id),
            ScanKey::Created => Field::Time(TimeColumn::Created),
            ScanKey::Updated => Field::Time(TimeColumn::Updated),
        };
        let direction = if self.descending {
            Direction::Descending
        } else {
            Direction::Ascending
        };
        Sort {
            keys: vec![SortKey { field, direction }],
        }
    }

    /// Adds the condition that leaves out everything up to a position.
    pub(super) fn push_after(self, query: &mut QueryBuilder<Postgres>, position: &ScanPosition) {
        let column = match self.key {
            ScanKey::Id => None,
            ScanKey::Created => Some("c.created_at"),
            ScanKey::Updated => Some("c.updated_at"),
        };
        let sign = if self.descending { " < " } else { " > " };
        match (column, position.at) {
            (Some(column), Some(at)) => {
                query.push("(").push(column).push(", c.conversation_id)");
                query.push(sign).push("(").push_bind(at.to_date_time());
                query.push(", ").push_bind(position.id.clone()).push(")");
            }
            _ => {
                query.push("c.conversation_id").push(sign);
                query.push_bind(position.id.clone());
            }
        }
    }
}
