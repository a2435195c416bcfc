//! Text that is no document: path files of Python, Ollama's model files, what TensorFlow says is its latest checkpoint.

use trueline_facts::artifact::Verdict;

use crate::code::is_code;
use crate::inspection::{Inspection, printable};
use crate::textproto::{self, Event};
use crate::zip::leads_outside;
use crate::{technique, template};

/// A `.pth` file of Python's `site`: lines that begin with `import` are run when Python starts.
pub(crate) fn path_file(inspection: &mut Inspection, text: &str) {
    for line in text.lines() {
        if line.starts_with("import ") || line.starts_with("import\t") {
            inspection.report(
                if is_code(line) || line.contains(';') {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::SCRIPT,
                0,
                format!("a path file for Python's site-packages, not weights: each start of Python runs {}", printable(line)),
            );
        }
    }
}

/// Ollama's `Modelfile`: files that it takes into the model, and what it says before every conversation.
pub(crate) fn modelfile(inspection: &mut Inspection, text: &str) {
    for said in instructions(text) {
        template::said(inspection, said);
    }
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or_default().to_ascii_uppercase();
        let file = words.next().unwrap_or_default();
        if matches!(word.as_str(), "FROM" | "ADAPTER")
            && (leads_outside(file) || file.starts_with('~'))
        {
            inspection.report(
                Verdict::Suspicious,
                technique::SERVER_PATH,
                0,
                format!(
                    "{word} takes {}, outside of the model's folder",
                    printable(file)
                ),
            );
        }
    }
}

/// Checkpoints that are told of.
const MAX_CHECKPOINTS: usize = 1_000;

/// TensorFlow's `checkpoint`: the files that it restores, of which the training that wrote it often tells in full.
pub(crate) fn checkpoint(inspection: &mut Inspection, text: &str) {
    let paths = textproto::events(text)
        .filter_map(|event| match event {
            Event::Value("model_checkpoint_path" | "all_model_checkpoint_paths", path) => {
                Some(String::from_utf8_lossy(&path).into_owned())
            }
            _ => None,
        })
        .take(MAX_CHECKPOINTS);
    for path in paths {
        let is_bucket = ["gs://", "s3://", "hdfs://"]
            .iter()
            .any(|scheme| path.starts_with(scheme));
        let is_elsewhere = leads_outside(&path) || path.contains("://") || path.starts_with('~');
        if !is_elsewhere {
            continue;
        }
        let is_shared = !is_bucket && super::is_shared(&path);
        inspection.report(
            if is_shared {
                Verdict::Suspicious
            } else {
                Verdict::Unknown
            },
            technique::INDEX_PATH,
            0,
            format!(
                "TensorFlow restores {}, outside of the model's folder{}",
                printable(&path),
                if is_shared {
                    ": others may write there"
                } else {
                    ""
                }
            ),
        );
    }
}

/// What `SYSTEM`, `MESSAGE` and `TEMPLATE` say, over several lines where they open with three quotes.
fn instructions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(line) = rest.lines().next() {
        let after = rest
            .get(line.len()..)
            .unwrap_or_default()
            .trim_start_matches(['\r', '\n']);
        let (word, said) = line
            .trim_start()
            .split_once(char::is_whitespace)
            .unwrap_or((line, ""));
        let is_said = ["SYSTEM", "MESSAGE", "TEMPLATE"]
            .iter()
            .any(|of| word.eq_ignore_ascii_case(of));
        if !is_said {
            rest = after;
            continue;
        }
        let start = line.len() - said.len();
        if let Some(first) = said.trim_start().strip_prefix("\"\"\"") {
            let body = &rest[start + (said.len() - first.len())..];
            let end = body.find("\"\"\"").unwrap_or(body.len());
            found.push(&body[..end]);
            rest = body.get(end + 3..).unwrap_or_default();
        } else {
            found.push(said.trim().trim_matches('"'));
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    #[test]
    fn a_checkpoint_of_elsewhere_is_not_the_model_beside_it() {
        let of = |text: &str| {
            crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from("checkpoint")).verdict
        };
        for (path, verdict) in [
            ("model.ckpt-1", Verdict::Clean),
            ("sub/model.ckpt-1", Verdict::Clean),
            ("/home/me/run/model.ckpt-1", Verdict::Unknown),
            ("gs://bucket/run/model.ckpt-1", Verdict::Unknown),
            ("/tmp/model.ckpt-1", Verdict::Suspicious),
            ("\\057tmp/model.ckpt-1", Verdict::Suspicious),
            ("../../run/model.ckpt-1", Verdict::Suspicious),
            ("http://h/model.ckpt-1", Verdict::Suspicious),
        ] {
            for field in ["model_checkpoint_path", "all_model_checkpoint_paths"] {
                let text = format!("all_model_checkpoint_timestamps: 1.5\n{field}: \"{path}\"\n");
                assert_eq!(of(&text), verdict, "{text}");
            }
        }
        assert_eq!(of("the checkpoint of /tmp/a: \"b\"\n"), Verdict::Clean);
    }
}
