//! Installing and taking away: what is added, what stays, and that every byte comes back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::world::{CLAUDE, Clone};

/// Every file of a work tree and of its hooks, with its mode and bytes.
fn everything(root: &Path) -> BTreeMap<PathBuf, (bool, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in folder.read_dir().unwrap().flatten() {
            let path = entry.path();
            let inside = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                if inside.starts_with(".git")
                    && !inside.starts_with(".git/hooks")
                    && inside != Path::new(".git")
                {
                    continue;
                }
                all.insert(inside, (true, Vec::new()));
                waiting.push(path);
            } else if !inside.starts_with(".git/")
                || inside.starts_with(".git/hooks")
                || inside == Path::new(".git/config")
            {
                use std::os::unix::fs::PermissionsExt;
                let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
                all.insert(inside, (executable, std::fs::read(path).unwrap()));
            }
        }
    }
    all
}

fn hook(clone: &Clone, arguments: &[&str]) -> String {
    let run = clone.trueline(&[&["hook"], arguments].concat(), b"");
    assert!(run.status.success(), "{run:?}");
    String::from_utf8(run.stdout).unwrap()
}

const ALL: [&str; 15] = [
    "install", "--tool", "claude", "--tool", "cursor", "--tool", "copilot", "--tool", "codex",
    "--tool", "gemini", "--tool", "windsurf", "--tool", "opencode",
];

#[test]
fn uninstall_restores_every_byte() {
    let clone = Clone::bare_of_hooks();
    clone.git(&["remote", "add", "origin", "/nowhere"]);
    clone.write(
        ".claude/settings.json",
        "{\r\n\t\"permissions\": {\"allow\": []}, // mine\r\n\t\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"./check.sh\"}]}]},\r\n}",
    );
    clone.write(
        ".cursor/hooks.json",
        "{\"version\":1,\"hooks\":{\"stop\":[{\"command\":\"./done\"}]}}",
    );
    clone.write(".gemini/settings.json", "{\n    \"theme\": \"dark\"\n}\n");
    clone.write(
        ".git/hooks/post-commit",
        "#!/usr/bin/env python3\nprint('theirs')\n",
    );
    let before = everything(clone.path());
    let told = hook(&clone, &[&ALL[..], &["--share", "--yes"]].concat());
    assert!(
        told.contains("+++ ") && told.contains("remote.origin.fetch"),
        "{told}"
    );
    let installed = everything(clone.path());
    assert!(installed.len() > before.len());
    for file in [".claude/settings.json", ".cursor/hooks.json"] {
        let text = String::from_utf8(installed[Path::new(file)].1.clone()).unwrap();
        assert!(text.contains("trueline hook run"), "{text}");
        assert!(
            text.contains("./check.sh") || text.contains("./done"),
            "{text}"
        );
    }
    let again = hook(&clone, &[&ALL[..], &["--yes"]].concat());
    assert!(again.contains("already installed"), "{again}");
    assert_eq!(everything(clone.path()), installed);
    hook(&clone, &["uninstall", "--yes"]);
    assert_eq!(everything(clone.path()), before);
    assert!(hook(&clone, &["uninstall", "--yes"]).contains("nothing is installed"));
}

#[test]
fn what_was_edited_since_keeps_its_edits_and_loses_our_entries() {
    let clone = Clone::bare_of_hooks();
    clone.write(".claude/settings.json", "{\n  \"model\": \"opus\"\n}\n");
    hook(&clone, &["install", "--tool", "claude", "--yes"]);
    let edited = clone
        .read(".claude/settings.json")
        .replace("opus", "sonnet");
    clone.write(".claude/settings.json", &edited);
    hook(&clone, &["uninstall", "--yes"]);
    let left: serde_json::Value =
        serde_json::from_str(&clone.read(".claude/settings.json")).unwrap();
    assert_eq!(left, serde_json::json!({"model": "sonnet"}));
}

#[test]
fn a_tool_that_is_told_to_run_no_hooks_is_named_when_they_are_installed_and_after() {
    let clone = Clone::bare_of_hooks();
    clone.write(
        ".gemini/settings.json",
        "{\n  \"tools\": {\n    \"enableHooks\": false\n  }\n}\n",
    );
    let say = "says `\"enableHooks\": false`; change that to `\"enableHooks\": true`";
    for _ in 0..2 {
        let told = hook(&clone, &["install", "--tool", "gemini", "--yes"]);
        assert!(
            told.contains(".gemini/settings.json:3") && told.contains(say),
            "{told}"
        );
    }
    let told = hook(&clone, &["status"]);
    assert!(told.contains(say), "{told}");
    let told: serde_json::Value =
        serde_json::from_str(&hook(&clone, &["status", "--format", "json"])).unwrap();
    assert_eq!(told["hooks_off"].as_array().unwrap().len(), 1);
    let run = clone.trueline(&["doctor"], b"");
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(
        told.contains("Hooks of agents") && told.contains(say),
        "{told}"
    );
    let on = clone
        .read(".gemini/settings.json")
        .replace("\"enableHooks\": false", "\"enableHooks\": true");
    clone.write(".gemini/settings.json", &on);
    let told = hook(&clone, &["status"]);
    assert!(!told.contains("runs no hooks"), "{told}");
}

#[test]
fn hooks_that_were_there_still_run_with_their_input_and_their_answer() {
    use std::os::unix::fs::PermissionsExt;

    let clone = Clone::bare_of_hooks();
    let theirs = [
        (
            "post-commit",
            "#!/bin/sh\necho committed >> \"$(git rev-parse --git-dir)/ran\"\n",
        ),
        (
            "post-rewrite",
            "#!/bin/sh\necho \"$1 $(cat | wc -l)\" >> \"$(git rev-parse --git-dir)/ran\"\n",
        ),
        (
            "pre-push",
            "#!/bin/sh\necho push >> \"$(git rev-parse --git-dir)/ran\"\nexit 7\n",
        ),
    ];
    for (name, script) in theirs {
        clone.write(&format!(".git/hooks/{name}"), script);
        let path = clone.path().join(".git/hooks").join(name);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    clone.git(&["init", "--quiet", "--bare", "../remote.git"]);
    clone.git(&["remote", "add", "origin", "../remote.git"]);
    hook(&clone, &["install", "--tool", "claude", "--share", "--yes"]);
    clone.agent(CLAUDE, "a.py", 0, 2);
    clone.commit("one");
    clone.git(&["commit", "--quiet", "--amend", "-m", "two"]);
    assert!(
        !clone
            .try_git(&["push", "--quiet", "origin", "main"])
            .status
            .success()
    );
    let ran = clone.read(".git/ran");
    assert_eq!(ran, "committed\ncommitted\namend 1\npush\n");
    assert_eq!(clone.compare().kept, 2);
}

#[test]
fn a_hooks_path_inside_is_used_and_one_outside_is_left_alone() {
    let clone = Clone::bare_of_hooks();
    clone.git(&["config", "core.hooksPath", ".githooks"]);
    hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(clone.path().join(".githooks/post-commit").exists());
    hook(&clone, &["uninstall", "--yes"]);
    assert!(!clone.path().join(".githooks").exists());
    let outside = clone.path().parent().unwrap().join("shared-hooks");
    std::fs::create_dir(&outside).unwrap();
    clone.git(&["config", "core.hooksPath", outside.to_str().unwrap()]);
    let told = hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(told.contains("not touched"), "{told}");
    assert_eq!(outside.read_dir().unwrap().count(), 0);
}

#[test]
fn for_the_user_nothing_of_the_repository_is_touched() {
    let clone = Clone::bare_of_hooks();
    let before = everything(clone.path());
    hook(
        &clone,
        &[
            "install", "--user", "--tool", "claude", "--tool", "codex", "--yes",
        ],
    );
    assert_eq!(everything(clone.path()), before);
    let home = clone.path().parent().unwrap();
    assert!(home.join(".claude/settings.json").exists());
    assert!(home.join(".codex/hooks.json").exists());
    hook(&clone, &["uninstall", "--user", "--yes"]);
    assert!(!home.join(".claude").exists() && !home.join(".codex").exists());
}

#[test]
fn a_person_is_asked_and_mistakes_are_told() {
    let clone = Clone::bare_of_hooks();
    let run = clone.trueline(&["hook", "install", "--tool", "claude"], b"");
    assert_eq!(run.status.code(), Some(2));
    assert!(!clone.path().join(".claude").exists());
    let run = clone.trueline(&["hook", "install", "--tool", "claude", "--dry-run"], b"");
    assert!(run.status.success() && !clone.path().join(".claude").exists());
    let run = clone.trueline(&["hook", "install", "--yes"], b"");
    assert_eq!(run.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&run.stderr).contains("--tool claude"),
        "{run:?}"
    );
    clone.write(".claude/settings.json", "{ not json");
    let run = clone.trueline(&["hook", "install", "--tool", "claude", "--yes"], b"");
    assert_eq!(run.status.code(), Some(2));
    assert_eq!(clone.read(".claude/settings.json"), "{ not json");
}

#[test]
fn no_hook_of_others_is_lost_when_it_is_installed_again_or_taken_away() {
    let clone = Clone::bare_of_hooks();
    let install = ["install", "--tool", "claude", "--yes"];
    let theirs = "#!/bin/sh\necho original\n";
    clone.write(".git/hooks/post-commit", theirs);
    hook(&clone, &install);
    // Another tool writes its own in the place of ours: the one that is kept must stay.
    clone.write(".git/hooks/post-commit", "#!/bin/sh\necho another\n");
    let told = hook(&clone, &install);
    assert!(told.contains("neither is touched"), "{told}");
    let read = |path: &str| std::fs::read_to_string(clone.path().join(path)).unwrap();
    assert_eq!(read(".git/hooks/post-commit.before-trueline"), theirs);
    assert!(read(".git/hooks/post-commit").contains("another"));
    // Lines that somebody added to ours are theirs.
    let own = format!("{}npm install --silent\n", read(".git/hooks/post-merge"));
    clone.write(".git/hooks/post-merge", &own);
    assert!(hook(&clone, &install).contains("lines of somebody else's"));
    let told = hook(&clone, &["uninstall", "--yes"]);
    assert!(told.contains("take ours out by hand"), "{told}");
    assert_eq!(read(".git/hooks/post-merge"), own);
}

/// Husky 9 as it leaves a repository: git is pointed at a folder of its own, whose files find the hook to run
/// by the name that they were called by.
fn with_husky(clone: &Clone) {
    use std::os::unix::fs::PermissionsExt;

    clone.git(&["config", "core.hooksPath", ".husky/_"]);
    clone.write(".husky/_/.gitignore", "*");
    clone.write(
        ".husky/_/h",
        "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\
         [ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\nexit $?\n",
    );
    for hook in ["post-commit", "post-merge", "post-rewrite", "pre-push"] {
        let file = format!(".husky/_/{hook}");
        clone.write(&file, "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
        let mode = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(clone.path().join(file), mode).unwrap();
    }
}

#[test]
fn where_husky_has_gits_hooks_ours_are_lines_in_its_users_files() {
    let clone = Clone::bare_of_hooks();
    with_husky(&clone);
    clone.write(".husky/post-commit", "echo commit >> .git/ran\nfalse\n");
    clone.write(
        ".husky/post-rewrite",
        "echo \"$1 $(cat | wc -l)\" >> .git/ran\n",
    );
    let before = everything(clone.path());
    let told = hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(told.contains("Husky's"), "{told}");
    // Installing packages writes Husky's own folder anew.
    with_husky(&clone);
    clone.write(".git/info/exclude", ".claude\n");
    clone.agent(CLAUDE, "a.py", 0, 3);
    clone.commit("one");
    clone.git(&["commit", "--quiet", "--amend", "-m", "two"]);
    assert_eq!(clone.compare().kept, 3);
    assert_eq!(clone.read(".git/ran"), "commit\ncommit\namend 1\n");
    let again = hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(again.contains("already installed"), "{again}");
    std::fs::remove_file(clone.path().join(".git/ran")).unwrap();
    hook(&clone, &["uninstall", "--yes"]);
    let mut after = everything(clone.path());
    after.retain(|path, _| path != Path::new("a.py") && path != Path::new(".git/config"));
    let mut before = before;
    before.retain(|path, _| path != Path::new(".git/config"));
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
    assert_eq!(after, before);
}

#[test]
fn lines_that_were_added_to_a_hook_of_husky_s_stay() {
    let clone = Clone::bare_of_hooks();
    with_husky(&clone);
    hook(&clone, &["install", "--tool", "claude", "--yes"]);
    let own = clone.read(".husky/post-merge") + "npm install --silent\n";
    clone.write(".husky/post-merge", &own);
    hook(&clone, &["uninstall", "--yes"]);
    assert_eq!(clone.read(".husky/post-merge"), "npm install --silent\n");
    assert!(!clone.path().join(".husky/post-commit").exists());
}

#[test]
fn a_hook_that_finds_itself_by_its_name_still_does() {
    use std::os::unix::fs::PermissionsExt;

    let clone = Clone::bare_of_hooks();
    let executable = |file: &str, text: &str| {
        clone.write(file, text);
        let mode = PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(clone.path().join(file), mode).unwrap();
    };
    let by_name =
        "#!/bin/sh\necho \"$(basename \"$0\") $(dirname \"$0\") $*\" >> .git/ran\nexit 3\n";
    executable(".git/hooks/post-commit", by_name);
    executable(".git/hooks/post-merge", by_name);
    let python = "#!/usr/bin/env python3\nimport os, sys\nprint(os.path.basename(sys.argv[0]))\n";
    executable(".git/hooks/post-rewrite", python);
    let told = hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(told.contains("would not know itself by another"), "{told}");
    assert_eq!(clone.read(".git/hooks/post-rewrite"), python);
    clone.write("a.py", "x = 1\n");
    clone.commit("one");
    let ran = clone.read(".git/ran");
    assert!(
        ran.starts_with("post-commit ") && ran.contains(".git/hooks"),
        "{ran}"
    );
    let again = hook(&clone, &["install", "--tool", "claude", "--yes"]);
    assert!(!again.contains("+++ "), "{again}");
    hook(&clone, &["uninstall", "--yes"]);
    assert_eq!(clone.read(".git/hooks/post-commit"), by_name);
}
