//! `trueline doctor` as people read it.

use trueline_facts::doctor::{
    ContainerEngine, DoctorReport, Layer, LayerState, MissingPart, Runtime, SCHEMA, SandboxReport,
    ToolHooks,
};
use trueline_report::{Style, terminal};

fn report(sandbox: SandboxReport) -> DoctorReport {
    let runtime = |program: &str, found: Option<(&str, &str)>| Runtime {
        program: program.into(),
        version: found.map(|(version, _)| version.into()),
        path: found.map(|(_, path)| path.into()),
    };
    DoctorReport {
        schema: SCHEMA.into(),
        version: "0.1.0".into(),
        system: "linux 6.8.0".into(),
        sandbox,
        engines: vec![
            ContainerEngine {
                program: "docker".into(),
                answers: false,
                why: Some("docker is not installed".into()),
            },
            ContainerEngine {
                program: "podman".into(),
                answers: true,
                why: None,
            },
        ],
        runtimes: vec![
            runtime("python3", Some(("3.12.3", "/usr/bin/python3.12"))),
            runtime("go", None),
        ],
        git: Some("2.47.3".into()),
        hooks: Vec::new(),
    }
}

#[test]
fn agents_whose_hooks_are_off_are_told_with_the_line_to_change() {
    let mut report = report(SandboxReport {
        isolates: true,
        missing: None,
        layers: Vec::new(),
    });
    assert!(!terminal::doctor(&report, &Style::plain()).contains("Hooks of agents"));
    let hooks = |tool: &str, off: &[&str]| ToolHooks {
        tool: tool.into(),
        off: off.iter().map(|off| (*off).into()).collect(),
    };
    report.hooks = vec![
        hooks("codex", &[]),
        hooks(
            "gemini",
            &["gemini runs no hooks here: a.json:3 says `x`; change that to `y`"],
        ),
    ];
    let text = terminal::doctor(&report, &Style::plain());
    let told = "\nHooks of agents:\n  codex     installed\n  gemini runs no hooks here: a.json:3 says `x`; change that to `y`\n";
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_machine_that_isolates_shows_layer_by_layer_how() {
    let layer = |layer: &str, state, by: &str| Layer {
        layer: layer.into(),
        state,
        by: by.into(),
    };
    let text = terminal::doctor(
        &report(SandboxReport {
            isolates: true,
            missing: None,
            layers: vec![
                layer("namespaces", LayerState::Enforced, "user, mount, process"),
                layer("landlock", LayerState::Absent, "not in this kernel"),
                layer("memory", LayerState::Substitute, "added up"),
            ],
        }),
        &Style::plain(),
    );
    insta::assert_snapshot!(text, @"
    Sandbox: can isolate
      namespaces  ok          user, mount, process
      landlock    absent      not in this kernel
      memory      substitute  added up

    Container engines: not needed here
      docker    docker is not installed
      podman    answers

    Runtimes for scenarios:
      python3   3.12.3      /usr/bin/python3.12
      go        not found   scenarios that need it are skipped

    git: 2.47.3
    trueline: 0.1.0 on linux 6.8.0
    ");
}

#[test]
fn a_machine_that_cannot_isolate_says_what_is_missing_first() {
    let text = terminal::doctor(
        &report(SandboxReport {
            isolates: false,
            missing: Some(MissingPart {
                part: "user-namespace".into(),
                why: "no user namespace: Operation not permitted (os error 1)".into(),
                helps: "an administrator can allow them".into(),
            }),
            layers: Vec::new(),
        }),
        &Style::plain(),
    );
    let first: Vec<&str> = text.lines().take(7).collect();
    assert_eq!(
        first,
        [
            "Sandbox: cannot isolate; nothing untrusted is run",
            "  missing: user-namespace (no user namespace: Operation not permitted (os error 1))",
            "  what helps: an administrator can allow them",
            "",
            "Container engines: they check exercises instead, as far as they are here",
            "  docker    docker is not installed",
            "  podman    answers",
        ]
    );
}
