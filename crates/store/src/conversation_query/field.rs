//! What a condition or a sort key is about: a typed column or a path into JSON.

/// Levels of a dotted key.
const MAX_PATH: usize = 32;

/// The thing named by a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Text(TextColumn),
    Time(TimeColumn),
    Flag(FlagColumn),
    Clients(ClientsColumn),
    Json(JsonPath),
}

/// A column that holds text or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextColumn {
    Id,
    Name,
    Creator,
    UniqueId,
}

/// A column that holds a moment; only the last message's may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeColumn {
    Created,
    Updated,
    LastMessage,
}

/// A column that rows show only when it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlagColumn {
    ChatRoom,
    Service,
    Unique,
}

/// A list of clients; `Muted` counts as absent when it is empty, as rows omit it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientsColumn {
    Members,
    Muted,
}

/// A path into a column that holds any JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonPath {
    pub(super) root: JsonRoot,
    /// Keys below the root; never empty for [`JsonRoot::Extra`].
    pub(super) keys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonRoot {
    Attr,
    Extra,
}

impl Field {
    /// Finds the field of a key as sent; the error says what is wrong with the key.
    pub(super) fn parse(key: &str) -> Result<Self, &'static str> {
        if key.contains('\0') {
            return Err("it contains a NUL character");
        }
        let mut keys: Vec<String> = key.split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) {
            return Err("it has an empty part");
        }
        if keys.len() > MAX_PATH {
            return Err("it has too many parts");
        }
        let field = match keys[0].as_str() {
            "objectId" => Self::Text(TextColumn::Id),
            "name" => Self::Text(TextColumn::Name),
            "c" => Self::Text(TextColumn::Creator),
            "uniqueId" => Self::Text(TextColumn::UniqueId),
            "createdAt" => Self::Time(TimeColumn::Created),
            "updatedAt" => Self::Time(TimeColumn::Updated),
            "lm" => Self::Time(TimeColumn::LastMessage),
            "tr" => Self::Flag(FlagColumn::ChatRoom),
            "sys" => Self::Flag(FlagColumn::Service),
            "unique" => Self::Flag(FlagColumn::Unique),
            "m" => Self::Clients(ClientsColumn::Members),
            "mu" => Self::Clients(ClientsColumn::Muted),
            "attr" => {
                keys.remove(0);
                let root = JsonRoot::Attr;
                return Ok(Self::Json(JsonPath { root, keys }));
            }
            _ => {
                let root = JsonRoot::Extra;
                return Ok(Self::Json(JsonPath { root, keys }));
            }
        };
        if keys.len() > 1 {
            return Err("this column has no parts");
        }
        Ok(field)
    }
}
