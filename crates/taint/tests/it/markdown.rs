//! Markdown tests: prose and fenced code in `tests/md`, where a comment `finding: <rule>` (or
//! `all: <rule>` for the tier of that name) marks each line with a finding, and no other line may
//! have one in the shown tier.

use std::path::Path;

use trueline_facts::Tier;
use trueline_syntax::ir::Language;
use trueline_taint::Engine;

use crate::engine::{analyze_application, mend};
use crate::rules::is_control;

struct Block {
    heading: String,
    language: Language,
    code: String,
    /// It is what the block before becomes when all its patches are applied.
    fixed: bool,
}

#[test]
fn marked_lines_have_findings_and_others_have_none() {
    let engine = Engine::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/md");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    let mut counted = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        let mut before: Option<Block> = None;
        for block in blocks(&text) {
            counted += 1;
            check(&engine, &name, &block, &mut wrong);
            if block.fixed {
                let Some(weak) = before.take() else {
                    panic!("{name}, {}: nothing before it to fix", block.heading);
                };
                check_fixed(&engine, &name, &weak, &block, &mut wrong);
            }
            before = Some(block);
        }
    }
    assert!(counted > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_markdown_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/md");
    for rule in Engine::builtin().unwrap().rules() {
        assert!(
            folder.join(format!("{}.md", rule.id)).is_file(),
            "{}",
            rule.id
        );
    }
}

fn check(engine: &Engine, file: &str, block: &Block, wrong: &mut Vec<String>) {
    let mut findings = analyze_application(engine, block.language, &block.code).findings;
    // A file about one weakness leaves out what its applications would need besides.
    findings.retain(|f| {
        let rule = f.rule.as_str();
        !is_control(rule) || file == format!("{rule}.md")
    });
    let mut expected = Vec::new();
    for (at, line) in block.code.lines().enumerate() {
        for (marker, tier) in [("finding: ", Tier::Shown), ("all: ", Tier::All)] {
            for rule in line.split(marker).skip(1) {
                let rule = rule.split_whitespace().next().unwrap_or("");
                expected.push((at as u32 + 1, rule.to_owned(), tier));
            }
        }
    }
    let actual: Vec<_> = findings
        .iter()
        .map(|f| (f.location.start.line, f.rule.as_str().to_owned(), f.tier))
        .collect();
    for item in &expected {
        if !actual.contains(item) {
            wrong.push(format!("{file}, {}: missing {item:?}", block.heading));
        }
    }
    for item in &actual {
        let marked = expected.contains(item);
        if !marked && item.2 == Tier::Shown {
            wrong.push(format!("{file}, {}: unexpected {item:?}", block.heading));
        }
    }
}

/// Patches make of the weak block what the fixed one says, and nothing more the next time.
fn check_fixed(engine: &Engine, file: &str, weak: &Block, fixed: &Block, wrong: &mut Vec<String>) {
    let code = without_markers(&weak.code);
    let mended = mend(engine, weak.language, &code);
    if mended != without_markers(&fixed.code) {
        wrong.push(format!("{file}, {}: patched it is\n{mended}", weak.heading));
    }
    if mend(engine, weak.language, &mended) != mended {
        wrong.push(format!(
            "{file}, {}: patched twice it differs",
            weak.heading
        ));
    }
}

fn without_markers(code: &str) -> String {
    let mut plain = String::new();
    for line in code.lines() {
        let end = ["# finding: ", "// finding: ", "# all: ", "// all: "]
            .iter()
            .filter_map(|marker| line.find(marker))
            .min();
        plain.push_str(end.map_or(line, |at| line[..at].trim_end()));
        plain.push('\n');
    }
    plain
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.code.push_str(line);
                block.code.push('\n');
            }
            (None, Some(language)) => {
                let plain = language.strip_suffix(" fixed");
                let fixed = plain.is_some();
                let language = plain.unwrap_or(language);
                let language = match language {
                    "python" => Language::Python,
                    "java" => Language::Java,
                    "javascript" => Language::JavaScript,
                    "typescript" => Language::TypeScript,
                    "go" => Language::Go,
                    other => panic!("unknown language {other:?}"),
                };
                open = Some(Block {
                    heading: heading.clone(),
                    language,
                    code: String::new(),
                    fixed,
                });
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut heading);
                }
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}
