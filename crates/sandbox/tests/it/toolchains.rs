//! Languages run in a sandbox as they are installed here, wherever that is.

use trueline_sandbox::{Language, Limits, Network, Spec, Toolchain};

use crate::machine::{probe, run};

fn in_language(language: Language, argv: &[&str]) -> Option<String> {
    let _ = probe(&[]);
    let Some(toolchain) = Toolchain::find(language) else {
        eprintln!("NOT TESTED, {} is not here", language.program());
        return None;
    };
    let limits = Limits {
        mem_mb: 512,
        wall_s: 30,
        cpu_s: 30,
        ..Limits::default()
    };
    let spec = Spec::new(argv.to_vec())
        .toolchain(toolchain)
        .network(Network::Own)
        .limits(limits);
    let outcome = run(&spec)?;
    assert!(outcome.status.success(), "{outcome:?}");
    Some(outcome.stdout.text())
}

fn version(language: Language) -> &'static str {
    Toolchain::find(language).map_or("", Toolchain::version)
}

#[test]
fn python_runs_with_its_libraries() {
    const SCRIPT: &str = "import sys, sqlite3, ssl, http.server, json\n\
                          print('%d.%d.%d' % sys.version_info[:3])";
    let told = in_language(Language::Python, &["python3", "-I", "-c", SCRIPT]);
    if let Some(told) = told {
        assert_eq!(told.trim(), version(Language::Python));
    }
}

#[test]
fn node_runs() {
    let told = in_language(Language::Node, &["node", "-p", "process.versions.node"]);
    if let Some(told) = told {
        assert_eq!(told.trim(), version(Language::Node));
    }
}

#[test]
fn java_runs() {
    if let Some(told) = in_language(Language::Java, &["java", "-Xmx128m", "--version"]) {
        assert!(told.contains(version(Language::Java)), "{told}");
    }
}

#[test]
fn the_folder_of_a_home_is_not_shown_with_a_toolchain_in_it() {
    const LIST: &str = "import os, sys\n\
        top = '/' + sys.base_prefix.split('/')[1]\n\
        try: print(os.listdir(top))\n\
        except OSError as error: print(error.errno)\n";
    let Some(python) = Toolchain::find(Language::Python) else {
        return;
    };
    let told = in_language(Language::Python, &["python3", "-I", "-c", LIST]);
    if let (Some(told), false) = (told, python.program().starts_with("/usr")) {
        assert_eq!(told.trim(), "13", "{told}");
    }
}
