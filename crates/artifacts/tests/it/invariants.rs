//! What holds of the check of any bytes, for the replay of the fuzzers' corpora and for the fuzzers themselves
//! (`fuzz/`), which include this file.

use trueline_artifacts::check_bytes;
use trueline_facts::RepoPath;
use trueline_facts::artifact::Verdict;

/// Families of formats: each has a fuzzer, and a name under which its bytes are checked.
pub(crate) const FAMILIES: &[(&str, &str)] = &[
    ("pickle", "model.pkl"),
    ("archive", "model.zip"),
    ("protobuf", "model.pb"),
    ("flatbuffer", "model.tflite"),
    ("hdf5", "model.h5"),
    ("gguf", "model.gguf"),
    ("npy", "model.npy"),
    ("text", "config.json"),
    ("python", "modeling_x.py"),
];

/// Checks bytes as a file of a family: the record is that of the bytes, its verdict the worst of its reasons, and
/// the same each time.
pub(crate) fn check(family: &str, data: &[u8]) {
    let name = FAMILIES.iter().find(|(name, _)| *name == family);
    let name = name.map_or("model.bin", |(_, file)| *file);
    // Text has many forms: the first byte says which one the rest is.
    let (name, data) = match (family, data.split_first()) {
        ("text", Some((form, rest))) => (TEXTS[usize::from(*form) % TEXTS.len()], rest),
        ("python", Some((form, rest))) => (CODES[usize::from(*form) % CODES.len()], rest),
        _ => (name, data),
    };
    let record = check_bytes(data.to_vec(), RepoPath::from(name));
    assert_eq!(record.size, data.len() as u64);
    let worst = record.reasons.iter().map(|r| r.verdict).max();
    assert_eq!(record.verdict, worst.unwrap_or(Verdict::Clean));
    assert!(record.reasons.len() <= 100, "{}", record.reasons.len());
    for reason in &record.reasons {
        assert!(!reason.message.chars().any(char::is_control), "{reason:?}");
        assert!(reason.message.chars().count() <= 401, "{reason:?}");
    }
    let again = check_bytes(data.to_vec(), RepoPath::from(name));
    assert_eq!(record, again);
}

/// Names that lead to the readers of text.
const TEXTS: &[&str] = &[
    "config.json",
    "chat_template.jinja",
    "model_config.yaml",
    "model.pmml",
    "README.md",
    "Modelfile",
    ".args",
    "model.rds",
];

/// Names that lead to the readers of Python, and of what servers and installers take from beside a model.
const CODES: &[&str] = &[
    "modeling_x.py",
    "rtmdet_config.py",
    "requirements.txt",
    "config.pbtxt",
    "MLmodel",
    "distutils.pth",
];
