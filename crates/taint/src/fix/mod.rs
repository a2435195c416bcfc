//! Patches for findings: the `[[patch]]` tables of a rule, applied to the text at the finding's place.
//!
//! A patch is worked out from the text and the imports alone, after the analysis; it says what to
//! change and whether that may be done unseen. Every patch is parsed before it is offered: one that
//! makes the file harder to read is dropped. Whoever applies it scans again (see `trueline-scan`).

mod arguments;
mod command;
mod lexer;
mod names;
mod parts;
mod query;
pub(crate) mod spec;
mod steps;

use std::ops::Range;

use trueline_facts::{Applicability, Edit, Finding, Patch, Position};
use trueline_syntax::Source;
use trueline_syntax::ir::{Language, Module};
use trueline_syntax::lines::LineIndex;

use self::lexer::{Code, Kind};
use self::names::Names;
use self::spec::FixSpec;
use crate::Engine;

/// A piece of text in place of others, by its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Change {
    bytes: Range<usize>,
    text: String,
}

impl Change {
    fn new(bytes: Range<usize>, text: &str) -> Self {
        Self {
            bytes,
            text: text.to_owned(),
        }
    }
}

/// What a step does, and whether it made the fix less sure than the rule says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Outcome {
    changes: Vec<Change>,
    uncertain: bool,
}

impl Outcome {
    fn of(changes: Vec<Change>) -> Self {
        Self {
            changes,
            uncertain: false,
        }
    }
}

/// What stands at the place of a finding.
#[derive(Clone, Debug)]
struct Place {
    /// All its tokens.
    run: Range<usize>,
    /// If it is a call, or a composite literal: its bracket.
    open: Option<usize>,
    /// What is called.
    callee: Range<usize>,
}

/// A file, ready to be mended.
struct Fixer<'a> {
    code: Code<'a>,
    names: Names<'a>,
    module: &'a Module,
    lines: LineIndex,
}

impl Engine {
    /// Puts patches to findings of one file. `text` is what `module` was lowered from; findings of
    /// other files and of other tools are left alone. Call it on a thread with a deep stack.
    pub fn add_patches(&self, path: &str, text: &str, module: &Module, findings: &mut [Finding]) {
        let fixer = Fixer {
            code: Code::new(text, module.language),
            names: Names::new(module),
            module,
            lines: LineIndex::new(text),
        };
        let problems = problems(module);
        for finding in findings {
            let Some(rule) = self.rules.iter().find(|r| r.id == finding.rule) else {
                continue;
            };
            if finding.engine != "trueline" || rule.fixes.is_empty() {
                continue;
            }
            let offered = fixer.patch(&rule.fixes, finding).filter(|offer| {
                apply(text, &offer.edits).is_some_and(|text| {
                    let source = Source { path, text: &text };
                    trueline_syntax::lower(module.language, source)
                        .is_ok_and(|after| self::problems(&after) <= problems)
                })
            });
            if let Some(fix) = &mut finding.fix {
                fix.patch = offered;
            }
        }
    }
}

/// How much of a file was not understood.
fn problems(module: &Module) -> (usize, usize) {
    (module.coverage.errors.len(), module.coverage.unknown.len())
}

/// A text after edits, which are in order and do not overlap; `None` if they do not fit it.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        fixed.push_str(text.get(at..edit.start_byte as usize)?);
        fixed.push_str(&edit.replacement);
        at = edit.end_byte as usize;
    }
    fixed.push_str(text.get(at..)?);
    Some(fixed)
}

impl Fixer<'_> {
    fn patch(&self, fixes: &[FixSpec], finding: &Finding) -> Option<Patch> {
        let place = self.place(finding)?;
        fixes
            .iter()
            .filter(|fix| self.fits(fix, &place))
            .find_map(|fix| self.apply_steps(fix, &place))
    }

    fn place(&self, finding: &Finding) -> Option<Place> {
        let at = |p: Position| self.lines.byte(self.code.text, p.line, p.column);
        let bytes = at(finding.location.start)? as usize..at(finding.location.end)? as usize;
        let mut run = self.code.run(&bytes);
        if run.start >= run.end {
            // Inside of a text, as secrets are.
            let inside = self.code.tokens.partition_point(|t| t.end <= bytes.start);
            let token = self.code.tokens.get(inside)?;
            if token.start > bytes.start || token.kind != Kind::Text {
                return None;
            }
            run = inside..inside + 1;
        }
        while matches!(self.code.at(run.start), "await" | "return" | "&") && run.start + 1 < run.end
        {
            run.start += 1;
        }
        if self.code.at(run.end - 1) == ";" {
            run.end -= 1;
        }
        let last = self.code.tokens.get(run.end.checked_sub(1)?)?;
        let open = last.pair.filter(|open| {
            *open > run.start && *open < run.end && matches!(self.code.at(*open), "(" | "{")
        });
        let mut callee = run.start..open.unwrap_or(run.start);
        if self.code.at(callee.start) == "new" {
            callee.start += 1;
        }
        // An assignment or comparison with a call at its end is no call.
        let plain = self
            .code
            .split(&callee, &["=", "==", "!=", "===", "!==", ":=", "+", "%"])
            .len()
            == 1;
        Some(Place {
            open: open.filter(|_| plain),
            callee: if plain { callee } else { run.start..run.start },
            run,
        })
    }

    /// Whether a fix is for what stands at a place.
    fn fits(&self, fix: &FixSpec, place: &Place) -> bool {
        let wanted = Language::from(fix.language);
        let language = match self.code.language {
            Language::TypeScript => Language::JavaScript,
            other => other,
        };
        if wanted != language
            || !fix.imports.is_empty() && !fix.imports.iter().any(|i| self.names.imports(i))
        {
            return false;
        }
        if fix.calls.is_empty() && fix.methods.is_empty() && fix.fields.is_empty() {
            return true;
        }
        if place.open.is_some() {
            let path = self.names.path(self.code.source(&place.callee));
            let method = self.code.at(place.callee.end.saturating_sub(1));
            return fix.calls.contains(&path) || fix.methods.iter().any(|m| m == method);
        }
        let sides = self.code.split(&place.run, &["="]);
        match sides.as_slice() {
            [(left, Some(_)), ..] => {
                let field = self
                    .code
                    .at(left.end.saturating_sub(1))
                    .trim_matches(['"', '\'']);
                let field = if field == "]" {
                    self.code
                        .at(left.end.saturating_sub(2))
                        .trim_matches(['"', '\''])
                } else {
                    field
                };
                fix.fields.iter().any(|f| f == field)
            }
            _ => false,
        }
    }

    fn apply_steps(&self, fix: &FixSpec, place: &Place) -> Option<Patch> {
        let mut changes = Vec::new();
        let mut applicability = fix.applicability;
        for step in &fix.steps {
            let outcome = self.step(step, place)?;
            changes.extend(outcome.changes);
            if outcome.uncertain {
                applicability = Applicability::Unsafe;
            }
        }
        changes.retain(|c| c.bytes.start < c.bytes.end || !c.text.is_empty());
        changes.sort_by_key(|c| (c.bytes.start, c.bytes.end));
        changes.dedup();
        let overlap = changes
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if b.bytes.start < a.bytes.end));
        if overlap || changes.is_empty() {
            return None;
        }
        let edits = changes.into_iter().map(|c| self.edit(c)).collect();
        Some(Patch {
            title: fix.title.clone(),
            applicability,
            edits,
        })
    }

    fn edit(&self, change: Change) -> Edit {
        let position = |byte: usize| {
            let (line, column) = self.lines.position(self.code.text, byte as u32);
            Position { line, column }
        };
        Edit {
            start: position(change.bytes.start),
            end: position(change.bytes.end),
            start_byte: change.bytes.start as u32,
            end_byte: change.bytes.end as u32,
            replacement: change.text,
        }
    }
}
