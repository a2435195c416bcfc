//! `trueline doctor`: what this machine has.

use std::process::Command;

use anyhow::Result;
use trueline_capture::{Place, install};
use trueline_facts::doctor::{
    ContainerEngine, DoctorReport, Layer, LayerState, MissingPart, Runtime, SCHEMA, SandboxReport,
    ToolHooks,
};
use trueline_report::{json, terminal};
use trueline_sandbox::{Isolation, Language, MemoryLimiter, PidsLimiter, Toolchain};

use crate::Ended;
use crate::arguments::{Doctor, ListFormat};
use crate::output;

pub(crate) fn run(arguments: &Doctor) -> Result<Ended> {
    let report = examine();
    let text = match arguments.format {
        ListFormat::Json => json::to_string(&report),
        ListFormat::Terminal => terminal::doctor(&report, &output::style(None)),
    };
    output::write(text.as_bytes(), None)?;
    Ok(Ended::Pass)
}

fn examine() -> DoctorReport {
    let probed = trueline_sandbox::probe();
    let kernel = probed
        .as_ref()
        .map_or("", |isolation| isolation.kernel.as_str());
    DoctorReport {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: format!("{} {kernel}", std::env::consts::OS)
            .trim_end()
            .to_owned(),
        engines: engines(),
        runtimes: Language::ALL.map(runtime).into(),
        git: git(),
        hooks: hooks(),
        sandbox: match probed {
            Ok(isolation) => SandboxReport {
                isolates: true,
                missing: None,
                layers: layers(&isolation),
            },
            Err(refusal) => SandboxReport {
                isolates: false,
                missing: Some(MissingPart {
                    part: refusal.part.name().to_owned(),
                    helps: refusal.part.help().to_owned(),
                    why: refusal.why,
                }),
                layers: Vec::new(),
            },
        },
    }
}

/// Agents that have our hooks, and what keeps them from running any.
fn hooks() -> Vec<ToolHooks> {
    let place = std::env::current_dir()
        .ok()
        .and_then(|here| Place::around(&here));
    let (root, home) = (
        place.as_ref().map(|place| place.work_tree.as_path()),
        std::env::home_dir(),
    );
    install::hooked(root, home.as_deref())
        .into_iter()
        .map(|tool| ToolHooks {
            tool: tool.name().to_owned(),
            off: install::hooks_off(&[tool], root, home.as_deref())
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
        .collect()
}

#[cfg(unix)]
fn engines() -> Vec<ContainerEngine> {
    use trueline_scenarios::Engine;

    let engine = |engine: Engine| {
        let why = engine.answers().err();
        ContainerEngine {
            program: engine.program().to_owned(),
            answers: why.is_none(),
            why,
        }
    };
    Engine::ALL.map(engine).into()
}

/// None is used elsewhere.
#[cfg(not(unix))]
const fn engines() -> Vec<ContainerEngine> {
    Vec::new()
}

fn runtime(language: Language) -> Runtime {
    let found = Toolchain::find(language);
    Runtime {
        program: language.program().to_owned(),
        version: found.map(|toolchain| toolchain.version().to_owned()),
        path: found.map(|toolchain| toolchain.program().display().to_string()),
    }
}

fn git() -> Option<String> {
    let output = Command::new("git").arg("--version").output().ok()?;
    let told = String::from_utf8(output.stdout).ok()?;
    Some(told.trim().trim_start_matches("git version ").to_owned())
}

fn layers(isolation: &Isolation) -> Vec<Layer> {
    let enforced = LayerState::Enforced;
    let layer = |layer: &str, state, by: String| Layer {
        layer: layer.to_owned(),
        state,
        by,
    };
    let user = match isolation.dropped_to {
        Some(_) => "one of its own; root is given up for good".to_owned(),
        None => "your own, which is not root".to_owned(),
    };
    let namespaces = "user, mount, process, network, IPC, host name, control group";
    let memory = match isolation.memory {
        MemoryLimiter::CgroupV2 => (enforced, "control group, version 2"),
        MemoryLimiter::CgroupV1 => (enforced, "control group, version 1"),
        MemoryLimiter::Watch => (
            LayerState::Substitute,
            "no control group is ours: added up 100 times a second, and bounded address spaces",
        ),
    };
    let processes = match isolation.pids {
        PidsLimiter::CgroupV2 => (enforced, "control group, version 2"),
        PidsLimiter::CgroupV1 => (enforced, "control group, version 1"),
        PidsLimiter::Rlimit => (
            LayerState::Substitute,
            "the kernel's limit per user, counted in the sandbox's own namespace",
        ),
    };
    let landlock = match isolation.landlock {
        Some(version) => (enforced, format!("version {version}")),
        None => (
            LayerState::Absent,
            "not in this kernel; the layers above hold without it".to_owned(),
        ),
    };
    let process_list = if isolation.procfs {
        (enforced, "its own processes, nothing of the machine")
    } else {
        (LayerState::Absent, "no /proc inside")
    };
    vec![
        layer("unprivileged user", enforced, user),
        layer("namespaces", enforced, namespaces.to_owned()),
        layer(
            "root file system",
            enforced,
            "its own, read-only; scratch in memory".to_owned(),
        ),
        layer("process list", process_list.0, process_list.1.to_owned()),
        layer(
            "capabilities",
            enforced,
            "none, and none to be had".to_owned(),
        ),
        layer(
            "system calls",
            enforced,
            "filtered; foreign architectures refused".to_owned(),
        ),
        layer("landlock", landlock.0, landlock.1),
        layer("memory", memory.0, memory.1.to_owned()),
        layer("processes", processes.0, processes.1.to_owned()),
    ]
}
