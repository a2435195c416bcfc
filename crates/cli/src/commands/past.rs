//! `trueline policy backtest` and `suggest`: the policy over what was merged.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use trueline_facts::RepoPath;
use trueline_report::{diff, html, json, terminal};
use trueline_scan::{BacktestRequest, PastPeriod, SuggestRequest};

use crate::Ended;
use crate::arguments::{BacktestFormat, PolicyBacktest, PolicySuggest, SuggestFormat};
use crate::output;
use crate::progress::Bar;

pub(crate) fn backtest(asked: &PolicyBacktest, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(asked.writing.output.as_deref())?;
    let bar = Bar::new(asked.writing.quiet);
    let request = BacktestRequest {
        path: asked.repository.clone(),
        period: asked
            .range
            .clone()
            .map_or(PastPeriod::Months(asked.since), PastPeriod::Range),
        policy: asked.policy.clone(),
        reading: super::reading(&asked.reading)?,
    };
    let report = trueline_scan::backtest(&request, &bar, interrupt)?;
    bar.finish();
    let file = asked.writing.output.as_deref();
    let text = match asked.format {
        BacktestFormat::Terminal => terminal::backtest(&report, &output::style(file)),
        BacktestFormat::Json => json::to_string(&report),
        BacktestFormat::Html => html::backtest(&report),
    };
    output::write(text.as_bytes(), file)?;
    // An interrupted run has replayed a part of the period.
    Ok(if interrupt.load(Ordering::SeqCst) {
        Ended::Interrupted
    } else {
        Ended::Pass
    })
}

pub(crate) fn suggest(asked: &PolicySuggest, interrupt: &AtomicBool) -> Result<Ended> {
    output::check(asked.writing.output.as_deref())?;
    let bar = Bar::new(asked.writing.quiet);
    let request = SuggestRequest {
        path: asked.repository.clone(),
        period: asked
            .range
            .clone()
            .map_or(PastPeriod::Months(asked.since), PastPeriod::Range),
        names: asked.names,
        reading: super::reading(&asked.reading)?,
    };
    let outcome = trueline_scan::suggest(&request, &bar, interrupt)?;
    bar.finish();
    if interrupt.load(Ordering::SeqCst) {
        // Drawn from a part of the period, the figures would be wrong.
        return Ok(Ended::Interrupted);
    }
    let file = asked.writing.output.as_deref();
    if asked.write {
        if outcome.after != outcome.before {
            output::write(outcome.after.as_bytes(), Some(&outcome.file))?;
        }
        let text = diff::unified(
            &RepoPath::from("trueline.toml"),
            &outcome.before,
            &outcome.after,
        );
        output::write(text.as_bytes(), None)?;
        return Ok(Ended::Pass);
    }
    let text = match asked.format {
        SuggestFormat::Toml => outcome.suggestion.policy.clone(),
        SuggestFormat::Json => json::to_string(&outcome.suggestion),
    };
    output::write(text.as_bytes(), file)?;
    Ok(Ended::Pass)
}
