//! `$regex` patterns as the SDKs write them (PCRE), translated for PostgreSQL's engine.
//!
//! PostgreSQL decides "does it match" with automata: no pattern without back-references takes
//! exponential time. So back-references are refused, and the repetitions a pattern may expand
//! to are bounded before the database sees it. Everything that is not a known piece of syntax
//! is refused rather than passed through, because the same characters can mean something else
//! there.

mod class;
mod pattern;
mod translate;

pub(super) use pattern::Pattern;
