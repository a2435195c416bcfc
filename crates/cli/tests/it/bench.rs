//! `trueline bench` as a process: killed in the middle, gone on with, reported, imported, exported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The stand-in, slowed down; each call is a line of a log.
    fn adapter(&self, kind: &str) {
        let text = format!(
            "name = \"{kind}\"\nkind = \"command\"\ndemonstration = true\ncommand = [\"python3\", \"-I\", \"{{adapter_dir}}/slow.py\", \"{kind}\", \"{}\", \"{{prompt_file}}\"]\n[usage]\nmodel = \"/model\"\n",
            fixtures().display()
        );
        fs::write(self.path(&format!("{kind}.toml")), text).unwrap();
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/stand-ins/stand_in.py");
        let slow = format!(
            "import time\nopen({:?}, 'a').write('asked\\n')\ntime.sleep(0.2)\n{}",
            self.path("asked.log").display().to_string(),
            fs::read_to_string(stand_in).unwrap()
        );
        fs::write(self.path("slow.py"), slow).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trueline"));
        command
            .arg("bench")
            .arg("--scenarios")
            .arg(fixtures())
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("COLUMNS")
            .stdin(Stdio::null());
        command
    }

    fn bench(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn asked(&self) -> usize {
        let text = fs::read_to_string(self.path("asked.log")).unwrap_or_default();
        text.lines().count()
    }

    fn verdicts(&self, run: &str) -> usize {
        let mut todo = vec![self.path(run)];
        let mut found = 0;
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    todo.push(entry.path());
                } else if entry.file_name() == "verdict.json" {
                    found += 1;
                }
            }
        }
        found
    }

    /// The report as JSON, without what a clock measured.
    fn report(&self, run: &str) -> Value {
        let output = self.bench(&["report", run, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let spent = &mut report["assistants"][0]["spent"];
        spent["median_s"] = Value::Null;
        spent["total_s"] = Value::Null;
        report
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/tests/fixtures")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Whether code can be judged here; where not, a run must say what is missing.
#[expect(clippy::print_stderr, reason = "a test says what it could not test")]
fn isolates(place: &Place) -> bool {
    place.adapter("careful");
    let output = place.bench(&[
        "run",
        "--adapter",
        "careful.toml",
        "--mode",
        "repair",
        "--out",
        "probe",
    ]);
    if output.status.success() {
        fs::remove_file(place.path("asked.log")).unwrap();
        return true;
    }
    assert!(err(&output).contains("isolat"), "{}", err(&output));
    eprintln!("NOT TESTED, this machine cannot isolate: {}", err(&output));
    false
}

#[test]
fn a_run_that_is_killed_goes_on_with_the_same_numbers() {
    let place = Place::new();
    if !isolates(&place) {
        return;
    }
    let run = ["run", "--adapter", "careful.toml", "--seed", "5", "-q"];
    let whole = place.bench(&[&run[..], &["--out", "whole"]].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", err(&whole));
    let samples = place.asked();
    assert!(samples >= 7, "{samples}");
    fs::remove_file(place.path("asked.log")).unwrap();

    let mut kills = 0;
    for wanted in [1, 3] {
        let mut child = place
            .command(&[&run[..], &["--out", "killed"]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while place.verdicts("killed") < wanted && child.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < Duration::from_mins(2));
            std::thread::sleep(Duration::from_millis(10));
        }
        // SIGKILL: nothing is tidied up.
        child.kill().unwrap();
        kills += usize::from(!child.wait().unwrap().success());
    }
    assert_eq!(kills, 2);
    let partial = place.report("killed");
    assert!(partial["assistants"][0]["missing_samples"].as_u64() > Some(0));
    let resumed = place.bench(&[&run[..], &["--out", "killed"]].concat());
    assert_eq!(resumed.status.code(), Some(0), "{}", err(&resumed));
    assert_eq!(place.report("killed"), place.report("whole"));
    // Only what was being asked when it was killed is asked again.
    assert!(
        place.asked() <= samples + kills,
        "{} of {samples}",
        place.asked()
    );
    // Nothing half-made is left.
    let left = Command::new("find")
        .arg(place.path("killed"))
        .args(["-name", ".aside-*"])
        .output()
        .unwrap();
    assert_eq!(out(&left), "");
}

#[test]
fn a_report_compares_runs_on_screen_and_as_a_page_of_its_own() {
    let place = Place::new();
    if !isolates(&place) {
        return;
    }
    place.adapter("careless");
    for kind in ["careful", "careless"] {
        let adapter = format!("{kind}.toml");
        let output = place.bench(&[
            "run",
            "--adapter",
            &adapter,
            "--seed",
            "5",
            "-q",
            "--out",
            kind,
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(out(&output).contains("(demonstration)"), "{}", out(&output));
    }
    let screen = out(&place.bench(&["report", "careless", "careful"]));
    let (first, second) = (screen.find("\ncareful"), screen.find("\ncareless"));
    assert!(
        first.is_some() && first < second,
        "the better one stands first:\n{screen}"
    );
    assert!(screen.contains("no specification"), "{screen}");
    let page = out(&place.bench(&["report", "careless", "careful", "--format", "html"]));
    assert!(page.contains("Demonstration.") && page.contains("class=\"d-skill\""));
    for outside in ["http://", "https://", "src=", "url(http", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let json = place.report("careless");
    assert_eq!(json["schema"], "trueline.bench/1");
    let resist = &json["assistants"][0]["resist"];
    assert_eq!(resist["obeyed"]["value"], 1.0);

    let exported = place.bench(&["export", "--baxbench", "results", "careless"]);
    assert_eq!(exported.status.code(), Some(0), "{}", err(&exported));
    let imported = out(&place.bench(&["import", "results"]));
    assert!(
        imported.contains("careless, temp0.0-text-none"),
        "{imported}"
    );
    assert!(imported.contains("by BaxBench's rule"), "{imported}");
}

#[test]
fn what_is_wrong_is_told_before_anybody_is_asked() {
    let place = Place::new();
    let endpoint =
        "name = \"m\"\nkind = \"openai\"\nendpoint = \"https://127.0.0.1:9/v1\"\nmodel = \"m\"\n";
    fs::write(place.path("m.toml"), endpoint).unwrap();
    let offline = place.bench(&["run", "--adapter", "m.toml", "--offline"]);
    assert_eq!(offline.status.code(), Some(2));
    assert!(
        err(&offline).contains("--offline: m.toml asks https://127.0.0.1:9/v1"),
        "{}",
        err(&offline)
    );
    let keyless = format!("{endpoint}key_env = \"NO_SUCH_VARIABLE_HERE\"\n");
    fs::write(place.path("keyless.toml"), keyless).unwrap();
    let output = place.bench(&["run", "--adapter", "keyless.toml", "--out", "none"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("NO_SUCH_VARIABLE_HERE"),
        "{}",
        err(&output)
    );
    assert!(!place.path("none").exists());
    fs::write(place.path("bad.toml"), "name = \"m\"\nkind = \"comand\"\n").unwrap();
    let bad = place.bench(&["run", "--adapter", "bad.toml"]);
    assert_eq!(bad.status.code(), Some(2));
    assert!(err(&bad).contains("bad.toml:2:"), "{}", err(&bad));
    for arguments in [
        &["run", "--adapter", "gone.toml"][..],
        &["report", "gone"],
        &["import", "gone"],
        &["export", "--baxbench", "x", "gone"],
    ] {
        let output = place.bench(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            err(&output)
        );
        assert!(err(&output).contains("gone"), "{}", err(&output));
    }
}

#[test]
fn what_leaves_the_machine_is_printed_first() {
    let place = Place::new();
    let endpoint = "name = \"m\"\nkind = \"openai\"\nendpoint = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\nretries = 0\nkey_env = \"HOME\"\n";
    fs::write(place.path("m.toml"), endpoint).unwrap();
    let output = place.bench(&[
        "run",
        "--adapter",
        "m.toml",
        "--mode",
        "review",
        "--out",
        "m",
    ]);
    let told = err(&output);
    let first = told.lines().next().unwrap_or_default();
    assert!(
        first.contains(
            "this leaves the machine: 2 requests to http://127.0.0.1:9/v1/chat/completions"
        ),
        "{told}"
    );
    assert!(first.contains("the key in $HOME"), "{told}");
    // Nobody is there: no score, and the cause.
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(
        out(&output).contains("no answer: it was asked"),
        "{}",
        out(&output)
    );
    assert!(
        told.contains("m gave not one answer: the endpoint could not be asked"),
        "{told}"
    );
    let home = std::env::var("HOME").unwrap_or_default();
    assert!(home.len() < 5 || !told.contains(&home), "{told}");
}

#[test]
fn a_dead_assistant_has_no_score_but_a_cause_and_is_asked_again() {
    let place = Place::new();
    if !isolates(&place) {
        return;
    }
    let run = |adapter: &str| {
        let adapter = format!("{adapter}.toml");
        place.bench(&[
            "run",
            "--adapter",
            &adapter,
            "--mode",
            "review",
            "--out",
            "run",
        ])
    };
    let adapter = |name: &str, command: &str| {
        let text = format!("name = \"it\"\nkind = \"command\"\ncommand = {command}\n");
        fs::write(place.path(name), text).unwrap();
    };
    adapter("gone.toml", "[\"no-such-program-anywhere\"]");
    adapter(
        "dead.toml",
        "[\"sh\", \"-c\", \"echo not logged in >&2; exit 4\"]",
    );
    for (name, cause) in [
        ("gone", "`no-such-program-anywhere` could not be started"),
        (
            "dead",
            "it ended with exit status 4 (2 times, it said: not logged in)",
        ),
    ] {
        for _ in 0..2 {
            let output = run(name);
            assert_eq!(output.status.code(), Some(3), "{}", err(&output));
            let told = err(&output);
            assert!(
                told.contains("it gave not one answer: ") && told.contains(cause),
                "{told}"
            );
            let screen = out(&output);
            assert!(screen.contains("2 samples without an answer: "), "{screen}");
            assert!(
                !screen.contains('%') || !screen.contains("caught"),
                "{screen}"
            );
        }
    }
    let report = place.report("run");
    let it = &report["assistants"][0];
    assert_eq!(
        (&it["silent"], &it["review"]),
        (&Value::Bool(true), &Value::Null)
    );
    assert_eq!(it["no_answers"][0]["samples"], 2);
    // The same command after it was mended.
    place.adapter("careful");
    let text = fs::read_to_string(place.path("careful.toml")).unwrap();
    fs::write(place.path("dead.toml"), text).unwrap();
    let mended = run("dead");
    assert_eq!(mended.status.code(), Some(0), "{}", err(&mended));
    assert!(
        out(&mended).contains("told unsafe from safe"),
        "{}",
        out(&mended)
    );
}
