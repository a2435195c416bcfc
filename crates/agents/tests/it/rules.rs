//! Every rule finds its examples and leaves its counterexamples alone.

use std::collections::BTreeSet;

use trueline_agents::{
    AgentFile, Example, Id, Kind, Outcome, check, in_skill, kind, rule, skill_folders, skill_part,
    source_language,
};
use trueline_facts::{RepoPath, Tier};

fn run(example: &Example) -> Outcome {
    let mut files = vec![(RepoPath::from(example.path.as_str()), example.text.clone())];
    files.extend(
        example
            .also
            .iter()
            .map(|more| (RepoPath::from(more.path.as_str()), more.text.clone())),
    );
    let skills = skill_folders(files.iter().map(|(path, _)| path));
    let files: Vec<AgentFile<'_>> = files
        .iter()
        .map(|(path, text)| {
            let part = || in_skill(path, &skills).then(|| skill_part(path));
            let kind = kind(path)
                .or_else(part)
                .or_else(|| source_language(path).map(Kind::Source))
                .unwrap();
            AgentFile {
                path,
                kind,
                text,
                head: text.as_bytes(),
            }
        })
        .collect();
    let outcome = check(&files);
    assert!(
        outcome.diagnostics.is_empty(),
        "{}: {:?}",
        example.path,
        outcome.diagnostics
    );
    outcome
}

#[test]
fn every_rule_finds_its_examples_and_leaves_its_counterexamples_alone() {
    let mut wrong = Vec::new();
    for id in Id::ALL {
        let rule = rule(*id);
        for example in &rule.examples {
            let outcome = run(example);
            let found: BTreeSet<&str> = outcome
                .findings
                .iter()
                .filter(|f| f.tier == Tier::Shown || rule.tier == Tier::All)
                .map(|f| f.rule.as_str())
                .collect();
            if !found.contains(id.as_str()) {
                wrong.push(format!(
                    "{}: example in {} is not found; found {found:?}",
                    id.as_str(),
                    example.path
                ));
            }
        }
        for example in &rule.counterexamples {
            for finding in run(example)
                .findings
                .iter()
                .filter(|f| f.tier == Tier::Shown)
            {
                wrong.push(format!(
                    "{}: counterexample in {}: {} {}",
                    id.as_str(),
                    example.path,
                    finding.rule,
                    finding.message
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn findings_do_not_depend_on_the_order_of_files() {
    let example = &rule(Id::ToolShadowing).examples[0];
    let mut turned = example.also[0].clone();
    turned.also = vec![Example {
        also: Vec::new(),
        ..example.clone()
    }];
    assert_eq!(run(example), run(&turned));
}

#[test]
fn a_fingerprint_outlives_a_move_in_its_file() {
    let example = &rule(Id::UserConcealment).examples[0];
    let moved = Example {
        text: format!("# Title\n\nMore.\n\n{}", example.text),
        ..example.clone()
    };
    let print = |e: &Example| run(e).findings[0].fingerprint.clone();
    assert_eq!(print(example), print(&moved));
}

#[test]
fn no_message_shows_a_secret() {
    let example = &rule(Id::SecretInAgentConfiguration).examples[0];
    let text = serde_json::to_string(&run(example).findings).unwrap();
    assert!(!text.contains("q8Zr4kXw9TbnL2vPz7"));
}
