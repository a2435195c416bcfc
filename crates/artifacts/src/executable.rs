//! Programs where a model is expected: native binaries, scripts, and llamafiles, which are both.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection, printable};
use crate::source::Source;
use crate::technique;

/// The kind of program, by its header.
pub(crate) fn kind(source: &Source) -> Option<&'static str> {
    let head = source.read(0, 64);
    if head.starts_with(b"\x7fELF") && matches!(head.get(4), Some(1 | 2)) {
        return Some("elf");
    }
    if head.starts_with(b"MZqFpD") || head.starts_with(b"jartsr='") {
        return Some("ape");
    }
    if head.starts_with(b"MZ") {
        let at = head
            .get(60..64)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_le_bytes)?;
        return (source.array::<4>(at.into()) == Some(*b"PE\0\0")).then_some("pe");
    }
    if matches!(
        head.get(..4),
        Some([0xcf | 0xce, 0xfa, 0xed, 0xfe] | [0xfe, 0xed, 0xfa, 0xcf | 0xce])
    ) {
        return Some("mach-o");
    }
    // Version 45 to 99; a fat Mach-O has a small count there.
    if head.starts_with(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0]) {
        return Some(if head.get(7).is_some_and(|v| *v >= 45) {
            "java-class"
        } else {
            "mach-o"
        });
    }
    if head.starts_with(b"\0asm\x01\0\0\0") {
        return Some("wasm");
    }
    if head.starts_with(b"#!/") || head.starts_with(b"#! /") {
        return Some("script");
    }
    None
}

/// Extensions under which nobody keeps programs.
const MODEL_NAMES: &[&str] = &[
    "pkl",
    "pickle",
    "pt",
    "pth",
    "ckpt",
    "joblib",
    "dill",
    "safetensors",
    "onnx",
    "h5",
    "hdf5",
    "keras",
    "gguf",
    "ggml",
    "npy",
    "npz",
    "msgpack",
    "tflite",
    "pb",
    "pdparams",
    "pdiparams",
    "pdmodel",
    "nemo",
    "mar",
    "skops",
    "rds",
    "dat",
    "model",
    "weights",
    "mlmodel",
];

/// Is it the name of a library that programs load?
#[must_use]
pub fn is_library(name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = base.to_ascii_lowercase();
    // `libx.so.1` as well.
    let stem = lower.split_once(".so.").map(|(stem, _)| stem).or_else(|| {
        let (stem, end) = lower.rsplit_once('.')?;
        matches!(end, "so" | "dll" | "dylib" | "pyd").then_some(stem)
    });
    stem.is_some_and(|stem| !stem.is_empty())
}

pub(crate) fn inspect(
    inspection: &mut Inspection,
    name: &str,
    kind: &'static str,
    has_archive: bool,
) {
    inspection.format(kind);
    let extension = name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let as_model = MODEL_NAMES.contains(&extension.as_str());
    let inside = matches!(inspection.context, Context::Constant);
    let is_loaded = inspection.beside_model && is_library(name);
    if kind == "ape" || (has_archive && extension == "llamafile") {
        inspection.format("llamafile");
        inspection.report(
            Verdict::Unknown,
            technique::LLAMAFILE,
            0,
            "a llamafile is a program with a model inside: running it runs the program",
        );
        return;
    }
    let (verdict, technique) = if kind == "script" {
        (
            if as_model {
                Verdict::Malicious
            } else {
                Verdict::Clean
            },
            technique::SCRIPT,
        )
    } else if as_model {
        (Verdict::Malicious, technique::EXECUTABLE)
    } else if inside || extension == "bin" || is_loaded {
        (Verdict::Suspicious, technique::EXECUTABLE)
    } else {
        (Verdict::Unknown, technique::EXECUTABLE)
    };
    inspection.report(
        verdict,
        technique,
        0,
        format!(
            "{} is a program ({kind}){}",
            printable(name),
            if as_model {
                " under the name of a model"
            } else if is_loaded {
                " beside a model: weights need none, and loaders of extensions and plugins run it"
            } else if kind == "script" {
                ""
            } else {
                ", and what it does is not read here"
            }
        ),
    );
}

/// Arguments that a llamafile gives to itself.
pub(crate) fn arguments(inspection: &mut Inspection, source: &Source) {
    let text = String::from_utf8_lossy(&source.read(0, 1 << 16)).into_owned();
    let words: Vec<&str> = text.split_whitespace().collect();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let bad = match *word {
            "--host" => next == "0.0.0.0" || next == "::",
            "--path" | "--log-file" | "--lora" | "--slot-save-path" | "--prompt-cache" | "-f"
            | "--file" => {
                next.starts_with('/') && !next.starts_with("/zip/") || next.contains("..")
            }
            "--unsecure" | "--trust" | "--exec" | "--rpc" => true,
            _ => false,
        };
        if bad {
            inspection.report(
                Verdict::Suspicious,
                technique::LLAMAFILE_ARGS,
                0,
                format!(
                    "the llamafile starts itself with {word} {}",
                    printable(next)
                ),
            );
        }
    }
}
