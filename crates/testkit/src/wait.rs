//! Waiting without sleeping: for an event, or for a condition to hold.

use std::future::Future;
use std::time::Duration;

/// Far beyond anything a test waits for on a loaded machine.
const HUNG: Duration = Duration::from_secs(30);
/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Returns what `future` gives.
///
/// # Panics
/// When it gives nothing for so long that the test must be hung; `what` names it.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(HUNG, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Looks until `condition` gives a value and returns it.
///
/// # Panics
/// When it gives nothing for so long that the test must be hung; `what` names it.
pub async fn eventually<T, F>(what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    within(what, async {
        let mut ticks = tokio::time::interval(LOOK_AGAIN);
        loop {
            ticks.tick().await;
            if let Some(value) = condition().await {
                return value;
            }
        }
    })
    .await
}
