//! Any tool's SARIF as findings of that tool.
//!
//! The log is untrusted: its size is limited, its depth by the JSON parser, its texts are shortened
//! and stripped of control characters. Snippets are never taken from it, because scanners of
//! secrets put the secrets there.

mod grades;
mod kept;
mod skipped;
mod surrogates;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;
use trueline_facts::{
    Diagnostic, Finding, Fingerprint, Location, Origin, Position, Related, RepoPath, Reported,
    RuleId, Step, Tier,
};

use self::grades::{confidence, cwes, severity};
pub use self::kept::{ToolRule, ToolText};
use self::skipped::{SkipReason, Skipped};
use crate::message::{MAX_MESSAGE, clean, filled, without_links};
use crate::uri;

/// The engine of findings that a log of our own names: not to be taken for those of this run.
pub const OWN_LOG: &str = "trueline (imported)";
/// What our own logs call the fingerprint of a finding.
pub(crate) const OWN_MARK: &str = "trueline/v1";

/// Larger logs are refused.
const MAX_BYTES: usize = 256 << 20;
/// Results beyond this are left out, with a diagnostic.
const MAX_RESULTS: usize = 200_000;
/// Longer traces are cut in the middle.
const MAX_STEPS: usize = 200;
/// Other places of one result beyond this are not kept.
const MAX_RELATED: usize = 100;
/// Longer names of tools and rules are cut.
const MAX_NAME: usize = 200;
/// Longer URIs name no file.
const MAX_URI: usize = 8_192;

/// Why a log could not be read at all.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Over the limit.
    #[error("the log has {bytes} bytes, more than the limit of {limit}; split it by run")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but not SARIF.
    #[error("not a SARIF 2.1.0 log: {0}")]
    NotSarif(&'static str),
}

/// What a log held.
#[derive(Debug, Default)]
pub struct Imported {
    /// Its results as findings, in the order of the log. Those that name no line have an unknown origin,
    /// the others none yet.
    pub findings: Vec<Finding>,
    /// Results that were left out, and why.
    pub diagnostics: Vec<Diagnostic>,
    /// What the log says of its tools, by [`Finding::engine`].
    pub tools: BTreeMap<String, ToolText>,
}

/// Reads a log. `root` is the absolute path of the repository, by which absolute URIs are made
/// relative; it may be empty.
///
/// # Errors
/// If it is too large, not JSON, or not SARIF 2.1. A bad result inside it is a diagnostic instead.
pub fn read(bytes: &[u8], root: &[u8]) -> Result<Imported, ReadError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::TooLarge {
            bytes: bytes.len(),
            limit: MAX_BYTES,
        });
    }
    let mut skipped = Skipped::default();
    let text = utf8(bytes);
    let log: Value = match serde_json::from_slice(&text) {
        Ok(log) => log,
        // Looked for only here: next to no log has any.
        Err(why) => {
            let (mended, count) = surrogates::replaced(&text).ok_or(why)?;
            skipped.half_characters = count;
            serde_json::from_slice(&mended)?
        }
    };
    if !log["version"]
        .as_str()
        .is_some_and(|v| v.starts_with("2.1"))
    {
        return Err(ReadError::NotSarif("`version` is not 2.1.0"));
    }
    let runs = log["runs"]
        .as_array()
        .ok_or(ReadError::NotSarif("`runs` is missing"))?;

    let mut imported = Imported::default();
    for run in runs {
        if !run.is_object() {
            skipped.no_run += 1;
            continue;
        }
        // `null` stands for a run whose results are not known (section 3.14.23).
        if !matches!(run["results"], Value::Null | Value::Array(_)) {
            skipped.no_list += 1;
        }
        let run = Run::new(run, root);
        let mut tool = ToolText::of(&run.value["tool"]["driver"]);
        for result in array(&run.value["results"]) {
            if !result.is_object() {
                skipped.no_result += 1;
                continue;
            }
            if imported.findings.len() >= MAX_RESULTS {
                skipped.over_limit += 1;
                continue;
            }
            match run.finding(result) {
                Ok(finding) => {
                    if !tool.rules.contains_key(&finding.rule)
                        && let Some(rule) = run.rule(result)
                    {
                        tool.rules.insert(finding.rule.clone(), ToolRule::of(rule));
                    }
                    skipped.no_line += u64::from(has_bad_line(result));
                    imported.findings.push(finding);
                }
                Err(reason) => skipped.count(reason),
            }
        }
        imported.tools.entry(run.engine).or_default().add(tool);
    }
    imported.diagnostics = skipped.diagnostics();
    Ok(imported)
}

/// The log without its byte-order mark. It should be UTF-8, but a shell of Windows writes what is
/// redirected to a file as UTF-16.
fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let (rest, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    let (pairs, _) = rest.as_chunks();
    let text = char::decode_utf16(pairs.iter().copied().map(unit));
    let text: String = text
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Cow::Owned(text.into_bytes())
}

struct Run<'a> {
    value: &'a Value,
    engine: String,
    root: &'a [u8],
    rules: Rules<'a>,
}

/// The rules of a run by id; of equal ids the first counts. Only looked up, never listed.
#[derive(Debug, Default)]
struct Rules<'a> {
    /// By component: `None` is the driver, the others are extensions.
    of_component: HashMap<(Option<u64>, &'a str), &'a Value>,
    /// In any component, the driver first.
    anywhere: HashMap<&'a str, &'a Value>,
}

impl<'a> Rules<'a> {
    fn of(tool: &'a Value) -> Self {
        let mut rules = Self::default();
        rules.add(None, &tool["driver"]);
        for (at, extension) in (0_u64..).zip(array(&tool["extensions"])) {
            rules.add(Some(at), extension);
        }
        rules
    }

    fn add(&mut self, component: Option<u64>, value: &'a Value) {
        for rule in array(&value["rules"]) {
            if let Some(id) = rule["id"].as_str() {
                self.of_component.entry((component, id)).or_insert(rule);
                self.anywhere.entry(id).or_insert(rule);
            }
        }
    }

    fn find(&self, component: Option<u64>, id: &'a str) -> Option<&'a Value> {
        self.of_component
            .get(&(component, id))
            .or_else(|| self.anywhere.get(id))
            .copied()
    }
}

impl<'a> Run<'a> {
    fn new(value: &'a Value, root: &'a [u8]) -> Self {
        let name = value["tool"]["driver"]["name"]
            .as_str()
            .unwrap_or("unknown");
        let engine = clean(name, MAX_NAME);
        Self {
            value,
            // Another tool's log never passes for ours.
            engine: if engine.eq_ignore_ascii_case("trueline") {
                OWN_LOG.to_owned()
            } else {
                engine
            },
            root,
            rules: Rules::of(&value["tool"]),
        }
    }

    fn finding(&self, result: &'a Value) -> Result<Finding, SkipReason> {
        if array(&result["suppressions"])
            .iter()
            .any(|s| !matches!(s["status"].as_str(), Some("rejected" | "underReview")))
        {
            return Err(SkipReason::Suppressed);
        }
        if result["kind"]
            .as_str()
            .is_some_and(|k| !matches!(k, "fail" | "open" | "review"))
            || result["baselineState"].as_str() == Some("absent")
        {
            return Err(SkipReason::NotAFailure);
        }
        let rule = self.rule(result);
        let id = result["ruleId"]
            .as_str()
            .or_else(|| result["rule"]["id"].as_str())
            .or_else(|| rule.and_then(|r| r["id"].as_str()))
            .unwrap_or("unnamed");
        let place = array(&result["locations"])
            .first()
            .ok_or(SkipReason::NoPlace)?;
        let location = self.location(place)?;
        let severity = severity(result, rule);
        let rule_id = RuleId::new(clean(id, MAX_NAME));
        let said = self.message(result, rule);
        let (related, named) = self.related(result);
        let kept: Vec<u32> = related.iter().filter_map(|place| place.id).collect();
        let (message, linked_message) = without_links(&said, &named, &kept);
        let own = &result["properties"]["security-severity"];
        let reported = Reported {
            level: kept::level(&result["level"]).or_else(|| {
                rule.and_then(|rule| kept::level(&rule["defaultConfiguration"]["level"]))
            }),
            security_severity: kept::score(own),
            linked_message,
            related,
            fingerprints: self.marks(result, "fingerprints"),
            partial_fingerprints: self.marks(result, "partialFingerprints"),
        };
        Ok(Finding {
            fingerprint: self.fingerprint(result, &rule_id, &location, &said),
            rule: rule_id,
            engine: self.engine.clone(),
            cwe: cwes(result, rule),
            severity,
            confidence: confidence(result, rule),
            tier: self.tier(result),
            message,
            symbol: array(&place["logicalLocations"])
                .first()
                .and_then(|l| {
                    l["fullyQualifiedName"]
                        .as_str()
                        .or_else(|| l["name"].as_str())
                })
                .map(|s| clean(s, MAX_NAME))
                .unwrap_or_default(),
            trace: self.trace(result),
            fix: None,
            location,
            // The first line stands for a file, but whoever wrote it did not write the rest.
            origin: (!names_line(place)).then(Origin::unknown),
            suppression: None,
            reported: Some(Box::new(reported)),
        })
    }

    /// The places that a result names beside its own, and the numbers of all that it names.
    fn related(&self, result: &Value) -> (Vec<Related>, Vec<u32>) {
        let places = array(&result["relatedLocations"]).iter().take(MAX_RELATED);
        let id = |place: &Value| place["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let named = places.clone().filter_map(id).collect();
        let related = places.filter_map(|place| {
            let message = place["message"]["text"].as_str().unwrap_or_default();
            Some(Related {
                id: id(place),
                location: self.location(place).ok()?,
                message: without_links(&clean(message, MAX_NAME), &[], &[]).0,
            })
        });
        (related.collect(), named)
    }

    /// The tool's own fingerprints of one kind. A log that we wrote has them with the tool's name before them.
    fn marks(&self, result: &Value, kind: &str) -> BTreeMap<String, String> {
        let marks = kept::marks(&result[kind]);
        if result["partialFingerprints"][OWN_MARK].is_null() {
            return marks;
        }
        let prefix = format!("{}/", self.engine);
        let own = marks
            .into_iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value)));
        own.collect()
    }

    /// A log of ours says what is shown by default; other tools show what they report.
    fn tier(&self, result: &Value) -> Tier {
        let is_hidden = result["properties"]["tier"].as_str() == Some("all");
        if is_hidden && self.engine == OWN_LOG {
            Tier::All
        } else {
            Tier::Shown
        }
    }

    fn rule(&self, result: &'a Value) -> Option<&'a Value> {
        let reference = &result["rule"];
        let at = reference["toolComponent"]["index"].as_u64();
        let component = match at {
            Some(at) => self.value["tool"]["extensions"].get(index(at))?,
            None => &self.value["tool"]["driver"],
        };
        let number = result["ruleIndex"]
            .as_u64()
            .or_else(|| reference["index"].as_u64());
        if let Some(rule) = number.and_then(|n| component["rules"].get(index(n))) {
            return Some(rule);
        }
        let id = result["ruleId"]
            .as_str()
            .or_else(|| reference["id"].as_str())?;
        // Hierarchical ids: `CA1000/1` is described by `CA1000`.
        let stem = id.split('/').next().unwrap_or(id);
        self.rules
            .find(at, id)
            .or_else(|| self.rules.find(at, stem))
    }

    fn location(&self, place: &Value) -> Result<Location, SkipReason> {
        let physical = &place["physicalLocation"];
        let mut artifact = &physical["artifactLocation"];
        if artifact["uri"].is_null()
            && let Some(at) = artifact["index"].as_u64()
        {
            artifact = &self.value["artifacts"][index(at)]["location"];
        }
        let uri = artifact["uri"]
            .as_str()
            .filter(|uri| uri.len() <= MAX_URI)
            .ok_or(SkipReason::NoPlace)?;
        let path = self
            .resolve(uri, artifact["uriBaseId"].as_str())
            .ok_or(SkipReason::OutsideRoot)?;
        // Without a region the whole file is meant (section 3.29.4).
        if !names_line(place) {
            return Ok(Location::whole_file(path));
        }
        let region = &physical["region"];
        let number = |name: &str| region[name].as_u64().and_then(|n| u32::try_from(n).ok());
        let start = Position {
            line: number("startLine").unwrap_or(1).max(1),
            column: number("startColumn").unwrap_or(1).max(1),
        };
        let end_line = number("endLine").unwrap_or(start.line).max(start.line);
        Ok(Location {
            path,
            start,
            end: Position {
                line: end_line,
                column: number("endColumn").unwrap_or(start.column).max(1),
            }
            .max(start),
            snippet: String::new(),
        })
    }

    /// A URI below the root: by itself, or joined with its base where the base has an absolute URI.
    fn resolve(&self, uri: &str, base: Option<&str>) -> Option<RepoPath> {
        if let Some(path) = uri::to_path(uri, self.root)
            && base.is_none()
        {
            return Some(path);
        }
        let prefix = base
            .and_then(|id| self.value["originalUriBaseIds"][id]["uri"].as_str())
            .filter(|uri| uri.len() <= MAX_URI)
            .unwrap_or_default();
        if prefix.is_empty() {
            return uri::to_path(uri, self.root);
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let joined = format!("{prefix}/{}", uri.replace('\\', "/"));
        // A base of another machine says nothing here: the relative part is what counts.
        uri::to_path(&joined, self.root).or_else(|| uri::to_path(uri, self.root))
    }

    fn message(&self, result: &'a Value, rule: Option<&'a Value>) -> String {
        let message = &result["message"];
        let arguments = array(&message["arguments"]);
        let own = message["text"]
            .as_str()
            .or_else(|| message["markdown"].as_str());
        if let Some(text) = own {
            // Most tools that use no arguments do not double their braces either.
            return if arguments.is_empty() {
                clean(text, MAX_MESSAGE)
            } else {
                clean(&filled(text, arguments), MAX_MESSAGE)
            };
        }
        let template = rule
            .zip(message["id"].as_str())
            .and_then(|(rule, id)| rule["messageStrings"][id]["text"].as_str());
        if let Some(template) = template {
            return clean(&filled(template, arguments), MAX_MESSAGE);
        }
        match rule.and_then(|r| r["shortDescription"]["text"].as_str()) {
            Some(text) => clean(text, MAX_MESSAGE),
            None => clean(&format!("reported by {}", self.engine), MAX_MESSAGE),
        }
    }

    fn trace(&self, result: &Value) -> Vec<Step> {
        let flow = array(&result["codeFlows"])
            .first()
            .and_then(|f| array(&f["threadFlows"]).first());
        let mut steps: Vec<Step> = flow
            .map(|f| array(&f["locations"]))
            .unwrap_or_default()
            .iter()
            .filter_map(|l| {
                Some(Step {
                    location: self.location(&l["location"]).ok()?,
                    message: clean(
                        l["location"]["message"]["text"].as_str().unwrap_or("step"),
                        MAX_NAME,
                    ),
                })
            })
            .collect();
        if steps.len() > MAX_STEPS {
            steps.drain(MAX_STEPS / 2..steps.len() - MAX_STEPS / 2);
        }
        steps
    }

    /// The tool's own fingerprint with its name before it; computed where it has none.
    ///
    /// `fingerprints` tell results apart by themselves. `partialFingerprints` do not (section
    /// 3.27.17: a hash of a line is the same in every file that has it), so rule and path join them.
    fn fingerprint(
        &self,
        result: &Value,
        rule: &RuleId,
        location: &Location,
        message: &str,
    ) -> Fingerprint {
        let own = marks(&result["fingerprints"]).into_iter().next();
        if let Some((_, own)) = own {
            return Fingerprint::new(if own.chars().nth(MAX_NAME).is_none() {
                format!("{}:{}", self.engine, clean(own, MAX_NAME))
            } else {
                self.hashed(&[own.as_bytes()])
            });
        }
        // A log of ours says by itself which finding it speaks of.
        let ours = &result["partialFingerprints"][OWN_MARK];
        if let Some(ours) = ours.as_str() {
            if self.engine == OWN_LOG {
                return Fingerprint::new(format!("{OWN_LOG}:{}", clean(ours, MAX_NAME)));
            }
            let told = ours.strip_prefix(&self.engine);
            if told.is_some_and(|told| told.starts_with(':')) {
                return Fingerprint::new(clean(ours, 2 * MAX_NAME + 1));
            }
        }
        let mut parts = vec![rule.as_str().as_bytes(), location.path.as_bytes()];
        let partial = marks(&result["partialFingerprints"]);
        if !partial.is_empty() {
            parts.extend(
                partial
                    .iter()
                    .flat_map(|(k, v)| [k.as_bytes(), v.as_bytes()]),
            );
            return Fingerprint::new(self.hashed(&parts));
        }
        let line = location.start.line.to_le_bytes();
        parts.extend([message.as_bytes(), &line]);
        Fingerprint::new(self.hashed(&parts))
    }

    fn hashed(&self, parts: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut text = format!("{}:", self.engine);
        for byte in hash.finalize().iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

/// The usable entries of a bag of fingerprints, by name.
fn marks(group: &Value) -> Vec<(&str, &str)> {
    let mut marks: Vec<(&str, &str)> = group
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .filter(|(_, value)| !value.is_empty() && *value != "requires login")
        .collect();
    marks.sort_unstable();
    marks
}

/// An index of a log; what no `usize` holds is past every array.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether a text is short enough to be a number or a word of a scale.
fn short(text: &&str) -> bool {
    text.len() <= 32
}

/// Whether the first place of a result names a line that can be none.
fn has_bad_line(result: &Value) -> bool {
    let Some(place) = array(&result["locations"]).first() else {
        return false;
    };
    !place["physicalLocation"]["region"]["startLine"].is_null() && !names_line(place)
}

/// Whether a place is a line of its file, and not the file as a whole.
fn names_line(place: &Value) -> bool {
    let line = place["physicalLocation"]["region"]["startLine"].as_u64();
    line.is_some_and(|n| n > 0 && u32::try_from(n).is_ok())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
