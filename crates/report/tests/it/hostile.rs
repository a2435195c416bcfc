//! Documents whose every text from outside tries to break out of where it is shown.

use trueline_facts::code::CodeView;
use trueline_facts::scan::ScanReport;
use trueline_facts::stats::StatsReport;

use crate::fixtures;

/// Text that breaks out of whatever does not escape it.
pub(crate) const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'`|*_[x](javascript:a) @all #1 <!-- \u{1b}[2J\u{202e}\u{0}\n# x";

/// The rich document with every text replaced by [`HOSTILE`].
pub(crate) fn scan() -> Result<ScanReport, serde_json::Error> {
    serde_json::from_value(poison(serde_json::to_value(fixtures::rich())?))
}

/// The same for `stats`.
pub(crate) fn stats() -> Result<StatsReport, serde_json::Error> {
    serde_json::from_value(poison(serde_json::to_value(fixtures::stats_of_two())?))
}

/// Code that is [`HOSTILE`] itself.
pub(crate) fn code() -> Result<Vec<CodeView>, serde_json::Error> {
    let mut code: Vec<CodeView> =
        serde_json::from_value(poison(serde_json::to_value(fixtures::code())?))?;
    for file in &mut code {
        HOSTILE.clone_into(&mut file.text);
    }
    Ok(code)
}

/// Replaces text that comes from outside; words of enumerations and times stay, or the document would
/// not be one.
fn poison(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    const OUTSIDE: [&str; 27] = [
        "name",
        "rule",
        "engine",
        "message",
        "path",
        "snippet",
        "symbol",
        "description",
        "title",
        "replacement",
        "fingerprint",
        "tool",
        "model",
        "session",
        "source",
        "detail",
        "code",
        "reason",
        "subject",
        "what",
        "how",
        "month",
        "trueline_version",
        "commit",
        "head",
        "approved",
        "unlisted",
    ];
    fn walk(key: &str, value: Value) -> Value {
        match value {
            Value::String(_)
                if OUTSIDE.contains(&key) || key == "evidence" || key == "configuration" =>
            {
                Value::String(HOSTILE.to_owned())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|v| walk(key, v)).collect()),
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(k, v)| {
                        let renamed = key == "languages"
                            || (v.is_number()
                                && matches!(key, "models" | "directories" | "by_tool"));
                        let v = walk(&k, v);
                        (if renamed { format!("{HOSTILE}{k}") } else { k }, v)
                    })
                    .collect(),
            ),
            other => other,
        }
    }
    walk("", value)
}
