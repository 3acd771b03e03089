//! Will messages: what a client has said in case its session dies.
//!
//! A will is kept in memory, one per client, and belongs to the session that sent it. It is told
//! when that session ends in any other way than by `session/close`: a lost socket, silence, a
//! client that does not read, a kick. A session that resumes the login takes the will over, and
//! so does nothing more than come back.
//!
//! A server that goes away, in order or not, tells no will: its clients are not gone, they
//! reconnect, to another node or to the next process, and leave a will again there. Nobody
//! would be left on this node to be told, either.
//!
//! **Invariant:** a will is told at most once, and costs nothing once its session is gone.

mod guard;
mod keep;
mod tell;

pub use guard::WillGuard;

pub(crate) use keep::{Will, Wills};
pub(crate) use tell::Teller;
