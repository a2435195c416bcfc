//! `trueline threats`: a threat model from code.

use std::sync::atomic::AtomicBool;

use anyhow::Result;
use trueline_facts::threat::ThreatState;
use trueline_report::{json, terminal, threats};
use trueline_scan::{ThreatsRequest, mermaid, svg, threat_model_library};

use crate::Ended;
use crate::arguments::{Threats, ThreatsFormat};
use crate::commands::Misused;
use crate::output;
use crate::progress::Bar;

pub(crate) fn run(arguments: &Threats, interrupt: &AtomicBool) -> Result<Ended> {
    let file = arguments.writing.output.as_deref();
    output::check(file)?;
    let bar = Bar::new(arguments.writing.quiet);
    let request = ThreatsRequest {
        path: arguments.path.clone(),
        earlier: arguments.compare.clone(),
        today: day(arguments.now.as_deref())?,
        reading: super::reading(&arguments.reading)?,
    };
    let mut model = trueline_scan::threats(&request, &bar, interrupt)?;
    bar.finish();
    let is_part = super::is_part(&mut model.diagnostics, interrupt);
    let text = match arguments.format {
        ThreatsFormat::Terminal => {
            terminal::page(&threats::markdown(&model, None), output::style(file))
        }
        ThreatsFormat::Markdown => threats::markdown(&model, Some(&mermaid(&model))),
        ThreatsFormat::Json => json::to_string(&model),
        ThreatsFormat::Mermaid => mermaid(&model),
        ThreatsFormat::Svg => svg(&model),
        ThreatsFormat::Tml => json::to_string(&threat_model_library(&model)),
    };
    output::write(text.as_bytes(), file)?;
    if is_part {
        return Ok(Ended::Interrupted);
    }
    let failed = arguments.fail_on.is_some_and(|limit| {
        let mut threats = model.threats.iter();
        threats.any(|t| t.state == ThreatState::Open && t.severity >= limit.severity())
    });
    Ok(if failed { Ended::Findings } else { Ended::Pass })
}

/// The day that was given, or today's in UTC.
fn day(given: Option<&str>) -> Result<String> {
    let Some(text) = given else {
        return Ok(jiff::Timestamp::now().strftime("%Y-%m-%d").to_string());
    };
    match text.parse::<jiff::civil::Date>() {
        Ok(date) => Ok(date.to_string()),
        Err(_) => Err(Misused(format!("--now `{text}` is no day; write YYYY-MM-DD")).into()),
    }
}
