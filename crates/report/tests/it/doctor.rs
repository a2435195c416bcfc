//! `trueline doctor` as people read it.

use trueline_facts::doctor::{
    ContainerEngine, DoctorReport, Layer, LayerState, MissingPart, Runtime, SCHEMA, SandboxReport,
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
    }
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
