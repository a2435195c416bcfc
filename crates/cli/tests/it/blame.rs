//! `trueline blame` and `trueline declare`.

use crate::repository::{CLAUDE, Repository};

fn two_authors() -> Repository {
    let repository = Repository::new();
    repository
        .write("a.txt", "one\ntwo\nthree\n")
        .commit("feat: by hand")
        .write("a.txt", "one\n2\nthree\nfour\n")
        .commit(&format!("feat: more\n\n{CLAUDE}"));
    repository
}

#[test]
fn each_line_has_its_origin() {
    let report = two_authors()
        .trueline(&["blame", "a.txt", "--format", "json"])
        .json();
    assert_eq!(report["schema"], "trueline.blame/1");
    let kinds: Vec<(u64, &str)> = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["start"].as_u64().unwrap(),
                r["origin"]["kind"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [(1, "unknown"), (2, "ai"), (3, "unknown"), (4, "ai")]
    );
    let person = report["runs"][0]["person"]["pseudonym"].as_str().unwrap();
    assert!(person.starts_with("person-"), "{person}");
}

#[test]
fn line_porcelain_is_git_s_own_with_origin_headers_added() {
    let repository = two_authors();
    let numbered = |top: &str, last: &str| format!("{top}\none\n2\nthree\nfour\n{last}\n");
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.git(&["mv", "a.txt", "b.txt"]);
    repository
        .write("b.txt", numbered("side", "end"))
        .commit("  feat: moved, with blanks before its subject");
    repository.git(&["checkout", "--quiet", "main"]);
    repository
        .write("a.txt", "one\n2\nthree\nfour\nend\n")
        .commit("feat: end");
    repository.git(&["merge", "--quiet", "--no-commit", "side"]);
    repository
        .write("b.txt", numbered("merged", "end"))
        .commit("merge side");
    let ours = repository
        .trueline(&["blame", "--line-porcelain", "--names", "b.txt"])
        .stdout();
    let keep = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|l| !l.starts_with("origin"))
            .map(str::to_owned)
            .collect()
    };
    let git = repository.git(&["blame", "--line-porcelain", "b.txt"]);
    assert_eq!(keep(&ours), keep(&git));
    assert_eq!(git.matches("\nprevious ").count(), 4, "{git}");
    assert!(ours.contains("\norigin-tool claude\n"), "{ours}");
}

#[test]
fn names_are_shown_only_on_request() {
    let repository = two_authors();
    for arguments in [
        &["blame", "a.txt"][..],
        &["blame", "--line-porcelain", "a.txt"],
        &["blame", "--format", "json", "a.txt"],
    ] {
        let text = repository.trueline(arguments).stdout();
        assert!(!text.contains("dev@example.org"), "{text}");
    }
}

#[test]
fn a_declaration_becomes_a_note_that_blame_reads() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\nb = 2\n").commit("feat: a");
    let dry = repository.trueline(&["declare", "--tool", "claude", "--dry-run"]);
    assert!(
        dry.stdout().contains("would add a note"),
        "{}",
        dry.stderr()
    );
    let before = repository
        .trueline(&["blame", "a.py", "--format", "json"])
        .json();
    assert_eq!(before["runs"][0]["origin"]["kind"], "unknown");

    let run = repository.trueline(&["declare", "--tool", "claude", "--model", "claude-opus-4-5"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    let after = repository
        .trueline(&["blame", "a.py", "--format", "json"])
        .json();
    let origin = &after["runs"][0]["origin"];
    assert_eq!(origin["tool"], "claude");
    assert_eq!(origin["model"], "claude-opus-4-5");
    assert_eq!(origin["confidence"], "medium");
    let note = repository.git(&["notes", "--ref=refs/notes/ai", "show", "HEAD"]);
    assert!(note.starts_with("a.py\n  s_"), "{note}");

    let again = repository.trueline(&["declare", "--tool", "claude", "--model", "claude-opus-4-5"]);
    assert!(
        again.stdout().contains("noted already"),
        "{}",
        again.stdout()
    );
}

#[test]
fn an_entry_of_a_note_that_says_nothing_is_listed_beside_the_unknown_line() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\nb = 2\n").commit("feat: a");
    let note = "a.py\n  h_31dce776f88375 2\n---\n{\"schema_version\":\"authorship/3.0.0\",\
                \"base_commit_sha\":\"\",\"prompts\":{}}";
    repository.git(&["notes", "--ref=refs/notes/ai", "add", "-m", note]);
    let report = repository
        .trueline(&["blame", "a.py", "--format", "json"])
        .json();
    let origin = &report["runs"][1]["origin"];
    assert_eq!(origin["kind"], "unknown");
    assert_eq!(origin["evidence"][0]["class"], "unexplained");
    let source = origin["evidence"][0]["source"].as_str().unwrap();
    assert!(
        source.starts_with("refs/notes/ai: entry h_31dce776f88375 "),
        "{source}"
    );
    assert_eq!(
        report["runs"][0]["origin"]["evidence"],
        serde_json::json!([])
    );
    let terminal = repository.trueline(&["blame", "a.py"]).stdout();
    assert!(
        terminal.contains("2-2: refs/notes/ai: entry h_31dce776f88375"),
        "{terminal}"
    );
    assert!(terminal.contains("none carries evidence"), "{terminal}");
    let stats = repository.trueline(&["stats", "--format", "json"]).json();
    assert_eq!(
        stats["repositories"][0]["usage"]["coverage"]["recent"]["hits"],
        0
    );
}

#[test]
fn one_declares_only_for_oneself() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\n").commit("feat: a");
    repository.git(&["config", "user.email", "other@example.org"]);
    let run = repository.trueline(&["declare", "--tool", "claude"]);
    assert_eq!(run.code(), 2);
    for address in [
        "<other@example.org>",
        "<dev@example.org>",
        "1 of 1 commit is",
    ] {
        assert!(run.stderr().contains(address), "{}", run.stderr());
    }
    let typo = repository.trueline(&["declare", "--tool", "cluade"]);
    assert_eq!(typo.code(), 2);
    assert!(typo.stderr().contains("did you mean `claude`?"));
}

#[test]
fn a_tool_without_a_name_is_refused_and_an_unknown_one_is_told_of() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\n").commit("feat: a");
    for nameless in ["", "  ", "--"] {
        let tool = format!("--tool={nameless}");
        let run = repository.trueline(&["declare", &tool]);
        assert_eq!(run.code(), 2, "{nameless:?}");
        assert!(run.stderr().contains("names no tool"), "{}", run.stderr());
    }
    for (person, told) in [("human", "is no AI tool"), ("Me", "is no AI tool")] {
        let run = repository.trueline(&["declare", "--tool", person]);
        assert_eq!(run.code(), 2, "{person}");
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
    let crafted = repository.trueline(&["declare", "--tool", "in\u{1b}[2Jhouse"]);
    assert_eq!(crafted.code(), 2);
    assert!(!crafted.stderr().contains('\u{1b}'), "{}", crafted.stderr());
    assert_eq!(repository.git(&["for-each-ref", "refs/notes"]), "");
    let known = repository.trueline(&["declare", "--tool", "claude", "--dry-run"]);
    assert_eq!((known.code(), known.stderr().as_str()), (0, ""));
    let unknown = repository.trueline(&["declare", "--tool", "Inhouse Helper"]);
    assert_eq!(unknown.code(), 0, "{}", unknown.stderr());
    assert!(
        unknown
            .stderr()
            .contains("`inhouse-helper` is none of the tools"),
        "{}",
        unknown.stderr()
    );
    let blamed = repository.trueline(&["blame", "a.py"]).stdout();
    assert!(blamed.contains("written by inhouse-helper"), "{blamed}");
}

#[test]
fn witnesses_that_disagree_are_shown() {
    let repository = Repository::new();
    repository
        .write("a.py", "a = 1\n")
        .commit(&format!("feat: a\n\n{CLAUDE}"));
    let alone = repository.trueline(&["blame", "a.py"]).stdout();
    assert!(!alone.contains("disagree"), "{alone}");
    assert_eq!(
        repository.trueline(&["declare", "--tool", "cursor"]).code(),
        0
    );
    let both = repository.trueline(&["blame", "a.py"]).stdout();
    let both = both.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(both.contains("written by cursor"), "{both}");
    assert!(
        both.contains("witnesses disagree: identity of the whole commit names claude"),
        "{both}"
    );
    let json = repository
        .trueline(&["blame", "a.py", "--format", "json"])
        .json();
    let evidence = json["runs"][0]["origin"]["evidence"].as_array().unwrap();
    assert_eq!(evidence[0]["names"], serde_json::Value::Null);
    assert_eq!(evidence[1]["names"]["tool"], "claude");
}

#[test]
fn a_file_whose_content_is_lost_or_damaged_is_told_so_and_no_remote_is_made_up() {
    let repository = Repository::new();
    repository
        .write("src/a.py", "a = 1\n")
        .commit("feat: by hand");
    // The cache has seen it whole.
    assert_eq!(repository.trueline(&["stats", "."]).code(), 0);
    let blob = repository.git(&["rev-parse", "HEAD:src/a.py"]);
    let (folder, file) = blob.trim().split_at(2);
    let object = repository
        .path()
        .join(".git/objects")
        .join(folder)
        .join(file);
    std::fs::set_permissions(&object, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::write(&object, b"no object").unwrap();
    let damaged = |word: &str| {
        let run = repository.trueline(&["blame", "src/a.py"]);
        assert_eq!(run.code(), 3, "{}", run.stderr());
        assert!(run.stderr().contains(word), "{}", run.stderr());
        assert!(run.stderr().contains("no remote"), "{}", run.stderr());
        let warm = repository
            .trueline(&["scan", ".", "--format", "json"])
            .json();
        let cold = repository
            .trueline(&["scan", ".", "--format", "json", "--no-cache"])
            .json();
        assert_eq!(warm["diagnostics"], cold["diagnostics"]);
        let all = warm["diagnostics"].to_string();
        assert!(
            all.contains("src/a.py") && all.contains(word) && !all.contains("--refetch"),
            "{all}"
        );
    };
    damaged("damaged");
    std::fs::remove_file(&object).unwrap();
    damaged("not in this repository");
    repository.git(&["remote", "add", "origin", "elsewhere"]);
    let run = repository.trueline(&["blame", "src/a.py"]);
    assert!(
        run.stderr().contains("git fetch --refetch"),
        "{}",
        run.stderr()
    );
}

#[test]
fn what_is_no_file_of_head_is_told() {
    let repository = two_authors();
    repository
        .write("new.txt", "x\n")
        .write("bin.dat", b"\0\x01");
    let run = repository.trueline(&["blame", "new.txt"]);
    assert_eq!(run.code(), 2);
    assert!(run.stderr().contains("commit it first"), "{}", run.stderr());
    repository.commit("feat: more");
    let run = repository.trueline(&["blame", "bin.dat"]);
    assert!(run.stderr().contains("binary"), "{}", run.stderr());
    for absent in ["nowhere/none.txt", "none.py"] {
        let run = repository.trueline(&["blame", absent]);
        assert_eq!(run.code(), 2);
        assert!(run.stderr().contains("no such file"), "{}", run.stderr());
        assert!(!run.stderr().contains("commit it"), "{}", run.stderr());
    }
}

#[test]
fn a_directory_that_is_damaged_is_not_called_a_file_that_is_missing() {
    let repository = Repository::new();
    repository
        .write("src/a.py", "a = 1\n")
        .commit("feat: by hand");
    let tree = repository.git(&["rev-parse", "HEAD:src"]);
    let (folder, file) = tree.trim().split_at(2);
    let object = repository
        .path()
        .join(".git/objects")
        .join(folder)
        .join(file);
    std::fs::remove_file(object).unwrap();
    let run = repository.trueline(&["blame", "src/a.py"]);
    assert_eq!(run.code(), 3, "{}", run.stderr());
    assert!(run.stderr().contains("git fsck"), "{}", run.stderr());
    assert!(!run.stderr().contains("commit it first"));
}

#[test]
fn a_commit_that_an_old_tool_wrote_against_the_rules_is_walked_as_git_walks_it() {
    let repository = two_authors();
    let head = repository.git(&["cat-file", "commit", "HEAD"]);
    let broken = head
        .lines()
        .map(|line| match line.split_once(' ') {
            Some(("author", _)) => "author Dev dev@example.org yesterday\n".to_owned(),
            _ => format!("{line}\n"),
        })
        .collect::<String>();
    repository.write("commit", &broken);
    let id = repository.git(&["hash-object", "-t", "commit", "--literally", "-w", "commit"]);
    repository.git(&["reset", "--hard", id.trim()]);
    let report = repository
        .trueline(&["blame", "a.txt", "--format", "json"])
        .json();
    let commits: Vec<&str> = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["commit"].as_str().unwrap())
        .collect();
    assert_eq!(commits.len(), 4, "{report}");
    assert_eq!(commits[1], id.trim());
    assert_ne!(commits[0], id.trim(), "its parent is walked");
}

#[test]
fn another_declaration_is_refused_replaced_or_taken_back() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\n").commit("feat: a");
    let tool = || {
        let report = repository
            .trueline(&["blame", "a.py", "--format", "json"])
            .json();
        report["runs"][0]["origin"]["tool"].clone()
    };
    let first = repository.trueline(&["declare", "--tool", "claude"]);
    assert!(first.stdout().contains("1 line in 1 file: note added"));
    assert!(first.stdout().contains("trueline declare --undo"));
    let other = repository.trueline(&["declare", "--tool", "cursor"]);
    assert_eq!(other.code(), 2);
    assert!(other.stderr().contains("--replace"), "{}", other.stderr());
    assert_eq!(tool(), "claude");
    let replaced = repository.trueline(&["declare", "--tool", "cursor", "--replace"]);
    assert_eq!(replaced.code(), 0, "{}", replaced.stderr());
    assert_eq!(tool(), "cursor");
    assert_eq!(repository.trueline(&["declare", "--undo"]).code(), 0);
    assert!(tool().is_null());
    let again = repository.trueline(&["declare", "--undo"]).stdout();
    assert!(again.contains("nothing was declared"), "{again}");
}

#[test]
fn a_declaration_against_what_the_commit_says_is_told() {
    let repository = Repository::new();
    let trailer = "feat: a\n\nCo-authored-by: Claude <noreply@anthropic.com>";
    repository.write("a.py", "a = 1\n").commit(trailer);
    let same = repository.trueline(&["declare", "--tool", "claude", "--dry-run"]);
    assert!(!same.stdout().contains("names"), "{}", same.stdout());
    let other = repository.trueline(&["declare", "--tool", "cursor"]);
    assert!(
        other.stdout().contains("this commit names claude itself"),
        "{}",
        other.stdout()
    );
}

#[test]
fn undo_keeps_what_a_tool_recorded() {
    let repository = Repository::new();
    repository.write("a.py", "a = 1\nb = 2\n").commit("feat: a");
    let note = "a.py\n  s_0123456789abcd::t_0123456789abcd 1\n---\n{\"schema_version\":\"authorship/3.0.0\",\
                \"base_commit_sha\":\"\",\"other\":7,\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":\
                {\"tool\":\"codex\",\"id\":\"x\",\"model\":\"m\"}}},\"prompts\":{}}";
    repository.git(&["notes", "--ref=refs/notes/ai", "add", "-m", note]);
    repository.trueline(&["declare", "--tool", "claude"]);
    let shown = || repository.git(&["notes", "--ref=refs/notes/ai", "show", "HEAD"]);
    assert!(shown().contains("claude"), "{}", shown());
    assert_eq!(repository.trueline(&["declare", "--undo"]).code(), 0);
    assert!(!shown().contains("claude"), "{}", shown());
    assert!(shown().contains("codex") && shown().contains("\"other\":7"));
    assert!(shown().starts_with("a.py\n  s_0123456789abcd::t_0123456789abcd 1\n---"));
}

#[test]
fn a_file_that_was_edited_since_is_told_from_head() {
    let repository = two_authors();
    let path = repository
        .git(&["ls-files"])
        .lines()
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(repository.trueline(&["blame", &path]).stderr(), "");
    repository.write(&path, "another = 1\n");
    let run = repository.trueline(&["blame", &path]);
    assert_eq!(run.code(), 0);
    assert!(
        run.stderr().contains("differs from HEAD"),
        "{}",
        run.stderr()
    );
}

#[test]
fn options_that_exclude_each_other_are_refused_with_the_whole_usage() {
    let repository = two_authors();
    for (arguments, usage) in [
        (
            &["blame", "a.txt", "--format", "json", "--line-porcelain"][..],
            "Usage: trueline blame [OPTIONS] <FILE>\n",
        ),
        (
            &["gate", "main", "--staged"],
            "Usage: trueline gate [OPTIONS] [RANGE]\n",
        ),
        (
            &["scan", "--fix", "--only", "agents"],
            "Usage: trueline scan [OPTIONS] [PATH]...\n",
        ),
        (
            &["declare", "--undo", "--tool", "claude"],
            "Usage: trueline declare [OPTIONS] [RANGE]\n",
        ),
        (
            &["hook", "uninstall", "--yes", "--dry-run"],
            "Usage: trueline hook uninstall [OPTIONS]\n",
        ),
        (
            &["stats", "--by", "tool", "--by", "month"],
            "Usage: trueline stats [OPTIONS] [REPOSITORIES]...\n",
        ),
    ] {
        let run = repository.trueline(arguments);
        let told = run.stderr();
        assert_eq!(run.code(), 2, "{told}");
        assert!(told.contains("cannot be used"), "{told}");
        assert!(told.contains(usage), "{told}");
    }
}
