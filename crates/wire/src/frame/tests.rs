//! Tables of bytes, the rules field by field, and round trips of every request.

mod cases;
mod round_trip;
mod wire_form;
