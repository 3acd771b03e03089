//! What holds for every request, whatever its route (spec 03 §1.1, §1.4, §1.6).

pub(crate) mod body_limit;
pub(crate) mod cors;
pub(crate) mod encoding;
pub(crate) mod header;
pub(crate) mod request_line;
pub(crate) mod slashes;
pub(crate) mod text_plain;
