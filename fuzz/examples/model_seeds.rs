//! Writes the generated corpus of model files as inputs: `cargo run --example model_seeds`, in `fuzz/`.
#![allow(dead_code)]

#[path = "../../crates/artifacts/tests/it/corpus/mod.rs"]
mod corpus;

use std::fs;
use std::io;
use std::path::Path;

/// The largest seed: fuzzers change small inputs better.
const MAX_BYTES: usize = 8 << 10;

/// The fuzzer of a technique, and what its inputs begin with.
fn family(name: &str) -> (&'static str, Option<u8>) {
    let extension = name.rsplit('.').next().unwrap_or_default();
    match extension {
        "zip" | "pt" | "bin" | "keras" | "npz" | "skops" | "tar" | "gz" | "bz2" | "z" | "mar"
        | "nemo" | "7z" | "llamafile" => ("archive", None),
        "onnx" | "pb" | "pdmodel" | "mlmodel" => ("protobuf", None),
        "tflite" => ("flatbuffer", None),
        "h5" => ("hdf5", None),
        "gguf" | "safetensors" | "msgpack" => ("gguf", None),
        "npy" | "joblib" => ("npy", None),
        "json" => ("text", Some(0)),
        "jinja" => ("text", Some(1)),
        "yaml" => ("text", Some(2)),
        "pmml" | "xml" => ("text", Some(3)),
        "md" => ("text", Some(4)),
        "rds" => ("text", Some(7)),
        "py" => ("python", Some(u8::from(name.ends_with("_config.py")))),
        "txt" => ("python", Some(2)),
        "pbtxt" => ("python", Some(3)),
        "pth" => ("python", Some(5)),
        _ if name.ends_with("MLmodel") => ("python", Some(4)),
        _ => ("pickle", None),
    }
}

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut count = 0;
    for sample in corpus::samples() {
        if sample.bytes.len() > MAX_BYTES {
            continue;
        }
        let (family, first) = family(&sample.name);
        let folder = root.join(format!("artifacts-{family}"));
        fs::create_dir_all(&folder)?;
        let bytes: Vec<u8> = first.into_iter().chain(sample.bytes).collect();
        count += 1;
        fs::write(folder.join(format!("{count:05}")), bytes)?;
    }
    println!("{count} inputs");
    Ok(())
}
