//! Clients at large (spec 03 §2.8).

mod check_online;

pub(crate) use check_online::{check_online, check_online_1_1};
