//! What a command line says about whose content it moves: by git, or by a program that copies.
//!
//! Read by words alone: nothing is expanded. What cannot be read is taken for nothing that moves content.

mod reading;

pub(crate) use self::reading::read;

/// The names that a command line gives to programs that copy: what is copied, and where to.
pub(crate) fn copied(command: &str) -> impl Iterator<Item = &str> {
    const COPIERS: [&str; 8] = [
        "cp",
        "rsync",
        "install",
        "ditto",
        "copy",
        "xcopy",
        "robocopy",
        "Copy-Item",
    ];
    let parts = command.split([';', '|', '&', '\n', '(', ')', '`']);
    parts.flat_map(|part| {
        let words = part.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '<'));
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        let passed =
            |word: &&str| matches!(*word, "sudo" | "command" | "env") || word.contains('=');
        while words.next_if(passed).is_some() {}
        let program = words.next().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or_default();
        let copies = COPIERS.contains(&program) || (program == "cat" && part.contains('>'));
        words.filter(move |word| copies && !word.starts_with('-'))
    })
}

/// Does a command line make a commit of what it writes? One that moves files or lets git move content does not count:
/// of what it commits is not known who wrote it.
pub(crate) fn commits(command: &str) -> bool {
    const MOVERS: [&str; 4] = ["mv", "rename", "Move-Item", "ren"];
    let mut parts = command.split([';', '|', '&', '\n', '(', ')', '`']);
    let commits = parts.any(|part| {
        let mut words = part.split_whitespace();
        let git = |word: &str| word == "git" || word.ends_with("/git") || word == "git.exe";
        words.any(git) && words.take(6).any(|word| word == "commit")
    });
    let mut words = command.split(|c: char| !c.is_alphanumeric() && c != '-');
    commits
        && !moves_content(command)
        && !goes_on(command)
        && !words.any(|word| MOVERS.contains(&word))
}

/// May what a command line starts go on when the command has ended?
pub(crate) fn goes_on(command: &str) -> bool {
    const STARTERS: [&str; 8] = [
        "nohup",
        "setsid",
        "disown",
        "daemonize",
        "Start-Process",
        "Start-Job",
        "bg",
        "at",
    ];
    const HOLDERS: [&str; 3] = ["tmux", "screen", "systemd-run"];
    let bytes = command.as_bytes();
    // One `&`: neither `&&` nor a redirection.
    let apart = bytes.iter().enumerate().any(|(at, byte)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        *byte == b'&'
            && !before.is_some_and(|b| b"&><|\\".contains(b))
            && !after.is_some_and(|b| b"&>".contains(b))
    });
    let mut parts = command.split([';', '|', '&', '\n', '(', ')']);
    apart && !is_quoted(command)
        || parts.any(|part| {
            let mut words = part.split_whitespace();
            let program = words.next().unwrap_or_default();
            STARTERS.contains(&program) || HOLDERS.contains(&program)
        })
}

/// Does every `&` of a command line stand in quotes?
fn is_quoted(command: &str) -> bool {
    let mut quote = None;
    !command.chars().any(|c| match (quote, c) {
        (None, '&') => true,
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), c) if open == c => {
            quote = None;
            false
        }
        _ => false,
    })
}

/// Does a command line let git move content about? Then what changed was not written by the agent.
pub(crate) fn moves_content(command: &str) -> bool {
    const MOVERS: [&str; 15] = [
        "stash",
        "checkout",
        "switch",
        "restore",
        "reset",
        "merge",
        "rebase",
        "cherry-pick",
        "revert",
        "pull",
        "apply",
        "am",
        "clean",
        "read-tree",
        "worktree",
    ];
    const SHOWERS: [&str; 3] = ["show", "cat-file", "archive"];
    let words: Vec<&str> = command
        .split(|c: char| {
            c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')' | '`' | '"' | '\'')
        })
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().enumerate().any(|(at, word)| {
        let program = word.rsplit('/').next().unwrap_or(word);
        if !matches!(
            program,
            "git" | "git.exe" | "gh" | "patch" | "jj" | "hg" | "svn"
        ) {
            return false;
        }
        let of_git = || words.iter().skip(at + 1).take(6);
        program != "git" && program != "git.exe"
            || of_git().any(|word| MOVERS.contains(word))
            // What is shown and written into a file is old content as well.
            || command.contains('>') && of_git().any(|word| SHOWERS.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_let_git_move_content_are_known() {
        for moving in [
            "git stash pop",
            "cd x && git -C .. checkout -- a",
            "git -c a=b pull",
            "git show HEAD~3:app.py > old.py",
        ] {
            assert!(moves_content(moving), "{moving}");
        }
        for other in [
            "git status",
            "sed -i s/a/b/ stash.py",
            "cargo fmt",
            "git add -A && ls",
            "git show HEAD",
        ] {
            assert!(!moves_content(other), "{other}");
        }
    }

    #[test]
    fn commands_that_commit_what_they_write_are_known() {
        for committing in [
            "cat > a.py <<'E'\nx = 1\nE\ngit add -A && git commit -qm 'work'",
            "make fmt && git -C . -c a=b commit -am x",
        ] {
            assert!(commits(committing), "{committing}");
        }
        for other in [
            "git status",
            "echo commit",
            "git stash pop && git commit -am x",
            "git mv a b && git commit -m x",
            "git commit -am x &",
        ] {
            assert!(!commits(other), "{other}");
        }
    }

    #[test]
    fn what_a_command_leaves_running_is_read_from_its_words() {
        for left in [
            "python gen.py &",
            "a & b",
            "cd x; nohup make",
            "tmux new -d x",
        ] {
            assert!(goes_on(left), "{left}");
        }
        for over in [
            "make && ls",
            "make 2>&1 | tee log",
            "make &> log",
            "curl 'http://x/?a=1&b=2'",
            "echo nohup",
        ] {
            assert!(!goes_on(over), "{over}");
        }
    }

    #[test]
    fn what_a_command_copies_is_read_from_its_words() {
        let of = |text| copied(text).collect::<Vec<_>>();
        assert_eq!(of("cp -r src/a 'dst'"), ["src/a", "dst"]);
        assert_eq!(of("cd x && sudo /bin/cp a b; make"), ["a", "b"]);
        assert_eq!(of("cat a.py b.py > c.py"), ["a.py", "b.py", "c.py"]);
        for other in [
            "cat a.py",
            "python cp.py a b",
            "echo cp a b",
            "sed -i s/a/b/ c",
        ] {
            assert_eq!(of(other), Vec::<&str>::new(), "{other}");
        }
    }
}
