//! Files made from the code: JSON schemas of every document, a page for every rule. CI fails when
//! one is not up to date.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use trueline_bench::record::{Record, RunHeader, Verdict as BenchVerdict};
use trueline_facts::artifact::ArtifactReport;
use trueline_facts::attempt::Attempt;
use trueline_facts::attestation::Verification;
use trueline_facts::backtest::Backtest;
use trueline_facts::bench::BenchReport;
use trueline_facts::change::Change;
use trueline_facts::control::ControlReport;
use trueline_facts::learn::{
    ExerciseList, FindingExercise, LearnExport, LearnFixed, LearnHints, LearnPassed, LearnReveal,
    LearnStart, NextExercise,
};
use trueline_facts::skill::{
    SharedSkill, SkillChange, SkillLog, SkillReasons, SkillRetention, SkillShare, SkillShares,
    SkillsExport, SkillsReport,
};
use trueline_facts::suggestion::Suggestion;
use trueline_facts::verdict::Verdict;
use trueline_facts::{
    blame::BlameReport, doctor::DoctorReport, scan::ScanReport, stats::StatsReport,
    threat::ThreatModel,
};
use trueline_scenarios::CheckReport;
use trueline_scenarios::verify::Proofs;
use trueline_taint::Engine;

use crate::metadata::root;

/// Writes the files, or with `check` fails with the names of those that differ.
pub(crate) fn run(check: bool) -> Result<()> {
    let files = files()?;
    let mut stale = Vec::new();
    for (name, text) in &files {
        let path = root().join(name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        if check {
            stale.push(name.as_str());
        } else {
            write(&path, text)?;
            println!("wrote {name}");
        }
    }
    if !stale.is_empty() {
        bail!(
            "not up to date: {}; run `cargo xtask generate`",
            stale.join(", ")
        );
    }
    println!("{} generated files, up to date", files.len());
    Ok(())
}

fn files() -> Result<Vec<(String, String)>> {
    let mut files = vec![
        schema("artifacts", &schemars::schema_for!(ArtifactReport))?,
        schema("attestation-log", &schemars::schema_for!(Verification))?,
        schema("bench", &schemars::schema_for!(BenchReport))?,
        schema("backtest", &schemars::schema_for!(Backtest))?,
        schema("suggestion", &schemars::schema_for!(Suggestion))?,
        schema("controls", &schemars::schema_for!(ControlReport))?,
        schema("scan", &schemars::schema_for!(ScanReport))?,
        schema("stats", &schemars::schema_for!(StatsReport))?,
        schema("blame", &schemars::schema_for!(BlameReport))?,
        schema("threats", &schemars::schema_for!(ThreatModel))?,
        schema("doctor", &schemars::schema_for!(DoctorReport))?,
        schema("change", &schemars::schema_for!(Change))?,
        schema("verdict", &schemars::schema_for!(Verdict))?,
        schema("skills", &schemars::schema_for!(SkillsReport))?,
        schema("skill-reasons", &schemars::schema_for!(SkillReasons))?,
        schema("shared-skill", &schemars::schema_for!(SharedSkill))?,
        schema("skill-change", &schemars::schema_for!(SkillChange))?,
        schema("skill-share", &schemars::schema_for!(SkillShare))?,
        schema("skill-shares", &schemars::schema_for!(SkillShares))?,
        schema("skill-log", &schemars::schema_for!(SkillLog))?,
        schema("skill-retention", &schemars::schema_for!(SkillRetention))?,
        schema("skills-export", &schemars::schema_for!(SkillsExport))?,
        schema("exercises", &schemars::schema_for!(ExerciseList))?,
        schema("next", &schemars::schema_for!(NextExercise))?,
        schema("from-finding", &schemars::schema_for!(FindingExercise))?,
        schema("learn-start", &schemars::schema_for!(LearnStart))?,
        schema("learn-hint", &schemars::schema_for!(LearnHints))?,
        schema("learn-reveal", &schemars::schema_for!(LearnReveal))?,
        schema("learn-fixed", &schemars::schema_for!(LearnFixed))?,
        schema("learn-passed", &schemars::schema_for!(LearnPassed))?,
        schema("learn-export", &schemars::schema_for!(LearnExport))?,
        schema("attempt", &schemars::schema_for!(Attempt))?,
        schema("check", &schemars::schema_for!(CheckReport))?,
        schema("verify", &schemars::schema_for!(Proofs))?,
        schema("bench-run", &schemars::schema_for!(RunHeader))?,
        schema("bench-record", &schemars::schema_for!(Record))?,
        schema("bench-verdict", &schemars::schema_for!(BenchVerdict))?,
        schema("rule", &trueline_taint::rule_schema())?,
        schema("model", &trueline_taint::model_schema())?,
    ];
    rule_pages(&mut files)?;
    Ok(files)
}

fn rule_pages(files: &mut Vec<(String, String)>) -> Result<()> {
    let engine = Engine::builtin()?;
    let mut index = String::from(
        "# Rules\n\nMade from `rules/*.toml` by `cargo xtask generate`.\n\n\
         | rule | weakness | what it looks for |\n|---|---|---|\n",
    );
    let mut rules: Vec<_> = engine.rules().iter().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    for rule in rules {
        let cwe: Vec<String> = rule.cwe.iter().map(ToString::to_string).collect();
        writeln!(
            index,
            "| [`{id}`]({id}.md) | {} | {} |",
            cwe.join(", "),
            rule.title,
            id = rule.id
        )?;
        files.push((format!("docs/rules/{}.md", rule.id), rule.docs_markdown()));
    }
    index.push_str(
        "\n## What steers agents\n\nMade from `rules/agents/*.toml`.\n\n\
         | rule | weakness | what it looks for |\n|---|---|---|\n",
    );
    for rule in trueline_agents::rules() {
        let cwe: Vec<String> = rule.cwe.iter().map(ToString::to_string).collect();
        writeln!(
            index,
            "| [`{id}`]({id}.md) | {} | {} |",
            cwe.join(", "),
            rule.title,
            id = rule.id
        )?;
        files.push((format!("docs/rules/{}.md", rule.id), rule.docs_markdown()));
    }
    files.push(("docs/rules/README.md".to_owned(), index));
    Ok(())
}

fn schema(name: &str, schema: &schemars::Schema) -> Result<(String, String)> {
    let mut text = serde_json::to_string_pretty(schema)?;
    text.push('\n');
    Ok((format!("docs/schemas/{name}.json"), text))
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).with_context(|| format!("{} could not be written", path.display()))
}
