//! What a scenario still lacks although its program, fixes and exploits hold: texts that are empty, missing or those of
//! the template, rules that are not there, weaknesses that no skill knows.
//!
//! Machines do not read texts. What they can see is told with its place and what to do.

use std::path::Path;

use trueline_facts::RuleId;
use trueline_skills::weakness::class_of;

use crate::format::{Malformed, ReviewItem, line_of_key, nearest};
use crate::learn::scaffold;
use crate::scenario::Scenario;
use crate::tree::Tree;

/// Hints lead in three steps.
const HINTS: u8 = 3;
/// A line so long is hardly written twice by chance.
const LONG: usize = 60;

/// What is unfinished, with its place below `folder`, the scenario's. `rules` are the ids of ours.
#[must_use]
pub fn unfinished(scenario: &Scenario, folder: &Path, rules: &[RuleId]) -> Vec<Malformed> {
    let mut lint = Lint {
        scenario,
        folder,
        found: Vec::new(),
    };
    lint.definition(rules);
    lint.texts();
    lint.reviews();
    if let Some(template) = scaffold::template(&scenario.id) {
        lint.left_from(&template);
    }
    lint.found
        .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    lint.found
}

struct Lint<'a> {
    scenario: &'a Scenario,
    folder: &'a Path,
    found: Vec<Malformed>,
}

impl Lint<'_> {
    fn tell(&mut self, file: &str, line: usize, message: impl Into<String>) {
        self.found.push(Malformed {
            file: self.folder.join(file).display().to_string(),
            line,
            message: message.into(),
        });
    }

    fn definition(&mut self, rules: &[RuleId]) {
        const FILE: &str = "scenario.toml";
        let scenario = self.scenario;
        let definition = &scenario.definition;
        let text = scenario.files().text(FILE).unwrap_or_default();
        let known = || rules.iter().map(RuleId::as_str);
        for rule in &definition.rules {
            if rules.contains(rule) {
                continue;
            }
            let meant = match nearest(rule.as_str(), known()) {
                Some(near) => format!("did you mean `{near}`? "),
                None => String::new(),
            };
            let line = line_of_value(&text, "rules", &format!("\"{rule}\""));
            self.tell(
                FILE,
                line,
                format!("there is no rule `{rule}`: {meant}`trueline rules list` has them all, and an exercise that none is about has `rules = []`"),
            );
        }
        for cwe in &definition.cwe {
            if class_of(*cwe).is_none() {
                let line = line_of_value(&text, "cwe", &cwe.0.to_string());
                self.tell(
                    FILE,
                    line,
                    format!("{cwe} is in no class of weaknesses, so that no skill is learned from it: name the weakness that it is a kind of"),
                );
            }
        }
        for (key, value) in [
            ("title", &definition.title),
            ("summary", &definition.summary),
            ("prompt", &definition.prompt),
        ] {
            if value.trim().is_empty() {
                let line = line_of_key(&text, key);
                self.tell(FILE, line, format!("`{key}` is empty: a learner reads it"));
            }
        }
        if definition.minutes == 0 {
            let line = line_of_key(&text, "minutes");
            self.tell(FILE, line, "`minutes` says about how long it takes");
        }
        if definition.distractors.is_empty() {
            self.tell(
                FILE,
                1,
                "no wrong fix is in it: a [[distractor]] with its folder and why.md shows what tempts and does not hold",
            );
        }
        for distractor in &definition.distractors {
            let file = format!("distractors/{}/why.md", distractor.name);
            self.text(&file, "it says why this fix does not hold");
        }
    }

    fn texts(&mut self) {
        self.text("learn/brief.md", "it tells the story and the goal");
        for number in 1..=HINTS {
            self.text(
                &format!("learn/hint{number}.md"),
                "three hints lead from where to look to nearly the code",
            );
        }
        self.text(
            "learn/debrief.md",
            "it says what happened and what there is to learn",
        );
        let spec = "spec/text.md";
        if self.scenario.files().get(spec).is_some() {
            self.text(spec, "it says what an assistant is to build");
        }
    }

    /// A text that must be there and say something.
    fn text(&mut self, file: &str, what: &str) {
        match self.scenario.files().text(file) {
            None => self.tell(file, 1, format!("the file is missing: {what}")),
            Some(text) if text.trim().is_empty() => {
                self.tell(file, 1, format!("the file is empty: {what}"));
            }
            Some(_) => {}
        }
    }

    fn reviews(&mut self) {
        let scenario = self.scenario;
        for (name, text) in items(scenario.files()) {
            let Ok(item) = ReviewItem::parse(&text, &name) else {
                continue;
            };
            for (key, value) in [
                ("title", &item.title),
                ("asked", &item.asked),
                ("why", &item.unsafe_twin.why),
                ("why", &item.safe_twin.why),
            ] {
                if value.trim().is_empty() {
                    let line = line_of_key(&text, key);
                    self.tell(
                        &name,
                        line,
                        format!("`{key}` is empty: a reviewer reads it"),
                    );
                }
            }
        }
    }

    /// What nobody has written anew since `learn new`.
    fn left_from(&mut self, template: &Tree) {
        let scenario = self.scenario;
        let definition = scenario.files().text("scenario.toml").unwrap_or_default();
        let before = template.text("scenario.toml").unwrap_or_default();
        for key in ["title", "summary", "prompt"] {
            let line = line_of_key(&definition, key);
            let at = |text: &str| -> Option<String> {
                let line = text.lines().nth(line_of_key(text, key).checked_sub(1)?)?;
                line.trim_start()
                    .starts_with(key)
                    .then(|| line.trim().to_owned())
            };
            if at(&definition).is_some_and(|now| at(&before).is_some_and(|before| now == before)) {
                self.tell(
                    "scenario.toml",
                    line,
                    format!("`{key}` is still the template's: write your own"),
                );
            }
        }
        for (name, content) in template.iter() {
            let is_text = ["learn/", "spec/", "review/"]
                .iter()
                .any(|folder| name.starts_with(folder))
                || (name.starts_with("distractors/") && name.ends_with("/why.md"));
            let Some(now) = scenario.files().text(name).filter(|_| is_text) else {
                continue;
            };
            let before = String::from_utf8_lossy(content);
            let is_left = |line: &str| {
                line.chars().count() >= LONG && before.lines().any(|before| before.trim() == line)
            };
            let line = if now.trim() == before.trim() {
                Some(1)
            } else if name.starts_with("learn/") {
                let at = now.lines().position(|line| is_left(line.trim()));
                at.map(|at| at + 1)
            } else {
                None
            };
            if let Some(line) = line {
                self.tell(name, line, "still the template's text: write your own");
            }
        }
    }
}

fn items(files: &Tree) -> Vec<(String, String)> {
    let below = files.below("review");
    let names = below
        .iter()
        .filter(|(name, _)| name.strip_suffix(".toml").is_some());
    names
        .map(|(name, content)| {
            let text = String::from_utf8_lossy(content).into_owned();
            (format!("review/{name}"), text)
        })
        .collect()
}

/// The line on which a value of a key stands, which may be a list over several lines.
fn line_of_value(text: &str, key: &str, value: &str) -> usize {
    let first = line_of_key(text, key);
    let below = text.lines().enumerate().skip(first.saturating_sub(1));
    below
        .take(50)
        .find(|(_, line)| line.contains(value))
        .map_or(first, |(at, _)| at + 1)
}
