//! What clients sent to the app's server, as rows of `_SysMessage` (spec 03 §4.6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_model::{
    ClientId, Content, ConversationId, ErrorClass, JsonObject, MessageId, Timestamp, limit,
};
use parlor_store::StoreError;
use parlor_store::system_message::{self, SystemMessage, SystemMessageFilter, SystemMessageOrder};
use serde_json::{Value, json};

use crate::{Chat, FindRows, FoundRows};

/// Why messages to the app's server were not found.
#[derive(Debug, thiserror::Error)]
pub enum FindSystemError {
    /// The condition is not one of those that are understood.
    #[error(
        "where: {0} is not understood; conv, from, msgId, objectId and spans of timestamp, ackAt, \
         createdAt and updatedAt are"
    )]
    Filter(String),
    /// The order is not one of those that are understood.
    #[error("order: {0} is not understood; createdAt, updatedAt, ackAt and timestamp are")]
    Order(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FindSystemError {
    /// Returns the class of the failure.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::Filter(_) | Self::Order(_) => ErrorClass::Invalid,
            Self::Store(error) => error.class(),
        }
    }
}

impl Chat {
    /// Finds what clients sent to the app's server, oldest first unless asked otherwise.
    ///
    /// # Errors
    /// [`FindSystemError`].
    pub async fn find_system_messages(
        &self,
        request: FindRows,
    ) -> Result<FoundRows, FindSystemError> {
        let filter = filter_of(&request.filter)?;
        let order = order_of(request.order.as_deref())?;
        let limit = request.limit.min(limit::QUERY_PAGE);
        let mut connection = self.store.acquire().await?;
        let count = if request.count {
            Some(system_message::count(&mut connection, &filter).await?)
        } else {
            None
        };
        let found =
            system_message::list(&mut connection, &filter, order, request.skip, limit).await?;
        Ok(FoundRows {
            rows: found.into_iter().map(row_of).collect(),
            count,
        })
    }
}

fn row_of(found: SystemMessage) -> JsonObject {
    let message = found.message;
    let (data, bin) = match message.content {
        Content::Text(text) => (text, false),
        Content::Binary(bytes) => (STANDARD.encode(bytes), true),
    };
    let updated_at = message.patched_at.unwrap_or(message.sent_at);
    let conversation = json!({
        "__type": "Pointer",
        "className": "_Conversation",
        "objectId": message.conversation_id.as_str(),
    });
    let mut row = JsonObject::from_iter([
        ("objectId".to_owned(), message.id.as_str().into()),
        ("createdAt".to_owned(), message.sent_at.to_iso().into()),
        ("updatedAt".to_owned(), updated_at.to_iso().into()),
        // The app's server has it from the moment it is stored.
        ("ackAt".to_owned(), message.sent_at.as_millis().into()),
        ("bin".to_owned(), bin.into()),
        ("conv".to_owned(), conversation),
        ("data".to_owned(), data.into()),
        ("from".to_owned(), message.sender.as_str().into()),
        ("msgId".to_owned(), message.id.as_str().into()),
        ("timestamp".to_owned(), message.sent_at.as_millis().into()),
    ]);
    if let Some(address) = found.sender_address {
        row.insert("fromIp".to_owned(), address.into());
    }
    row
}

fn order_of(text: Option<&str>) -> Result<SystemMessageOrder, FindSystemError> {
    let Some(text) = text else {
        return Ok(SystemMessageOrder::default());
    };
    let (key, order) = match text.strip_prefix('-') {
        Some(key) => (key, SystemMessageOrder::Newest),
        None => (text, SystemMessageOrder::Oldest),
    };
    if is_time(key) {
        Ok(order)
    } else {
        Err(FindSystemError::Order(text.to_owned()))
    }
}

fn is_time(key: &str) -> bool {
    matches!(key, "createdAt" | "updatedAt" | "ackAt" | "timestamp")
}

fn filter_of(conditions: &JsonObject) -> Result<SystemMessageFilter, FindSystemError> {
    let mut filter = SystemMessageFilter::default();
    for (key, value) in conditions {
        let unknown = || FindSystemError::Filter(key.clone());
        match key.as_str() {
            "conv" => {
                let id = value.get("objectId").unwrap_or(value);
                let id = ConversationId::parse(text_of(id).ok_or_else(unknown)?);
                filter.conversation_id = Some(id.map_err(|_| unknown())?);
            }
            "from" => {
                let id = ClientId::parse(text_of(value).ok_or_else(unknown)?);
                filter.sender = Some(id.map_err(|_| unknown())?);
            }
            "msgId" | "objectId" => {
                let id = MessageId::parse(text_of(value).ok_or_else(unknown)?);
                filter.message_id = Some(id.map_err(|_| unknown())?);
            }
            key if is_time(key) => add_span(&mut filter, value).ok_or_else(unknown)?,
            _ => return Err(unknown()),
        }
    }
    Ok(filter)
}

fn text_of(value: &Value) -> Option<&str> {
    value.as_str()
}

/// Narrows the times of a filter by a moment or by comparisons with moments.
fn add_span(filter: &mut SystemMessageFilter, value: &Value) -> Option<()> {
    if let Some(at) = time_of(value) {
        narrow(filter, Some(at), Some(at.plus_millis(1)));
        return Some(());
    }
    for (operator, bound) in value.as_object()? {
        let at = time_of(bound)?;
        match operator.as_str() {
            "$gte" => narrow(filter, Some(at), None),
            "$gt" => narrow(filter, Some(at.plus_millis(1)), None),
            "$lt" => narrow(filter, None, Some(at)),
            "$lte" => narrow(filter, None, Some(at.plus_millis(1))),
            _ => return None,
        }
    }
    Some(())
}

fn narrow(filter: &mut SystemMessageFilter, from: Option<Timestamp>, before: Option<Timestamp>) {
    filter.from = filter.from.max(from);
    filter.before = match (filter.before, before) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
}

/// Reads milliseconds or a Date.
fn time_of(value: &Value) -> Option<Timestamp> {
    if let Some(millis) = value.as_i64() {
        return Some(Timestamp::from_millis(millis));
    }
    let date = value.as_object()?;
    (date.get("__type")?.as_str()? == "Date")
        .then(|| date.get("iso")?.as_str())
        .flatten()
        .and_then(|iso| Timestamp::from_iso(iso).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(conditions: &Value) -> Result<SystemMessageFilter, FindSystemError> {
        filter_of(conditions.as_object().unwrap())
    }

    #[test]
    fn conditions_are_read_or_named_in_the_refusal() {
        let at = Timestamp::from_millis;
        let pointer = json!({ "__type": "Pointer", "className": "_Conversation", "objectId": "c" });
        let read = filter(&json!({
            "conv": pointer,
            "from": "alice",
            "timestamp": { "$gte": 5, "$lt": 90 },
            "createdAt": { "$gt": { "__type": "Date", "iso": "1970-01-01T00:00:00.009Z" } },
        }))
        .unwrap();
        assert_eq!(read.conversation_id, Some(ConversationId::trusted("c")));
        assert_eq!(read.sender, Some(ClientId::trusted("alice")));
        assert_eq!((read.from, read.before), (Some(at(10)), Some(at(90))));
        let read = filter(&json!({ "conv": "c", "timestamp": 7 })).unwrap();
        assert_eq!((read.from, read.before), (Some(at(7)), Some(at(8))));
        assert_eq!(filter(&json!({})).unwrap(), SystemMessageFilter::default());
        for (conditions, named) in [
            (json!({ "data": "x" }), "data"),
            (json!({ "from": { "$ne": "a" } }), "from"),
            (json!({ "msgId": "" }), "msgId"),
            (json!({ "timestamp": { "$in": [1] } }), "timestamp"),
            (json!({ "createdAt": "soon" }), "createdAt"),
        ] {
            let refusal = filter(&conditions).unwrap_err().to_string();
            assert!(refusal.contains(named), "{refusal}");
        }
    }

    #[test]
    fn only_times_are_orders() {
        let order = |text| order_of(Some(text));
        assert_eq!(order("createdAt").unwrap(), SystemMessageOrder::Oldest);
        assert_eq!(order("-timestamp").unwrap(), SystemMessageOrder::Newest);
        order("from").unwrap_err();
    }
}
