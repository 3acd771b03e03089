//! The `where` language as a closed tree.

use parlor_model::{ClientId, ConversationId, ErrorClass, Timestamp};
use serde_json::{Number, Value};

use super::field::{ClientsColumn, Field, TextColumn, TimeColumn};
use super::regex::Pattern;

/// A condition on conversations.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(super) root: Condition,
}

impl Filter {
    /// Makes the filter for conversations with this member.
    #[must_use]
    pub fn has_member(client_id: &ClientId) -> Self {
        Self::is_one_of(Field::Clients(ClientsColumn::Members), [client_id.as_str()])
    }

    /// Makes the filter for the conversations with these ids.
    #[must_use]
    pub fn has_id(conversation_ids: &[ConversationId]) -> Self {
        let ids = conversation_ids.iter().map(ConversationId::as_str);
        Self::is_one_of(Field::Text(TextColumn::Id), ids)
    }

    fn is_one_of<'a>(field: Field, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let operands = texts.into_iter().map(|text| Operand::Json(text.into()));
        Self {
            root: Condition::Test(field, Test::OneOf(operands.collect())),
        }
    }

    /// Tells whether the time of the last message has to be looked up to decide.
    pub(super) fn needs_last_message_time(&self) -> bool {
        self.root.needs_last_message_time()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Test(Field, Test),
}

impl Condition {
    fn needs_last_message_time(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::needs_last_message_time),
            Self::Not(part) => part.needs_last_message_time(),
            Self::Test(field, _) => *field == Field::Time(TimeColumn::LastMessage),
        }
    }
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Equals one of these, or is an array with such an element.
    OneOf(Vec<Operand>),
    /// Matches [`Test::OneOf`] for each of these; never for an empty list.
    AllOf(Vec<Operand>),
    /// Stands in this order to the bound and has its type.
    Compare(Comparison, Bound),
    /// Is neither absent nor `null`.
    Exists,
    /// Is an array of this length.
    Size(i64),
    /// Is text that the pattern finds something in.
    Matches(Pattern),
}

/// A value to be equal to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// A moment, however a stored Date spells it.
    Date(Timestamp),
    /// Any other JSON value; `null` is also an absent one.
    Json(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    AtLeast,
    Greater,
}

/// A value to compare with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Number(Number),
    Text(String),
    Date(Timestamp),
}

/// Why a `where` document is refused; the text names the key and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A list of conditions holds something else.
    #[error("{operator} must hold objects of conditions")]
    NotAnObject {
        /// The operator.
        operator: String,
    },
    /// The key names nothing that can be asked about.
    #[error("key {key} cannot be used: {problem}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No such operator.
    #[error("operator {operator} of {key} is unknown")]
    UnknownOperator {
        /// The key it was used on; `where` at the top.
        key: String,
        /// The operator.
        operator: String,
    },
    /// The operator exists but not for conversations.
    #[error("operator {operator} of {key} is not supported for conversations")]
    UnsupportedOperator {
        /// The key it was used on; `where` at the top.
        key: String,
        /// The operator.
        operator: String,
    },
    /// The operator's value has the wrong form.
    #[error("{operator} of {key} must be {expected}")]
    Operand {
        /// The key.
        key: String,
        /// The operator; `value` for plain equality.
        operator: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Operators and plain keys side by side.
    #[error("{key} mixes operators with other keys; use either")]
    Mixed {
        /// The key.
        key: String,
    },
    /// The pattern cannot be searched for.
    #[error("$regex of {key} is refused: {problem}")]
    Pattern {
        /// The key.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value with a NUL character, which nothing stored can hold.
    #[error("a value of {key} contains a NUL character")]
    Nul {
        /// The key.
        key: String,
    },
    /// Nested too deeply.
    #[error("conditions are nested more than {limit} levels deep")]
    Depth {
        /// The most levels.
        limit: usize,
    },
    /// Too many conditions.
    #[error("more than {limit} conditions")]
    Clauses {
        /// The most conditions.
        limit: usize,
    },
    /// Too many values in a list.
    #[error("{operator} of {key} has more than {limit} values")]
    List {
        /// The key.
        key: String,
        /// The operator.
        operator: String,
        /// The most values.
        limit: usize,
    },
}

impl FilterError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        ErrorClass::Invalid
    }
}
