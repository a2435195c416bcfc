//! Learning as a person does it: from the list to the debrief, on pipes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A learner with a place of their own.
struct Learner {
    folder: TempDir,
}

impl Learner {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn learn_with(&self, input: &str, arguments: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(["learn", "--now", "2026-11-29", "--scenarios"])
            .arg(fixtures())
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TRUELINE_DATA_DIR", self.path("data"))
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that reads nothing has closed its end.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn learn(&self, arguments: &[&str]) -> Output {
        self.learn_with("", arguments)
    }

    /// With the exercises of the program, which the fixtures stand for elsewhere.
    fn builtin(&self, input: &str, arguments: &[&str]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
            .arg("learn")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TRUELINE_DATA_DIR", self.path("data"))
            .env_remove("COLUMNS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// A change that mends nothing.
    fn edit(&self, file: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}# looked at\n")).unwrap();
    }

    fn attempts(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("data/learn/attempts.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
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

/// Whether checks can be made here; where not, a check must say what is missing.
fn isolates(learner: &Learner) -> bool {
    let output = learner.learn(&["check", "--no-record"]);
    let told = err(&output);
    if told.contains("cannot isolate") {
        assert_eq!(output.status.code(), Some(3));
        assert!(told.contains("--self-run"), "{told}");
        return false;
    }
    true
}

#[test]
fn from_the_list_to_the_debrief() {
    let ann = Learner::new();
    let list = out(&ann.learn(&["list"]));
    assert!(
        list.contains("py-search-http  python   8 min  medium  Search that trusts its input"),
        "{list}"
    );
    let begun = ann.learn(&["start", "py-search-http"]);
    assert!(
        out(&begun).contains("trueline learn watch py-search-http"),
        "{}",
        out(&begun)
    );
    if !isolates(&ann) {
        return;
    }

    // To look at what the assistant left is no try.
    ann.learn(&["check"]);
    assert!(ann.attempts().is_empty());

    ann.edit("py-search-http/app.py");
    let tried = ann.learn(&["check"]);
    assert_eq!(tried.status.code(), Some(1));
    let text = out(&tried);
    assert!(text.contains("x reads the table of secrets (CWE-89) succeeded: the answer holds the application's secret"), "{text}");
    assert!(
        text.contains("| GET /search?name=x' UNION SELECT id, token FROM secrets --"),
        "{text}"
    );
    assert!(
        text.contains("Not yet: 1 of 1 exploits succeeded."),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("secure"), "{text}");
    let list = out(&ann.learn(&["list"]));
    assert!(list.contains("\n~ begun\n"), "{list}");
    assert!(out(&ann.learn(&["hint"])).contains("Hint 1 of 3"));

    fs::copy(
        fixtures().join("py-search-http/fixes/reference/app.py"),
        ann.path("py-search-http/app.py"),
    )
    .unwrap();
    let fixed = ann.learn(&["check", "py-search-http", "--aid", "unaided"]);
    let text = out(&fixed);
    assert_eq!(fixed.status.code(), Some(0), "{text}");
    assert!(
        text.contains("Fixed: everything works and no exploit succeeded (1 run, 0 unknown)."),
        "{text}"
    );
    assert!(text.contains("Text became query."), "{text}");
    assert!(!text.to_lowercase().contains("secure"), "{text}");

    let attempts = ann.attempts();
    let told: Vec<String> = attempts
        .iter()
        .map(|a| {
            format!(
                "{} {} {} {} {}",
                a["outcome"], a["hints"], a["attempt_number"], a["aid"], a["day"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            r#""exploited" 0 1 "unknown" "2026-11-29""#,
            r#""fixed" 1 2 "unaided" "2026-11-29""#,
            // What is said of help holds for the tries before, too.
            r#""exploited" 0 1 "unaided" "2026-11-29""#
        ]
    );
    let all = out(&ann.learn(&["list"]));
    assert!(all.contains("\n+ fixed\n"), "{all}");
    let list = out(&ann.learn(&["list", "--open"]));
    assert!(
        !list.contains("py-search-http") && list.contains("py-join-call"),
        "{list}"
    );
    let revealed = out(&ann.learn(&["reveal", "py-search-http"]));
    assert!(
        revealed.contains("LIKE ?") && revealed.contains("Why not: escape-quotes"),
        "{revealed}"
    );
    assert_eq!(
        out(&ann.learn(&["export"]))
            .matches("\"trueline.attempt/1\"")
            .count(),
        2
    );
}

#[test]
fn watching_checks_again_on_a_save_and_ends_when_it_is_fixed() {
    let ann = Learner::new();
    ann.learn(&["start", "py-join-call"]);
    if !isolates(&ann) {
        return;
    }
    ann.edit("py-join-call/files.py");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["learn", "watch", "--scenarios"])
        .arg(fixtures())
        .arg("py-join-call")
        .current_dir(ann.folder.path())
        .env("TRUELINE_DATA_DIR", ann.path("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // An open pipe: somebody could still type.
    let stdin = child.stdin.take();
    let mut waited = 0;
    while ann.attempts().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(100));
        waited += 1;
        assert!(waited < 600, "no first check");
    }
    fs::copy(
        fixtures().join("py-join-call/fixes/reference/files.py"),
        ann.path("py-join-call/files.py"),
    )
    .unwrap();
    // A pipe is not asked whether an assistant helped.
    while !ann.path("data/learn/exercises/py-join-call.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    std::thread::sleep(std::time::Duration::from_secs(1));
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = out(&output);
    assert!(
        text.contains("Not yet: 1 of 1 exploits succeeded."),
        "{text}"
    );
    assert!(text.contains("Fixed: everything works"), "{text}");
    // Said before each verdict.
    let said: Vec<&str> = text.split("Checking ...").collect();
    assert_eq!(said.len(), 3, "{text}");
    assert!(said[1].contains("Not yet:"), "{text}");
    assert!(
        said[1].contains("t whole transcripts from now on"),
        "{text}"
    );
    let outcomes: Vec<String> = ann
        .attempts()
        .iter()
        .map(|a| format!("{} {}", a["outcome"], a["trigger"]))
        .collect();
    assert_eq!(outcomes, [r#""exploited" "check""#, r#""fixed" "save""#]);
}

#[test]
fn watching_goes_on_when_nobody_types_any_more_and_tells_programs_one_document_a_line() {
    let ann = Learner::new();
    ann.learn(&["start", "py-join-call"]);
    if !isolates(&ann) {
        return;
    }
    ann.edit("py-join-call/files.py");
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["learn", "watch", "--format", "json", "--scenarios"])
        .arg(fixtures())
        .arg("py-join-call")
        .current_dir(ann.folder.path())
        .env("TRUELINE_DATA_DIR", ann.path("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut waited = 0;
    while ann.attempts().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(100));
        waited += 1;
        assert!(waited < 600, "no first check");
    }
    // Long enough for several looks at an input that has ended.
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(child.try_wait().unwrap().is_none(), "it still watches");
    fs::copy(
        fixtures().join("py-join-call/fixes/reference/files.py"),
        ann.path("py-join-call/files.py"),
    )
    .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let statuses: Vec<Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["status"].clone())
        .collect();
    assert_eq!(statuses, ["exploited", "fixed"]);
}

#[test]
fn a_program_that_hangs_is_told_while_it_is_waited_for() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let app = ann.path("py-search-http/app.py");
    let code = fs::read_to_string(&app).unwrap();
    let hanging = code.replacen(
        "def do_GET(self):",
        "def do_GET(self):\n        import time; time.sleep(30)",
        1,
    );
    assert_ne!(hanging, code);
    fs::write(&app, hanging).unwrap();
    let told = err(&ann.learn(&["check", "py-search-http", "--no-record"]));
    assert!(
        told.contains("the program is slow to answer or hangs"),
        "{told}"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_a_fixed_exercise_is_kept_before_the_question_and_the_answer_is_heard() {
    use std::io::Read as _;

    let ann = Learner::new();
    ann.learn(&["start", "py-join-call"]);
    if !isolates(&ann) {
        return;
    }
    fs::copy(
        fixtures().join("py-join-call/fixes/reference/files.py"),
        ann.path("py-join-call/files.py"),
    )
    .unwrap();
    let command = format!(
        "{} learn watch --scenarios {} py-join-call",
        env!("CARGO_BIN_EXE_trueline"),
        fixtures().display()
    );
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(ann.folder.path())
        .env("TRUELINE_DATA_DIR", ann.path("data"))
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut screen = child.stdout.take().unwrap();
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    let mut until = |what: &str| {
        let question = "Did an assistant write";
        while !String::from_utf8_lossy(&text).contains(what) {
            let asked = String::from_utf8_lossy(&text).contains(question);
            assert!(!asked, "asked before: {what}");
            let read = screen.read(&mut buffer).unwrap();
            assert!(read > 0, "{what}: {}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&buffer[..read]);
        }
    };
    // What there is to learn comes first.
    until("trueline learn next");
    until("A name was a path.");
    until("Did an assistant write some of it?");
    assert_eq!(ann.attempts()[0]["aid"], "unknown", "written already");
    child.stdin.as_mut().unwrap().write_all(b"n\n").unwrap();
    assert!(child.wait().unwrap().success());
    let aids: Vec<Value> = ann.attempts().iter().map(|a| a["aid"].clone()).collect();
    assert_eq!(aids, ["unknown", "unaided"]);
    assert_eq!(ann.attempts()[0]["id"], ann.attempts()[1]["id"]);
    // The screen goes only when there is a new verdict.
    let shown = String::from_utf8_lossy(&text);
    let (checking, cleared) = (shown.find("Checking ..."), shown.find("\u{1b}[2J"));
    assert!(checking.is_some() && checking < cleared, "{shown}");
}

#[test]
fn what_a_program_prints_does_not_steer_the_terminal() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let noise = "import sys\nprint('\\x1b[2J\\x1b]0;pwned\\x07')\nsys.stdout.write('y\\n' * 400)\n";
    fs::write(ann.path("py-search-http/app.py"), noise).unwrap();
    let text = out(&ann.learn(&["check", "py-search-http", "--no-record"]));
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text}"
    );
    assert!(text.contains("lines more"), "{text}");
    assert!(text.lines().count() < 60, "{text}");
}

#[test]
fn an_exercise_is_nothing_of_the_repository_around_it() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    let ignored = fs::read_to_string(ann.path("py-search-http/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n");
}

#[test]
fn nothing_is_revealed_before_a_try() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    let refused = ann.learn(&["reveal"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        err(&refused).contains("try it once first"),
        "{}",
        err(&refused)
    );
}

#[test]
fn giving_up_is_written_down_once() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    ann.edit("py-search-http/app.py");
    ann.learn(&["check"]);
    ann.learn(&["reveal"]);
    ann.learn(&["reveal"]);
    fs::copy(
        fixtures().join("py-search-http/fixes/reference/app.py"),
        ann.path("py-search-http/app.py"),
    )
    .unwrap();
    ann.learn(&["check"]);
    let told: Vec<String> = ann
        .attempts()
        .iter()
        .map(|a| format!("{} {}", a["outcome"], a["revealed"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""exploited" false"#,
            r#""exploited" true"#,
            r#""fixed" true"#
        ]
    );
}

/// What the binary carries.
#[test]
fn built_in_exercises_are_sound_and_name_rules_that_exist() {
    let catalogue = trueline_scenarios::Catalogue::builtin();
    assert!(catalogue.broken().is_empty(), "{:?}", catalogue.broken());
    assert!(catalogue.scenarios().len() >= 40);
    let rules = trueline_scan::rules().unwrap();
    let mut steps = Vec::new();
    let mut reviews = Vec::new();
    for scenario in catalogue.scenarios() {
        let definition = &scenario.definition;
        for rule in &definition.rules {
            let known = rules.rules.iter().any(|known| known.id == *rule);
            assert!(known, "{}: no rule `{rule}`", scenario.id);
        }
        for text in ["brief", "hint1", "hint2", "hint3", "debrief"] {
            assert!(scenario.text(text).is_some(), "{}: {text}", scenario.id);
        }
        assert!(definition.distractors.len() >= 2, "{}", scenario.id);
        assert!(scenario.specification().is_some(), "{}", scenario.id);
        if definition.path.as_deref() == Some("foundations") {
            steps.push(definition.step);
        }
        reviews.extend(scenario.reviews.iter().map(|item| item.id.clone()));
    }
    steps.sort_unstable();
    let wanted: Vec<Option<u32>> = (1..=steps.len() as u32).map(Some).collect();
    assert_eq!(steps, wanted, "steps of the foundations");
    assert!(reviews.len() >= 30);
    let items = reviews.len();
    reviews.sort();
    reviews.dedup();
    assert_eq!(reviews.len(), items, "ids of review items are unique");
}

#[test]
fn exercism_gets_its_results_and_json_its_schema() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let results = ann.learn(&["check", "--format", "exercism", "--no-record"]);
    assert_eq!(results.status.code(), Some(0));
    let results: Value = serde_json::from_slice(&results.stdout).unwrap();
    assert_eq!(results["version"], 3);
    assert_eq!(results["status"], "fail");
    let tests: Vec<String> = results["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| format!("{} {} {}", t["task_id"], t["status"], t["name"]))
        .collect();
    assert_eq!(
        tests,
        [
            r#"1 "pass" "finds a customer by name""#,
            r#"1 "pass" "finds customers that the data names""#,
            r#"2 "fail" "reads the table of secrets is blocked""#
        ]
    );
    let report = ann.learn(&["check", "--format", "json", "--seed", "7"]);
    let text = out(&report);
    assert!(
        text.starts_with("{\n  \"schema\": \"trueline.check/1\""),
        "{text}"
    );
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&report["status"], &report["seed"]),
        (&Value::from("exploited"), &Value::from(7))
    );
}

#[test]
fn reviews_show_one_twin_and_keep_the_answer() {
    let ann = Learner::new();
    // Which twin a seed shows is decided by the seed alone.
    for (seed, said, line) in [("1", "u", "4"), ("2", "f", ""), ("3", "u", "99\n")] {
        let input = if said == "u" {
            // A line that is not there is asked for again; Enter names none.
            format!("{said}\n{line}\n90\n")
        } else {
            format!("{said}\n55\n")
        };
        let text = out(&ann.learn_with(&input, &["review", "py-search-http-r1", "--seed", seed]));
        assert!(text.contains("let people search by town"), "{text}");
        assert!(
            text.contains("+def towns") || text.contains("+    sql ="),
            "{text}"
        );
    }
    for answer in ann.attempts() {
        let right = answer["shown"] == answer["said"] && answer["right_line"] != false;
        assert_eq!(answer["outcome"], if right { "right" } else { "wrong" });
        let lines = answer["shown"] == "unsafe" && answer["said"] == "unsafe";
        assert_eq!(answer["right_line"].is_boolean(), lines, "{answer}");
    }
    assert_eq!(ann.attempts().len(), 3);
    // Calling it unsafe is not enough: a weakness has a place.
    let unsafe_seed = (0..64)
        .map(|seed| seed.to_string())
        .find(|seed| {
            let ben = Learner::new();
            ben.learn_with("f\n\n", &["review", "py-search-http-r1", "--seed", seed]);
            ben.attempts()[0]["shown"] == "unsafe"
        })
        .unwrap();
    let ben = Learner::new();
    let arguments = ["review", "py-search-http-r1", "--seed", &unsafe_seed];
    let text = out(&ben.learn_with("u\n1\n90\n", &arguments));
    assert!(
        text.contains("It is unsafe, but elsewhere") && text.contains("; you named line 1."),
        "{text}"
    );
    assert!(text.contains("You were 90 % sure"), "{text}");
    assert_eq!(ben.attempts()[0]["outcome"], "wrong");
    // An input that ends is no answer.
    ann.learn(&["review"]);
    assert_eq!(ann.attempts().len(), 3);
}

#[test]
fn a_review_that_is_left_half_way_is_no_answer_and_comes_again_as_it_was() {
    let ann = Learner::new();
    let shown = |text: &str| text.contains("+    sql = f\"SELECT");
    let first = out(&ann.learn_with("", &["review", "--seed", "1"]));
    for input in [
        "",
        "u\n",
        "u\n4\n",
        "f\n",
        "q\n",
        "u\nq\n",
        "u\n4\nquit\n",
        "f\nQ\n",
    ] {
        for seed in ["2", "3", "4", "5"] {
            let left = ann.learn_with(input, &["review", "--seed", seed]);
            assert!(left.status.success(), "{left:?}");
            let text = out(&left);
            assert_eq!(shown(&text), shown(&first), "the twin for nothing: {text}");
            assert!(
                text.contains("it is the same as before (`--seed`"),
                "{text}"
            );
            assert!(
                text.contains("No answer: nothing was written down."),
                "{text}"
            );
            assert!(!text.contains("The safe way:"), "{text}");
            assert!(!text.contains("Its unsafe twin:"), "{text}");
        }
    }
    assert!(ann.attempts().is_empty(), "{:?}", ann.attempts());
    let answered = out(&ann.learn_with("f\n80\n", &["review", "py-search-http-r1"]));
    assert_eq!(shown(&answered), shown(&first));
    let attempts = ann.attempts();
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0]["shown"] == "unsafe", shown(&first));
    assert_eq!(
        (&attempts[0]["seed"], &attempts[0]["revealed"]),
        (&1.into(), &false.into())
    );
    // After the answer chance decides anew.
    let again = out(&ann.learn_with("", &["review", "--seed", "2"]));
    assert!(!again.contains("it is the same as before"), "{again}");
    // It is the person's own, and goes with the rest.
    let delete = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["skills", "delete", "--yes"])
        .env("TRUELINE_DATA_DIR", ann.path("data"))
        .output()
        .unwrap();
    assert!(delete.status.success(), "{delete:?}");
    assert!(!ann.path("data/learn/reviews.json").exists());
}

#[test]
fn what_programs_ask_for_comes_as_documents_and_nothing_else() {
    let ann = Learner::new();
    let json = |arguments: &[&str]| -> Value {
        let output = ann.learn(&[arguments, &["--format", "json"]].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?} {}",
            err(&output)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let begun = json(&["start", "py-search-http", "--dir", "work"]);
    assert_eq!(begun["schema"], "trueline.learn-start/1");
    assert_eq!(begun["exercise"]["id"], "py-search-http");
    assert_eq!(
        (&begun["folder"], &begun["files"][0]),
        (&"work".into(), &"app.py".into())
    );
    assert!(begun["brief"].as_str().unwrap().contains("Mira asked"));
    let first = json(&["hint", "work"]);
    assert_eq!(first["schema"], "trueline.learn-hint/1");
    assert_eq!(
        (first["hints"].as_array().unwrap().len(), &first["left"]),
        (1, &2.into())
    );
    let second = json(&["hint", "work"]);
    assert_eq!(second["hints"].as_array().unwrap().len(), 2);
    assert_eq!(second["hints"][0], first["hints"][0]);
    let found = json(&[
        "from-finding",
        "path-traversal",
        "--language",
        "python",
        "--start",
        "--dir",
        "second",
    ]);
    assert_eq!(found["folder"], "second");
    assert!(ann.path("second/files.py").exists());
    let untried = ann.learn(&["reveal", "work", "--format", "json"]);
    assert_eq!((untried.status.code(), untried.stdout.len()), (Some(2), 0));
    if !isolates(&ann) {
        return;
    }
    ann.edit("work/app.py");
    ann.learn(&["check", "work"]);
    let revealed = json(&["reveal", "work"]);
    assert_eq!(revealed["schema"], "trueline.learn-reveal/1");
    assert!(revealed["fix"]["diff"].as_str().unwrap().contains("LIKE ?"));
    assert_eq!(revealed["wrong_fixes"][0]["name"], "escape-quotes");
    assert!(
        revealed["debrief"]
            .as_str()
            .unwrap()
            .contains("Text became query.")
    );
    assert_eq!(ann.attempts().last().unwrap()["revealed"], true);
}

#[test]
fn an_exercise_that_is_named_is_scanned_although_it_ignores_itself() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    let scan = |folder: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(["scan", ".", "--no-cache"])
            .args(more)
            .current_dir(ann.path(folder))
            .output()
            .unwrap()
    };
    let around = |is_found: bool| {
        let text = out(&scan(".", &[]));
        assert_eq!(text.contains("sql-injection"), is_found, "{text}");
    };
    let inside = || {
        let text = out(&scan("py-search-http", &[]));
        assert!(text.contains("sql-injection"), "{text}");
        assert!(text.contains("exercise-scanned"), "{text}");
    };
    inside();
    around(false);
    let made = Command::new("git")
        .args(["init", "-q"])
        .current_dir(ann.folder.path())
        .status();
    assert!(made.unwrap().success());
    inside();
    around(false);
    let fix = scan("py-search-http", &["--fix"]);
    assert_eq!(fix.status.code(), Some(2), "{fix:?}");
    assert!(err(&fix).contains("to mend it is yours"), "{}", err(&fix));
    // What else is ignored there is the person's own word.
    fs::write(ann.path("py-search-http/.gitignore"), "app.py\n").unwrap();
    let text = out(&scan("py-search-http", &[]));
    assert!(!text.contains("sql-injection"), "{text}");
}

#[test]
fn a_finding_leads_to_its_exercise() {
    let ann = Learner::new();
    let project = ann.path("project");
    fs::create_dir(&project).unwrap();
    let code = "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/search')\ndef search():\n    db = sqlite3.connect('x')\n    return db.execute('SELECT 1 FROM t WHERE n = ' + request.args['n']).fetchall()\n";
    fs::write(project.join("app.py"), code).unwrap();
    let scan = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["scan", "--format", "json", "--no-cache"])
        .arg(&project)
        .output()
        .unwrap();
    fs::write(ann.path("scan.json"), &scan.stdout).unwrap();
    let report: Value = serde_json::from_slice(&scan.stdout).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "sql-injection");
    let fingerprint = finding["fingerprint"].as_str().unwrap();

    let text = out(&ann.learn(&["from-finding", fingerprint, "--findings", "scan.json"]));
    assert!(text.contains("app.py:10 sql-injection:"), "{text}");
    assert!(
        text.contains("Why: it trains the rule `sql-injection` in python."),
        "{text}"
    );
    let scanned = ann.learn(&[
        "from-finding",
        &fingerprint[..4],
        "--path",
        "project",
        "--format",
        "json",
    ]);
    let scanned: Value = serde_json::from_slice(&scanned.stdout).unwrap();
    assert_eq!(scanned["exercise"], "py-search-http");
    let by_rule = out(&ann.learn(&["from-finding", "sql-injection", "--path", "project"]));
    assert!(by_rule.contains("app.py:10 sql-injection:"), "{by_rule}");
    let elsewhere = out(&ann.learn(&["list", "--language", "typescript"]));
    assert!(
        elsewhere.contains("`trueline learn list --language javascript`"),
        "{elsewhere}"
    );
    let next = out(&ann.learn(&["next", "--findings", "scan.json"]));
    assert!(
        next.contains("`sql-injection` (critical) was found at one place of your code"),
        "{next}"
    );
    let begun = out(&ann.learn(&["from-finding", "sql-injection", "--start", "--dir", "work"]));
    assert!(
        begun.contains("trueline learn check work") && ann.path("work/app.py").exists(),
        "{begun}"
    );
    let none = ann.learn(&["from-finding", "weak-hash"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(
        err(&none).contains("no exercise is about `weak-hash` yet"),
        "{}",
        err(&none)
    );
}

#[test]
fn scenarios_are_proven_by_one_command() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let output = ann.learn(&["verify", "py-join-call"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(
        out(&output).ends_with("1 scenario: 1 proven, 0 wrong, 0 skipped\n"),
        "{}",
        out(&output)
    );
    assert!(
        err(&output).contains("+ py-join-call: "),
        "{}",
        err(&output)
    );
}

#[test]
fn a_proof_that_is_interrupted_prints_what_it_has_and_marks_it() {
    use std::io::{BufRead as _, BufReader};

    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["learn", "verify", "--full", "--scenarios"])
        .arg(fixtures())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first scenario is proven.
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("py-join-call: "), "{line}");
    let sent = Command::new("kill")
        .args(["-s", "INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let text = out(&output);
    assert!(text.contains("py-join-call"), "{text}");
    assert!(
        text.ends_with(
            "1 scenario: 1 proven, 0 wrong, 0 skipped; interrupted, nothing is known of 1 more\n"
        ),
        "{text}"
    );
}

#[test]
fn what_the_scanner_finds_is_kept_and_compared() {
    let ann = Learner::new();
    ann.learn(&["start", "py-search-http"]);
    if !isolates(&ann) {
        return;
    }
    let id = "py-scanned";
    let new = Command::new(env!("CARGO_BIN_EXE_trueline"))
        .args(["learn", "new", id])
        .current_dir(ann.folder.path())
        .output()
        .unwrap();
    assert!(
        out(&new).contains("its texts wait for yours"),
        "{}",
        out(&new)
    );
    let verify = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_trueline"))
            .args(["learn", "verify", "--scenarios", "scenarios"])
            .args(more)
            .current_dir(ann.folder.path())
            .output()
            .unwrap()
    };
    // It holds as it stands, and says what is still to be written.
    let template = verify(&["--write-golden"]);
    assert_eq!(template.status.code(), Some(1), "{}", err(&template));
    let told = err(&template);
    let wrong: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("    "))
        .collect();
    assert!(
        wrong[0].starts_with("    unfinished: scenarios/py-scanned/") && wrong.len() > 5,
        "{told}"
    );
    assert!(
        wrong
            .iter()
            .all(|line| line.contains("scenarios/py-scanned/") && line.contains(": ")),
        "{told}"
    );
    finish(&ann.path("scenarios").join(id));
    let written = verify(&["--write-golden"]);
    assert_eq!(written.status.code(), Some(0), "{}", err(&written));
    let golden = ann.path("scenarios").join(id).join("scan.golden.json");
    let text = fs::read_to_string(&golden).unwrap();
    assert!(text.contains("\"fixes/reference\": []"), "{text}");
    assert_eq!(verify(&[]).status.code(), Some(0));
    fs::write(
        &golden,
        text.replace(
            "\"fixes/reference\": []",
            "\"fixes/reference\": [\"app.py:1 path-traversal\"]",
        ),
    )
    .unwrap();
    // Quiet is about progress; why it is wrong is told all the same.
    let differs = verify(&["--quiet"]);
    assert_eq!(differs.status.code(), Some(1));
    assert!(
        err(&differs).contains("fixes/reference: no longer found: app.py:1 path-traversal"),
        "{}",
        err(&differs)
    );
}

/// Writes the texts of a scenario that was begun from the template.
fn finish(scenario: &Path) {
    for file in [
        "spec/text.md",
        "learn/brief.md",
        "learn/hint1.md",
        "learn/hint2.md",
        "learn/hint3.md",
        "learn/debrief.md",
        "distractors/strip-dots/why.md",
        "distractors/basename-of-everything/why.md",
    ] {
        fs::write(scenario.join(file), format!("{file}, told anew.\n")).unwrap();
    }
    let item = scenario.join("review/1.toml");
    let text = fs::read_to_string(&item).unwrap();
    fs::write(
        &item,
        text.replace("Thumbnails by name", "Pictures by name"),
    )
    .unwrap();
    let definition = scenario.join("scenario.toml");
    let text = fs::read_to_string(&definition).unwrap();
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some((key @ ("title" | "summary" | "prompt"), _)) => format!("{key} = \"mine\"\n"),
        _ => format!("{line}\n"),
    });
    fs::write(&definition, lines.collect::<String>()).unwrap();
}

#[test]
fn own_code_runs_without_isolation_only_after_a_yes() {
    let ann = Learner::new();
    ann.learn(&["start", "py-join-call"]);
    let refused = ann.learn_with("n\n", &["check", "--self-run"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("not run"), "{}", err(&refused));
    ann.edit("py-join-call/files.py");
    let practice = ann.learn(&["check", "--self-run", "--yes"]);
    let text = out(&practice);
    assert!(text.contains("Practice: run without isolation"), "{text}");
    assert_eq!(ann.attempts()[0]["practice"], true);
}

#[test]
fn a_line_beside_that_of_the_weakness_is_the_same_place() {
    let catalogue = trueline_scenarios::Catalogue::builtin();
    let items = catalogue
        .scenarios()
        .iter()
        .flat_map(|scenario| &scenario.reviews);
    let item = items
        .into_iter()
        .find(|item| item.id == "py-download-path-r1")
        .unwrap();
    assert_eq!(item.unsafe_twin.lines[0].start, 10);
    let answer = |line: &str| {
        (0..64)
            .map(|seed| {
                let ann = Learner::new();
                let arguments = ["review", &item.id, "--seed", &seed.to_string()];
                let text = out(&ann.builtin(&format!("u\n{line}\n80\n"), &arguments));
                (ann.attempts().remove(0), text)
            })
            .find(|(answer, _)| answer["shown"] == "unsafe")
            .unwrap()
    };
    let (near, text) = answer("9");
    assert_eq!(near["outcome"], "right", "{text}");
    assert!(
        text.contains("At avatars.py:10; you named line 9, which is near enough."),
        "{text}"
    );
    let (far, text) = answer("4");
    assert_eq!(far["outcome"], "wrong", "{text}");
    assert!(
        text.contains("At avatars.py:10; you named line 4."),
        "{text}"
    );
}

#[test]
fn what_is_not_there_and_what_is_meant_is_said_in_whole_sentences() {
    let ann = Learner::new();
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let unknown = flat(err(&ann.builtin("", &["start", "py-sqli-serch"])));
    assert!(
        unknown.contains("did you mean `py-sqli-search`? `trueline learn list` shows all"),
        "{unknown}"
    );
    ann.builtin("", &["start", "py-sqli-search"]);
    let hint = flat(out(&ann.builtin("", &["hint"])));
    assert!(hint.contains("(py-sqli-search), begun last, in"), "{hint}");
    let again = flat(err(&ann.builtin("", &["start", "py-sqli-search"])));
    assert!(
        again.contains("begin afresh in another folder with"),
        "{again}"
    );
}
