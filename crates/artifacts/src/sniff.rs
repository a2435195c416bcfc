//! What bytes are, by their content: every format is asked, and a file may be several at once.

use trueline_facts::artifact::Verdict;

use crate::compression::{self, Compression};
use crate::inspection::{Context, Inspection};
use crate::json::{self, Unread};
use crate::source::Source;
use crate::{
    caffe, coreml, executable, gguf, hdf5, hidden, keras, msgpack, numpy, onnx, packages, paddle,
    parquet, pickle, promise, python, rds, safetensors, seven_zip, tar, technique, template,
    tensorflow, text, tflite, torch7, ubjson, xml, yaml, zip,
};

mod packed;
mod plain;
mod wide;

pub(crate) use plain::{is_plain_text, is_whole_text};

use packed::compressed;
use plain::{document_with_tail, has_extension, is_lfs_pointer, is_prose, is_shell};

/// Text that is read as configuration.
const MAX_TEXT: u64 = 64 << 20;

/// Do the first bytes name a format that has a magic number?
pub(crate) fn has_magic(head: &[u8]) -> bool {
    Compression::of(head).is_some()
        || matches!(
            head,
            [0x80, 0..=5, ..]
                | [b'P', b'K', 3, 4, ..]
                | [b'7', b'z', 0xbc, 0xaf, ..]
                | [0x93, b'N', b'U', b'M', ..]
                | [0x89, b'H', b'D', b'F', ..]
                | [b'G', b'G', b'U', b'F', ..]
                | [0x7f, b'E', b'L', b'F', ..]
        )
}

/// Do the bytes begin with the mark of a file, and one that other data has by chance alone? A pickle has none.
pub(crate) fn is_file(source: &Source) -> bool {
    let head = source.read(0, 16);
    let is_compressed = Compression::of(&head)
        .is_some_and(|of| !matches!(of, Compression::Zlib | Compression::Lzma));
    executable::kind(source).is_some()
        || is_compressed
        || head.first() != Some(&0x80) && Compression::of(&head).is_none() && has_magic(&head)
}

/// Inspects bytes of a name by what they are.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    if source.len() == 0 {
        if inspection.context == Context::File {
            promise::check_empty(inspection, name);
        }
        return;
    }
    if inspection.code_role.is_some() && python::is_compiled(name) {
        python::compiled(inspection, &source.read(0, python::MAX_CODE));
    }
    let head = source.read(0, 512);
    if let Some(end) = compression::skipped(source) {
        // Decoders of lz4 and zstd pass over such frames; others read them.
        pickle::search(inspection, &source.slice(0, end), 0);
        inspect(inspection, name, &source.slice(end, u64::MAX));
        return;
    }
    let mut found: Vec<&'static str> = Vec::new();
    let is_tar = tar::is_tar(source);
    // The last member of a tar archive may be a zip archive, whose end is near that of the file.
    let is_zip = zip::is_zip(source, inspection.depth() == 0)
        && !(is_tar
            && zip::span(source).is_some_and(|(start, end)| tar::is_member(source, start, end)));
    if let Some(kind) = executable::kind(source) {
        executable::inspect(inspection, name, kind, is_zip);
        // A script is text of some kind: Python, YAML whose first line is a comment.
        if kind != "script" {
            found.push(kind);
        }
    }
    if let Some(compression) = Compression::of(&head)
        && compressed(inspection, name, source, compression)
    {
        found.push(compression.name());
    }
    if head.starts_with(&[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c]) {
        seven_zip::inspect(inspection, name, source);
        found.push("7z");
    }
    if is_zip {
        zip::inspect(inspection, name, source);
        found.push("zip");
    }
    if is_tar {
        tar::inspect(inspection, name, source);
        found.push("tar");
    }
    if parquet::is_parquet(source) {
        parquet::inspect(inspection, source);
    }
    if head.starts_with(b"\x93NUMPY") {
        numpy::inspect(inspection, source);
        found.push("npy");
    }
    if let Some(start) = hdf5::superblock(source) {
        hdf5::inspect(inspection, source, start);
        found.push("hdf5");
    }
    // Marks that are letters open texts as well, and what these formats have behind them is no text.
    let is_plain = is_plain_text(&head);
    let may_be = |extensions: &[&str]| !is_plain || has_extension(name, extensions);
    if head.starts_with(b"GGUF") && may_be(&["gguf"]) {
        gguf::inspect(inspection, source);
        found.push("gguf");
    } else if matches!(head.get(..4), Some(b"lmgg" | b"fmgg" | b"tjgg" | b"algg"))
        && may_be(&["ggml", "bin"])
    {
        gguf::inspect_old(inspection);
        found.push("ggml");
    }
    if head.get(4..8) == Some(b"TFL3") && may_be(&["tflite"]) {
        tflite::inspect(inspection, source);
        found.push("tflite");
    }
    let is_refused = || has_extension(name, &["safetensors"]) && safetensors::is_refused(source);
    if safetensors::is_safetensors(source) && may_be(&["safetensors"]) || is_refused() {
        safetensors::inspect(inspection, source);
        found.push("safetensors");
    }
    if let Some(start) = rds::start(source) {
        rds::inspect(inspection, source, start);
        found.push("rds");
    }
    if let Some(reading) = torch7::read(source, &head, name) {
        torch7::inspect(inspection, source, &reading);
        found.push("torch7");
    }
    // Weak marks only where no strong one stands.
    let strong = has_magic(&head) || found.iter().any(|f| !matches!(*f, "zip" | "hdf5"));
    // What people read may quote a pickle below a line that begins like a persistent id.
    let is_quoted = is_plain && head.first() == Some(&b'P') && is_prose(name);
    let is_pickle = (!strong || head.first() == Some(&0x80))
        && !is_quoted
        && pickle::is_pickle(inspection, source);
    let mut all_pickle = false;
    if is_pickle {
        if inspection.context != Context::Constant {
            inspection.format("pickle");
        }
        let layout = pickle::scan(inspection, source);
        if layout.torch_legacy {
            inspection.format("pytorch-legacy");
            inspection.is_torch |= inspection.depth() == 0;
        }
        // An archive inside of a constant is not beside the pickle.
        all_pickle = layout.end == source.len();
        found.push("pickle");
    }
    let named_msgpack = ["msgpack", "flax", "mpk"]
        .iter()
        .any(|end| name.to_ascii_lowercase().ends_with(end));
    if found.is_empty() && msgpack::is_msgpack(source, named_msgpack) {
        msgpack::inspect(inspection, source);
        found.push("msgpack");
    }
    if found.is_empty() && ubjson::is_ubjson(source) {
        ubjson::inspect(inspection, source);
        found.push("ubjson");
    }
    if found.is_empty() && protobuf(inspection, name, source, &head) {
        found.push("protobuf");
    }
    let wide = found
        .is_empty()
        .then(|| wide::plain(source, &head))
        .flatten();
    if found.is_empty() && (head.starts_with(EBCDIC_XML) || head.starts_with(EBCDIC_DOCTYPE)) {
        inspection.format("xml");
        inspection.report(
            Verdict::Suspicious,
            technique::XML_ENTITY,
            0,
            "the XML is written in EBCDIC, which hides what it declares: no tool for models writes so",
        );
    } else if let Some(plain) = wide {
        let head = plain.read(0, 512);
        text(inspection, name, &plain, &head, true);
    } else if is_text(&head) && (found.is_empty() || is_plain) {
        // Whatever else a text may pass for, its readers read it as one.
        text(inspection, name, source, &head, found.is_empty());
    } else if found.is_empty() {
        remarks(inspection, name, source, &head);
    }
    if inspection.context == Context::File {
        promise::check(inspection, name, source, &found);
    }
    let behind_magic: Vec<&&str> = found
        .iter()
        .filter(|f| !matches!(**f, "ape" | "elf" | "pe" | "mach-o" | "java-class" | "wasm"))
        .collect();
    // Labels and vocabularies stand in an archive behind a model of TensorFlow Lite.
    let is_labelled = found == ["zip", "tflite"] && !inspection.has_model_beside("tflite");
    if behind_magic.len() > 1 && !all_pickle && !is_labelled && inspection.context == Context::File
    {
        inspection.report(
            Verdict::Suspicious,
            technique::POLYGLOT,
            0,
            format!("the file is several things at once: {}", found.join(", ")),
        );
    }
}

/// Content without a format that is searched for pickles.
pub(crate) const MAX_UNKNOWN: u64 = 64 << 20;

/// What has no format of its own: raw weights, and names that promise a pickle.
fn remarks(inspection: &mut Inspection, name: &str, source: &Source, head: &[u8]) {
    if document_with_tail(inspection, name, source) {
        return;
    }
    let lower = name.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    let pickles = ["pkl", "pickle", "dill", "joblib", "pt", "pth", "ckpt"].contains(&extension);
    if pickles && inspection.context != Context::Constant {
        if head.first() == Some(&0x80) {
            inspection.format("pickle");
        }
        pickle::search(inspection, source, 0);
        inspection.report(
            Verdict::Unknown,
            technique::PICKLE_TRUNCATED,
            0,
            "named as a model, but its content is not known here",
        );
    } else if inspection.context == Context::File {
        pickle::search(inspection, &source.slice(0, MAX_UNKNOWN), 0);
    } else if inspection.context == Context::Member {
        // Storages of torch are searched with their archive; whole archives of weights take too long.
        let count = source.len().min(inspection.searched_left);
        inspection.searched_left -= count;
        pickle::search(inspection, &source.slice(0, count), 0);
    }
}

/// Messages without a magic: decided by what they hold.
fn protobuf(inspection: &mut Inspection, name: &str, source: &Source, head: &[u8]) -> bool {
    let Some(first) = head.first() else {
        return false;
    };
    let lower = name.to_ascii_lowercase();
    let is_named = [".pb", ".onnx", ".pdmodel", ".mlmodel", ".meta"]
        .iter()
        .any(|end| lower.ends_with(end));
    // Field 1 or 2 as number or bytes open every one of them as their libraries write it; any may come first.
    if !is_named && !matches!(first, 0x08 | 0x0a | 0x12 | 0x10) {
        return false;
    }
    let source = &inspection.walked(source);
    if onnx::is_onnx(source) {
        onnx::inspect(inspection, source);
        return true;
    }
    if let Some(kind) = tensorflow::kind(source) {
        tensorflow::inspect(inspection, source, kind);
        return true;
    }
    let extension = name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if extension == "pb" && tensorflow::keras_metadata(inspection, source) {
        return true;
    }
    if paddle::inspect(inspection, source) {
        return true;
    }
    if extension == "mlmodel" {
        coreml::inspect(inspection, source);
        return true;
    }
    false
}

/// `<?xml` and `<!DOC` as EBCDIC has them.
const EBCDIC_XML: &[u8] = &[0x4c, 0x6f, 0xa7, 0x94, 0x93];
const EBCDIC_DOCTYPE: &[u8] = &[0x4c, 0x5a, 0xc4, 0xd6, 0xc3];

/// What of a document is read as YAML: of a model card what stands before the text.
fn configuration<'t>(lower: &str, content: &'t str) -> &'t str {
    if lower != "readme.md" {
        return content;
    }
    let Some(rest) = content.strip_prefix("---") else {
        return "";
    };
    rest.find("\n---").map_or(rest, |end| &rest[..end])
}

/// No control characters but white space.
pub(crate) fn is_text(head: &[u8]) -> bool {
    !head.is_empty()
        && head
            .iter()
            .all(|b| *b >= 0x20 && *b != 0x7f || matches!(b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b))
}

/// Bytes of a list of lines.
const MAX_LINES: u64 = 4 << 20;

/// A list of lines, as far as it is read.
fn lines_of(inspection: &mut Inspection, source: &Source) -> String {
    if source.len() > MAX_LINES {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            MAX_LINES,
            "lines of more than 4 MB were not read to the end",
        );
    }
    String::from_utf8_lossy(&source.read(0, MAX_LINES as usize)).into_owned()
}

/// Configuration as text; `is_alone` if it is nothing else that was searched already.
fn text(inspection: &mut Inspection, name: &str, source: &Source, head: &[u8], is_alone: bool) {
    if is_alone && document_with_tail(inspection, name, source) {
        return;
    }
    // Members of archives have folders before their names.
    let base = name.rsplit('/').next().unwrap_or(name);
    let lower = base.to_ascii_lowercase();
    let extension = lower.rsplit('.').next().unwrap_or_default();
    if is_lfs_pointer(head) {
        inspection.format("git-lfs-pointer");
        inspection.report(
            Verdict::Unknown,
            technique::LFS_POINTER,
            0,
            "a pointer to a file in Git LFS: fetch the file, then check it",
        );
        return;
    }
    if extension == "dvc" {
        promise::dvc(
            inspection,
            &String::from_utf8_lossy(&source.read(0, 1 << 20)),
        );
        return;
    }
    let trimmed = head.trim_ascii_start();
    let first = trimmed.first().copied().unwrap_or_default();
    let is_json = extension == "json"
        || first == b'{'
        || (first == b'[' && !matches!(extension, "toml" | "ini" | "cfg" | "md" | "txt"));
    let is_xml = trimmed.starts_with(b"<?xml")
        || trimmed.starts_with(b"<!DOCTYPE")
            && !trimmed.starts_with(b"<!DOCTYPE html")
            && !trimmed.starts_with(b"<!doctype")
        || matches!(extension, "xml" | "pmml");
    let is_yaml = matches!(extension, "yaml" | "yml")
        || (extension == "md" && lower == "readme.md")
        || trimmed.starts_with(b"%YAML")
        || (trimmed.starts_with(b"--- ") || trimmed.starts_with(b"---\n"));
    let is_template = matches!(extension, "jinja" | "jinja2" | "j2");
    if is_alone && source.len() <= MAX_TEXT && inspection.context != Context::Constant {
        hidden::inspect(inspection, &source.read(0, MAX_TEXT as usize));
    }
    if is_alone && inspection.context != Context::Constant {
        plain::hidden_pickles(inspection, extension, source);
    }
    if extension == "pth" {
        let lines = lines_of(inspection, source);
        text::path_file(inspection, &lines);
    }
    if extension == "py" {
        let bytes = source.read(0, python::MAX_CODE);
        let code = String::from_utf8_lossy(&bytes);
        let role = if python::is_model_code(&lower) {
            Some(python::Role::Loaded)
        } else if let Some(role) = inspection.code_role {
            Some(role)
        } else if matches!(lower.as_str(), "sitecustomize.py" | "usercustomize.py") {
            // Every Python that finds it runs it.
            Some(python::Role::Beside)
        } else {
            python::is_configuration(&code).then_some(python::Role::Configuration)
        };
        if let Some(role) = role {
            python::inspect(inspection, &code, source.len(), role);
        }
    }
    let folder = name.rsplit('/').nth(1).unwrap_or(&inspection.folder);
    if packages::is_requirements(&lower, folder) {
        let lines = lines_of(inspection, source);
        packages::requirements(inspection, &lines);
    }
    if packages::is_settings(&lower) {
        let lines = lines_of(inspection, source);
        packages::settings(inspection, &lines);
    }
    if packages::is_recipe(&lower) || inspection.beside_model && is_shell(extension, head) {
        let lines = lines_of(inspection, source);
        packages::script(inspection, &lines);
    }
    let is_graph = matches!(extension, "pbtxt" | "prototxt" | "textproto");
    let is_syntax = matches!(extension, "onnxtxt" | "onnxtext");
    let is_mlflow = matches!(lower.as_str(), "mlmodel" | "mlproject");
    if extension == "gin" {
        let lines = lines_of(inspection, source);
        text::gin(inspection, &lines);
    }
    if lower == "checkpoint" {
        let lines = lines_of(inspection, source);
        text::checkpoint(inspection, &lines);
    }
    if !(is_json
        || is_graph
        || is_syntax
        || is_mlflow
        || is_xml
        || is_yaml
        || is_template
        || extension == "args"
        || lower == ".args"
        || lower == "modelfile")
    {
        return;
    }
    if source.len() > MAX_TEXT {
        inspection.report(
            Verdict::Unknown,
            technique::BUDGET,
            0,
            "text of more than 64 MB was not read",
        );
        return;
    }
    let bytes = source.read(0, MAX_TEXT as usize);
    if lower == ".args" || extension == "args" {
        executable::arguments(inspection, source);
        return;
    }
    let content = String::from_utf8_lossy(&bytes);
    if is_template {
        let is_named = lower.contains("chat") || inspection.context == Context::Member;
        let purpose = if is_named {
            template::Purpose::Chat
        } else {
            template::purpose(&bytes[..bytes.len().min(1 << 16)])
        };
        template::inspect_as(inspection, &content, purpose);
    } else if lower == "config.pbtxt" {
        text::triton(inspection, &content);
    } else if is_syntax {
        onnx::syntax(inspection, &content);
    } else if is_graph {
        let top = caffe::top(&content);
        if top.is_onnx {
            onnx::written_text(inspection, &content);
        }
        if top.has_layers {
            caffe::inspect(inspection, &content);
        }
        if top.has_nodes || !top.is_onnx && !top.has_layers {
            tensorflow::text(inspection, &content);
        }
    } else if lower == "modelfile" {
        text::modelfile(inspection, &content);
    } else if is_xml {
        xml::inspect(inspection, base, &content);
    } else if is_json {
        match json::parse(inspection, &bytes) {
            Ok(value) => {
                inspection.format("json");
                if value.get("keras_version").is_some() || value.get("class_name").is_some() {
                    keras::config(inspection, &value, keras::Container::Zip);
                }
                if onnx::is_json(&value) {
                    onnx::json(inspection, &value);
                }
                text::json(inspection, name, &value);
            }
            Err(Unread::TooDeep) => inspection.report(
                Verdict::Suspicious,
                technique::SERVER_PATH,
                0,
                "JSON that nests so deep that loaders overflow",
            ),
            Err(error) => {
                if matches!(error, Unread::TooMuch) {
                    inspection.report(
                        Verdict::Unknown,
                        technique::BUDGET,
                        0,
                        format!("the JSON was not read: {error}"),
                    );
                }
                // Lines of JSON, comments, half a file: what can be found by lines is looked for.
                yaml::inspect(inspection, name, &content);
            }
        }
    } else {
        if matches!(extension, "yaml" | "yml") {
            inspection.format("yaml");
        }
        yaml::inspect(inspection, name, configuration(&lower, &content));
    }
}
