//! Repositories that are empty, cut, damaged or meant to harm: a clear answer, never a crash.

use std::os::unix::ffi::OsStrExt;

use crate::repository::{CLAUDE, Repository, SAFE_VIEW, UNSAFE_VIEW};

#[test]
fn a_path_that_is_not_there_is_wrong_usage() {
    let run = Repository::plain().trueline(&["scan", "nowhere"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().starts_with("trueline: nowhere:"),
        "{}",
        run.stderr()
    );
}

#[test]
fn no_threads_at_all_is_wrong_usage() {
    let run = Repository::plain().trueline(&["scan", "--threads", "0"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("1 or more"), "{}", run.stderr());
}

#[test]
fn a_name_that_is_taken_from_itself_ends_no_run() {
    let repository = Repository::plain();
    repository
        .write(
            "a.py",
            "def f(a):\n    b, _, a = a.partition(',')\n    return a[0]()[1]()\n",
        )
        .write(
            "b.py",
            "while go():\n    a, b = b[0](a), a[1](b)\n    a = a[0]()[0]()[0]()\n",
        )
        .write(
            "c.js",
            "let [a, b] = f();\n[a, b] = a(b);\n[b, a] = b[0]()[1]();\n",
        );
    for command in ["scan", "threats"] {
        let run = repository.trueline(&[command, "--format", "json"]);
        assert_eq!(run.code(), 0, "{command}: {}", run.stderr());
    }
}

#[test]
fn a_repository_without_a_commit_is_scanned_without_origins() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW);
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(repository.trueline(&["stats"]).code(), 0);
    assert_eq!(repository.trueline(&["scan", "--diff", "main"]).code(), 2);
}

#[test]
fn a_bare_repository_is_read_from_its_head() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    repository.git(&["clone", "--quiet", "--bare", ".", ".git/copy.git"]);
    let report = repository
        .trueline(&["scan", ".git/copy.git", "--format", "json"])
        .json();
    assert_eq!(report["repository"]["bare"], true);
    assert_eq!(report["repository"]["name"], "copy");
    assert_eq!(report["findings"][0]["location"]["path"], "app.py");
}

#[test]
fn a_shallow_clone_says_that_history_is_missing() {
    let repository = Repository::new();
    repository
        .write("app.py", SAFE_VIEW)
        .commit("feat: a")
        .write("b.py", "x = 1\n")
        .commit("feat: b");
    let url = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth=1", &url, ".git/shallow"]);
    let shallow = repository.path().join(".git/shallow");
    let run = repository.trueline_in(&shallow, &["scan", "--format", "json"]);
    let report = run.json();
    assert_eq!(report["repository"]["shallow"], true);
    assert_eq!(
        report["usage"]["coverage"]["advice"][0]["how"],
        "git fetch --unshallow"
    );
    assert_eq!(report["health"]["churn"]["commits"], 0);
    let text = repository.trueline_in(&shallow, &["scan"]).stdout();
    assert!(text.contains("cut off: this clone is shallow"), "{text}");
    let run = repository.trueline_in(&shallow, &["scan", "--diff", "HEAD~1"]);
    assert!(run.stderr().contains("--unshallow"), "{}", run.stderr());
}

#[test]
fn a_partial_clone_says_first_what_brings_the_rest() {
    let repository = Repository::new();
    repository
        .write("app.py", SAFE_VIEW)
        .commit("feat: a")
        .write("app.py", "x = 1\ny = 2\n")
        .commit("feat: b");
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repository.path().display());
    let filter = [
        "clone",
        "--quiet",
        "--filter=blob:none",
        &url,
        ".git/partial",
    ];
    repository.git(&filter);
    let partial = repository.path().join(".git/partial");
    for command in ["scan", "stats"] {
        let text = repository.trueline_in(&partial, &[command]).stdout();
        let first = text.split("\nAI share").next().unwrap();
        let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(first.contains("fetch --refetch --no-filter"), "{text}");
        assert!(first.contains("cannot be read here"), "{text}");
    }
    for format in ["markdown", "html"] {
        let run = repository.trueline_in(&partial, &["scan", "--format", format]);
        // Markdown shows dashes by their number.
        let text = run.stdout().replace("&#45;", "-");
        assert!(text.contains("fetch --refetch --no-filter"), "{text}");
    }
}

#[test]
fn a_missing_picture_is_named_and_alarms_nobody() {
    let repository = Repository::new();
    repository.write("app.py", SAFE_VIEW).commit(CLAUDE);
    repository
        .write("logo.png", "\u{89}PNG\r\n\u{1a}\n\0\0")
        .commit("docs: logo");
    repository.lose("HEAD:logo.png");
    let run = repository.trueline(&["scan", "--format", "json"]);
    let report = run.json();
    let told: Vec<_> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["code"].as_str().unwrap(), d["path"].as_str()))
        .collect();
    assert_eq!(told, [("blob-missing", Some("logo.png"))]);
    assert_eq!(report["usage"]["coverage"]["all"]["share"], 1.0);
    for command in ["scan", "stats"] {
        let text = repository.trueline(&[command]).stdout();
        assert!(!text.contains("cannot be read here"), "{text}");
        assert!(!text.contains("fsck"), "{text}");
        assert!(text.contains("logo.png"), "{text}");
    }
}

#[test]
fn what_is_missing_is_counted_and_no_more_is_said() {
    let repository = Repository::new();
    repository
        .write("app.py", SAFE_VIEW)
        .write("old.py", "x = 1\n")
        .write("gone.py", "y = 1\n")
        .commit("feat: a");
    repository
        .write("old.py", "x = 1\nz = 2\n")
        .commit("feat: b");
    repository.lose("HEAD:gone.py");
    repository.lose("HEAD~:old.py");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    let all = report["diagnostics"].as_array().unwrap();
    let told = all.iter().find(|d| d["code"] == "history-incomplete");
    let told = told.unwrap()["message"].as_str().unwrap();
    assert!(
        told.contains("1 file of HEAD (gone.py), the history of 2 lines in 1 file (old.py); "),
        "{told}"
    );
}

#[test]
fn a_tree_of_head_that_is_missing_is_told_first() {
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    repository.lose("HEAD^{tree}");
    let run = repository.trueline(&["scan"]);
    let text = run.stdout();
    let first = text.split("To know").next().unwrap();
    assert!(first.contains("git fsck"), "{text}");
    assert!(!first.contains("no committed line"), "{text}");
}

#[test]
fn linked_work_trees_and_submodules_are_repositories() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    repository.git(&["worktree", "add", "--quiet", ".git/linked", "-b", "linked"]);
    let linked = repository.path().join(".git/linked");
    let report = repository
        .trueline_in(&linked, &["scan", "--format", "json"])
        .json();
    assert_eq!(report["findings"][0]["origin"]["kind"], "unknown");
    assert_eq!(report["repository"]["commits"], 1);

    let outer = Repository::new();
    let inner = repository.path().to_str().unwrap();
    outer.git(&["submodule", "--quiet", "add", inner, "dep"]);
    outer.commit("feat: dep");
    let report = outer.trueline(&["scan", "dep", "--format", "json"]).json();
    assert_eq!(report["repository"]["commits"], 1);

    // From outside, its lines are neither edits nor changes of the outer one until it moves on.
    let report = outer.trueline(&["scan", "--format", "json"]).json();
    let evidence = &report["findings"][0]["origin"]["evidence"][0];
    assert_eq!(
        evidence["source"],
        "in a submodule, which has a history of its own"
    );
    let changed = ["scan", "--diff", "HEAD", "--fail-on", "low"];
    assert_eq!(outer.trueline(&changed).code(), 0);
    outer.write("dep/app.py", UNSAFE_VIEW.repeat(2));
    assert_eq!(outer.trueline(&changed).code(), 1);
}

#[test]
fn a_git_file_that_leads_nowhere_leaves_the_findings() {
    let repository = Repository::new();
    repository
        .write("src/app.py", UNSAFE_VIEW)
        .commit("feat: a");
    std::fs::remove_dir_all(repository.path().join(".git")).unwrap();
    repository.write(".git", "gitdir: /nonexistent\n");
    let run = repository.trueline(&["scan", "src", "--format", "json"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let report = run.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let diagnostics = report["diagnostics"].to_string();
    assert!(diagnostics.contains("history-unreadable"), "{diagnostics}");
    for command in [
        &["blame", "src/app.py"][..],
        &["scan", "--diff", "HEAD"],
        &["stats"],
    ] {
        let run = repository.trueline(command);
        assert_ne!(run.code(), 0);
        assert!(
            run.stderr().contains("cannot be opened"),
            "{}",
            run.stderr()
        );
    }
}

#[test]
fn a_missing_object_is_a_gap_in_the_answer() {
    let repository = Repository::new();
    repository
        .write("a.py", "x = 1\n")
        .commit("feat: a")
        .write("a.py", "x = 1\ny = 2\n")
        .commit("feat: b");
    repository.lose("HEAD~1:a.py");
    let run = repository.trueline(&["scan", "--format", "json"]);
    let report = run.json();
    assert_eq!(report["usage"]["lines"]["total"], 2);
    assert!(!report["diagnostics"].as_array().unwrap().is_empty());
}

#[test]
fn broken_notes_are_counted_and_shown() {
    let repository = Repository::new();
    repository.write("a.py", "x = 1\n").commit("feat: a");
    repository.git(&[
        "notes",
        "--ref=refs/notes/ai",
        "add",
        "-m",
        "  s_00000000000000 1\n---\n{",
    ]);
    let report = repository.trueline(&["stats", "--format", "json"]).json();
    let one = &report["repositories"][0];
    assert_eq!(one["notes"]["unreadable"], 1);
    assert!(!one["diagnostics"].as_array().unwrap().is_empty());
}

#[test]
fn links_are_not_followed_and_loops_end() {
    let outside = Repository::plain();
    outside.write("secret.py", UNSAFE_VIEW);
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW);
    std::os::unix::fs::symlink(outside.path(), repository.path().join("out")).unwrap();
    std::os::unix::fs::symlink(".", repository.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("secret.py"),
        repository.path().join("b.py"),
    )
    .unwrap();
    repository.commit("feat: links");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn odd_files_are_survived_and_counted() {
    let repository = Repository::new();
    repository
        .write("empty.py", "")
        .write("binary.py", b"a\0b")
        .write("latin.py", b"# caf\xe9\nx = 1\n")
        .write("broken.py", "def f(:\n  pass\n")
        .write(
            "deep.py",
            format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000)),
        )
        .write(
            "deep.js",
            format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000)),
        )
        .write("min.js", "a=1;".repeat(50_000))
        .write("large.py", vec![b'#'; 6 << 20]);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    std::fs::write(repository.path().join(name), UNSAFE_VIEW).unwrap();
    repository.commit("feat: odd");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    let codes: Vec<&str> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["code"].as_str().unwrap())
        .collect();
    for code in [
        "file-binary",
        "file-not-utf8",
        "file-partly-parsed",
        "file-too-deep",
        "file-minified",
        "file-too-large",
    ] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
    assert_eq!(report["findings"][0]["location"]["path"], r#""caf\351.py""#);
    for format in ["terminal", "markdown", "html", "sarif"] {
        assert_eq!(repository.trueline(&["scan", "--format", format]).code(), 0);
    }
}

#[test]
fn without_a_place_for_the_cache_the_answer_is_the_same() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    let report = repository
        .trueline(&["scan", "--format", "json", "--no-cache"])
        .json();
    // Files where the directories should be: not even root can write there.
    std::fs::write(repository.path().join(".git/trueline"), "x").unwrap();
    std::fs::write(repository.path().join(".git/xdg-cache"), "x").unwrap();
    let without = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["findings"], without["findings"]);
    assert!(
        without["diagnostics"]
            .to_string()
            .contains("cache-unavailable")
    );
}

#[test]
fn a_damaged_cache_is_rebuilt() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    let first = repository.trueline(&["scan", "--format", "json"]).stdout();
    let mut damaged = 0;
    for entry in std::fs::read_dir(repository.path().join(".git/trueline/v1")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
        damaged += 1;
    }
    assert!(damaged > 0);
    assert_eq!(
        repository.trueline(&["scan", "--format", "json"]).stdout(),
        first
    );
}

#[test]
fn secrets_are_never_printed() {
    let secret = format!("AKIA{}", "QWERTYUIOPASDFGH");
    let repository = Repository::new();
    repository
        .write(
            "app.py",
            format!(
                "{UNSAFE_VIEW}\nAWS_SECRET_ACCESS_KEY = \"{secret}\"\napi_key = \"{secret}\"\n"
            ),
        )
        .commit("feat: a");
    for format in ["terminal", "json", "sarif", "markdown", "html"] {
        let text = repository
            .trueline(&["scan", "--all", "--format", format])
            .stdout();
        assert!(!text.contains(&secret), "{format}");
    }
}

#[test]
fn an_imported_log_leads_to_no_file_behind_a_link_or_a_pipe() {
    let outside = Repository::plain();
    outside.write("passwd", "root-of-all:x:0:0\n");
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    std::os::unix::fs::symlink(outside.path(), repository.path().join("link")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(repository.path().join("pipe"))
        .status()
        .unwrap();
    assert!(pipe.success());
    let result = |uri: &str| {
        format!(
            r#"{{"ruleId":"x","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}},"region":{{"startLine":1}}}}}}]}}"#
        )
    };
    let log = format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"o"}}}},"results":[{},{}]}}]}}"#,
        result("link/passwd"),
        result("pipe")
    );
    repository.write(".git/o.sarif", log);
    for format in ["json", "html"] {
        let run = repository.trueline(&["scan", "--import", ".git/o.sarif", "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(!run.stdout().contains("root-of-all"), "{format}");
    }
}

/// A log of tool `o` with results of rule `x` at places of files.
fn log_at(places: &[(&str, &str, &str)]) -> String {
    let results: Vec<String> = places
        .iter()
        .map(|(rule, uri, line)| {
            format!(
                r#"{{"ruleId":"{rule}","message":{{"text":"found hunter2-hunter2 here"}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}},"region":{{"startLine":{line}}}}}}}]}}"#
            )
        })
        .collect();
    let results = results.join(",");
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"o"}}}},"results":[{results}]}}]}}"#
    )
}

#[test]
fn an_imported_log_leads_neither_into_the_git_folder_nor_to_ignored_files() {
    let repository = Repository::new();
    repository
        .write("a.py", SAFE_VIEW)
        .write(".gitignore", ".env\n")
        .commit("feat: a");
    repository.write(".env", "COOKIE=dont-show-me\n");
    repository.write(".git/config", "[remote \"o\"]\n\turl = dont-show-me\n");
    let log = log_at(&[
        ("x", ".git/config", "2"),
        ("x", ".GIT/config", "2"),
        ("x", "./.git//config", "2"),
        ("x", "sub/../.git./config", "2"),
        ("x", ".env", "1"),
    ]);
    repository.write(".git/o.sarif", log);
    for format in ["json", "html", "sarif", "terminal"] {
        let run = repository.trueline(&["scan", "--import", ".git/o.sarif", "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        assert!(!run.stdout().contains("dont-show-me"), "{format}");
    }
    let run = repository.trueline(&["scan", "--import", ".git/o.sarif", "--format", "json"]);
    let report = run.json();
    assert_eq!(
        report["findings"].as_array().unwrap().len(),
        1,
        "that on .env is kept"
    );
    let diagnostics = report["diagnostics"].to_string();
    assert!(diagnostics.contains("4 imported results were left out: about files outside"));
    assert!(diagnostics.contains("none of the scanned tree"));
}

#[test]
fn a_secret_that_any_tool_found_is_shown_by_none() {
    let repository = Repository::new();
    repository
        .write(
            "a.js",
            "f(x);\nlogin('hunter2-hunter2');\nget('https://me:s3cretpass@host/');\n",
        )
        .write("b.js", "g(y);\n")
        .commit("feat: a");
    let log = log_at(&[
        ("no-login", "a.js", "2"),
        ("S2068", "a.js", "2"),
        ("x", "a.js", "3"),
        ("x", "b.js", "1"),
    ]);
    repository.write(".git/o.sarif", log);
    for format in ["json", "html", "sarif", "markdown", "terminal"] {
        let run = repository.trueline(&["scan", "--import", ".git/o.sarif", "--format", format]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        let out = run.stdout();
        // Also not by the messages on other lines and files, which quote it.
        assert!(!out.contains("hunter2-hunter2"), "{format}");
        assert!(!out.contains("s3cretpass"), "{format}");
    }
    let report = repository
        .trueline(&["scan", "--import", ".git/o.sarif", "--format", "json"])
        .json();
    let second_line: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["location"]["start"]["line"] == 2 && f["engine"] == "o")
        .map(|f| f["message"].as_str().unwrap())
        .collect();
    assert_eq!(second_line, ["found [redacted] here"; 2]);
}

#[test]
fn malformed_parts_of_a_log_are_named_and_their_results_kept() {
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    let log = log_at(&[
        ("x", "a.py", "1e30"),
        ("y", "a.py", "-1"),
        ("z", "a.py", "99999"),
    ]);
    let log = log.replace(
        r#""runs":["#,
        r#""runs":[null,{"tool":{"driver":{"name":"p"}},"results":{"a":1}},"#,
    );
    repository.write(".git/o.sarif", log);
    let report = repository
        .trueline(&["scan", "--import", ".git/o.sarif", "--format", "json"])
        .json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    let mut lines: Vec<u64> = findings
        .iter()
        .filter_map(|f| f["location"]["start"]["line"].as_u64())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 1, 99_999]);
    let malformed = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["code"] == "sarif-malformed")
        .count();
    assert_eq!(malformed, 3, "{}", report["diagnostics"]);
    let beyond = report["diagnostics"].to_string();
    assert!(beyond.contains("imported-place-missing"), "{beyond}");
}

#[test]
fn a_head_that_cannot_be_read_leaves_the_findings_and_is_named() {
    let repository = Repository::new();
    repository.write("app.py", UNSAFE_VIEW).commit("feat: a");
    repository.write(".git/HEAD", "1".repeat(40) + "\n");
    let run = repository.trueline(&["scan", "--format", "json"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let report = run.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert!(report["findings"][0]["origin"].is_null());
    let diagnostics = report["diagnostics"].to_string();
    assert!(diagnostics.contains("history-unreadable"), "{diagnostics}");
    for format in ["terminal", "markdown", "html"] {
        let text = repository.trueline(&["scan", "--format", format]).stdout();
        assert!(text.contains("cannot be read"), "{format}: {text}");
        for wrong in ["not a git repository", "outside git", "git init"] {
            assert!(!text.contains(wrong), "{format}: {text}");
        }
    }
    let run = repository.trueline(&["scan", "--fail-on", "high"]);
    assert_eq!(run.code(), 1, "{}", run.stderr());
    let run = repository.trueline(&["stats"]);
    assert_eq!(run.code(), 3);
    assert!(
        run.stderr().contains("HEAD cannot be read"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_damaged_commit_is_not_called_a_shallow_clone() {
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    let first = repository.git(&["rev-parse", "HEAD"]);
    let first = first.trim();
    repository.write("b.py", SAFE_VIEW).commit("feat: b");
    let object = format!(".git/objects/{}/{}", &first[..2], &first[2..]);
    std::fs::remove_file(repository.path().join(&object)).unwrap();
    repository.write(&object, "no object");
    let report = repository.trueline(&["scan", "--format", "json"]).json();
    assert_eq!(report["repository"]["shallow"], false);
    assert!(
        report["diagnostics"]
            .to_string()
            .contains("commit-unreadable")
    );
    let advice = report["usage"]["coverage"]["advice"].to_string();
    assert!(!advice.contains("unshallow"), "{advice}");
    assert!(advice.contains("git fsck"), "{advice}");
}

#[test]
fn a_damaged_pack_leaves_a_part_that_is_marked() {
    let repository = Repository::new();
    for at in 0..8 {
        let lines: Vec<String> = (0..30)
            .map(|l| format!("x{l} = {}", l * (at + 1)))
            .collect();
        repository
            .write(&format!("d{}/a.py", at % 3), lines.join("\n"))
            .write("app.py", format!("{UNSAFE_VIEW}# {at}\n"))
            .commit(&format!("feat: {at}"));
    }
    repository.git(&["repack", "-adq"]);
    let folder = repository.path().join(".git/objects/pack");
    let pack = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    // git writes it read-only: a new file stands in its place.
    let whole = std::fs::read(&pack).unwrap();
    let put = |bytes: &[u8]| {
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, bytes).unwrap();
    };
    let asked = [
        ["stats", "--no-cache", "--format", "json"],
        ["scan", "--no-cache", "--format", "json"],
    ];
    let told = |text: &str| {
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        let said = std::iter::once("/diagnostics")
            .chain(["/repositories/0/diagnostics"])
            .filter_map(|at| document.pointer_mut(at).map(serde_json::Value::take))
            .any(|list| !list.as_array().unwrap().is_empty());
        (document, said)
    };
    let expected = asked.map(|command| told(&repository.trueline(&command).stdout()));
    assert!(expected.iter().all(|(_, said)| !said));
    let step = whole.len() / 9;
    for at in 1..9 {
        let mut damaged = whole.clone();
        damaged[at * step] ^= 0x41;
        let cut = &whole[..at * step];
        for bytes in [damaged.as_slice(), cut] {
            put(bytes);
            for (command, (document, _)) in asked.iter().zip(&expected) {
                let run = repository.trueline(command);
                let (code, errors) = (run.code(), run.stderr());
                assert!(!errors.contains("panicked"), "{errors}");
                if command[0] == "stats" && code == 3 {
                    assert!(errors.contains("git fsck"), "{errors}");
                    continue;
                }
                assert_eq!(code, 0, "{errors}");
                let (found, said) = told(&run.stdout());
                assert!(said || found == *document, "{at}: {command:?} says nothing");
            }
        }
    }
    put(&whole);
}

#[test]
fn blame_of_a_link_that_leads_out_says_so() {
    let outside = Repository::plain();
    outside.write("passwd", "x\n");
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    std::os::unix::fs::symlink(
        outside.path().join("passwd"),
        repository.path().join("link"),
    )
    .unwrap();
    let run = repository.trueline(&["blame", "link"]);
    assert_eq!(run.code(), 2);
    assert!(
        run.stderr().contains("a link that leads out"),
        "{}",
        run.stderr()
    );
}

#[test]
fn output_never_replaces_what_is_no_regular_file() {
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    repository.write(".git/real.json", "old");
    std::os::unix::fs::symlink("real.json", repository.path().join(".git/link.json")).unwrap();
    let run = repository.trueline(&["scan", "--format", "json", "-o", ".git/link.json"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let link = std::fs::symlink_metadata(repository.path().join(".git/link.json")).unwrap();
    assert!(link.is_symlink());
    let text = std::fs::read_to_string(repository.path().join(".git/real.json")).unwrap();
    assert!(text.starts_with('{'));
    assert_eq!(repository.trueline(&["scan", "-o", "/dev/null"]).code(), 0);
}

#[test]
fn what_lies_above_the_repository_does_not_hide_its_files() {
    let outer = Repository::plain();
    outer.write(".gitignore", "*\n");
    outer.git(&["init", "--quiet", "inner"]);
    outer.write("inner/app.py", UNSAFE_VIEW);
    let report = outer
        .trueline(&["scan", "inner", "--format", "json"])
        .json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

/// What `stats` says in each form, with single spaces and dashes as they are.
fn said(repository: &Repository, folder: &std::path::Path, more: &[&str]) -> [String; 3] {
    ["terminal", "markdown", "html"].map(|format| {
        let command = [&["stats", "--format", format], more].concat();
        let text = repository.trueline_in(folder, &command).stdout();
        let text = text.replace("&#45;", "-");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

#[test]
fn lines_from_before_a_cut_are_not_called_recent() {
    let repository = Repository::new();
    repository.write("a.py", SAFE_VIEW).commit("feat: a");
    repository.write("b.py", "x = 1\n").commit("feat: b");
    let url = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth=1", &url, ".git/shallow"]);
    let shallow = repository.path().join(".git/shallow");
    for text in said(&repository, &shallow, &[]) {
        assert!(text.contains("all were added is not known"), "{text}");
        assert!(!text.contains("days stands"), "{text}");
    }
    for text in said(&repository, &shallow, &["--since", "30d"]) {
        assert!(
            text.contains("it is not known when they were added"),
            "{text}"
        );
        assert!(!text.contains("no line was added since"), "{text}");
    }
    for text in said(&repository, repository.path(), &[]) {
        assert!(!text.contains("not known when they were added"), "{text}");
    }
}

#[test]
fn what_a_partial_clone_lacks_is_not_told_as_nothing() {
    let repository = Repository::new();
    repository.write("a.py", "x = 1\n").commit(CLAUDE);
    repository.write("a.py", "x = 2\n").commit("feat: b");
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repository.path().display());
    let into = ".git/partial";
    repository.git(&["clone", "--quiet", "--filter=blob:none", &url, into]);
    let partial = repository.path().join(into);
    for text in said(&repository, &partial, &[]) {
        assert!(!text.contains("o line today"), "{text}");
        assert!(!text.contains("added 0 lines"), "{text}");
        assert!(
            text.contains("what they changed cannot be read here"),
            "{text}"
        );
        assert!(text.contains("are not given"), "{text}");
    }
}

#[test]
fn lines_of_generated_files_are_not_said_to_be_gone() {
    let repository = Repository::new();
    repository.write("a.py", "x = 1\n").commit("feat: a");
    repository
        .write("package-lock.json", "{}\n".repeat(30))
        .commit(CLAUDE);
    for text in said(&repository, repository.path(), &[]) {
        assert!(!text.contains("o line today"), "{text}");
        assert!(!text.contains("carries a trace"), "{text}");
        assert!(
            text.contains("30 lines of generated, vendored or lock files"),
            "{text}"
        );
    }
}
