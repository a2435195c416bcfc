//! Results that are left out of an import, counted by reason: what was not read is said.

use trueline_facts::{Diagnostic, Level};

/// Why one result is left out.
#[derive(Clone, Copy, Debug)]
pub(super) enum SkipReason {
    Suppressed,
    NotAFailure,
    NoPlace,
    OutsideRoot,
}

/// How many, by reason.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    suppressed: u64,
    not_a_failure: u64,
    no_place: u64,
    outside_root: u64,
    pub(super) over_limit: u64,
    /// Elements of `runs` that are no run.
    pub(super) no_run: u64,
    /// Runs whose `results` are no list.
    pub(super) no_list: u64,
    /// Elements of `results` that are no result.
    pub(super) no_result: u64,
    /// Kept, at the first line, because their own is no line.
    pub(super) no_line: u64,
    /// Halves of characters that no text can hold.
    pub(super) half_characters: u64,
}

impl Skipped {
    pub(super) const fn count(&mut self, reason: SkipReason) {
        match reason {
            SkipReason::Suppressed => self.suppressed += 1,
            SkipReason::NotAFailure => self.not_a_failure += 1,
            SkipReason::NoPlace => self.no_place += 1,
            SkipReason::OutsideRoot => self.outside_root += 1,
        }
    }

    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        let rows = [
            (self.suppressed, Level::Note, "suppressed in the log"),
            (
                self.not_a_failure,
                Level::Note,
                "not failures (`kind` or `baselineState` says so)",
            ),
            (self.no_place, Level::Warning, "without a place in a file"),
            (
                self.outside_root,
                Level::Warning,
                "about files outside of this repository",
            ),
            (
                self.over_limit,
                Level::Warning,
                "over the limit of 200,000 results; split the log",
            ),
            (self.no_result, Level::Warning, "no objects"),
        ];
        let malformed = [
            (
                self.no_run,
                "element of `runs` is no run: nothing was read from it",
                "elements of `runs` are no runs: nothing was read from them",
            ),
            (
                self.no_list,
                "run has `results` that are no list: nothing was read from it",
                "runs have `results` that are no list: nothing was read from them",
            ),
            (
                self.no_line,
                "result has a `startLine` that is no line number: it is kept and shown at line 1",
                "results have a `startLine` that is no line number: they are kept and shown at line 1",
            ),
            (
                self.half_characters,
                "escape in the log is half of a character (a lone surrogate): it is read as U+FFFD",
                "escapes in the log are halves of characters (lone surrogates): they are read as U+FFFD",
            ),
        ];
        let malformed =
            malformed
                .into_iter()
                .filter(|(count, ..)| *count > 0)
                .map(|(count, one, many)| {
                    let what = if count == 1 { one } else { many };
                    Diagnostic::new(Level::Warning, "sarif-malformed", format!("{count} {what}"))
                });
        // One diagnostic for each level, so that its number is the number of results.
        [Level::Warning, Level::Note]
            .into_iter()
            .filter_map(|wanted| {
                let rows = || {
                    rows.iter()
                        .filter(|(n, level, _)| *n > 0 && *level == wanted)
                };
                let all: u64 = rows().map(|(n, ..)| n).sum();
                let why: Vec<String> = match rows().count() {
                    1 => rows().map(|(.., why)| (*why).to_owned()).collect(),
                    _ => rows().map(|(n, _, why)| format!("{n} {why}")).collect(),
                };
                (all > 0).then(|| {
                    Diagnostic::new(
                        wanted,
                        "sarif-results-skipped",
                        format!(
                            "{all} imported {} left out: {}",
                            if all == 1 {
                                "result was"
                            } else {
                                "results were"
                            },
                            why.join(", ")
                        ),
                    )
                })
            })
            .chain(malformed)
            .collect()
    }
}
