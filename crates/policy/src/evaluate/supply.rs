//! Gates on what comes from outside: dependencies and model files.

use trueline_facts::artifact::Verdict as ModelVerdict;
use trueline_facts::change::{AddedDependency, FactName};
use trueline_facts::verdict::Reason;

use super::{Case, Judged, at, counted};

/// Dependencies in scope, or why they are not known.
fn added(case: Case<'_>) -> Result<Vec<&AddedDependency>, Judged> {
    if !case.knows(FactName::Dependencies) {
        return Err(Judged::missing(
            FactName::Dependencies,
            "nobody knows which dependencies were added",
        ));
    }
    let in_scope = |added: &&AddedDependency| {
        case.scope()
            .takes(added.origin, &case.policy.zones.ids(&added.path))
    };
    Ok(case.change.dependencies.iter().filter(in_scope).collect())
}

fn of(case: Case<'_>, added: &AddedDependency, reason: Reason) -> Reason {
    let zones = case.policy.zones.ids(&added.path);
    Reason {
        purl: Some(added.purl.clone()),
        ask: case.ask(&zones),
        zones,
        ..at(reason, &added.path, added.line)
    }
}

pub(super) fn exist(case: Case<'_>) -> Judged {
    let added = match added(case) {
        Ok(added) => added,
        Err(judged) => return judged,
    };
    let mut reasons = Vec::new();
    let mut unasked = 0;
    for each in &added {
        match each.exists {
            Some(true) => {}
            None => unasked += 1,
            Some(false) => {
                let reason = case.reason(
                    format!("{} does not exist in its registry", each.purl),
                    "the manifest names a package that exists",
                    "Look the package up by what it should do: the name was most probably made up.",
                    &[],
                );
                reasons.push(of(case, each, reason));
            }
        }
    }
    Judged {
        because: format!("{}, {unasked} not looked up", dependencies(added.len())),
        missing: (unasked > 0 && reasons.is_empty())
            .then_some(FactName::DependencyExistence)
            .into_iter()
            .collect(),
        reasons,
    }
}

pub(super) fn vulnerable(case: Case<'_>) -> Judged {
    let added = match added(case) {
        Ok(added) => added,
        Err(judged) => return judged,
    };
    let mut reasons = Vec::new();
    let mut unasked = 0;
    for each in &added {
        match &each.vulnerabilities {
            None => unasked += 1,
            Some(known) if known.is_empty() => {}
            Some(known) => {
                let what = [
                    each.purl.as_str(),
                    each.version.as_ref().unwrap_or(&each.requirement),
                ]
                .join(" ");
                let what = what.trim_end();
                let ids = known.join(", ");
                // OpenSSF's reports of malicious packages: no version of an attack is mended.
                let reason = if known.iter().any(|id| id.starts_with("MAL-")) {
                    case.reason(
                        format!("{what} is reported as malicious: {ids}"),
                        "the package is gone from the manifest and the lock file",
                        "Remove it; a machine that installed it is to be treated as compromised, and its credentials replaced.",
                        &[],
                    )
                } else {
                    case.reason(
                        format!("{what} has known vulnerabilities: {ids}"),
                        "a version without them, or none",
                        "Take the first version in which they are mended.",
                        &[],
                    )
                };
                reasons.push(of(case, each, reason));
            }
        }
    }
    // A changed requirement or lock file of which nothing is told is no dependency of the list, but it is not sound.
    let unknown = unasked > 0 || !case.knows(FactName::DependencyVulnerabilities);
    Judged {
        because: format!("{}, {unasked} not looked up", dependencies(added.len())),
        missing: (unknown && reasons.is_empty())
            .then_some(FactName::DependencyVulnerabilities)
            .into_iter()
            .collect(),
        reasons,
    }
}

fn dependencies(count: usize) -> String {
    match count {
        1 => "1 added dependency".to_owned(),
        _ => format!("{count} added dependencies"),
    }
}

pub(super) fn models(case: Case<'_>, from: ModelVerdict) -> Judged {
    let mut reasons = Vec::new();
    let mut unread = !case.knows(FactName::Models);
    for model in &case.change.models {
        let zones = case.policy.zones.ids(&model.path);
        if !case.scope().takes_zones(&zones) {
            continue;
        }
        match model.verdict {
            None => unread = true,
            Some(verdict) if verdict >= from => {
                let reason = case.reason(
                    format!("{} is {verdict}: {}", model.path.display(), model.reason),
                    format!("the file is gone, or read as less than {from}"),
                    "Ask its author for the weights as safetensors, which cannot run code.",
                    &zones,
                );
                reasons.push(at(reason, &model.path, 0));
            }
            Some(_) => {}
        }
    }
    Judged {
        because: format!(
            "{}, {} {from} or worse",
            counted(case.change.models.len() as u64, "model file"),
            reasons.len()
        ),
        missing: (unread && reasons.is_empty())
            .then_some(FactName::Models)
            .into_iter()
            .collect(),
        reasons,
    }
}
