//! The techniques that a reason can name: id, weakness and public advisories of the same kind.

/// What is seen, under a name that stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Technique {
    /// Kebab-case, never reused.
    pub(crate) id: &'static str,
    /// CWE number; 0 for a remark.
    pub(crate) cwe: u32,
    /// What is public about the same kind: ids of advisories, issues, papers and proposals, and else what the loader's own
    /// documentation says, by its address. Not empty where there is a weakness.
    pub(crate) references: &'static [&'static str],
}

macro_rules! techniques {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $cwe:literal, [$($reference:literal),*];)*) => {
        $($(#[$doc])* pub(crate) const $name: Technique = Technique { id: $id, cwe: $cwe, references: &[$($reference),*] };)*
        #[cfg(test)]
        pub(crate) const ALL: &[Technique] = &[$($name),*];
    };
}

techniques! {
    PICKLE_CALL = "pickle-call-dangerous", 502, ["https://docs.python.org/3/library/pickle.html", "arXiv:2410.04490"];
    PICKLE_CALL_UNKNOWN = "pickle-call-unknown", 502, ["https://docs.python.org/3/library/pickle.html"];
    PICKLE_CALL_UNRESOLVED = "pickle-call-unresolved", 502, ["CVE-2026-3490"];
    PICKLE_CALL_STDLIB = "pickle-call-unvetted", 502, ["CVE-2026-56315"];
    PICKLE_CALL_PLACE = "pickle-call-with-place", 73, ["CVE-2025-1716"];
    PICKLE_CALL_CODE = "pickle-call-with-code", 94, ["CVE-2026-22607"];
    PICKLE_PASSES_DANGEROUS = "pickle-passes-dangerous", 502, ["CVE-2026-22608"];
    PICKLE_IMPORT = "pickle-import-dangerous", 502, ["CVE-2026-22609", "CVE-2025-10157"];
    PICKLE_OVERWRITE = "pickle-overwrite", 915, ["arXiv:2607.17503"];
    PICKLE_HOOK = "pickle-hook-in-state", 502, ["https://docs.python.org/3/library/pickle.html", "PEP 307"];
    PICKLE_EXTENSION = "pickle-extension-code", 502, ["PEP 307"];
    PICKLE_ITEM = "pickle-item-of-non-container", 502, ["CVE-2026-24747"];
    PICKLE_FRAME = "pickle-frame-straddled", 436, ["python/cpython#154848", "PEP 3154"];
    PICKLE_MEMO = "pickle-memo-index", 789, ["python/cpython#115952"];
    PICKLE_EXPONENTIAL = "pickle-exponential", 776, ["https://github.com/coldwaterq/pickle_injector"];
    PICKLE_COST = "pickle-takes-all-memory", 789, ["python/cpython#115952", "CVE-2026-33155"];
    PICKLE_ARRAY = "pickle-array-not-told", 436, ["CVE-2020-13092"];
    PICKLE_BROKEN = "pickle-broken-after-call", 502, ["https://docs.python.org/3/library/pickle.html", "GHSA-9gvj-pp9x-gcfr"];
    PICKLE_TRUNCATED = "pickle-not-read-to-end", 0, [];
    PICKLE_SECOND = "pickle-second-stream", 0, [];
    PICKLE_NAME = "pickle-odd-name", 1007, ["CVE-2021-42574"];
    PICKLE_CODE_OBJECT = "pickle-code-object", 94, ["https://docs.python.org/3/library/marshal.html", "CVE-2025-67747"];
    BUDGET = "budget-exhausted", 0, [];
    UNREADABLE = "not-readable", 0, [];
    BOMB = "decompression-bomb", 409, ["CVE-2019-9674"];
    BAD_COMPRESSION = "compressed-data-broken", 0, [];
    ZIP_DISAGREES = "zip-readings-disagree", 436, ["CVE-2025-1944", "CVE-2025-1945", "CVE-2025-10156", "CVE-2025-54368"];
    ZIP_HIDDEN = "zip-hidden-member", 436, ["CVE-2025-1944"];
    ZIP_DUPLICATE = "zip-duplicate-member", 694, ["CVE-2025-54368", "CVE-2026-114104"];
    ZIP_ENCRYPTED = "zip-encrypted-member", 311, ["CVE-2025-1945"];
    ZIP_METHOD = "zip-unknown-method", 0, [];
    ZIP_OVERLAP = "zip-overlapping-members", 409, ["CVE-2019-13232", "CVE-2024-0450"];
    ZIP_EXTRA = "zip-data-outside-members", 436, ["CVE-2025-54368"];
    ARCHIVE_SLIP = "archive-path-outside", 22, ["CVE-2023-48299", "CVE-2025-12060", "CVE-2007-4559"];
    ARCHIVE_LINK = "archive-link-outside", 59, ["CVE-2025-4330", "CVE-2025-4517"];
    ARCHIVE_DEVICE = "archive-device", 59, ["PEP 706"];
    ARCHIVE_CODE = "archive-holds-code", 829, ["https://docs.pytorch.org/serve/security.html"];
    POLYGLOT = "several-formats-at-once", 436, ["CVE-2026-3219"];
    EXECUTABLE = "executable-in-model", 829, ["https://github.com/oicid/EvilModel"];
    SCRIPT = "script-in-model", 829, ["https://github.com/pytorch/pytorch/blob/main/SECURITY.md"];
    TORCHSCRIPT_OP = "torchscript-file-access", 73, ["https://github.com/pytorch/pytorch/blob/main/SECURITY.md"];
    TORCH_LAYOUT = "torch-layout", 0, [];
    TORCH_HANDLER = "torchserve-handler", 829, ["https://docs.pytorch.org/serve/security.html"];
    TORCH_BOUNDS = "torch-tensor-outside-storage", 125, ["CVE-2026-24747"];
    NPY_OBJECT = "numpy-object-array", 502, ["CVE-2019-6446"];
    NPY_HEADER = "numpy-header", 20, ["https://numpy.org/doc/2.2/reference/generated/numpy.lib.format.read_array.html"];
    NPY_TRAILING = "numpy-length", 436, ["https://numpy.org/doc/2.2/reference/generated/numpy.lib.format.html"];
    KERAS_LAMBDA = "keras-lambda", 94, ["CVE-2024-3660", "CVE-2025-9905", "CVE-2025-9906"];
    KERAS_MODULE = "keras-foreign-module", 470, ["CVE-2025-1550"];
    KERAS_FUNCTION = "keras-dangerous-function", 470, ["CVE-2025-8747", "CVE-2025-9906", "CVE-2025-12060"];
    KERAS_LAYER = "keras-loading-layer", 502, ["CVE-2025-49655", "CVE-2026-1462"];
    KERAS_PATH = "keras-reads-path", 73, ["CVE-2025-12058"];
    KERAS_CUSTOM = "keras-custom-class", 0, [];
    HDF5_EXTERNAL = "hdf5-external-file", 73, ["CVE-2026-1669"];
    HDF5_SHAPE = "hdf5-shape-bomb", 789, ["CVE-2026-0897"];
    HDF5_FILTER = "hdf5-unknown-filter", 829, ["https://support.hdfgroup.org/releases/hdf5/documentation/rfc/HDF5DynamicallyLoadedFilters.pdf"];
    HDF5_USER_BLOCK = "hdf5-user-block", 436, ["https://support.hdfgroup.org/archive/support/HDF5/doc/H5.format.html"];
    HDF5_STRUCTURE = "hdf5-structure", 0, [];
    TF_OP_CODE = "tensorflow-op-runs-code", 94, ["https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"];
    TF_OP_WRITE = "tensorflow-op-writes-file", 73, ["https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"];
    TF_OP_READ = "tensorflow-op-reads-file", 73, ["https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"];
    TF_OP_NETWORK = "tensorflow-op-network", 918, ["https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"];
    TF_ASSET = "tensorflow-asset-path", 22, ["https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md"];
    TFLITE_CUSTOM = "tflite-custom-op", 0, [];
    TFLITE_STRUCTURE = "tflite-structure", 125, ["CVE-2020-15211"];
    ONNX_PATH = "onnx-external-path", 22, ["CVE-2022-25882", "CVE-2024-27318", "CVE-2026-27489", "CVE-2026-34446", "CVE-2026-34447"];
    ONNX_LINK = "onnx-external-link", 59, ["CVE-2026-34446", "CVE-2026-34447"];
    EXTERNAL_BOUNDS = "data-beyond-external-file", 125, ["https://onnx.ai/onnx/repo-docs/ExternalData.html"];
    ONNX_BOUNDS = "onnx-external-bounds", 125, ["https://onnx.ai/onnx/repo-docs/ExternalData.html"];
    ONNX_CODE_OP = "onnx-op-runs-code", 94, ["https://github.com/microsoft/onnxruntime/blob/544e442567d89b68fd224b3a0e82ca9c18dd4038/docs/PyOp.md"];
    ONNX_DOMAIN = "onnx-custom-domain", 0, [];
    ONNX_LIBRARY = "onnx-library-path", 829, ["https://onnxruntime.ai/docs/reference/operators/add-custom-op.html"];
    GGUF_STRUCTURE = "gguf-structure", 125, ["CVE-2024-21802", "CVE-2024-25664", "CVE-2025-53630", "CVE-2026-27940", "CVE-2026-7482"];
    GGML_OLD = "ggml-old-format", 0, [];
    TEMPLATE_ESCAPE = "template-escapes-sandbox", 1336, ["CVE-2024-34359", "CVE-2026-5760", "CVE-2025-27516"];
    TEMPLATE_TRIGGER = "template-trigger-text", 506, ["https://neuraltrust.ai/blog/inference-gguf-templates"];
    TEMPLATE_UNREADABLE = "template-not-understood", 0, [];
    TEMPLATE_BUSY = "template-keeps-server-busy", 400, ["https://jinja.palletsprojects.com/en/stable/sandbox/"];
    TEMPLATE_HIDDEN_TEXT = "template-hidden-text", 1007, ["CVE-2021-42574"];
    SAFETENSORS_STRUCTURE = "safetensors-structure", 1284, ["https://github.com/huggingface/safetensors/blob/main/attacks/README.md"];
    SAFETENSORS_METADATA = "safetensors-metadata", 0, [];
    METADATA_CODE = "metadata-holds-code", 94, ["CVE-2025-23304", "CVE-2026-22584"];
    TAIL = "data-behind-the-end", 436, ["CVE-2025-54368", "CVE-2026-3219"];
    MSGPACK_STRUCTURE = "msgpack-structure", 1284, ["https://github.com/msgpack/msgpack/blob/master/spec.md"];
    MSGPACK_EXTENSION = "msgpack-extension", 502, ["lebedov/msgpack-numpy#58"];
    PADDLE_CODE_OP = "paddle-op-runs-code", 94, ["https://paddlepaddle.org.cn/documentation/docs/en/api/paddle/static/py_func_en.html"];
    TARGET_DANGEROUS = "config-target-dangerous", 470, ["CVE-2025-23304", "CVE-2026-22584"];
    TARGET_UNKNOWN = "config-target-unknown", 470, ["CVE-2025-23304"];
    YAML_TAG = "yaml-python-tag", 502, ["CVE-2020-1747", "CVE-2020-14343"];
    YAML_FOREIGN = "yaml-foreign-tag", 502, ["CVE-2022-1471", "CVE-2013-0156"];
    REMOTE_CODE = "config-remote-code", 829, ["CVE-2026-4372"];
    AUTO_MAP = "config-auto-map", 829, ["https://github.com/huggingface/transformers/blob/main/SECURITY.md"];
    INDEX_PATH = "index-path-outside", 22, ["CVE-2022-25882", "CVE-2023-1177"];
    SKOPS_DANGEROUS = "skops-dangerous-node", 502, ["CVE-2025-54412", "CVE-2025-54413", "CVE-2025-54886"];
    SKOPS_UNKNOWN = "skops-unknown-type", 0, [];
    RDS_PROMISE = "rds-promise", 502, ["CVE-2024-27322"];
    RDS_CODE = "rds-code", 94, ["CVE-2024-27322"];
    XML_ENTITY = "xml-entity", 611, ["https://docs.python.org/3/library/xml.html"];
    XML_EXTENSION = "xml-library-path", 829, ["https://docs.openvino.ai/2025/documentation/openvino-extensibility.html"];
    LLAMAFILE = "llamafile", 0, [];
    LLAMAFILE_ARGS = "llamafile-arguments", 88, ["https://github.com/mozilla-ai/llamafile/blob/main/docs/creating_llamafiles.md"];
    LFS_POINTER = "lfs-pointer", 0, [];
    COREML_CUSTOM = "coreml-custom-code", 829, ["https://developer.apple.com/documentation/coreml/mlcustomlayer"];
    LUA_CODE = "torch7-lua-code", 94, ["torch/torch7#748", "https://www.lua.org/manual/5.4/manual.html#pdf-load"];
    MODEL_CODE = "model-code-reaches-out", 829, ["https://github.com/huggingface/transformers/blob/main/SECURITY.md"];
    UNREAD_CONTAINER = "container-not-read", 0, [];
    NAME_CONTRADICTS = "name-contradicts-content", 436, ["CVE-2025-1889", "CVE-2025-10155"];
    INSECURE_INDEX = "packages-from-insecure-index", 494, ["pypa/pip#6886"];
    CONFIG_LIBRARY = "config-native-library", 829, ["https://onnxruntime.ai/docs/reference/operators/add-custom-op.html"];
    SERVER_PATH = "config-path-outside", 22, ["CVE-2026-47487", "CVE-2023-1177"];
    JAVA_CALLS = "java-objects-that-call", 502, ["https://docs.oracle.com/en/java/javase/21/core/serialization-filtering1.html"];
    ANALYSIS_FAILED = "analysis-failed", 0, [];
    SOURCE_NOT_JUDGED = "source-not-judged", 0, [];
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = std::collections::BTreeSet::new();
        for technique in ALL {
            assert!(seen.insert(technique.id), "{} twice", technique.id);
            assert!(
                technique
                    .id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            );
        }
    }

    fn is_number(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
    }

    fn is_name(text: &str) -> bool {
        let is_sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !text.is_empty() && text.bytes().all(is_sign)
    }

    /// An advisory, a paper, a proposal of Python, an issue, or an address without what separates references.
    fn has_known_form(reference: &str) -> bool {
        if let Some(id) = reference.strip_prefix("CVE-") {
            let parts = id.split_once('-');
            return parts.is_some_and(|(year, id)| {
                year.len() == 4 && id.len() >= 4 && is_number(year) && is_number(id)
            });
        }
        if let Some(id) = reference.strip_prefix("GHSA-") {
            let is_group = |group: &str| group.len() == 4 && is_name(group);
            return id.split('-').count() == 3 && id.split('-').all(is_group);
        }
        if let Some(id) = reference.strip_prefix("arXiv:") {
            let parts = id.split_once('.');
            return parts.is_some_and(|(month, id)| {
                month.len() == 4 && id.len() == 5 && is_number(month) && is_number(id)
            });
        }
        if let Some(number) = reference.strip_prefix("PEP ") {
            return is_number(number);
        }
        if let Some(address) = reference.strip_prefix("https://") {
            let host = address.split_once('/').map(|(host, _)| host);
            let is_one_word = !address.contains([' ', ',', '"', '<', '>']);
            return is_one_word && host.is_some_and(|host| host.contains('.') && is_name(host));
        }
        let issue = reference
            .split_once('/')
            .and_then(|(owner, rest)| Some((owner, rest.split_once('#')?)));
        issue.is_some_and(|(owner, (name, number))| {
            is_name(owner) && is_name(name) && is_number(number)
        })
    }

    #[test]
    fn the_page_of_techniques_lists_all_of_them() {
        use std::fmt::Write as _;

        let mut page = String::from(
            "# Techniques of model files\n\nThe `technique` of a reason of `trueline scan --only artifacts`: its id stays. See [model files](models.md).\n\n| technique | weakness | public about its kind |\n|---|---|---|\n",
        );
        let mut all: Vec<_> = ALL.iter().collect();
        all.sort_by_key(|technique| technique.id);
        for technique in all {
            let weakness = match technique.cwe {
                0 => "a remark".to_owned(),
                cwe => format!("CWE-{cwe}"),
            };
            let references = technique.references.join(", ");
            writeln!(page, "| `{}` | {weakness} | {references} |", technique.id).unwrap();
        }
        let written =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/model-techniques.md");
        assert!(
            std::fs::read_to_string(&written).unwrap_or_default() == page,
            "docs/model-techniques.md has to be:\n{page}"
        );
    }

    #[test]
    fn reasons_name_their_technique_from_the_list_alone() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut folders = vec![crates.canonicalize().unwrap()];
        let mut own_ids = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|of| of == "rs")
                    && path.components().any(|part| part.as_os_str() == "src")
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let program = text.split("#[cfg(test)]").next().unwrap_or_default();
                    // The field of a reason, given a text.
                    let field = concat!("technique: ", '"');
                    own_ids.extend(program.contains(field).then_some(path));
                }
            }
        }
        assert!(own_ids.is_empty(), "{own_ids:?}");
    }

    #[test]
    fn every_weakness_has_references_of_a_known_form() {
        let bare: Vec<&str> = ALL
            .iter()
            .filter(|technique| technique.cwe != 0 && technique.references.is_empty())
            .map(|technique| technique.id)
            .collect();
        assert!(bare.is_empty(), "without a reference: {bare:?}");
        for technique in ALL {
            let mut seen = std::collections::BTreeSet::new();
            for reference in technique.references {
                assert!(has_known_form(reference), "{}: {reference}", technique.id);
                assert!(
                    seen.insert(reference),
                    "{}: {reference} twice",
                    technique.id
                );
            }
        }
        for odd in [
            "CWE-502",
            "CVE-2025",
            "GHSA-1-2-3",
            "PEP x",
            "https://x",
            "a/b",
            "docs: a, b",
        ] {
            assert!(!has_known_form(odd), "{odd}");
        }
    }
}
