//! Pickles: what loading one would call, found without loading it.
//!
//! [`machine`] runs the opcodes ([`step`]) on symbolic values, [`fold`], [`text`] and [`attribute`] compute what
//! indirection leads to, [`judge`], [`place`], [`unresolved`] and [`cost`] say what a call means, [`show`] writes it as Python would;
//! [`streams`] walks a file's pickles one after the other.

mod attribute;
mod cost;
mod fold;
mod joblib;
mod judge;
mod literal;
mod machine;
mod nested;
mod object;
mod opcode;
mod place;
mod show;
mod step;
mod streams;
mod tensor;
mod text;
mod unresolved;
mod value;

pub(crate) use streams::{looks_like, opens, scan, search};

/// A second cursor at the same place.
fn machine_cursor(cursor: &crate::source::Cursor) -> crate::source::Cursor {
    crate::source::Cursor::new(cursor.source().clone(), cursor.position())
}
