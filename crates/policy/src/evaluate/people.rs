//! Gates on who took part: agents that vouch for agents, tools that are not named or not listed,
//! purposes and data that are not on the list.

use trueline_facts::change::{FactName, ReviewState, ToolUse};
use trueline_facts::usage::Purpose;

use super::{Case, Judged, at, counted};

pub(super) fn self_approval(case: Case<'_>) -> Judged {
    let change = case.change;
    if !case.knows(FactName::Origins) && change.tools.is_empty() {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let by_agent = change
        .author
        .as_ref()
        .is_some_and(|author| !author.is_human());
    if change.tools.is_empty() && !by_agent {
        return Judged::pass("no agent is known to have had a part in it");
    }
    let easiest = "Let a person who read the change approve and sign it off.";
    let mut reasons = Vec::new();
    for review in &change.reviews {
        if review.state == ReviewState::Approved && !review.by.is_human() {
            let name = review
                .by
                .tool
                .as_ref()
                .map_or("a bot", |tool| tool.as_str());
            reasons.push(case.reason(
                format!("{name} approved a change that an agent had a part in"),
                "approvals are of persons only",
                easiest,
                &[],
            ));
        }
    }
    for commit in &change.commits {
        for (tools, what) in [
            (&commit.approving_agents, "reviewed"),
            (&commit.signing_agents, "signed off"),
        ] {
            for tool in tools {
                reasons.push(case.reason(
                    format!(
                        "commit {}: {tool} {what} an agent's work",
                        commit.id.short()
                    ),
                    "the commit message names persons as those who reviewed and signed it off",
                    easiest,
                    &[],
                ));
            }
        }
    }
    let mut missing = Vec::new();
    if reasons.is_empty() {
        missing.extend((!case.knows(FactName::Reviews)).then_some(FactName::Reviews));
    }
    Judged {
        because: format!(
            "agents vouched {} for work that an agent had a part in",
            counted(reasons.len() as u64, "time")
        ),
        reasons,
        missing,
    }
}

pub(super) fn disclosure(case: Case<'_>) -> Judged {
    if !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let tools = &case.change.tools;
    if tools.is_empty() {
        return Judged::pass("no AI tool is known to have had a part in it");
    }
    let mut hidden: Vec<&ToolUse> = Vec::new();
    let mut unsaid = false;
    for used in tools {
        match used.disclosed {
            Some(true) => {}
            Some(false) => hidden.push(used),
            None => unsaid = true,
        }
    }
    hidden.dedup_by(|a, b| a.tool == b.tool);
    let reasons = hidden
        .into_iter()
        .map(|used| {
            let reason = case.reason(
                format!(
                    "{} had a part in it ({}), and neither commits nor description say so",
                    used.tool,
                    counted(used.lines, "line")
                ),
                format!(
                    "a commit of the change, or its description, names {}",
                    used.tool
                ),
                format!(
                    "Add `Assisted-by: {}` to the last commit message or to the description.",
                    used.tool
                ),
                &[],
            );
            match case
                .change
                .ai_hunks()
                .find(|hunk| hunk.tool.as_ref() == Some(&used.tool))
            {
                Some(hunk) => at(reason, &hunk.path, hunk.start),
                None => reason,
            }
        })
        .collect();
    Judged {
        because: format!(
            "{} had a part in it",
            counted(tools.len() as u64, "AI tool")
        ),
        reasons,
        // What is staged has no message yet: it is asked when it has one.
        missing: unsaid.then_some(FactName::Author).into_iter().collect(),
    }
}

pub(super) fn tools(case: Case<'_>) -> Judged {
    let approved = &case.policy.approved;
    if approved.tools.is_none() && approved.models.is_none() {
        return Judged::pass("the policy lists no tools, so any may be used");
    }
    let used = &case.change.tools;
    if used.is_empty() && !case.knows(FactName::Origins) {
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let mut reasons = Vec::new();
    let mut missing = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for each in used {
        if let Some(listed) = &approved.tools
            && !listed.contains(&each.tool)
            && !told.contains(&each.tool.as_str())
        {
            told.push(each.tool.as_str());
            let listed: Vec<&str> = listed.iter().map(trueline_facts::ToolId::as_str).collect();
            reasons.push(located(
                case,
                each,
                case.reason(
                    format!("{} is not on the list of approved tools", each.tool),
                    format!("`[tools] approved` lists {}, or its lines are gone", each.tool),
                    format!(
                        "Use one of {}; or ask for it: `trueline policy request {} --purpose … --data …` writes a proposal.",
                        listed.join(", "),
                        each.tool
                    ),
                    &[],
                ),
            ));
        }
        let Some(models) = &approved.models else {
            continue;
        };
        match &each.model {
            None => missing.push(FactName::ToolModels),
            Some(model) if is_listed(models, model.as_str()) => {}
            Some(model) => {
                reasons.push(located(
                    case,
                    each,
                    case.reason(
                        format!(
                            "model {model} of {} is not on the list of approved models",
                            each.tool
                        ),
                        format!("`[tools] models` lists {model}"),
                        format!("Choose one of {} in {}.", models.join(", "), each.tool),
                        &[],
                    ),
                ));
            }
        }
    }
    missing.dedup();
    Judged {
        because: format!(
            "{} in use, {} not on the list",
            counted(used.len() as u64, "tool or model"),
            reasons.len()
        ),
        reasons,
        missing,
    }
}

/// Whether a glob of the list fits.
fn is_listed(models: &[String], model: &str) -> bool {
    let globs: Vec<_> = models
        .iter()
        .map(|glob| (glob.clone(), toml_span::Span::new(0, 0)))
        .collect();
    let path = trueline_facts::RepoPath::from(model.trim_matches('/'));
    crate::zone::globs(&globs, "tools.models")
        .is_ok_and(|globs| crate::zone::matches(&globs, &path))
}

fn located(
    case: Case<'_>,
    used: &ToolUse,
    reason: trueline_facts::verdict::Reason,
) -> trueline_facts::verdict::Reason {
    let own = case
        .change
        .ai_hunks()
        .find(|hunk| hunk.tool.as_ref() == Some(&used.tool) && hunk.model == used.model);
    match own {
        Some(hunk) => at(reason, &hunk.path, hunk.start),
        None => reason,
    }
}

pub(super) fn uses(case: Case<'_>) -> Judged {
    let approved = &case.policy.approved;
    if approved.purposes.is_none() && approved.data.is_none() {
        return Judged::pass("the policy lists neither purposes nor data, so any will do");
    }
    let change = case.change;
    if change.tools.is_empty() && change.data.is_empty() {
        if case.knows(FactName::Origins) {
            return Judged::pass("no AI tool is known to have had a part in it");
        }
        return Judged::missing(FactName::Origins, "nobody knows who wrote the lines");
    }
    let mut reasons = Vec::new();
    let mut missing = Vec::new();
    if let Some(listed) = &approved.purposes {
        if case.knows(FactName::Purpose) {
            for purpose in &change.purposes {
                if *purpose == Purpose::Unclear || listed.contains(purpose) {
                    continue;
                }
                let listed: Vec<&str> = listed.iter().map(|p| p.as_str()).collect();
                reasons.push(case.reason(
                    format!(
                        "AI was used for {}, which is not on the list",
                        purpose.as_str()
                    ),
                    format!("`[tools] purposes` lists {}", purpose.as_str()),
                    format!(
                        "AI is welcome here for {}; ask for more with `trueline policy request`.",
                        listed.join(", ")
                    ),
                    &[],
                ));
            }
        } else {
            missing.push(FactName::Purpose);
        }
    }
    if let Some(listed) = &approved.data {
        if case.knows(FactName::DataClasses) {
            for read in change
                .data
                .iter()
                .filter(|read| !listed.contains(&read.class))
            {
                reasons.push(case.reason(
                    format!(
                        "{} read {} data ({})",
                        read.tool,
                        read.class,
                        counted(read.times, "time")
                    ),
                    format!("`[tools] data` lists {}", read.class),
                    format!(
                        "Keep {} files out of the tool's reach: add them to its ignore file.",
                        read.class
                    ),
                    &[],
                ));
            }
        } else {
            missing.push(FactName::DataClasses);
        }
    }
    Judged {
        because: format!("{} not on the list", counted(reasons.len() as u64, "use")),
        reasons,
        missing,
    }
}
