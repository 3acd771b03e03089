//! A device that changes its identity while it is logged in.

use parlor_model::DeviceId;
use parlor_store::{StoreError, login};

use super::Login;
use crate::Chat;

impl Chat {
    /// Gives a login another device identity: iOS logs in before it knows its push token, and
    /// comes back under that token later (spec 01 §5.6).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn report_device(
        &self,
        login: &mut Login,
        device_id: DeviceId,
    ) -> Result<(), StoreError> {
        let mut connection = self.store.acquire().await?;
        login::update_device(&mut connection, login.session_key, &device_id).await?;
        login.device_id = Some(device_id);
        Ok(())
    }
}
