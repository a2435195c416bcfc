//! The exercises for weaknesses that a scan or a gate found: one line each, after what was found.
//!
//! What is printed begins the very exercise that it names, for whoever types it: a comment has many readers, and what
//! one of them has solved is not asked.

use std::collections::BTreeSet;

use trueline_facts::{Cwe, RuleId, Severity};
use trueline_scenarios::learn::choose::{self, Met, Proposal};
use trueline_scenarios::learn::progress::Progress;
use trueline_scenarios::{Catalogue, Language, ScenarioId};

/// So many are named: an offer is no list.
const MOST: usize = 3;

/// A weakness that was found: its rule, ours or another tool's, its CWE if they are known, the file, and how bad it is.
pub(crate) type Found<'f> = (&'f RuleId, &'f [Cwe], String, Severity);

/// An exercise that is offered.
pub(crate) struct Offer {
    exercise: ScenarioId,
    title: String,
    language: Language,
    minutes: u32,
    /// What it runs with, besides the Python of every test.
    needs: Vec<String>,
}

impl Offer {
    /// As a sentence; `code` sets a command.
    pub(crate) fn told(&self, code: impl Fn(&str) -> String) -> String {
        let command = code(&format!("trueline learn start {}", self.exercise));
        // Readers have other machines: what is needed is told, not what is missing on this one.
        let needs = if self.needs.is_empty() {
            String::new()
        } else {
            format!(", needs {}", self.needs.join(" and "))
        };
        format!(
            "{command} (\"{}\", {}, about {} minutes{needs})",
            self.title, self.language, self.minutes
        )
    }
}

/// What fits, each exercise once, and one for each rule and language: for what is worst first, then for what has an
/// exercise in its own language, then the easiest.
pub(crate) fn offers<'f>(found: impl IntoIterator<Item = Found<'f>>) -> Vec<Offer> {
    let catalogue = Catalogue::builtin();
    let nobody = Progress::default();
    let mut asked: Vec<Met> = Vec::new();
    for (rule, cwe, path, severity) in found {
        let language = choose::language_of(&path);
        match asked
            .iter_mut()
            .find(|met| met.rule == *rule && met.language == language)
        {
            Some(met) => met.severity = met.severity.max(severity),
            None => asked.push(Met {
                rule: rule.clone(),
                cwe: cwe.to_vec(),
                language,
                severity,
            }),
        }
    }
    let mut proposals: Vec<(&Met, Proposal<'_>)> = asked
        .iter()
        .filter_map(|met| Some((met, choose::for_weakness(&catalogue, met, &nobody)?)))
        .collect();
    // Equal ones stay as they were found.
    proposals.sort_by(|(a, x), (b, y)| choose::offered_first((a, x.scenario), (b, y.scenario)));
    let mut named = BTreeSet::new();
    proposals
        .into_iter()
        .filter(|(_, proposal)| named.insert(proposal.scenario.id.clone()))
        .take(MOST)
        .map(|(_, proposal)| {
            let definition = &proposal.scenario.definition;
            let runtime = definition.runtime.iter();
            let needs = runtime.filter(|(name, _)| *name != "python");
            Offer {
                exercise: proposal.scenario.id.clone(),
                title: definition.title.clone(),
                language: definition.language,
                minutes: definition.minutes,
                needs: needs
                    .map(|(name, version)| format!("{name} {version}"))
                    .collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of each language, and one of none.
    const FILES: [(&str, Option<Language>); 11] = [
        ("app.py", Some(Language::Python)),
        ("app.js", Some(Language::JavaScript)),
        ("app.ts", Some(Language::TypeScript)),
        ("App.java", Some(Language::Java)),
        ("main.go", Some(Language::Go)),
        ("main.rs", Some(Language::Rust)),
        (".github/workflows/ci.yml", Some(Language::Yaml)),
        ("Dockerfile", Some(Language::Dockerfile)),
        (".mcp.json", Some(Language::Json)),
        ("AGENTS.md", Some(Language::Text)),
        ("app.rb", None),
    ];

    fn readable(met: Language, other: Language) -> bool {
        use Language::{JavaScript, TypeScript};
        met == other
            || matches!(
                (met, other),
                (TypeScript, JavaScript) | (JavaScript, TypeScript)
            )
    }

    #[test]
    fn what_is_printed_begins_the_exercise_that_it_names_for_every_rule_and_language() {
        let catalogue = Catalogue::builtin();
        let rules = trueline_scan::rules().unwrap().rules;
        let mut offered = 0;
        for rule in &rules {
            let id = RuleId::new(rule.id.as_str());
            for (file, language) in FILES {
                let offers = offers([(&id, rule.cwe.as_slice(), file.to_owned(), rule.severity)]);
                let met = Met {
                    rule: id.clone(),
                    cwe: rule.cwe.clone(),
                    language,
                    severity: rule.severity,
                };
                let fits: Vec<_> = catalogue
                    .scenarios()
                    .iter()
                    .filter(|one| choose::is_same_weakness(&one.definition, &met))
                    .collect();
                assert_eq!(offers.is_empty(), fits.is_empty(), "{} in {file}", rule.id);
                let Some(offer) = offers.first() else {
                    continue;
                };
                offered += 1;
                let told = offer.told(str::to_owned);
                // As a shell and `learn start` read it.
                let words: Vec<&str> = told.split(' ').collect();
                assert_eq!(words[..3], ["trueline", "learn", "start"], "{told}");
                let begun = catalogue.get(words[3]).unwrap();
                let title = format!(
                    "(\"{}\", {}, about",
                    begun.definition.title, begun.definition.language
                );
                assert!(told.contains(&title), "{} in {file}: {told}", rule.id);
                // In the language of the file, where there is such an exercise.
                if let Some(language) = language {
                    let is_there = fits
                        .iter()
                        .any(|s| readable(language, s.definition.language));
                    assert_eq!(
                        readable(language, begun.definition.language),
                        is_there,
                        "{} in {file}: {told}",
                        rule.id
                    );
                }
            }
        }
        assert!(offered > 100, "{offered} of {} rules", rules.len());
    }

    #[test]
    fn a_rule_in_two_languages_is_practised_in_both() {
        let rule = RuleId::new("command-injection");
        let cwe = [Cwe(78)];
        let told: Vec<String> = offers([
            (&rule, cwe.as_slice(), "a.py".to_owned(), Severity::High),
            (&rule, cwe.as_slice(), "b.py".to_owned(), Severity::High),
            (&rule, cwe.as_slice(), "b.js".to_owned(), Severity::High),
        ])
        .iter()
        .map(|offer| offer.told(str::to_owned))
        .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("python") && told[1].contains("javascript"));
    }

    #[test]
    fn an_offer_names_what_it_needs_to_run() {
        let rule = RuleId::new("command-injection");
        let cwe = [Cwe(78)];
        let told = |file: &str| {
            offers([(&rule, cwe.as_slice(), file.to_owned(), Severity::High)])[0]
                .told(str::to_owned)
        };
        assert!(
            told("b.js").contains("minutes, needs node >="),
            "{}",
            told("b.js")
        );
        assert!(told("a.py").ends_with("minutes)"), "{}", told("a.py"));
    }

    #[test]
    fn a_rule_of_another_tool_is_practised_by_its_weakness() {
        let rule = RuleId::new("B608");
        let of = |cwe: &[Cwe]| offers([(&rule, cwe, "app.py".to_owned(), Severity::High)]).len();
        assert_eq!(of(&[Cwe(89)]), 1);
        assert_eq!(of(&[]), 0);
    }

    #[test]
    fn the_worst_comes_first_then_its_own_language_then_the_easiest() {
        let rules = ["log-injection", "mass-assignment", "command-injection"].map(RuleId::new);
        let [log, mass, command] = &rules;
        let python = || "app.py".to_owned();
        let told: Vec<String> = offers([
            (log, [Cwe(117)].as_slice(), python(), Severity::Medium),
            (
                command,
                [Cwe(78)].as_slice(),
                "Dockerfile".to_owned(),
                Severity::High,
            ),
            (mass, [Cwe(915)].as_slice(), python(), Severity::High),
        ])
        .iter()
        .map(|offer| offer.told(str::to_owned))
        .collect();
        let ids: Vec<&str> = told
            .iter()
            .filter_map(|told| told.split(' ').nth(3))
            .collect();
        assert_eq!(ids[0], "py-mass-assignment", "{told:?}");
        assert_eq!(ids[2], "py-log-lines", "{told:?}");
    }

    #[test]
    fn a_weakness_that_no_exercise_is_about_gets_no_offer_of_another_one() {
        // One rule helps against both; a flag of a cookie is still not the forging of requests.
        let rule = RuleId::new("insecure-cookie");
        let cwe = [Cwe(614), Cwe(1004)];
        let found = offers([(&rule, cwe.as_slice(), "app.py".to_owned(), Severity::Medium)]);
        assert!(found.is_empty(), "{}", found[0].told(str::to_owned));
    }
}
