//! Lists of client ids as commands carry them.

use std::collections::HashSet;

use parlor_model::ClientId;

/// Drops all but the first of equal ids.
pub(crate) fn distinct(client_ids: Vec<ClientId>) -> Vec<ClientId> {
    let mut seen = HashSet::new();
    client_ids
        .into_iter()
        .filter(|client_id| seen.insert(client_id.clone()))
        .collect()
}

/// Drops the excluded ids.
pub(crate) fn without(client_ids: Vec<ClientId>, excluded: &[ClientId]) -> Vec<ClientId> {
    let excluded: HashSet<&ClientId> = excluded.iter().collect();
    client_ids
        .into_iter()
        .filter(|client_id| !excluded.contains(client_id))
        .collect()
}
