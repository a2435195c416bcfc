//! Pickles: what loading one would call, found without loading it.
//!
//! [`machine`] runs the opcodes ([`step`]) on symbolic values ([`constant`] reads texts and bytes), [`fold`], [`text`] and [`attribute`] compute what
//! indirection leads to, [`judge`], [`looks`], [`handed`], [`place`], [`unresolved`] and [`cost`] say what a call means,
//! [`state`] what an object is given, [`show`] writes it as Python would, [`collect`] drops what is needed no more, [`lean`] goes on without objects; [`streams`] walks a file's pickles one after the other,
//! [`readings`] follows what another loader would read, [`weights_only`] says what torch's careful one refuses.

mod attribute;
mod collect;
mod constant;
mod cost;
mod expression;
mod fold;
mod foldable;
mod handed;
mod joblib;
mod judge;
mod lean;
mod literal;
mod looks;
mod machine;
mod nested;
mod object;
mod opcode;
mod place;
mod readings;
mod settings;
mod show;
mod state;
mod step;
mod streams;
mod tensor;
mod text;
mod unresolved;
mod value;
mod weights_only;

pub(crate) use expression::cost as expression_cost;
pub(crate) use streams::{is_pickle, looks_like, opens, scan, search, skip_padding};

/// A second cursor at the same place.
fn machine_cursor(cursor: &crate::source::Cursor) -> crate::source::Cursor {
    crate::source::Cursor::new(cursor.source().clone(), cursor.position())
}
