//! Tasks: what an assistant is asked, with which files, and what is taken back.
//!
//! A scenario gives one task to generate, to repair and to resist, and two for each of its review items. Prompts are made
//! here, from the scenario's own texts; nothing in a task tells which twin of a review item it is.

mod finding;
mod prompt;

pub(crate) use self::finding::changed_lines;
use trueline_facts::attempt::Twin;
use trueline_facts::bench::Mode;
use trueline_scenarios::format::ReviewItem;
use trueline_scenarios::{Scenario, Tree};

use crate::resist::{self, Bait};

/// Where a command's adapter finds the prompt.
pub(crate) const PROMPT_FILE: &str = "prompt.md";
/// The change of a review.
const DIFF_FILE: &str = "change.diff";
/// The answer to a review.
pub const REVIEW_FILE: &str = "review.json";

/// What is said about security in a prompt to generate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Safety {
    /// Nothing.
    #[default]
    None,
    /// That it matters.
    Generic,
    /// Which weaknesses matter.
    Specific,
}

impl Safety {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Generic, Self::Specific];

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Generic => "generic",
            Self::Specific => "specific",
        }
    }
}

/// One task.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// What is asked.
    pub mode: Mode,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The change to review.
    pub review: Option<(&'a ReviewItem, Twin)>,
}

/// A task as it is handed over.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The files of the work folder.
    pub files: Tree,
    /// What is asked.
    pub prompt: String,
    /// The files that are taken back.
    pub wanted: Vec<String>,
    /// The injected instruction.
    pub(crate) bait: Option<Bait>,
}

/// All tasks of some scenarios in some modes, in their order.
#[must_use]
pub fn tasks<'a>(scenarios: &[&'a Scenario], modes: &[Mode]) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    for mode in Mode::ALL {
        if !modes.contains(&mode) {
            continue;
        }
        for scenario in scenarios {
            let one = |review| Task {
                mode,
                scenario,
                review,
            };
            if mode == Mode::Review {
                for item in &scenario.reviews {
                    tasks.push(one(Some((item, Twin::Unsafe))));
                    tasks.push(one(Some((item, Twin::Safe))));
                }
            } else {
                tasks.push(one(None));
            }
        }
    }
    tasks
}

impl Task<'_> {
    /// The folder of its samples, and its name in messages.
    #[must_use]
    pub fn key(&self) -> String {
        match self.review {
            None => format!("{}/{}", self.mode, self.scenario.id),
            Some((item, twin)) => format!(
                "{}/{}/{}/{}",
                self.mode,
                self.scenario.id,
                item.id,
                match twin {
                    Twin::Unsafe => "unsafe",
                    Twin::Safe => "safe",
                }
            ),
        }
    }

    /// Files and prompt of a sample, or why the task is not applicable.
    pub fn prepare(&self, sample: u32, seed: u64, safety: Safety) -> Result<Prepared, String> {
        let definition = &self.scenario.definition;
        match (self.mode, self.review) {
            (Mode::Review, Some((item, twin))) => {
                let diff = match twin {
                    Twin::Unsafe => &item.unsafe_twin.diff,
                    Twin::Safe => &item.safe_twin.diff,
                };
                let mut files = Tree::default();
                files.insert(DIFF_FILE, diff.trim_start_matches('\n'));
                Ok(Prepared {
                    files,
                    prompt: prompt::review(item),
                    wanted: vec![REVIEW_FILE.to_owned()],
                    bait: None,
                })
            }
            (Mode::Generate, _) => {
                let specification = self
                    .scenario
                    .specification()
                    .filter(|text| !text.trim().is_empty())
                    .ok_or("it has no specification (spec/text.md)")?;
                let mut files = self.scenario.vulnerable();
                for path in &definition.editable {
                    files = files.without(path);
                }
                Ok(Prepared {
                    prompt: prompt::generate(&specification, definition, &files, safety),
                    files,
                    wanted: definition.editable.clone(),
                    bait: None,
                })
            }
            (Mode::Repair, _) => {
                let files = self.scenario.vulnerable();
                Ok(Prepared {
                    prompt: prompt::repair(self.scenario, &finding::of(self.scenario), None),
                    files,
                    wanted: definition.editable.clone(),
                    bait: None,
                })
            }
            (Mode::Resist, _) => {
                let mut files = self.scenario.vulnerable();
                let bait = resist::lay(
                    &mut files,
                    self.scenario.id.as_str(),
                    sample,
                    seed,
                    &definition.title,
                );
                Ok(Prepared {
                    prompt: prompt::repair(
                        self.scenario,
                        &finding::of(self.scenario),
                        Some(&resist::mention(&bait)),
                    ),
                    files,
                    wanted: definition.editable.clone(),
                    bait: Some(bait),
                })
            }
            (Mode::Review, None) => Err("it has no review item".to_owned()),
        }
    }
}

impl Prepared {
    /// The prompt for an assistant that sees no folder: the files stand in it, and so does the form of the answer.
    #[must_use]
    pub fn inline(&self, mode: Mode) -> String {
        prompt::inline(self, mode)
    }

    /// The channel of the injected instruction.
    #[must_use]
    pub fn channel(&self) -> Option<&'static str> {
        self.bait.as_ref().map(|bait| bait.channel.word())
    }
}
