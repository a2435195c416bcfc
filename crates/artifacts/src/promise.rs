//! What the name of a file promises, beside what its content is: archives and compressed data that are not read
//! here, formats without code under whose names code is kept, and content that is nothing of what it is called.
//!
//! The content decides what a file is; the name says what somebody will open it as, or would have it pass for.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::source::Source;
use crate::technique;

/// Containers that are known by their first bytes and not read.
const UNREAD: &[(&[u8], &str)] = &[
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"LZIP", "lzip data"),
    (b"\x1f\x9d", "data of compress (.Z)"),
    (b"\x1f\xa0", "data of compress (.Z)"),
    (b"\xff\x06\0\0sNaPpY", "snappy data"),
    (b"MSCF\0\0\0\0", "a cabinet archive"),
    (b"\x89LZO\0\r\n\x1a\n", "lzop data"),
    (b"xar!", "a xar archive"),
    (b"!<arch>\n", "an ar archive"),
    (b"LRZI", "lrzip data"),
    (b"hsqs", "a squashfs image"),
    (b"vhdxfile", "a disk image"),
    (b"\x02\x21\x4c\x18", "data of lz4's old format"),
    (b"\x03\x21\x4c\x18", "data of lz4's old format"),
];

/// Extensions of formats that hold no code, and what their files are found to be.
const PROMISES: &[(&str, &[&str])] = &[
    ("safetensors", &["safetensors"]),
    ("gguf", &["gguf", "ggml"]),
    ("npy", &["npy"]),
    ("npz", &["zip"]),
    ("onnx", &["protobuf"]),
    ("tflite", &["tflite"]),
    ("h5", &["hdf5"]),
    ("hdf5", &["hdf5"]),
    ("keras", &["zip", "hdf5"]),
];
/// Extensions of files that loaders of models try, whatever they are.
const LOADED: &[&str] = &[
    "pkl", "pickle", "dill", "joblib", "pt", "pth", "ckpt", "bin", "pt2", "nemo", "mar", "skops",
    "msgpack", "pdparams", "rds", "pb", "model",
];

/// Those of them that are pickles.
const PICKLES: &[&str] = &["pkl", "pickle", "dill", "joblib", "pt", "pth", "ckpt"];
/// Text under such a name that is searched.
const MAX_TEXT: u64 = 64 << 20;

/// Compares the name of a file with what was found in it.
pub(crate) fn check(
    inspection: &mut Inspection,
    name: &str,
    source: &Source,
    found: &[&'static str],
) {
    let head = source.read(0, 16);
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    let promise = PROMISES.iter().find(|(of, _)| *of == extension);
    let is_model = promise.is_some() || LOADED.contains(&extension);
    if found.is_empty()
        && let Some((_, what)) = UNREAD.iter().find(|(magic, _)| head.starts_with(magic))
    {
        let (verdict, named) = if is_model {
            (Verdict::Suspicious, ", under the name of a model")
        } else {
            (Verdict::Unknown, "")
        };
        inspection.report(
            verdict,
            technique::UNREAD_CONTAINER,
            0,
            format!("{what}, which is not read here{named}: unpack it and check what is inside"),
        );
        return;
    }
    if found.is_empty() && PICKLES.contains(&extension) && source.len() <= MAX_TEXT {
        // A pickle may stand in what is text for all that opens it.
        crate::pickle::search(inspection, source, 0);
    }
    let Some((extension, formats)) = promise else {
        return;
    };
    if inspection.has_format("git-lfs-pointer") {
        return;
    }
    if found.is_empty() {
        inspection.report(
            Verdict::Unknown,
            technique::NAME_CONTRADICTS,
            0,
            format!(
                "named .{extension}, but its content is of no format that is known here: fetch it again"
            ),
        );
    } else if !found.iter().any(|kind| formats.contains(kind)) {
        // What it is has been read; that the name misleads is no attack by itself, and nothing to pass either.
        inspection.report(
            Verdict::Unknown,
            technique::NAME_CONTRADICTS,
            0,
            format!(
                "named .{extension}, but its content is {}: whoever goes by the name is misled, so ask who made it",
                found.join(" and ")
            ),
        );
    }
}

/// A file without content under the name of a model: nothing was checked, because nothing is there.
pub(crate) fn check_empty(inspection: &mut Inspection, name: &str) {
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    let is_model = PROMISES.iter().any(|(of, _)| *of == extension) || LOADED.contains(&extension);
    if is_model && lower.contains('.') {
        inspection.report(
            Verdict::Unknown,
            technique::UNREADABLE,
            0,
            "the file is empty: it holds no model, so fetch it again",
        );
    }
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    use crate::check_bytes;

    fn verdict(name: &str, bytes: &[u8]) -> Verdict {
        check_bytes(bytes.to_vec(), RepoPath::from(name)).verdict
    }

    #[test]
    fn containers_that_are_not_read_are_never_clean() {
        let rar = b"Rar!\x1a\x07\x01\x00 and more that is packed";
        assert_eq!(verdict("model.pt", rar), Verdict::Suspicious);
        assert_eq!(verdict("backup.rar", rar), Verdict::Unknown);
        let noise: Vec<u8> = (0..400u32).map(|i| (i * 7919 % 127) as u8 | 0x80).collect();
        for name in [
            "m.gguf",
            "m.safetensors",
            "m.onnx",
            "m.h5",
            "m.tflite",
            "m.npy",
        ] {
            assert!(verdict(name, &noise) >= Verdict::Unknown, "{name}");
        }
    }

    #[test]
    fn a_pickle_under_the_name_of_a_format_without_code_is_not_clean() {
        let data = b"\x80\x04}\x94\x8c\x01a\x94K\x01s.";
        assert_eq!(verdict("m.pkl", data), Verdict::Clean);
        assert_eq!(verdict("m.bin", data), Verdict::Clean);
        assert_eq!(verdict("m.safetensors", data), Verdict::Unknown);
        assert_eq!(verdict("m.gguf", data), Verdict::Unknown);
    }

    #[test]
    fn an_empty_file_under_the_name_of_a_model_is_not_clean() {
        assert_eq!(verdict("m.safetensors", b""), Verdict::Unknown);
        assert_eq!(verdict("m.bin", b""), Verdict::Unknown);
        assert_eq!(verdict("__init__.py", b""), Verdict::Clean);
        assert_eq!(verdict("bin", b""), Verdict::Clean);
    }

    #[test]
    fn a_pointer_of_lfs_is_no_contradiction() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
        let record = check_bytes(pointer.to_vec(), RepoPath::from("m.onnx"));
        assert_eq!(record.verdict, Verdict::Unknown);
        assert_eq!(record.reasons.len(), 1, "{:?}", record.reasons);
    }
}
