//! A corpus of inert files, written from the format specifications: for each technique attacks in several
//! variants, and benign twins that differ in the hostile element alone.
//!
//! Payloads do nothing (`echo x`); nothing here is ever loaded by the framework it is written for.

mod archive_readings;
pub(crate) mod archives;
mod behind;
mod beside;
mod by_mechanism;
mod bypasses;
mod code;
mod combinations;
mod elsewhere;
pub(crate) mod formats;
pub(crate) mod frameworks;
mod loaders;
mod look_alikes;
mod lua;
mod misread;
mod neighbours;
mod padding;
mod persistent;
pub(crate) mod pickles;
mod places;
mod published;
mod readings;
mod strangers;
mod templates;
mod unsaid;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Label {
    Benign,
    Malicious,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) technique: &'static str,
    pub(crate) label: Label,
    pub(crate) bytes: Vec<u8>,
}

impl Sample {
    pub(crate) fn attack(technique: &'static str, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            technique,
            label: Label::Malicious,
            bytes,
        }
    }

    pub(crate) fn twin(technique: &'static str, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            technique,
            label: Label::Benign,
            bytes,
        }
    }
}

/// All files, in order.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = pickles::samples();
    samples.extend(archives::samples());
    samples.extend(archive_readings::samples());
    samples.extend(frameworks::samples());
    samples.extend(bypasses::samples());
    samples.extend(formats::samples());
    samples.extend(combinations::samples());
    samples.extend(templates::samples());
    samples.extend(look_alikes::samples());
    samples.extend(places::samples());
    samples.extend(published::samples());
    samples.extend(strangers::samples());
    samples.extend(readings::samples());
    samples.extend(beside::samples());
    samples.extend(code::samples());
    samples.extend(loaders::samples());
    samples.extend(misread::samples());
    samples.extend(unsaid::samples());
    samples.extend(behind::samples());
    samples.extend(padding::samples());
    samples.extend(persistent::samples());
    samples.extend(lua::samples());
    samples.extend(by_mechanism::samples());
    samples.extend(elsewhere::samples());
    samples.extend(neighbours::samples());
    samples
}
