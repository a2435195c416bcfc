//! What tests share: scenarios, grounds, adapters made of a few lines of Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tempfile::TempDir;
use trueline_bench::adapter::{Adapter, Question, Reply};
use trueline_bench::record::RunDir;
use trueline_bench::run::{Event, Finished, RunOptions, run};
use trueline_bench::task::{Safety, Task, tasks};
use trueline_facts::bench::{BenchReport, Mode};
use trueline_scenarios::{Catalogue, Ground, Scenario};

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/tests/fixtures")
}

pub(crate) fn catalogue() -> Catalogue {
    let catalogue = Catalogue::read(&fixtures()).unwrap();
    assert!(catalogue.broken().is_empty());
    catalogue
}

pub(crate) fn ground() -> Option<Ground> {
    static NAMED: Once = Once::new();
    NAMED.call_once(|| {
        trueline_sandbox::set_launcher(env!("CARGO_BIN_EXE_trueline-bench-launcher"));
    });
    match Ground::isolated() {
        Ok(ground) => Some(ground),
        Err(refused) => {
            let refusal = trueline_sandbox::probe().unwrap_err();
            assert_eq!(refused.to_string(), refusal.to_string());
            eprintln!("NOT TESTED, this machine cannot isolate: {refusal}");
            None
        }
    }
}

/// An assistant that is a script; its adapter's text may have more keys.
pub(crate) struct Script {
    pub(crate) folder: TempDir,
    pub(crate) adapter: Adapter,
}

pub(crate) fn script(body: &str, keys: &str) -> Script {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("assistant.py"), body).unwrap();
    let text = format!(
        "name = \"script\"\nkind = \"command\"\ncommand = [\"python3\", \"-I\", \"{{adapter_dir}}/assistant.py\", \"{{prompt_file}}\"]\n{keys}"
    );
    let adapter = Adapter::parse(&text, &folder.path().join("script.toml")).unwrap();
    Script { folder, adapter }
}

/// The stand-in that comes with the crate, over the fixtures.
pub(crate) fn stand_in(kind: &str) -> Script {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("stand-ins/stand_in.py");
    let text = format!(
        "name = \"{kind}\"\nkind = \"command\"\ndemonstration = true\ncommand = [\"python3\", \"-I\", \"{}\", \"{kind}\", \"{}\", \"{{prompt_file}}\"]\n[usage]\nmodel = \"/model\"\ninput_tokens = \"/input_tokens\"\noutput_tokens = \"/output_tokens\"\n",
        script.display(),
        fixtures().display()
    );
    let adapter = Adapter::parse(&text, &folder.path().join("stand-in.toml")).unwrap();
    Script { folder, adapter }
}

/// One answer, without anything being recorded or judged.
pub(crate) fn ask(adapter: &Adapter, mode: Mode) -> Reply {
    let catalogue = catalogue();
    let scenario = catalogue.get("py-search-http").unwrap();
    let all = tasks(&[scenario], &[mode]);
    let prepared = all[0].prepare(0, 7, Safety::None).unwrap();
    let never = AtomicBool::new(false);
    adapter.ask(Question {
        task: &all[0],
        prepared: &prepared,
        sample: 0,
        timeout: adapter.timeout.min(Duration::from_secs(20)),
        interrupt: &never,
    })
}

/// Runs tasks; `stop` may interrupt when a sample begins.
pub(crate) fn play(
    adapter: &Adapter,
    tasks: &[Task<'_>],
    folder: &RunDir,
    ground: &Ground,
    samples: u32,
    on: &dyn Fn(Event<'_>, &AtomicBool),
) -> Finished {
    play_again(adapter, tasks, folder, ground, samples, false, on)
}

/// The same; `again` asks once more where there was no answer.
pub(crate) fn play_again(
    adapter: &Adapter,
    tasks: &[Task<'_>],
    folder: &RunDir,
    ground: &Ground,
    samples: u32,
    again: bool,
    on: &dyn Fn(Event<'_>, &AtomicBool),
) -> Finished {
    let interrupt = AtomicBool::new(false);
    let options = RunOptions {
        version: "0.0.0",
        samples,
        seed: Some(7),
        safety: Safety::None,
        again,
        jobs: 2,
        ground: Some(ground),
        interrupt: &interrupt,
    };
    run(adapter, tasks, folder, options, &|event| {
        on(event, &interrupt);
    })
    .unwrap()
}

pub(crate) fn all(catalogue: &Catalogue) -> Vec<&Scenario> {
    catalogue.scenarios().iter().collect()
}

/// The report of a run without what a clock measured.
pub(crate) fn report(folder: &RunDir) -> BenchReport {
    let mut report =
        trueline_bench::summary::report(std::slice::from_ref(folder), &catalogue(), "0.0.0")
            .unwrap();
    for assistant in &mut report.assistants {
        assistant.spent.median_s = None;
        assistant.spent.total_s = 0.0;
    }
    report
}
