//! One socket: the actor that reads it and the task that writes it.

mod catch_up;
mod ended;
mod opening;
mod reader;
mod responder;
mod session;
mod told;
mod writer;

pub(crate) use catch_up::{CatchUp, Known};
pub(crate) use ended::{Parting, conflict, kicked};
pub(crate) use reader::{Connection, run};
pub(crate) use responder::{Responder, refusal};
pub(crate) use session::Session;
