//! `trueline bench`: assistants as subjects.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use anyhow::Result;
use trueline_bench::BenchError;
use trueline_bench::adapter::{Adapter, AdapterKind, OpenAi};
use trueline_bench::baxbench::{self, DEFAULT_KS};
use trueline_bench::record::RunDir;
use trueline_bench::run::{Event, Finished, RunOptions, run as run_tasks};
use trueline_bench::summary;
use trueline_bench::task::{Task, tasks};
use trueline_facts::bench::{AssistantReport, BenchReport, Mode};
use trueline_report::counted;
use trueline_scenarios::{Catalogue, Ground, Scenario};

use crate::Ended;
use crate::arguments::{Bench, BenchAction, BenchFormat, BenchRun, BenchWriting};
use crate::output;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(arguments: &Bench, offline: bool, interrupt: &AtomicBool) -> Result<Ended> {
    let catalogue = match &arguments.scenarios {
        Some(folder) => Catalogue::read(folder)?,
        None => Catalogue::builtin(),
    };
    for error in catalogue.broken() {
        tell(&error.to_string());
    }
    match &arguments.action {
        BenchAction::Run(asked) => ask(asked, &catalogue, offline, interrupt),
        BenchAction::Report { runs, writing } => {
            output::check(writing.output.as_deref())?;
            let runs: Vec<RunDir> = runs.iter().map(|folder| RunDir::new(folder)).collect();
            let report = summary::report(&runs, &catalogue, VERSION)?;
            write(&report, writing)
        }
        BenchAction::Import {
            results,
            ks,
            writing,
        } => {
            output::check(writing.output.as_deref())?;
            let ks: &[u32] = if ks.is_empty() { &DEFAULT_KS } else { ks };
            let (models, diagnostics) = baxbench::import(results, ks)?;
            write(&summary::imported(models, diagnostics, VERSION), writing)
        }
        BenchAction::Export { baxbench, run } => export(run, baxbench, &catalogue),
    }
}

fn write(report: &BenchReport, writing: &BenchWriting) -> Result<Ended> {
    let file = writing.output.as_deref();
    let text = match writing.format {
        BenchFormat::Json => trueline_report::json::to_string(report),
        BenchFormat::Html => trueline_report::html::bench(report),
        BenchFormat::Terminal => trueline_report::terminal::bench(report, output::style(file)),
    };
    output::write(text.as_bytes(), file)?;
    Ok(Ended::Pass)
}

fn ask(
    asked: &BenchRun,
    catalogue: &Catalogue,
    offline: bool,
    interrupt: &AtomicBool,
) -> Result<Ended> {
    let adapter = Adapter::read(&asked.adapter)?;
    let scenarios: Vec<&Scenario> = if asked.ids.is_empty() {
        catalogue.scenarios().iter().collect()
    } else {
        asked
            .ids
            .iter()
            .map(|id| catalogue.get(id))
            .collect::<Result<_, _>>()?
    };
    let modes: Vec<Mode> = if asked.modes.is_empty() {
        Mode::ALL.to_vec()
    } else {
        asked.modes.iter().map(|mode| (*mode).into()).collect()
    };
    let tasks = tasks(&scenarios, &modes);
    if tasks.is_empty() {
        return Err(
            BenchError::Cannot("these scenarios have no task in these modes".to_owned()).into(),
        );
    }
    if let AdapterKind::OpenAi(openai) = &adapter.kind {
        if offline {
            return Err(BenchError::Cannot(format!(
                "--offline: {} asks {}; use a command or replay adapter",
                asked.adapter.display(),
                openai.address()
            ))
            .into());
        }
        adapter.ready()?;
        tell(&leaving(openai, &tasks, asked.samples));
    }
    let folder = RunDir::new(&asked.out.clone().unwrap_or_else(|| {
        let stem = asked.adapter.file_stem().unwrap_or_default();
        PathBuf::from("bench").join(stem)
    }));
    let ground = tasks
        .iter()
        .any(|task| task.mode != Mode::Review)
        .then(Ground::isolated)
        .transpose()?;
    let options = RunOptions {
        version: VERSION,
        samples: asked.samples,
        seed: asked.seed,
        safety: asked.safety.into(),
        again: asked.again,
        jobs: asked
            .jobs
            .unwrap_or_else(|| available_parallelism().map_or(1, usize::from)),
        ground: ground.as_ref(),
        interrupt,
    };
    let live = !asked.quiet && std::io::stderr().is_terminal();
    let finished = run_tasks(&adapter, &tasks, &folder, options, &|event| match event {
        Event::Begin(key, sample, done, total) => {
            if live {
                let _ = write!(
                    std::io::stderr(),
                    "\r\u{1b}[K{done}/{total} {key} sample {sample}"
                );
            }
        }
        Event::SetAside(key, why, aside) => tell(&format!(
            "{key}: {why}; put aside as {} and made anew",
            aside.display()
        )),
    });
    if live {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
    match finished? {
        Finished::Interrupted => {
            tell(&format!(
                "stopped; the same command goes on in {}",
                folder.path().display()
            ));
            return Ok(Ended::Interrupted);
        }
        Finished::CostLimit => tell(&format!(
            "stopped: answers have cost max_cost_usd of {}; raise it there to go on",
            asked.adapter.display()
        )),
        Finished::Silent => tell("stopped: question after question, and not one answer"),
        Finished::Whole => {}
    }
    let report = summary::report(std::slice::from_ref(&folder), catalogue, VERSION)?;
    let text = trueline_report::terminal::bench(&report, output::style(None));
    output::write(text.as_bytes(), None)?;
    let silent: Vec<&AssistantReport> = report.assistants.iter().filter(|a| a.silent).collect();
    for assistant in &silent {
        tell(&silence(assistant));
    }
    Ok(if silent.is_empty() {
        Ended::Pass
    } else {
        Ended::Partly
    })
}

/// Why there is no score, and what to do.
fn silence(assistant: &AssistantReport) -> String {
    let causes = assistant.no_answers.iter().take(3).map(|one| {
        let times = match one.samples {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        let said = match &one.said {
            Some(said) => format!(", it said: {}", trueline_report::visible(said)),
            None => String::new(),
        };
        format!("{} ({times}{said})", trueline_report::visible(&one.reason))
    });
    let causes: Vec<String> = causes.collect();
    format!(
        "{} gave not one answer: {}. Nothing was measured; mend it, and the same command asks again",
        trueline_report::visible(&assistant.name),
        causes.join("; ")
    )
}

/// What leaves the machine, before it does.
fn leaving(openai: &OpenAi, tasks: &[Task<'_>], samples: u32) -> String {
    let prompts: usize = tasks
        .iter()
        .filter_map(|task| {
            let prepared = task
                .prepare(0, 0, trueline_bench::task::Safety::None)
                .ok()?;
            Some(prepared.inline(task.mode).len())
        })
        .sum();
    let key = match openai.key_variable() {
        Some(name) => format!("the key in ${name}"),
        None => "no key".to_owned(),
    };
    format!(
        "this leaves the machine: {} to {} for model {}, with {key}. They hold the exercises' texts and files, about {} kB \
         for each sample, and nothing of yours.",
        counted(tasks.len() as u64 * u64::from(samples), "request"),
        openai.address(),
        openai.model(),
        prompts / 1000
    )
}

fn export(run: &Path, to: &Path, catalogue: &Catalogue) -> Result<Ended> {
    let exported = baxbench::export(&RunDir::new(run), catalogue, to)?;
    let mut lines = vec![format!(
        "{}: {} of `generate` as BaxBench results",
        to.display(),
        counted(exported.samples, "sample")
    )];
    if !exported.inexpressible.is_empty() {
        lines.push(format!(
            "left out: {} with weaknesses that are none of BaxBench's fourteen, nor a kind of one:",
            counted(exported.inexpressible.len() as u64, "scenario")
        ));
        let one = |(id, cwe): (&String, &String)| format!("  {id} ({cwe})");
        lines.extend(exported.inexpressible.iter().map(one));
    }
    if exported.not_judged > 0 {
        lines.push(format!(
            "left out: {} that were not judged",
            counted(exported.not_judged, "sample")
        ));
    }
    if exported.temperature_unknown {
        lines.push("the temperature is not known: folders say temp0.0".to_owned());
    }
    let text = lines.join("\n") + "\n";
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

/// Says on standard error what is beside the point, or must be known first.
fn tell(text: &str) {
    output::complain(text);
}
