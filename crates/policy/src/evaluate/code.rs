//! Gates on what was written: tests, documents, provenance, size.

use trueline_facts::change::{AuthorKind, FactName, FileClass, Hunk};

use super::reviews::left_out;
use super::{Case, Judged, at, counted};

pub(super) fn tests(case: Case<'_>) -> Judged {
    if !case.knows(FactName::Origins) && case.asks_origin() {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    if !case.knows(FactName::Tests) {
        return Judged::missing(FactName::Tests, "nobody knows which files are tests");
    }
    let source_lines: u64 = case
        .change
        .ai_hunks()
        .filter(|hunk| hunk.class == FileClass::Source && case.scope().takes_zones(&hunk.zones))
        .map(|hunk| u64::from(hunk.lines))
        .sum();
    let reasons: Vec<_> = case
        .change
        .tests
        .ai_code_without_tests
        .iter()
        .filter_map(|path| {
            let zones = case.policy.zones.ids(path);
            if !case.scope().takes_zones(&zones) {
                return None;
            }
            let first = case.change.ai_hunks().find(|hunk| hunk.path == *path);
            let reason = case.reason(
                format!("AI-written code in {} comes without a test", path.display()),
                "the change adds or edits a test of that file",
                "Let the same tool write a test of the behaviour you asked for, and read the test first.",
                &zones,
            );
            Some(at(reason, path, first.map_or(0, |hunk| hunk.start)))
        })
        .collect();
    Judged {
        because: format!(
            "{}, {} without tests",
            counted(source_lines, "AI-written source line"),
            counted(reasons.len() as u64, "file")
        ),
        reasons,
        missing: Vec::new(),
    }
}

pub(super) fn docs(case: Case<'_>) -> Judged {
    if !case.knows(FactName::PublicDocs) {
        return Judged::missing(FactName::PublicDocs, "nobody knows which names are public");
    }
    if case.asks_origin() && !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let reasons: Vec<_> = case
        .change
        .docs
        .public_without_docs
        .iter()
        .filter_map(|item| {
            let zones = case.policy.zones.ids(&item.path);
            case.scope().takes(item.origin, &zones).then(|| {
                let reason = case.reason(
                    format!("public `{}` does not say what it does", item.name),
                    "a comment or docstring says what it does",
                    "One sentence: what it is for, and what it does when it fails.",
                    &zones,
                );
                at(reason, &item.path, item.line)
            })
        })
        .collect();
    Judged {
        because: format!(
            "{} without documents",
            counted(reasons.len() as u64, "added public name")
        ),
        reasons,
        missing: Vec::new(),
    }
}

pub(super) fn provenance(case: Case<'_>) -> Judged {
    if !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let in_scope = |hunk: &&Hunk| {
        hunk.origin == AuthorKind::Ai
            && hunk.class != FileClass::Generated
            && case.scope().takes(hunk.origin, &hunk.zones)
    };
    let hunks: Vec<&Hunk> = case.change.hunks.iter().filter(in_scope).collect();
    // One reason a file: its first hunk stands for the others.
    let mut reasons = Vec::new();
    let mut last: Option<&trueline_facts::RepoPath> = None;
    for hunk in &hunks {
        let lacks = match (&hunk.model, &hunk.session) {
            (Some(_), Some(_)) => continue,
            (None, None) => "model and session",
            (None, Some(_)) => "model",
            (Some(_), None) => "session",
        };
        if last == Some(&hunk.path) {
            continue;
        }
        last = Some(&hunk.path);
        let reason = case.reason(
            format!(
                "AI-written lines of {} do not say which {lacks} they come from",
                hunk.path.display()
            ),
            "an authorship note names model and session",
            "`trueline hook install`: then notes are written while the tool writes.",
            &hunk.zones,
        );
        reasons.push(at(reason, &hunk.path, hunk.start));
    }
    Judged {
        because: format!(
            "{}, {} with lines of incomplete provenance",
            counted(hunks.len() as u64, "AI-written hunk"),
            counted(reasons.len() as u64, "file")
        ),
        reasons,
        missing: Vec::new(),
    }
}

pub(super) fn lines(case: Case<'_>, at_most: u32) -> Judged {
    if case.asks_origin() && !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let in_scope = |hunk: &&Hunk| {
        hunk.class != FileClass::Generated && case.scope().takes(hunk.origin, &hunk.zones)
    };
    let hunks: Vec<&Hunk> = case.change.hunks.iter().filter(in_scope).collect();
    let lines: u64 = hunks.iter().map(|hunk| u64::from(hunk.lines)).sum();
    let because = format!(
        "{} in scope, at most {at_most} allowed{}",
        counted(lines, "added line"),
        left_out(case.change)
    );
    if lines <= u64::from(at_most) {
        if case.lacks(FactName::Origins) {
            return Judged::missing(
                FactName::Origins,
                format!("{because}, and more that cannot be counted"),
            );
        }
        return Judged::pass(because);
    }
    let reasons = hunks.first().map(|first| {
        let reason = case.reason(
            format!(
                "{} in scope, more than {at_most}",
                counted(lines, "added line")
            ),
            format!("at most {at_most} added lines in scope"),
            "Split the change, or leave out what it does not need.",
            &first.zones,
        );
        at(reason, &first.path, first.start)
    });
    Judged {
        because,
        reasons: reasons.into_iter().collect(),
        missing: Vec::new(),
    }
}
