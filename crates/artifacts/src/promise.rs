//! What the name of a file promises, beside what its content is: archives and compressed data that are not read
//! here, formats without code under whose names code is kept, and content that is nothing of what it is called.
//!
//! The content decides what a file is; the name says what somebody will open it as, or would have it pass for.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::zip::leads_outside;
use crate::{sniff, technique};

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

/// Formats of models that are not read here: where their mark stands, what it is, how they are called.
const MODELS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"ftrt", "tensorrt", "a TensorRT engine"),
    (0, b"ptrt", "tensorrt", "a TensorRT engine"),
    (4, b"ORTM", "ort", "a model in the format of ONNX Runtime"),
    (4, b"ET12", "executorch", "an ExecuTorch program"),
    (4, b"ET13", "executorch", "an ExecuTorch program"),
    (4, b"FT01", "executorch", "ExecuTorch data"),
    (0, b"RKNN", "rknn", "an RKNN model"),
    (0, b"CBM1", "catboost", "a CatBoost model"),
    (0, b"\x12\x01\0\0\0\0\0\0", "mxnet", "MXNet parameters"),
    (0, b"\xba\x16\x4f\x2f", "fasttext", "a fastText model"),
    (0, b"\x01HEF", "hailo", "a Hailo model"),
    (0, b"IMOD", "ascend", "an Ascend model"),
    (0, b"LDMK", "kmodel", "a Kendryte model"),
    (0, b"IxF2", "faiss", "a faiss index"),
    (0, b"IxFI", "faiss", "a faiss index"),
    (0, b"IwFl", "faiss", "a faiss index"),
    (0, b"binf", "xgboost", "an XGBoost model of an old version"),
    (
        0,
        JAVA,
        "java-serialised",
        "objects of Java, whose loader makes whatever classes they name",
    ),
    (
        0,
        b"7JL",
        "julia-serialised",
        "values of Julia, whose loader runs what they hold",
    ),
];
/// The mark of Java's serialisation, in which Weka and others keep models.
const JAVA: &[u8] = &[0xac, 0xed, 0, 5];
/// Classes that objects of Java are made of where they are there to call something, and bytes that are searched for them.
const JAVA_CALLS: &[&[u8]] = &[
    b"org.apache.commons.collections",
    b"org.codehaus.groovy.runtime",
    b"com.sun.org.apache.xalan",
    b"org.apache.xalan.xsltc",
    b"java.lang.Runtime",
    b"java.lang.ProcessBuilder",
    b"java.lang.reflect.Proxy",
    b"javax.management.BadAttributeValueExpException",
    b"com.sun.rowset.JdbcRowSetImpl",
    b"org.springframework.beans.factory",
    b"sun.rmi.server",
    b"java.rmi.server.RemoteObject",
    b"javax.naming.",
    b"bsh.XThis",
    b"org.mozilla.javascript",
    b"org.python.core",
    b"com.mchange.v2.c3p0",
];
const MAX_JAVA: usize = 4 << 20;
/// The end of a sorted table, in which TensorFlow keeps what its checkpoints hold.
const TABLE: [u8; 8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/// The same by the extension, of content that is no text.
const NAMED: &[(&str, &str, &str)] = &[
    ("plan", "tensorrt", "a TensorRT engine"),
    ("engine", "tensorrt", "a TensorRT engine"),
    ("trt", "tensorrt", "a TensorRT engine"),
    ("ort", "ort", "a model in the format of ONNX Runtime"),
    ("pte", "executorch", "an ExecuTorch program"),
    ("ptd", "executorch", "ExecuTorch data"),
    ("rknn", "rknn", "an RKNN model"),
    ("cbm", "catboost", "a CatBoost model"),
    ("params", "mxnet", "MXNet parameters"),
    ("ubj", "xgboost", "an XGBoost model in UBJSON"),
    ("bst", "xgboost", "an XGBoost model"),
    ("faiss", "faiss", "a faiss index"),
    ("index", "index", "an index of vectors"),
    ("caffemodel", "caffe", "a Caffe model"),
    ("mnn", "mnn", "an MNN model"),
    ("hef", "hailo", "a Hailo model"),
    ("om", "ascend", "an Ascend model"),
    ("kmodel", "kmodel", "a Kendryte model"),
    ("mindir", "mindspore", "a MindSpore model"),
    ("bmodel", "bmodel", "a Sophgo model"),
    ("cvimodel", "bmodel", "a Sophgo model"),
    ("axmodel", "axmodel", "an AXera model"),
    ("dnn", "cntk", "a CNTK model"),
    ("cntk", "cntk", "a CNTK model"),
    ("tmfile", "tengine", "a Tengine model"),
    (
        "bson",
        "bson",
        "a model in BSON, whose loader in Julia runs what it holds",
    ),
];

/// Extensions of formats that are read here, and what their files are found to be.
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
    ("t7", &["torch7"]),
];
/// Extensions of files that loaders of models try, whatever they are.
const LOADED: &[&str] = &[
    "pkl", "pickle", "dill", "joblib", "pt", "pth", "ckpt", "bin", "pt2", "nemo", "mar", "skops",
    "msgpack", "pdparams", "rds", "pb", "model",
];

/// Those of them that are pickles.
const PICKLES: &[&str] = &["pkl", "pickle", "dill", "joblib", "pt", "pth", "ckpt"];
/// Bytes of a text that are searched.
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
    let first = source.read(0, 512);
    let is_text = sniff::is_text(&first);
    if found.is_empty() && !is_text {
        unread_model(inspection, &lower, source, &head);
    }
    if found.is_empty() && PICKLES.contains(&extension) {
        // A pickle may stand in what is text for all that opens it.
        crate::pickle::search(inspection, &source.slice(0, MAX_TEXT), 0);
    }
    if found.is_empty() && is_text && source.len() > MAX_TEXT {
        inspection.report(
            // Bytes that are no text in UTF-8 are data of some kind.
            if is_model || !sniff::is_plain_text(&first) {
                Verdict::Unknown
            } else {
                Verdict::Clean
            },
            technique::BUDGET,
            MAX_TEXT,
            "content that was searched for pickles in its first 64 MB alone",
        );
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

/// Models of formats that are not read here are never clean: nothing in them was understood.
fn unread_model(inspection: &mut Inspection, lower: &str, source: &Source, head: &[u8]) {
    let extension = lower.rsplit_once('.').map(|(_, extension)| extension);
    let end = source.read(source.len().saturating_sub(8), 8);
    if extension == Some("index") && end == TABLE {
        // Names, shapes and places of TensorFlow's variables.
        inspection.format("tensorflow-index");
        return;
    }
    if extension == Some("index") && is_checkpoint(lower) {
        inspection.report(
            Verdict::Unknown,
            technique::NAME_CONTRADICTS,
            0,
            "named as the index of a TensorFlow checkpoint, but its content is none: fetch it again",
        );
        return;
    }
    let marked = MODELS
        .iter()
        .find(|(at, mark, ..)| head.get(*at..).is_some_and(|bytes| bytes.starts_with(mark)));
    let named = NAMED.iter().find(|(of, ..)| Some(*of) == extension);
    let known = marked
        .map(|(.., format, what)| (*format, *what))
        .or_else(|| named.map(|(_, format, what)| (*format, *what)));
    if let Some((format, what)) = known {
        inspection.format(format);
        inspection.report(
            Verdict::Unknown,
            technique::UNREAD_CONTAINER,
            0,
            format!("{what}, which is not read here: load it only if you trust who made it"),
        );
        if head.starts_with(JAVA) {
            java(inspection, source);
        }
    } else if is_unpickled(lower) {
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            0,
            "named as weights that loaders unpickle, but its content is not known here",
        );
    } else if source.len() > sniff::MAX_UNKNOWN && !inspection.has_formats() {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            sniff::MAX_UNKNOWN,
            "content of no known format, which was searched for pickles in its first 64 MB alone",
        );
    }
}

/// Classes among objects of Java that call something when they are made.
fn java(inspection: &mut Inspection, source: &Source) {
    let bytes = source.read(0, MAX_JAVA);
    let found = JAVA_CALLS
        .iter()
        .find(|class| memchr::memmem::find(&bytes, class).is_some());
    if let Some(class) = found {
        inspection.report(
            Verdict::Suspicious,
            technique::JAVA_CALLS,
            0,
            format!(
                "the objects are of {}, by which making them calls something: no model has them",
                String::from_utf8_lossy(class).trim_end_matches('.')
            ),
        );
    }
}

/// Names of the index of TensorFlow's variables, beside which their values stand.
fn is_checkpoint(lower: &str) -> bool {
    let base = lower.rsplit('/').next().unwrap_or(lower);
    base == "variables.index" || base.contains("ckpt") || base.starts_with("checkpoint")
}

/// Names under which training libraries keep what they load with `torch.load`.
pub(crate) fn is_unpickled(lower: &str) -> bool {
    const NAMES: &[&str] = &[
        "pytorch_model",
        "diffusion_pytorch_model",
        "adapter_model",
        "training_args",
        "optimizer",
        "scheduler",
        "consolidated",
    ];
    let stem = lower.strip_suffix(".bin");
    stem.is_some_and(|stem| {
        NAMES.iter().any(|name| {
            stem.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
        })
    })
}

/// A pointer of DVC: what it stands for is kept elsewhere, and fetched to the path that it names.
pub(crate) fn dvc(inspection: &mut Inspection, content: &str) {
    inspection.format("dvc-pointer");
    inspection.report(
        Verdict::Unknown,
        technique::LFS_POINTER,
        0,
        "a pointer to data that DVC keeps: fetch the data, then check it",
    );
    for line in content.lines() {
        let line = line.trim_start().trim_start_matches("- ");
        let Some(path) = line.strip_prefix("path:") else {
            continue;
        };
        let path = path.trim().trim_matches(['"', '\'']);
        if leads_outside(path) {
            inspection.report(
                Verdict::Suspicious,
                technique::INDEX_PATH,
                0,
                format!(
                    "the data is kept at {}, outside of the folder",
                    printable(path)
                ),
            );
        }
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
    fn models_of_formats_without_a_reader_are_never_clean() {
        let raw: Vec<u8> = (0..200u32).map(|i| (i * 7919 % 251) as u8).collect();
        let with = |at: usize, mark: &[u8]| {
            let mut bytes = vec![0; 200];
            bytes[at..at + mark.len()].copy_from_slice(mark);
            bytes
        };
        for (at, mark, format, _) in super::MODELS {
            for name in ["m.data", "weights"] {
                let record = check_bytes(with(*at, mark), RepoPath::from(name));
                assert_eq!(record.verdict, Verdict::Unknown, "{name} {format}");
                assert!(record.formats.iter().any(|f| f == format), "{record:?}");
            }
        }
        for (extension, ..) in super::NAMED {
            let name = format!("m.{extension}");
            assert_eq!(verdict(&name, &raw), Verdict::Unknown, "{name}");
            // A plan of somebody, parameters as text.
            assert_eq!(verdict(&name, b"first this, then that\n"), Verdict::Clean);
        }
        assert_eq!(verdict("pytorch_model.bin", &raw), Verdict::Unknown);
        assert_eq!(verdict("adapter_model-1.bin", &raw), Verdict::Unknown);
    }

    #[test]
    fn ordinary_files_stay_ordinary() {
        for (name, bytes) in [
            ("README", &b"Read me.\n"[..]),
            (".gitignore", b"*.bin\n"),
            ("plan", b"one\n"),
            ("index.html", b"<html>"),
            ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("font.woff2", b"wOF2\0\x01\0\0"),
            ("weights.bin", &[0, 0xf3, 1, 9]),
            ("optimizers.bin", &[0, 0xf3, 1, 9]),
            ("index", &[0, 0xf3, 1, 9]),
            (
                "variables.index",
                b"\0\0\x01\x57\xfb\x80\x8b\x24\x75\x47\xdb",
            ),
        ] {
            let record = check_bytes(bytes.to_vec(), RepoPath::from(name));
            assert_eq!(record.verdict, Verdict::Clean, "{record:?}");
        }
    }

    #[test]
    fn a_pointer_of_dvc_is_no_model() {
        let pointer = |path: &str| {
            format!("outs:\n- md5: 0cc175b9c0f1b6a831c399e269772661\n  size: 1\n  path: {path}\n")
        };
        assert_eq!(
            verdict("m.dvc", pointer("m.pkl").as_bytes()),
            Verdict::Unknown
        );
        let outside = pointer("../../etc/x");
        assert_eq!(verdict("m.dvc", outside.as_bytes()), Verdict::Suspicious);
    }

    #[test]
    fn a_pointer_of_lfs_is_no_contradiction() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
        let record = check_bytes(pointer.to_vec(), RepoPath::from("m.onnx"));
        assert_eq!(record.verdict, Verdict::Unknown);
        assert_eq!(record.reasons.len(), 1, "{:?}", record.reasons);
    }
}
