//! Which exercise is next, and which fits a finding: each with the reason in words.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use trueline_facts::attempt::{AttemptKind, AttemptOutcome, PastStanding};
use trueline_facts::{Cwe, RuleId, Severity};
use trueline_skills::weakness::class_of;

use super::progress::{Progress, Standing};
use super::state::ExerciseState;
use crate::format::{Class, Definition, Language};
use crate::scenario::{Catalogue, Scenario};

/// A proposal.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The exercise.
    pub scenario: &'a Scenario,
    /// Why this one.
    pub why: String,
}

/// A weakness that was met in one's own code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Met {
    /// The rule, ours or another tool's.
    pub rule: RuleId,
    /// Its weaknesses.
    pub cwe: Vec<Cwe>,
    /// The language of the file, if it is one of exercises.
    pub language: Option<Language>,
    /// How bad it is.
    pub severity: Severity,
}

/// What one's own skills say should be practised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// The exercise that fits best.
    pub exercise: String,
    /// Why, in words.
    pub why: String,
    /// The day has come to meet the skill again, also in an exercise that was solved.
    pub is_due: bool,
}

/// The language of a file by its name.
#[must_use]
pub fn language_of(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("dockerfile") || lower.ends_with(".dockerfile") {
        return Some(Language::Dockerfile);
    }
    Some(match lower.rsplit_once('.')?.1 {
        "py" | "pyi" => Language::Python,
        "js" | "mjs" | "cjs" | "jsx" | "vue" | "svelte" => Language::JavaScript,
        "ts" | "mts" | "cts" | "tsx" => Language::TypeScript,
        "java" => Language::Java,
        "go" => Language::Go,
        "rs" => Language::Rust,
        "yml" | "yaml" => Language::Yaml,
        "json" => Language::Json,
        "md" | "txt" | "mdc" => Language::Text,
        _ => return None,
    })
}

/// Whether an exercise is about the same weakness: one of its CWEs, or, where the finding names none or a wider one, its
/// rule and the class of its weakness. A flag of a cookie is not the forging of requests, though one rule helps with both.
#[must_use]
pub fn is_same_weakness(definition: &Definition, met: &Met) -> bool {
    if definition.cwe.iter().any(|cwe| met.cwe.contains(cwe)) {
        return true;
    }
    let class = definition.class.word();
    let is_of_class = |cwe: &Cwe| class_of(*cwe).is_some_and(|one| one.as_str() == class);
    definition.rules.contains(&met.rule) && (met.cwe.is_empty() || met.cwe.iter().any(is_of_class))
}

/// The exercise that fits a weakness best: of the same weakness, its language and its rule. Whether it runs on this
/// machine is not asked.
#[must_use]
pub fn for_weakness<'a>(
    catalogue: &'a Catalogue,
    met: &Met,
    progress: &Progress,
) -> Option<Proposal<'a>> {
    best_for(catalogue, met, progress, &|scenario| {
        is_same_weakness(&scenario.definition, met)
    })
}

/// The same for who asks about one weakness: where no exercise is about it, the nearest, which says that it is another.
#[must_use]
pub fn nearest_to_weakness<'a>(
    catalogue: &'a Catalogue,
    met: &Met,
    progress: &Progress,
) -> Option<Proposal<'a>> {
    for_weakness(catalogue, met, progress).or_else(|| {
        let near = best_for(catalogue, met, progress, &|_| true)?;
        let about: Vec<String> = near
            .scenario
            .definition
            .cwe
            .iter()
            .map(ToString::to_string)
            .collect();
        Some(Proposal {
            scenario: near.scenario,
            why: format!(
                "there is none about this very weakness, and the nearest is about {}; {}",
                about.join(" and "),
                near.why
            ),
        })
    })
}

fn best_for<'a>(
    catalogue: &'a Catalogue,
    met: &Met,
    progress: &Progress,
    runs: &dyn Fn(&Scenario) -> bool,
) -> Option<Proposal<'a>> {
    let rank = |scenario: &Scenario| {
        let definition = &scenario.definition;
        let rule = definition.rules.contains(&met.rule);
        let cwe = definition.cwe.iter().any(|cwe| met.cwe.contains(cwe));
        if !rule && !cwe {
            return None;
        }
        let fit = u8::from(cwe) + 2 * u8::from(rule);
        let kin = met
            .language
            .map_or(0, |met| kinship(met, definition.language));
        let open =
            progress.standing(scenario.id.as_str(), definition.version) < Standing::FixedAided;
        Some((kin, fit, open))
    };
    let (scenario, (kin, fit, open)) = catalogue
        .scenarios()
        .iter()
        .filter(|scenario| runs(scenario))
        .filter_map(|scenario| Some((scenario, rank(scenario)?)))
        .max_by(|(a, x), (b, y)| {
            // Among equals the easiest one.
            let easier = b.definition.difficulty.total_cmp(&a.definition.difficulty);
            x.cmp(y).then(easier).then_with(|| b.id.cmp(&a.id))
        })?;
    let definition = &scenario.definition;
    let about = if fit >= 2 {
        format!("it trains the rule `{}`", met.rule)
    } else {
        let common = definition.cwe.iter().find(|cwe| met.cwe.contains(cwe));
        format!(
            "it is about {}",
            common.map_or_else(String::new, ToString::to_string)
        )
    };
    let language = match (met.language, kin) {
        (Some(met), 0) => format!(" (in {}; there is none for {met} yet)", definition.language),
        _ => format!(" in {}", definition.language),
    };
    // Whoever is sent to a hard one wants to know that the easier one is not forgotten.
    let fits_as_well = |other: &&Scenario| {
        runs(other)
            && rank(other) == Some((kin, fit, false))
            && other.definition.difficulty < definition.difficulty
    };
    let easier = catalogue.scenarios().iter().filter(fits_as_well);
    let easier: Vec<&str> = easier.map(|other| other.id.as_str()).collect();
    let again = match easier[..] {
        _ if !open => "; you solved it before".to_owned(),
        [] => String::new(),
        [one] => format!("; you solved `{one}`, which is easier, before"),
        [_, ..] => format!(
            "; you solved the easier ones before ({})",
            easier.join(", ")
        ),
    };
    Some(Proposal {
        scenario,
        why: format!("{about}{language}{again}"),
    })
}

/// 2 the same, 1 close enough to read, 0 another.
fn kinship(met: Language, other: Language) -> u8 {
    use Language::{JavaScript, TypeScript};
    match (met, other) {
        _ if met == other => 2,
        (TypeScript, JavaScript) | (JavaScript, TypeScript) => 2,
        _ => 0,
    }
}

/// What to do next: what one's own findings ask for, what is begun, the path, what the skills say, then what was
/// practised least. Where nothing new is left, what is due again. What runs on this machine comes before what does not.
#[must_use]
pub fn next<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    states: &[ExerciseState],
    met: &[Met],
    advice: &[Advice],
    language: Option<Language>,
) -> Option<Proposal<'a>> {
    let wanted = |scenario: &Scenario| {
        language.is_none_or(|wanted| kinship(wanted, scenario.definition.language) == 2)
    };
    let first = of_all(catalogue, progress, states, met, advice, &wanted)?;
    let missing = |scenario: &Scenario| crate::run::missing_runtime(&scenario.definition);
    let Some(why_not) = missing(first.scenario) else {
        return Some(first);
    };
    let runs = |scenario: &Scenario| wanted(scenario) && missing(scenario).is_none();
    let here = of_all(catalogue, progress, states, met, advice, &runs);
    Some(match here {
        Some(here) => Proposal {
            scenario: here.scenario,
            why: format!(
                "{}. `{}` would come first, but {why_not}",
                here.why, first.scenario.id
            ),
        },
        // Better than nothing: whoever reads it is told what is missing.
        None => first,
    })
}

fn of_all<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    states: &[ExerciseState],
    met: &[Met],
    advice: &[Advice],
    wanted: &dyn Fn(&Scenario) -> bool,
) -> Option<Proposal<'a>> {
    let fits = |scenario: &&Scenario| wanted(scenario);
    let open = |scenario: &&Scenario| {
        let standing = progress.standing(scenario.id.as_str(), scenario.definition.version);
        standing < Standing::Revealed && fits(scenario)
    };
    // What was asked about comes before what lies about.
    of_findings(catalogue, progress, met, wanted, &open)
        .or_else(|| begun(catalogue, progress, states, &open))
        .or_else(|| of_path(catalogue, &open))
        .or_else(|| of_skills(catalogue, advice, &open))
        .or_else(|| least_practised(catalogue, progress, &open))
        .or_else(|| due_again(catalogue, advice, &fits))
}

fn of_skills<'a>(
    catalogue: &'a Catalogue,
    advice: &[Advice],
    open: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    advice.iter().find_map(|one| {
        Some(Proposal {
            scenario: catalogue.get(&one.exercise).ok().filter(open)?,
            why: one.why.clone(),
        })
    })
}

/// All is solved: what is due is met again, and that says nothing new about skill.
fn due_again<'a>(
    catalogue: &'a Catalogue,
    advice: &[Advice],
    fits: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    advice.iter().filter(|one| one.is_due).find_map(|one| {
        Some(Proposal {
            scenario: catalogue.get(&one.exercise).ok().filter(fits)?,
            why: format!(
                "{}; you solved it before, so that meeting it again moves the day on which it is due next and nothing else",
                one.why
            ),
        })
    })
}

fn begun<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    states: &[ExerciseState],
    open: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    let state = states
        .iter()
        .rev()
        .find(|state| !state.over && state.folder.as_ref().is_some_and(|folder| folder.is_dir()))?;
    let scenario = catalogue.get(&state.scenario).ok().filter(open)?;
    let last = progress
        .attempts
        .iter()
        .rev()
        .find(|a| a.scenario == state.scenario);
    let how = match last.map(|attempt| attempt.outcome) {
        Some(AttemptOutcome::Exploited) => "you began it and an exploit still succeeds",
        Some(AttemptOutcome::FunctionalFail) => "you began it and a function does not work yet",
        _ => "you began it",
    };
    Some(Proposal {
        scenario,
        why: how.to_owned(),
    })
}

fn of_findings<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    met: &[Met],
    wanted: &dyn Fn(&Scenario) -> bool,
    open: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    // Of a rule the places of one language, for an exercise is in one.
    let mut counts: BTreeMap<(&RuleId, Option<Language>), (usize, &Met)> = BTreeMap::new();
    for one in met {
        let (count, worst) = counts.entry((&one.rule, one.language)).or_insert((0, one));
        *count += 1;
        if one.severity > worst.severity {
            *worst = one;
        }
    }
    let proposals = counts.into_values().filter_map(|(count, one)| {
        let same =
            |scenario: &Scenario| wanted(scenario) && is_same_weakness(&scenario.definition, one);
        let proposal = best_for(catalogue, one, progress, &same).filter(|p| open(&p.scenario))?;
        Some((count, one, proposal))
    });
    let (count, one, proposal) = proposals.min_by(|(n, a, x), (m, b, y)| {
        offered_first((a, x.scenario), (b, y.scenario))
            .then(m.cmp(n))
            .then_with(|| a.rule.cmp(&b.rule))
    })?;
    let places = match count {
        1 => "one place".to_owned(),
        n => format!("{n} places"),
    };
    Some(Proposal {
        scenario: proposal.scenario,
        why: format!(
            "`{}` ({}) was found at {places} of your code; {}",
            one.rule,
            severe(one.severity),
            proposal.why
        ),
    })
}

const fn severe(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// Which of two weaknesses is practised first: the worse one, then the one whose exercise is in its own language, then the
/// one with the easier exercise.
#[must_use]
pub fn offered_first(
    (met, exercise): (&Met, &Scenario),
    (other_met, other_exercise): (&Met, &Scenario),
) -> Ordering {
    let foreign = |met: &Met, exercise: &Scenario| {
        let language = exercise.definition.language;
        met.language.is_none_or(|met| kinship(met, language) == 0)
    };
    let difficulty = |exercise: &Scenario| exercise.definition.difficulty;
    (other_met.severity.cmp(&met.severity))
        .then_with(|| foreign(met, exercise).cmp(&foreign(other_met, other_exercise)))
        .then_with(|| difficulty(exercise).total_cmp(&difficulty(other_exercise)))
}

fn of_path<'a>(
    catalogue: &'a Catalogue,
    open: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    let on_path = |s: &&Scenario| s.definition.path.as_deref() == Some("foundations");
    let steps = catalogue.scenarios().iter().filter(on_path).count();
    let scenario = catalogue
        .scenarios()
        .iter()
        .filter(on_path)
        .filter(open)
        .min_by_key(|s| (s.definition.step.unwrap_or(u32::MAX), &s.id))?;
    let step = scenario.definition.step.unwrap_or_default();
    Some(Proposal {
        scenario,
        why: format!("it is step {step} of {steps} of the foundations"),
    })
}

fn least_practised<'a>(
    catalogue: &'a Catalogue,
    progress: &Progress,
    open: &dyn Fn(&&'a Scenario) -> bool,
) -> Option<Proposal<'a>> {
    let practised = |class: Class| {
        let of_class = |a: &&trueline_facts::attempt::Attempt| {
            a.kind == AttemptKind::Attempt
                && a.class == class.word()
                && a.outcome == AttemptOutcome::Fixed
        };
        let past = progress.past.iter().filter(|past| {
            let scenario = catalogue.get(&past.scenario);
            past.kind == AttemptKind::Attempt
                && past.standing >= PastStanding::Revealed
                && scenario.is_ok_and(|scenario| scenario.definition.class == class)
        });
        past.count() + progress.attempts.iter().filter(of_class).count()
    };
    let scenario = catalogue.scenarios().iter().filter(open).min_by(|a, b| {
        let key = |s: &Scenario| practised(s.definition.class);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.definition.difficulty.total_cmp(&b.definition.difficulty))
            .then_with(|| a.id.cmp(&b.id))
    })?;
    let why = match practised(scenario.definition.class) {
        0 => format!(
            "you have solved nothing of `{}` yet",
            scenario.definition.class
        ),
        1 => format!(
            "you have solved one exercise of `{}` so far, the least of all",
            scenario.definition.class
        ),
        n => format!(
            "you have solved {n} exercises of `{}` so far, the least of all",
            scenario.definition.class
        ),
    };
    Some(Proposal { scenario, why })
}
