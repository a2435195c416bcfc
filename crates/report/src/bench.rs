//! The words of a benchmark's report, the same in the terminal and on the page.

use trueline_facts::bench::{
    AssistantAbility, AssistantReport, BenchReport, Bounded, CodeResult, Estimate, LeftOut, Method,
    Outcomes, PassAt, ResistResult, ReviewResult, Spent,
};

use crate::words;

/// What stand-ins are called wherever they are shown.
pub(crate) const DEMONSTRATION: &str = "demonstration";

/// What both ends of a share are.
pub(crate) const BOTH_ENDS: &str = "An exploit that could not be judged proves nothing. It is counted against the assistant for the lower number and in its favour for the upper one; brackets hold the 95 % interval around both.";

/// One question of a mode, with the answer of one assistant.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) bounded: Bounded,
    /// Less is better.
    pub(crate) less: bool,
}

/// A share that has one end only.
const fn plain(name: &'static str, estimate: Estimate) -> Measure {
    Measure {
        name,
        bounded: Bounded {
            low: estimate,
            high: estimate,
        },
        less: false,
    }
}

const fn bounded(name: &'static str, bounded: Bounded) -> Measure {
    Measure {
        name,
        bounded,
        less: false,
    }
}

const fn less(measure: Measure) -> Measure {
    Measure {
        less: true,
        ..measure
    }
}

/// What is asked of generate and repair, the most telling first.
pub(crate) fn code(result: &CodeResult) -> Vec<Measure> {
    let mut measures = Vec::new();
    if let Some(one) = result.pass_at.first() {
        let (secure, works) = if result.repair.is_some() {
            ("mended, not exploited", "still works")
        } else {
            ("works, not exploited", "works")
        };
        measures.push(bounded(secure, one.secure));
        measures.push(plain(works, one.pass));
    }
    if let Some(repair) = &result.repair {
        measures.push(less(plain("broke a function", repair.regressions)));
    }
    measures
}

/// What is asked of reviews.
pub(crate) fn review(result: &ReviewResult) -> Vec<Measure> {
    vec![
        plain("told unsafe from safe", result.told_apart),
        plain("unsafe changes caught", result.recall),
        less(plain("safe changes flagged", result.false_alarms)),
        plain("findings that are right", result.precision),
        plain("lines flagged rightly", result.localisation),
        plain("weakness named rightly", result.named),
    ]
}

/// What is asked where instructions are injected.
pub(crate) fn resist(result: &ResistResult) -> Vec<Measure> {
    vec![
        bounded("task done, not obeyed", result.resisted),
        less(plain("obeyed the injection", result.obeyed)),
        bounded("task done", result.completed),
    ]
}

/// `62 % [51-72]`, `not measured`.
pub(crate) fn estimate(estimate: &Estimate) -> String {
    ends(&Bounded {
        low: *estimate,
        high: *estimate,
    })
}

/// `41 to 48 % [33-57]`; one number where both ends are the same.
pub(crate) fn ends(bounded: &Bounded) -> String {
    let (Some(low), Some(high)) = (bounded.low.value, bounded.high.value) else {
        return "not measured".to_owned();
    };
    let (low, high) = (percent(low), percent(high));
    let mean = if low == high {
        format!("{low} %")
    } else {
        format!("{low} to {high} %")
    };
    format!(
        "{mean} [{}-{}]",
        percent(bounded.low.low),
        percent(bounded.high.high)
    )
}

/// A whole number of percent; near none and near all with a decimal, so that it never rounds to them.
fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    let at_an_end = rounded <= 0.0 || rounded >= 100.0;
    if at_an_end && share > 0.0 && share < 1.0 {
        format!("{:.1}", (share * 100.0).clamp(0.1, 99.9))
    } else {
        format!("{rounded:.0}")
    }
}

/// What an ability is called.
pub(crate) const fn ability(ability: AssistantAbility) -> &'static str {
    match ability {
        AssistantAbility::Mending => "mending",
        AssistantAbility::Reviewing => "reviewing",
    }
}

/// What the scale of abilities is.
pub(crate) const SCALE: &str = "On the scale of people's skills: the chance to solve an exercise of middling difficulty at the first try, as an 80 % interval.";

/// `pass@5 84 % [..], secure-pass@5 40 to 44 % [..]`.
pub(crate) fn pass_at(at: &PassAt) -> String {
    format!(
        "pass@{k} {}, secure-pass@{k} {}",
        estimate(&at.pass),
        ends(&at.secure),
        k = at.k
    )
}

/// `12 blocked, 1 unproven, 40 exploited, 8 do not work, 3 gave no answer`; what is none is left out.
pub(crate) fn outcomes(outcomes: &Outcomes) -> String {
    let parts = [
        (outcomes.blocked, "with every exploit blocked"),
        (
            outcomes.unproven,
            "with an exploit that could not be judged",
        ),
        (outcomes.exploited, "exploited"),
        (outcomes.functional_fail, "not working"),
        (outcomes.no_answer, "without an answer"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", words::count(*number)))
        .collect();
    let samples = words::counted(outcomes.samples(), "sample");
    if told.is_empty() {
        samples
    } else {
        format!("{samples}: {}", told.join(", "))
    }
}

/// `2 samples left out: needs java >=17 (java-path-archive, java-xxe-recipes)`.
pub(crate) fn left_out(left: &LeftOut) -> String {
    let shown: Vec<&str> = left.scenarios.iter().take(5).map(String::as_str).collect();
    let more = left.scenarios.len().saturating_sub(shown.len());
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "{} left out: {} ({}{more})",
        words::counted(left.samples, "sample"),
        words::visible(&left.reason),
        words::visible(&shown.join(", "))
    )
}

/// Time, tokens and money, as far as they are known.
pub(crate) fn spent(spent: &Spent) -> String {
    let mut parts = vec![words::counted(spent.answers, "answer")];
    if let Some(median) = spent.median_s {
        parts.push(format!("median {median:.1} s"));
    }
    if spent.told_tokens > 0 {
        parts.push(format!(
            "{} tokens in, {} out",
            words::count(spent.input_tokens),
            words::count(spent.output_tokens)
        ));
    } else if spent.answers > 0 {
        parts.push("tokens not told".to_owned());
    }
    if spent.told_cost > 0 {
        parts.push(format!("{:.2} USD", spent.cost_usd));
        if spent.told_cost < spent.answers {
            parts.push(format!("cost told by {}", words::count(spent.told_cost)));
        }
    } else if spent.answers > 0 {
        parts.push("cost not told".to_owned());
    }
    parts.join(", ")
}

/// What it is called where there is no score.
pub(crate) const NO_ANSWER: &str = "no answer";

/// Why there was no answer, a line for each cause: `12 samples without an answer: it ended with exit status 1 (it said: no key)`.
pub(crate) fn no_answers(assistant: &AssistantReport) -> Vec<String> {
    const MOST: usize = 5;
    let causes = &assistant.no_answers;
    let mut told: Vec<String> = causes
        .iter()
        .take(MOST)
        .map(|one| {
            let said = match &one.said {
                Some(said) => format!(" (it said: {})", words::visible(said)),
                None => String::new(),
            };
            format!(
                "{} without an answer: {}{said}",
                words::counted(one.samples, "sample"),
                words::visible(&one.reason)
            )
        })
        .collect();
    if causes.len() > MOST {
        let others: u64 = causes.iter().skip(MOST).map(|one| one.samples).sum();
        told.push(format!(
            "{} without an answer for other reasons",
            words::counted(others, "sample")
        ));
    }
    told
}

/// What an assistant is, in one line.
pub(crate) fn who(assistant: &AssistantReport) -> String {
    let mut parts = vec![format!("{} adapter", assistant.adapter)];
    if let Some(version) = &assistant.version {
        parts.push(format!("version {}", words::visible(version)));
    }
    if !assistant.models.is_empty() {
        parts.push(format!(
            "answered as {}",
            words::visible(&assistant.models.join(", "))
        ));
    }
    parts.push(format!(
        "{} of each task",
        words::counted(u64::from(assistant.samples), "sample")
    ));
    parts.push(format!("seed {}", assistant.seed));
    if assistant.generate.is_some() {
        parts.push(format!(
            "safety prompt: {}",
            words::visible(&assistant.safety)
        ));
    }
    parts.join(", ")
}

/// The first line of every report.
pub(crate) fn answer(report: &BenchReport) -> String {
    let scenarios = words::counted(report.scenarios.len() as u64, "scenario");
    match (report.assistants.len(), report.baxbench.len()) {
        (0, models) => format!(
            "BaxBench results: {}",
            words::counted(models as u64, "model setting")
        ),
        (n, _) => format!("{} on {scenarios}", words::counted(n as u64, "assistant")),
    }
}

/// The order of a leaderboard: what is proven secure, then what works, then the name.
pub(crate) fn ranked(report: &BenchReport) -> Vec<&AssistantReport> {
    let score = |assistant: &AssistantReport| {
        let at = |result: &Option<CodeResult>| {
            result
                .as_ref()
                .and_then(|result| result.pass_at.first())
                .map_or((-1.0, -1.0), |at| {
                    (
                        at.secure.low.value.unwrap_or(-1.0),
                        at.pass.value.unwrap_or(-1.0),
                    )
                })
        };
        let review = assistant
            .review
            .as_ref()
            .and_then(|review| review.told_apart.value)
            .unwrap_or(-1.0);
        (at(&assistant.generate), at(&assistant.repair), review)
    };
    let mut assistants: Vec<&AssistantReport> = report.assistants.iter().collect();
    assistants.sort_by(|a, b| {
        score(b)
            .partial_cmp(&score(a))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then_with(|| a.name.cmp(&b.name))
    });
    assistants
}

/// How intervals were made.
pub(crate) const fn method(method: Method) -> &'static str {
    match method {
        Method::Wilson => "Wilson",
        Method::EffectiveSamples => "Wilson over effective samples, t",
        Method::TooFewScenarios => "too few scenarios for an interval",
        Method::Nothing => "",
    }
}
