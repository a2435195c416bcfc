//! What becomes of the findings of one file: `--diff` leaves out what its base has, every finding and
//! exposed site gets the origin of its line, comments answer, and what is quoted is masked.

use std::cell::{LazyCell, OnceCell};
use std::collections::BTreeMap;

use trueline_facts::{Diagnostic, Finding, Level, Location, Origin, RepoPath, Step};
use trueline_sarif::line_hashes;
use trueline_syntax::text::{decode, decode_shown};
use trueline_taint::Engine;

use super::before::{Base, Now};
use super::{HeadLines, HeadMap, JoinedFile, Places, SiteOrigin};
use crate::check::{CheckedFile, Contents};
use crate::observe::Observation;
use crate::place::Place;
use crate::{OWN_ENGINE, artifacts, redact, suppress};

pub(crate) struct Join<'a> {
    /// Rules that comments can name, sorted.
    pub(crate) known: Vec<&'a str>,
    pub(crate) place: &'a Place,
    pub(crate) engine: &'a Engine,
    pub(crate) contents: &'a dyn Contents,
    pub(crate) secrets: &'a redact::SecretLines,
    /// Read once another tool's finding needs them.
    pub(crate) values: OnceCell<redact::SecretValues>,
    pub(crate) line_hashes: bool,
    pub(crate) observation: Option<&'a Observation>,
    pub(crate) base: Option<Base>,
}

pub(crate) struct Joined {
    pub(crate) files: Vec<JoinedFile>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) line_hashes: BTreeMap<RepoPath, Vec<String>>,
}

impl Join<'_> {
    pub(crate) fn run(&self, files: Vec<CheckedFile>) -> Joined {
        let head = self
            .observation
            .map(|o| HeadLines::new(&o.history, &o.origins));
        let mut joined = Joined {
            files: Vec::with_capacity(files.len()),
            diagnostics: Vec::new(),
            line_hashes: BTreeMap::new(),
        };
        for file in files {
            self.file(file, head.as_ref(), &mut joined);
        }
        joined
    }

    fn file(&self, file: CheckedFile, head: Option<&HeadLines<'_>>, joined: &mut Joined) {
        let CheckedFile {
            path,
            mut findings,
            mut hidden,
            sites,
            comments,
        } = file;
        // Outside of git nothing but new texts needs the content.
        let content = LazyCell::new(|| self.contents.read(&path).unwrap_or_default());
        let map = head.map_or_else(HeadMap::identity, |h| h.map(self.place, &path, &content));
        let known = |line: u32| head.map(|h| h.line(&path, &map, line));
        if let Some(base) = &self.base {
            base.retain(self.now(), &path, &mut findings);
            base.retain(self.now(), &path, &mut hidden);
        }
        let changed = |line: u32| {
            let base = self.base.as_ref();
            base.is_none_or(|base| base.is_new(self.now(), &path, line))
        };
        // Only another tool's finding can point to what is not there.
        let is_foreign = |f: &Finding| f.engine != OWN_ENGINE;
        let foreign = findings.iter().any(is_foreign);
        let is_missing = foreign && self.contents.read(&path).is_err();
        let shown = LazyCell::new(|| decode_shown(&content));
        let lines = if foreign { shown.lines().count() } else { 0 };
        let values = foreign.then(|| self.secret_values());
        let mut nowhere = 0;
        for finding in &mut findings {
            let line = finding.location.start.line;
            // What names no line has no author, wherever it is shown.
            let is_placed = finding.origin.is_none();
            finding.origin = head.and(finding.origin.take());
            if is_placed {
                finding.origin = known(line).cloned();
            }
            if is_foreign(finding) && (is_missing || line as usize > lines) {
                nowhere += 1;
                finding.origin = finding.origin.take().map(|_| Origin::not_at_head(NOT_HERE));
            }
            collapse(&mut finding.trace);
            // Masked already where it is taken from the file. What speaks of a whole file quotes no line of it.
            let is_of_line = !artifacts::speaks_of_file(finding);
            let taken = (finding.location.snippet.is_empty() && is_of_line)
                .then(|| line_of(&shown, finding.location.start.line, &path, self.secrets));
            // The content is read only where a secret stands.
            let raw = self.secrets.contains(&path, line);
            let raw = raw.then(|| raw_of(&shown, &finding.location));
            let raw = raw.unwrap_or_default();
            redact::finding(finding, raw, values, self.secrets);
            if let Some(taken) = taken {
                finding.location.snippet = taken;
            }
        }
        let sites = sites
            .into_iter()
            .filter(|site| changed(site.start.line))
            .map(|site| {
                let group = match known(site.start.line) {
                    Some(origin) if origin.is_known_ai() => SiteOrigin::Ai,
                    Some(origin) if origin.is_upper_bound() => SiteOrigin::Perhaps,
                    _ => SiteOrigin::Other,
                };
                (site, group)
            })
            .collect();
        if nowhere > 0 {
            joined
                .diagnostics
                .push(place_missing(&path, nowhere, is_missing, lines));
        }
        // Lines that `--diff` leaves out cannot tell whether a comment is still needed.
        let mut complaints = Vec::new();
        let answered = suppress::apply(
            &path,
            &comments,
            &mut findings,
            &mut hidden,
            &self.known,
            &mut complaints,
        );
        if self.base.is_none() {
            joined.diagnostics.append(&mut complaints);
        }
        let mut places = Places::default();
        places.add(&answered.shown);
        places.add(&answered.hidden);
        let suppressed = answered.shown;
        if self.line_hashes && !(findings.is_empty() && suppressed.is_empty()) {
            joined
                .line_hashes
                .insert(path.clone(), line_hashes(&decode(&content)));
        }
        joined.files.push(JoinedFile {
            findings,
            suppressed,
            hidden,
            sites,
            answered: places,
        });
    }
}

impl Join<'_> {
    const fn now(&self) -> Now<'_> {
        Now {
            place: self.place,
            contents: self.contents,
            engine: self.engine,
        }
    }

    pub(crate) fn secret_values(&self) -> &redact::SecretValues {
        let read = |path: &RepoPath| self.contents.read(path).unwrap_or_default();
        self.values.get_or_init(|| self.secrets.values(read))
    }
}

/// Said of the place of an imported finding.
const NOT_HERE: &str = "not in this tree";

fn place_missing(path: &RepoPath, number: usize, is_missing: bool, lines: usize) -> Diagnostic {
    let findings = if number == 1 {
        "finding is"
    } else {
        "findings are"
    };
    let place = if is_missing {
        "a file that is none of the scanned tree (gone, or ignored)".to_owned()
    } else {
        format!("lines after the end of this file, which has {lines}")
    };
    Diagnostic::new(
        Level::Warning,
        "imported-place-missing",
        format!("{number} imported {findings} about {place}: kept, but nothing is known of the place; was the log made from another commit?"),
    )
    .at(path.clone())
}

/// Two steps at one place that say the same are one for a reader.
fn collapse(trace: &mut Vec<Step>) {
    trace.dedup_by(|b, a| {
        a.message == b.message
            && a.location.path == b.location.path
            && a.location.start.line == b.location.start.line
    });
}

/// A line of a file as it stands there.
fn line_at(text: &str, line: u32) -> &str {
    let line = text.lines().nth(line.saturating_sub(1) as usize);
    line.unwrap_or_default()
}

/// What the lines of a finding are in its file.
fn raw_of<'t>(text: &'t str, location: &Location) -> redact::Raw<'t> {
    let first = location.start.line;
    let more = location.last_line().saturating_sub(first) as usize;
    let lines = text.lines().skip(first.saturating_sub(1) as usize);
    let mut lines = lines.take(more.saturating_add(1));
    redact::Raw {
        line: line_at(text, first),
        // Where zeros stand between letters others may count other lines.
        is_lossy: text.contains('\0') || lines.any(redact::is_lossy),
    }
}

/// Bytes by which one sees that a content is no text, as git does.
const HEAD: usize = 8_000;

/// The line, to be shown: of what is no text nothing is one.
fn line_of(text: &str, line: u32, path: &RepoPath, secrets: &redact::SecretLines) -> String {
    if text.bytes().take(HEAD).any(|byte| byte == 0) {
        return String::new();
    }
    let line_text = line_at(text, line);
    redact::cut(&secrets.shown(path, line, line_text.trim_end()))
}
