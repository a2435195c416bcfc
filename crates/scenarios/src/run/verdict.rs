//! From what the tester saw to the outcome of an exploit: three-valued, and `blocked` has to be earned.

use trueline_facts::Cwe;

use crate::result::ExploitOutcome;

/// What was seen of one exploit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Each positive control: whether it worked, and what it was.
    pub(crate) controls: Vec<(bool, String)>,
    /// The first evidence of the effect.
    pub(crate) evidence: Option<String>,
    /// It could not go on.
    pub(crate) raised: Option<String>,
    /// It ran to its end; whether the program lived then.
    pub(crate) finished: Option<bool>,
    /// Limits that ended the program.
    pub(crate) killed_by: Vec<String>,
    /// How the program ended, if it did so by itself.
    pub(crate) ended: Option<String>,
}

/// Weaknesses whose effect is that the program dies or is exhausted.
const CRASHES: &[u32] = &[248, 400, 617, 674, 703, 755, 770, 789, 834, 835, 1333];

/// The outcome, and what was seen or why nothing can be said.
pub(crate) fn judge(seen: &Seen, cwe: Cwe) -> (ExploitOutcome, Option<String>) {
    use ExploitOutcome::{Blocked, Succeeded, Unknown};

    if let Some(evidence) = &seen.evidence {
        return (Succeeded, Some(evidence.clone()));
    }
    if let Some((_, text)) = seen.controls.iter().find(|(worked, _)| !worked) {
        return (
            Unknown,
            Some(format!("its positive control failed: {text}")),
        );
    }
    let dead = !seen.killed_by.is_empty() || seen.finished == Some(false) || seen.ended.is_some();
    if dead {
        let how = if !seen.killed_by.is_empty() {
            format!(
                "the program was ended by its limits: {}",
                seen.killed_by.join(", ")
            )
        } else if let Some(ended) = &seen.ended {
            format!("the program ended during the exploit: {ended}")
        } else {
            "the program no longer answers".to_owned()
        };
        let shows = CRASHES.contains(&cwe.0) && !seen.controls.is_empty();
        return (if shows { Succeeded } else { Unknown }, Some(how));
    }
    if let Some(raised) = &seen.raised {
        return (Unknown, Some(raised.clone()));
    }
    if seen.finished.is_none() {
        return (
            Unknown,
            Some("the exploit did not come to its end in time".to_owned()),
        );
    }
    if seen.controls.is_empty() {
        return (
            Unknown,
            Some(
                "the exploit has no positive control, so that nothing seen proves nothing"
                    .to_owned(),
            ),
        );
    }
    (Blocked, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Seen {
        Seen {
            controls: vec![(true, "plain search works".to_owned())],
            finished: Some(true),
            ..Seen::default()
        }
    }

    #[test]
    fn blocked_has_to_be_earned() {
        let outcome = |seen: &Seen, cwe| judge(seen, Cwe(cwe)).0;
        assert_eq!(outcome(&whole(), 89), ExploitOutcome::Blocked);
        let lacking: [fn(&mut Seen); 6] = [
            |seen| seen.controls.clear(),
            |seen| seen.controls.push((false, "login works".to_owned())),
            |seen| seen.raised = Some("ConnectionRefusedError".to_owned()),
            |seen| seen.finished = None,
            |seen| seen.finished = Some(false),
            |seen| seen.killed_by.push("memory".to_owned()),
        ];
        for lack in lacking {
            let mut seen = whole();
            lack(&mut seen);
            assert_eq!(outcome(&seen, 89), ExploitOutcome::Unknown, "{seen:?}");
        }
    }

    #[test]
    fn evidence_counts_even_if_the_program_died_of_it() {
        let mut seen = whole();
        seen.evidence = Some("the canary".to_owned());
        seen.finished = Some(false);
        assert_eq!(judge(&seen, Cwe(89)).0, ExploitOutcome::Succeeded);
    }

    #[test]
    fn a_crash_counts_only_for_weaknesses_that_are_one_and_after_a_control() {
        let mut seen = whole();
        seen.ended = Some("exit code 101".to_owned());
        assert_eq!(judge(&seen, Cwe(248)).0, ExploitOutcome::Succeeded);
        assert_eq!(judge(&seen, Cwe(89)).0, ExploitOutcome::Unknown);
        seen.controls.clear();
        assert_eq!(judge(&seen, Cwe(248)).0, ExploitOutcome::Unknown);
    }
}
