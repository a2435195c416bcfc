//! Model files, checked at the binary level: what would loading one do, and how sure is that?
//!
//! Content decides, not the name; calls decide, not imports; what cannot be read is never called clean. Nothing
//! is executed and no framework is needed. Bytes come from files by positioned reads; records of
//! `trueline_facts::artifact` go out.

#![expect(
    clippy::too_many_lines,
    clippy::match_same_arms,
    clippy::similar_names,
    clippy::option_option,
    reason = "walkers follow their formats case by case; `None` is a broken file, `Some(None)` an absent field"
)]

mod bundle;
mod caffe;
mod check;
mod code;
mod compression;
mod coreml;
mod encoding;
mod executable;
mod gguf;
mod hdf5;
mod hidden;
mod inspection;
mod json;
mod keras;
mod links;
mod marshal;
mod msgpack;
mod names;
mod numpy;
mod onnx;
mod packages;
mod paddle;
mod parquet;
mod payload;
mod pickle;
mod promise;
mod protobuf;
mod python;
mod rds;
mod safetensors;
mod seven_zip;
mod skops;
mod sniff;
mod source;
mod sparse;
mod tar;
mod technique;
mod template;
mod tensorflow;
mod text;
mod textproto;
mod tflite;
mod torch7;
mod ubjson;
mod xml;
mod yaml;
mod zip;

pub use check::{
    CheckError, Surroundings, check_bytes, check_file, check_file_of, failed, fetch, is_text,
    sha256_of, source_not_judged,
};
pub use executable::is_library;
pub use source::{ReadAt, stop};
