//! Missing controls: what an application as a whole does not do against abuse.
//!
//! Takes the surfaces of all files, puts them together by application, and asks each question once:
//! a finding names the application and the routes concerned. Where no application object is in sight,
//! nothing is said about what is absent, and a note says so.

mod authentication;
mod files;
mod group;
mod public;
mod whole;

use std::collections::BTreeMap;

use trueline_facts::{Confidence, Diagnostic, Finding, Fix, Level, RepoPath, Severity, Step, Tier};
use trueline_syntax::language_of;

use self::group::{Group, groups};
use crate::report::fingerprint;
use crate::rules::{self, Rule, RuleError};
use crate::surface::{Place, Route, Surface};

/// A control file with its text.
macro_rules! control {
    ($name:literal) => {
        (
            concat!("controls/", $name),
            include_str!(concat!("../../../../rules/controls/", $name)),
        )
    };
}

/// Files of the rules that ask for a control: name and text.
pub const CONTROL_FILES: &[(&str, &str)] = &[
    control!("fail-open.toml"),
    control!("missing-authentication.toml"),
    control!("missing-csrf-protection.toml"),
    control!("missing-rate-limit.toml"),
    control!("missing-security-headers.toml"),
    control!("missing-size-limit.toml"),
    control!("permissive-cors.toml"),
];

/// Routes that a finding lists.
const MAX_ROUTES: usize = 12;

/// Reads the rules.
pub(crate) fn rules() -> Result<Vec<Rule>, RuleError> {
    CONTROL_FILES
        .iter()
        .map(|(name, text)| rules::read_rule(name, text).map(|file| Rule::from(&file)))
        .collect()
}

/// What is missing, before it becomes a finding.
#[derive(Debug)]
struct Missing<'s> {
    rule: &'static str,
    certain: bool,
    message: String,
    place: &'s Place,
    routes: Vec<&'s Route>,
}

/// Findings about controls, in order of place, and notes about what could not be judged. `paths` are
/// all files that belong to the scan, also those without a surface.
pub(crate) fn findings(
    rules: &[Rule],
    surfaces: &[&Surface],
    paths: &[RepoPath],
) -> (Vec<Finding>, Vec<Diagnostic>) {
    let rule_of: BTreeMap<&str, &Rule> = rules.iter().map(|r| (r.id.as_str(), r)).collect();
    let mut missing = Vec::new();
    let (groups, homeless) = groups(surfaces, paths);
    for group in &groups {
        missing.extend(group_findings(group));
    }
    missing.extend(files::forgotten_files(surfaces));
    for weak in surfaces.iter().flat_map(|s| &s.weak_settings) {
        let Some(rule) = rule_of.get(weak.rule.as_str()) else {
            continue;
        };
        missing.push(Missing {
            rule: static_id(rule),
            certain: weak.certain,
            message: weak.message.clone(),
            place: &weak.place,
            routes: Vec::new(),
        });
    }
    missing.sort_by(|a, b| (&a.place.location, a.rule).cmp(&(&b.place.location, b.rule)));
    // Applications that share a file share what is wrong in it.
    missing.dedup_by(|b, a| a.rule == b.rule && a.place.location == b.place.location);
    let mut seen: BTreeMap<(String, &str, String, String), u32> = BTreeMap::new();
    let findings = missing
        .into_iter()
        .filter_map(|m| {
            let rule = rule_of.get(m.rule)?;
            let path = &m.place.location.path;
            let key = (
                path.display().into_owned(),
                m.rule,
                m.place.symbol.clone(),
                m.place.tokens.clone(),
            );
            let occurrence = seen.entry(key).or_default();
            let finding = finding(rule, m, *occurrence);
            *occurrence += 1;
            Some(finding)
        })
        .collect();
    let diagnostics = homeless
        .map(|(path, routes)| {
            Diagnostic::new(
                Level::Note,
                "application-not-found",
                format!(
                    "{routes} routes belong to no application object that is in sight: whether their application sends security headers, limits attempts or checks who asks is not judged"
                ),
            )
            .at(path)
        })
        .into_iter()
        .collect();
    (findings, diagnostics)
}

fn static_id(rule: &Rule) -> &'static str {
    CONTROL_FILES
        .iter()
        .map(|(name, _)| {
            name.trim_start_matches("controls/")
                .trim_end_matches(".toml")
        })
        .find(|id| *id == rule.id.as_str())
        .unwrap_or("")
}

fn group_findings<'s>(group: &Group<'s>) -> Vec<Missing<'s>> {
    let mut found = Vec::new();
    found.extend(whole::security_headers(group));
    found.extend(whole::csrf_protection(group));
    found.extend(whole::rate_limit(group));
    found.extend(whole::size_limit(group));
    found.extend(authentication::sibling_routes(group));
    found
}

fn finding(rule: &Rule, missing: Missing<'_>, occurrence: u32) -> Finding {
    let Missing {
        certain,
        message,
        place,
        routes,
        ..
    } = missing;
    let tier = if certain { rule.tier } else { Tier::All };
    Finding {
        rule: rule.id.clone(),
        engine: "trueline".to_owned(),
        cwe: rule.cwe.clone(),
        severity: if certain {
            rule.severity
        } else {
            Severity::Low.min(rule.severity)
        },
        confidence: if certain {
            rule.confidence
        } else {
            Confidence::Low
        },
        tier,
        message,
        location: place.location.clone(),
        symbol: place.symbol.clone(),
        trace: routes
            .iter()
            .take(MAX_ROUTES)
            .map(|route| Step {
                location: route.place.location.clone(),
                message: format!("route {}", name_of(route)),
            })
            .collect(),
        fix: Some(Fix {
            description: match language_of(place.location.path.as_bytes()) {
                Some(language) => rule.advice.in_language(language).to_owned(),
                None => rule.fix.clone(),
            },
            patch: None,
        }),
        fingerprint: fingerprint(
            rule.id.as_str(),
            &place.location.path,
            &place.symbol,
            &place.tokens,
            occurrence,
        ),
        origin: None,
        suppression: None,
        reported: None,
    }
}

/// `POST /login`.
fn name_of(route: &Route) -> String {
    if route.methods.is_empty() {
        route.path.clone()
    } else {
        format!("{} {}", route.methods.join("/"), route.path)
    }
}

/// `POST /login, POST /reset and 3 more`.
fn list(routes: &[&Route]) -> String {
    let shown: Vec<String> = routes
        .iter()
        .take(3)
        .map(|r| format!("`{}`", name_of(r).replace('`', "'")))
        .collect();
    match routes.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
