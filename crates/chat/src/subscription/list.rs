//! Who is subscribed to what, for the app's server.

use md5::{Digest, Md5};
use parlor_model::{ClientId, ConversationId, limit};
use parlor_store::{StoreError, stream};

use super::{Subscription, SubscriptionError, SubscriptionKey};
use crate::Chat;

/// In which order subscriptions are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionOrder {
    /// Oldest first.
    #[default]
    Oldest,
    /// Newest first.
    Newest,
}

/// Which subscriptions of a client to list.
#[derive(Clone, Debug, Default)]
pub struct ListSubscriptions {
    /// The last one of the page before.
    pub after: Option<SubscriptionKey>,
    /// In which order.
    pub order: SubscriptionOrder,
    /// How many, cut at [`limit::SUBSCRIPTIONS_PAGE`].
    pub limit: u32,
}

/// Returns the name that the app's servers know a client's stream by (spec 03 §2.4).
#[must_use]
pub fn stream_id(conversation_id: &ConversationId, client_id: &ClientId) -> String {
    hex::encode(Md5::digest(format!("{conversation_id}:{client_id}")))
}

impl Chat {
    /// Lists the subscribers of a conversation by their ids, from the first one after `after`, at
    /// most [`limit::SUBSCRIPTIONS_PAGE`].
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn list_subscribers(
        &self,
        conversation_id: &ConversationId,
        after: Option<&ClientId>,
        limit: u32,
    ) -> Result<Vec<Subscription>, SubscriptionError> {
        self.check_service(conversation_id).await?;
        let limit = limit.min(limit::SUBSCRIPTIONS_PAGE);
        let mut connection = self.store.acquire().await?;
        Ok(stream::list_subscribers(&mut connection, conversation_id, after, limit).await?)
    }

    /// Counts the subscribers of a conversation.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn count_subscribers(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<u64, SubscriptionError> {
        self.check_service(conversation_id).await?;
        let mut connection = self.store.acquire().await?;
        Ok(stream::count_subscribers(&mut connection, conversation_id).await?)
    }

    /// Tells whether a client is subscribed to a conversation.
    ///
    /// # Errors
    /// [`SubscriptionError`].
    pub async fn is_subscribed(
        &self,
        conversation_id: &ConversationId,
        client_id: &ClientId,
    ) -> Result<bool, SubscriptionError> {
        self.check_service(conversation_id).await?;
        let asked = std::slice::from_ref(conversation_id);
        let mut connection = self.store.acquire().await?;
        let subscribed = stream::list_subscribed(&mut connection, client_id, asked).await?;
        Ok(!subscribed.is_empty())
    }

    /// Lists the subscriptions of a client.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn list_subscriptions(
        &self,
        client_id: &ClientId,
        request: ListSubscriptions,
    ) -> Result<Vec<Subscription>, StoreError> {
        let limit = request.limit.min(limit::SUBSCRIPTIONS_PAGE);
        let last = request.after.as_ref();
        let mut connection = self.store.acquire().await?;
        match request.order {
            SubscriptionOrder::Oldest => {
                stream::list_subscriptions_after(&mut connection, client_id, last, limit).await
            }
            SubscriptionOrder::Newest => {
                stream::list_subscriptions_before(&mut connection, client_id, last, limit).await
            }
        }
    }
}
