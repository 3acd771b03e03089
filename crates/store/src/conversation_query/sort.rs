//! Sort keys as the SDKs write them.

use parlor_model::ErrorClass;

use super::field::{Field, TimeColumn};

/// Keys of one order; more come from no SDK.
const MAX_KEYS: usize = 8;

/// An order of conversations. Equal rows are ordered by id, so that pages never overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    pub(super) keys: Vec<SortKey>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct SortKey {
    pub(super) field: Field,
    pub(super) direction: Direction,
}

/// Absent values come first in ascending order and last in descending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// Why an order is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    /// The key names nothing that can be sorted by.
    #[error("cannot sort by {key}: {problem}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Too many keys.
    #[error("cannot sort by more than {limit} keys")]
    Keys {
        /// The most keys.
        limit: usize,
    },
}

impl SortError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Invalid
    }
}

impl Sort {
    /// Returns the order of conversation lists: latest message first, then newest first.
    #[must_use]
    pub fn by_activity() -> Self {
        Self {
            keys: vec![
                SortKey {
                    field: Field::Time(TimeColumn::LastMessage),
                    direction: Direction::Descending,
                },
                SortKey {
                    field: Field::Time(TimeColumn::Created),
                    direction: Direction::Descending,
                },
            ],
        }
    }

    /// Returns the order of creation, oldest first; the cheapest over the whole table.
    #[must_use]
    pub fn by_creation() -> Self {
        Self {
            keys: vec![SortKey {
                field: Field::Time(TimeColumn::Created),
                direction: Direction::Ascending,
            }],
        }
    }

    /// Reads comma-separated keys, `-` in front for descending; `None` when there are none.
    ///
    /// # Errors
    /// [`SortError`] naming the key.
    pub fn parse(text: &str) -> Result<Option<Self>, SortError> {
        let mut keys = Vec::new();
        for key in text.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            let (name, direction) = match key.strip_prefix('-') {
                Some(name) => (name, Direction::Descending),
                None => (key.strip_prefix('+').unwrap_or(key), Direction::Ascending),
            };
            let refuse = |problem| SortError::Key {
                key: name.to_owned(),
                problem,
            };
            let field = Field::parse(name).map_err(refuse)?;
            if let Field::Clients(_) = field {
                return Err(refuse("a list has no order"));
            }
            keys.push(SortKey { field, direction });
        }
        if keys.len() > MAX_KEYS {
            return Err(SortError::Keys { limit: MAX_KEYS });
        }
        Ok((!keys.is_empty()).then_some(Self { keys }))
    }

    /// Tells whether the time of the last message has to be looked up to sort.
    pub(super) fn needs_last_message_time(&self) -> bool {
        self.keys
            .iter()
            .any(|key| key.field == Field::Time(TimeColumn::LastMessage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_carry_signs_and_spaces() {
        assert_eq!(
            Sort::parse("-lm, -createdAt"),
            Ok(Some(Sort::by_activity()))
        );
        assert_eq!(Sort::parse("+createdAt"), Ok(Some(Sort::by_creation())));
        assert_eq!(Sort::parse(" ,"), Ok(None));
    }

    #[test]
    fn a_refused_key_is_named() {
        assert_eq!(
            Sort::parse("-m").unwrap_err().to_string(),
            "cannot sort by m: a list has no order"
        );
        assert!(Sort::parse("a..b").is_err());
        assert!(Sort::parse("a,b,c,d,e,f,g,h,i").is_err());
    }
}
