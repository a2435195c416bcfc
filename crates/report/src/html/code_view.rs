//! Source files with an origin on every line. The files lie in the page as JSON, one script element
//! each, and are only parsed and drawn when the reader opens one, so that megabytes of code cost a
//! page that is not looked at nothing.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use trueline_facts::code::CodeView;
use trueline_facts::scan::ScanReport;
use trueline_facts::usage::LineShares;
use trueline_facts::{Author, Origin, RepoPath};

use super::escape::json;
use super::{findings, put};
use crate::words;

/// Code on the page, in bytes of text: what a browser opens from disk in a moment.
const BUDGET: usize = 8 << 20;

/// The files that the page holds.
pub(super) struct Shelf<'a> {
    files: Vec<&'a CodeView>,
    by_path: HashMap<&'a RepoPath, usize>,
    left_out: usize,
}

/// One file in the picker.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(rename = "p")]
    path: std::borrow::Cow<'a, str>,
    #[serde(rename = "n")]
    lines: u64,
    /// The AI share beside the name, and who wrote the file in words above its text: as the rest of the page words it.
    #[serde(rename = "a")]
    tag: String,
    #[serde(rename = "w")]
    written: String,
    #[serde(rename = "f")]
    marks: Vec<Mark<'a>>,
}

/// One finding in a file.
#[derive(Clone, Serialize)]
struct Mark<'a> {
    /// Number of the finding's element.
    #[serde(rename = "i")]
    finding: usize,
    /// Line, first column, and one past the last column or 0 for the end of the line.
    #[serde(rename = "at")]
    place: [u32; 3],
    #[serde(rename = "s")]
    severity: &'static str,
    #[serde(rename = "r")]
    rule: &'a str,
    #[serde(rename = "m")]
    message: &'a str,
}

/// How an origin looks in the gutter.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Look {
    #[serde(rename = "k")]
    kind: &'static str,
    #[serde(rename = "l")]
    letter: &'static str,
    #[serde(rename = "d")]
    words: String,
}

/// Text and gutter of one file.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "t")]
    text: &'a str,
    /// First line, length, number of the look.
    #[serde(rename = "r")]
    runs: Vec<(u32, u32, usize)>,
}

impl<'a> Shelf<'a> {
    /// Files with findings first, in the order of the findings; then those with most AI lines; as many
    /// as there is room for.
    pub(super) fn choose(report: &ScanReport, code: &'a [CodeView]) -> Self {
        let mut rank: HashMap<&RepoPath, usize> = HashMap::new();
        for (index, finding) in report.findings.iter().enumerate() {
            rank.entry(&finding.location.path).or_insert(index);
        }
        for finding in &report.findings {
            for step in &finding.trace {
                let last = report.findings.len();
                rank.entry(&step.location.path).or_insert(last);
            }
        }
        let mut order: Vec<_> = code
            .iter()
            .map(|file| {
                let rank = rank.get(&file.path).copied().unwrap_or(usize::MAX);
                (rank, std::cmp::Reverse(shares(file).ai), file)
            })
            .collect();
        order.sort_by(|a, b| (a.0, a.1, &a.2.path).cmp(&(b.0, b.1, &b.2.path)));
        let mut room = BUDGET;
        let mut files: Vec<&CodeView> = Vec::new();
        for (_, _, file) in order {
            if let Some(left) = room.checked_sub(file.text.len()) {
                room = left;
                files.push(file);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let by_path = files
            .iter()
            .enumerate()
            .map(|(index, file)| (&file.path, index))
            .collect();
        Self {
            left_out: code.len() - files.len(),
            files,
            by_path,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The number of a file on the page.
    pub(super) fn index(&self, path: &RepoPath) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The file that a reader sees without a finding to begin at: the first with lines that an AI is known to have
    /// written, else the first.
    fn opening(&self) -> usize {
        let has_ai = |file: &&CodeView| shares(file).ai > 0;
        self.files.iter().position(has_ai).unwrap_or(0)
    }

    /// The script elements that hold the files.
    pub(super) fn json(&self, report: &ScanReport) -> String {
        if self.is_empty() {
            return String::new();
        }
        let mut marks: BTreeMap<usize, Vec<Mark<'_>>> = BTreeMap::new();
        for (index, finding) in findings::listed(report) {
            let Some(file) = self.index(&finding.location.path) else {
                continue;
            };
            let location = &finding.location;
            let end = if location.end.line == location.start.line {
                location.end.column
            } else {
                0
            };
            marks.entry(file).or_default().push(Mark {
                finding: index,
                place: [location.start.line, location.start.column, end],
                severity: words::severity(finding.severity),
                rule: finding.rule.as_str(),
                message: &finding.message,
            });
        }
        let mut looks = Looks::default();
        let mut out = String::new();
        let mut entries = Vec::with_capacity(self.files.len());
        for (index, file) in self.files.iter().enumerate() {
            let runs = file
                .runs
                .iter()
                .map(|run| (run.start, run.len, looks.number(&run.origin)))
                .collect();
            put!(
                out,
                "<script type=\"application/json\" id=\"file-{index}\">{}</script>\n",
                json(&Body {
                    text: &file.text,
                    runs
                })
            );
            let lines = shares(file);
            entries.push(Entry {
                path: file.path.display(),
                lines: file.text.lines().count() as u64,
                tag: words::ai_tag(&lines),
                written: written(&lines),
                marks: marks.remove(&index).unwrap_or_default(),
            });
        }
        put!(
            out,
            "<script type=\"application/json\" id=\"files\">{}</script>\n<script type=\"application/json\" id=\"looks\">{}</script>\n",
            json(&entries),
            json(&looks.all)
        );
        out
    }
}

/// Every way an origin looks, each once, numbered in the order of first use.
#[derive(Default)]
struct Looks {
    all: Vec<Look>,
    numbers: HashMap<Look, usize>,
}

impl Looks {
    fn number(&mut self, origin: &Origin) -> usize {
        let look = Look {
            kind: match origin.author {
                Author::Ai { .. } => "ai",
                Author::Human { .. } => "human",
                Author::Unknown => "unknown",
            },
            letter: findings::letter(origin),
            words: words::origin_phrase(origin),
        };
        if let Some(number) = self.numbers.get(&look) {
            return *number;
        }
        let number = self.all.len();
        self.all.push(look.clone());
        self.numbers.insert(look, number);
        number
    }
}

fn shares(file: &CodeView) -> LineShares {
    words::shares(file.runs.iter().map(|run| (run.len, &run.origin)))
}

fn written(lines: &LineShares) -> String {
    if lines.ai + lines.human == 0 {
        return "no evidence of who wrote it".to_owned();
    }
    format!(
        "AI wrote {}, people {}",
        words::ai_share(lines),
        words::percent(lines.human, lines.total)
    )
}

/// The section: an empty frame that the script fills.
pub(super) fn section(out: &mut String, shelf: &Shelf<'_>) {
    out.push_str("<section id=\"code\" aria-labelledby=\"code-title\">\n<h2 id=\"code-title\">Code, line by line</h2>\n<p>Files with findings, and files with lines that evidence names for an AI.</p>\n<ul class=\"legend\"><li><span class=\"gut o-ai\">A</span>AI, or a commit in which it took part</li><li><span class=\"gut o-ai\">a</span>AI, then edited by a person</li><li><span class=\"gut o-ai\">p</span>perhaps AI</li><li><span class=\"gut o-human\">H</span>a person</li><li><span class=\"gut o-unknown\">?</span>unknown</li></ul>\n<noscript><p class=\"note\">The code view needs JavaScript. Everything else on this page does not.</p></noscript>\n");
    put!(
        out,
        "<div class=\"code js-only\" data-opening=\"{}\"><div class=\"picker\"><label class=\"vh\" for=\"file-search\">Search files</label><input id=\"file-search\" type=\"search\" placeholder=\"Search {}\" autocomplete=\"off\"><nav id=\"file-tree\" aria-label=\"Files\"></nav></div>\n<div class=\"viewer\"><p id=\"file-head\" class=\"file-head\" aria-live=\"polite\">Choose a file, or “Show in code” at a finding.</p><div id=\"file-text\" class=\"file-text\" tabindex=\"0\" role=\"group\" aria-label=\"Source text\"></div></div></div>\n",
        shelf.opening(),
        words::counted(shelf.files.len() as u64, "file")
    );
    if shelf.left_out > 0 {
        put!(
            out,
            "<p class=\"note\">Left out for size: {}. Files with findings come first, then those with most AI lines, up to {} MiB.</p>\n",
            words::counted(shelf.left_out as u64, "file"),
            BUDGET >> 20
        );
    }
    out.push_str("</section>\n");
}
