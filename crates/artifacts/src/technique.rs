//! The techniques that a reason can name: id, weakness and public advisories of the same kind.

/// What is seen, under a name that stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Technique {
    /// Kebab-case, never reused.
    pub(crate) id: &'static str,
    /// CWE number; 0 for a remark.
    pub(crate) cwe: u32,
    /// CVE and advisory ids.
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
    PICKLE_CALL = "pickle-call-dangerous", 502, [];
    PICKLE_CALL_UNKNOWN = "pickle-call-unknown", 502, [];
    PICKLE_CALL_UNRESOLVED = "pickle-call-unresolved", 502, [];
    PICKLE_CALL_STDLIB = "pickle-call-unvetted", 502, [];
    PICKLE_CALL_PLACE = "pickle-call-with-place", 73, [];
    PICKLE_CALL_CODE = "pickle-call-with-code", 94, [];
    PICKLE_PASSES_DANGEROUS = "pickle-passes-dangerous", 502, [];
    PICKLE_IMPORT = "pickle-import-dangerous", 502, [];
    PICKLE_OVERWRITE = "pickle-overwrite", 915, ["arXiv:2607.17503"];
    PICKLE_HOOK = "pickle-hook-in-state", 502, [];
    PICKLE_EXTENSION = "pickle-extension-code", 502, [];
    PICKLE_ITEM = "pickle-item-of-non-container", 502, ["CVE-2026-24747"];
    PICKLE_FRAME = "pickle-frame-straddled", 436, ["python/cpython#154848"];
    PICKLE_MEMO = "pickle-memo-index", 789, [];
    PICKLE_EXPONENTIAL = "pickle-exponential", 776, [];
    PICKLE_COST = "pickle-takes-all-memory", 789, [];
    PICKLE_ARRAY = "pickle-array-not-told", 436, [];
    PICKLE_BROKEN = "pickle-broken-after-call", 502, [];
    PICKLE_TRUNCATED = "pickle-not-read-to-end", 0, [];
    PICKLE_SECOND = "pickle-second-stream", 0, [];
    PICKLE_NAME = "pickle-odd-name", 1007, [];
    PICKLE_CODE_OBJECT = "pickle-code-object", 94, [];
    BUDGET = "budget-exhausted", 0, [];
    UNREADABLE = "not-readable", 0, [];
    BOMB = "decompression-bomb", 409, [];
    BAD_COMPRESSION = "compressed-data-broken", 0, [];
    ZIP_DISAGREES = "zip-readings-disagree", 436, ["CVE-2025-1944", "CVE-2025-1945", "CVE-2025-10156"];
    ZIP_HIDDEN = "zip-hidden-member", 436, ["CVE-2025-1944"];
    ZIP_DUPLICATE = "zip-duplicate-member", 694, [];
    ZIP_ENCRYPTED = "zip-encrypted-member", 311, ["CVE-2025-1945"];
    ZIP_METHOD = "zip-unknown-method", 0, [];
    ZIP_OVERLAP = "zip-overlapping-members", 409, [];
    ZIP_EXTRA = "zip-data-outside-members", 436, [];
    ARCHIVE_SLIP = "archive-path-outside", 22, ["CVE-2023-48299", "CVE-2025-12060"];
    ARCHIVE_LINK = "archive-link-outside", 59, [];
    ARCHIVE_DEVICE = "archive-device", 59, [];
    ARCHIVE_CODE = "archive-holds-code", 829, [];
    POLYGLOT = "several-formats-at-once", 436, [];
    EXECUTABLE = "executable-in-model", 829, [];
    SCRIPT = "script-in-model", 829, [];
    TORCHSCRIPT_OP = "torchscript-file-access", 73, [];
    TORCH_LAYOUT = "torch-layout", 0, [];
    TORCH_HANDLER = "torchserve-handler", 829, [];
    TORCH_BOUNDS = "torch-tensor-outside-storage", 125, ["CVE-2026-24747"];
    NPY_OBJECT = "numpy-object-array", 502, ["CVE-2019-6446"];
    NPY_HEADER = "numpy-header", 20, [];
    NPY_TRAILING = "numpy-length", 436, [];
    KERAS_LAMBDA = "keras-lambda", 94, ["CVE-2024-3660", "CVE-2025-9905", "CVE-2025-9906"];
    KERAS_MODULE = "keras-foreign-module", 470, ["CVE-2025-1550"];
    KERAS_FUNCTION = "keras-dangerous-function", 470, ["CVE-2025-8747", "CVE-2025-9906", "CVE-2025-12060"];
    KERAS_LAYER = "keras-loading-layer", 502, ["CVE-2025-49655", "CVE-2026-1462"];
    KERAS_PATH = "keras-reads-path", 73, ["CVE-2025-12058"];
    KERAS_CUSTOM = "keras-custom-class", 0, [];
    HDF5_EXTERNAL = "hdf5-external-file", 73, ["CVE-2026-1669"];
    HDF5_SHAPE = "hdf5-shape-bomb", 789, ["CVE-2026-0897"];
    HDF5_FILTER = "hdf5-unknown-filter", 829, [];
    HDF5_USER_BLOCK = "hdf5-user-block", 436, [];
    HDF5_STRUCTURE = "hdf5-structure", 0, [];
    TF_OP_CODE = "tensorflow-op-runs-code", 94, [];
    TF_OP_WRITE = "tensorflow-op-writes-file", 73, [];
    TF_OP_READ = "tensorflow-op-reads-file", 73, [];
    TF_OP_NETWORK = "tensorflow-op-network", 918, [];
    TF_ASSET = "tensorflow-asset-path", 22, [];
    TFLITE_CUSTOM = "tflite-custom-op", 0, [];
    TFLITE_STRUCTURE = "tflite-structure", 125, [];
    ONNX_PATH = "onnx-external-path", 22, ["CVE-2022-25882", "CVE-2024-27318", "CVE-2026-27489", "CVE-2026-34446", "CVE-2026-34447"];
    ONNX_LINK = "onnx-external-link", 59, ["CVE-2026-34446", "CVE-2026-34447"];
    EXTERNAL_BOUNDS = "data-beyond-external-file", 125, [];
    ONNX_BOUNDS = "onnx-external-bounds", 125, [];
    ONNX_CODE_OP = "onnx-op-runs-code", 94, [];
    ONNX_DOMAIN = "onnx-custom-domain", 0, [];
    ONNX_LIBRARY = "onnx-library-path", 829, [];
    GGUF_STRUCTURE = "gguf-structure", 125, ["CVE-2024-21802", "CVE-2024-25664", "CVE-2025-53630", "CVE-2026-27940", "CVE-2026-7482"];
    GGML_OLD = "ggml-old-format", 0, [];
    TEMPLATE_ESCAPE = "template-escapes-sandbox", 1336, ["CVE-2024-34359", "CVE-2026-5760"];
    TEMPLATE_TRIGGER = "template-trigger-text", 506, [];
    TEMPLATE_UNREADABLE = "template-not-understood", 0, [];
    TEMPLATE_BUSY = "template-keeps-server-busy", 400, [];
    TEMPLATE_HIDDEN_TEXT = "template-hidden-text", 1007, [];
    SAFETENSORS_STRUCTURE = "safetensors-structure", 1284, [];
    SAFETENSORS_METADATA = "safetensors-metadata", 0, [];
    METADATA_CODE = "metadata-holds-code", 94, [];
    TAIL = "data-behind-the-end", 436, [];
    MSGPACK_STRUCTURE = "msgpack-structure", 1284, [];
    MSGPACK_EXTENSION = "msgpack-extension", 502, [];
    PADDLE_CODE_OP = "paddle-op-runs-code", 94, [];
    TARGET_DANGEROUS = "config-target-dangerous", 470, ["CVE-2025-23304", "CVE-2026-22584"];
    TARGET_UNKNOWN = "config-target-unknown", 470, ["CVE-2025-23304"];
    YAML_TAG = "yaml-python-tag", 502, [];
    REMOTE_CODE = "config-remote-code", 829, ["CVE-2026-4372"];
    AUTO_MAP = "config-auto-map", 829, [];
    INDEX_PATH = "index-path-outside", 22, [];
    SKOPS_DANGEROUS = "skops-dangerous-node", 502, ["CVE-2025-54412", "CVE-2025-54413", "CVE-2025-54886"];
    SKOPS_UNKNOWN = "skops-unknown-type", 0, [];
    RDS_PROMISE = "rds-promise", 502, ["CVE-2024-27322"];
    RDS_CODE = "rds-code", 94, [];
    XML_ENTITY = "xml-entity", 611, [];
    XML_EXTENSION = "xml-library-path", 829, [];
    LLAMAFILE = "llamafile", 0, [];
    LLAMAFILE_ARGS = "llamafile-arguments", 88, [];
    LFS_POINTER = "lfs-pointer", 0, [];
    COREML_CUSTOM = "coreml-custom-code", 829, [];
    LUA_CODE = "torch7-lua-code", 94, [];
    MODEL_CODE = "model-code-reaches-out", 829, [];
    UNREAD_CONTAINER = "container-not-read", 0, [];
    NAME_CONTRADICTS = "name-contradicts-content", 436, ["CVE-2025-1889", "CVE-2025-10155"];
    INSECURE_INDEX = "packages-from-insecure-index", 494, [];
    CONFIG_LIBRARY = "config-native-library", 829, [];
    SERVER_PATH = "config-path-outside", 22, [];
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
}
