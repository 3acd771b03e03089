//! The REST door: the LeanCloud-compatible API under /1.1.
