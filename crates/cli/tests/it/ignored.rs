//! Ignore files that are none: links, pipes, folders.

use crate::repository::{Repository, UNSAFE_VIEW};

#[test]
fn what_has_the_name_of_an_ignore_file_and_is_none_is_not_read() {
    for (name, made) in [
        ("a device", "ln -s /dev/zero .gitignore"),
        (
            "a device in a folder",
            "mkdir src; ln -s /dev/zero src/.gitignore",
        ),
        ("a pipe", "mkfifo .gitignore"),
        ("a folder", "mkdir .gitignore"),
        (
            "a file elsewhere",
            "echo '*.py' > ../hide; ln -s \"$(cd ..; pwd)/hide\" .gitignore",
        ),
    ] {
        let outer = Repository::plain();
        let inside = outer.path().join("inside");
        outer.write("inside/src2/app.py", UNSAFE_VIEW);
        let shell = |command: &str| {
            let done = std::process::Command::new("sh")
                .args(["-c", command])
                .current_dir(&inside)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .status();
            assert!(done.unwrap().success(), "{command}");
        };
        shell(made);
        // Git itself would wait for the pipe, so that nothing is added: a file that is not tracked is
        // scanned unless an ignore file says otherwise.
        shell("git init --quiet .");
        for arguments in [
            &["scan", ".", "--format", "json"][..],
            &["scan", "src2", "--format", "json"],
        ] {
            let report = outer.trueline_in(&inside, arguments).json();
            assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{name}");
            let told = report["diagnostics"].to_string();
            let seen = arguments[1] == "." || !name.contains("in a folder");
            assert_eq!(told.contains("ignore-file-unread"), seen, "{name}: {told}");
        }
        // One reader serves all of them.
        if !matches!(name, "a device" | "a pipe") {
            continue;
        }
        for arguments in [
            &["scan", "--only", "agents"][..],
            &["threats", "."],
            &["init", "--dry-run"],
        ] {
            let run = outer.trueline_in(&inside, arguments);
            assert_eq!(run.code(), 0, "{name} {arguments:?}: {}", run.stderr());
        }
    }
}
