//! Harm to the machine beyond a work tree: what runs by itself later, agents that ask nobody, removal by code.

use super::harm::{each_command, has_flag, is_broad, words_after_program};
use super::risk::INTERPRETERS;
use super::{Command, Joint};
use crate::settings::BYPASS_FLAGS;

/// Files in a home that a shell, git or a machine runs or trusts by itself.
const HOME_FILES: [&str; 15] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".config/fish/config.fish",
    ".gitconfig",
    ".config/git/config",
    ".ssh/authorized_keys",
    ".ssh/config",
    ".ssh/rc",
];
/// The same for the whole machine, as the beginning of a path.
const MACHINE_FILES: [&str; 8] = [
    "/etc/sudoers",
    "/etc/cron",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/systemd/",
    "/etc/ld.so.preload",
    "/etc/rc.local",
    "/var/spool/cron",
];

/// Whether a file is one that runs, or is trusted, without being asked for. A work tree may hold files of such
/// names: only those of a home or of the machine are meant.
#[must_use]
pub fn runs_by_itself(path: &str) -> bool {
    let in_home = ["~/", "$HOME/", "${HOME}/", "/root/"]
        .iter()
        .find_map(|home| path.strip_prefix(home))
        .or_else(|| {
            let below = path
                .strip_prefix("/home/")
                .or_else(|| path.strip_prefix("/Users/"))?;
            below.split_once('/').map(|(_, rest)| rest)
        });
    in_home.is_some_and(|rest| HOME_FILES.contains(&rest))
        || MACHINE_FILES.iter().any(|begin| path.starts_with(begin))
}

/// `crontab FILE`, `crontab -`: what the machine runs from now on.
pub(super) fn schedules(command: &Command, program: &str, words: &[&str]) -> Option<String> {
    if program != "crontab" {
        return None;
    }
    let sets = words.contains(&"-r")
        || words.contains(&"-")
        || (words.iter().any(|word| !word.starts_with('-')) && !words.contains(&"-l"))
        || (words.is_empty() && (command.joint == Joint::Pipe || !command.inputs.is_empty()));
    sets.then(|| "changes what this machine runs by the clock".to_owned())
}

/// An agent that is started so that it asks nobody.
pub(super) fn starts_agent_unasked(
    command: &Command,
    program: &str,
    words: &[&str],
) -> Option<String> {
    let is_runner = matches!(
        program,
        "npx" | "bunx" | "pnpx" | "npm" | "pnpm" | "yarn" | "bun" | "uvx" | "pipx"
    );
    let agent = std::iter::once(program)
        .chain(is_runner.then_some(words).into_iter().flatten().copied())
        .find_map(agent)?;
    let has = |flag: &str| words.contains(&flag);
    let pair = |first: &[&str], second: &str| {
        words
            .windows(2)
            .any(|two| first.contains(&two[0]) && two[1] == second)
    };
    let own = match agent {
        "codex" => {
            pair(&["-s", "--sandbox"], "danger-full-access") || has("--sandbox=danger-full-access")
        }
        "gemini" | "qwen" => has("-y") || pair(&["--approval-mode"], "yolo"),
        "claude" => pair(&["--permission-mode"], "bypassPermissions"),
        "copilot" => has("--allow-all"),
        "cursor-agent" => has("-f") || has("--force"),
        _ => false,
    };
    let asks_for_help = command.words.iter().any(|word| word.text == "--help");
    let bypasses = own || BYPASS_FLAGS.iter().any(|flag| has(flag));
    (bypasses && !asks_for_help).then(|| format!("starts an agent (`{agent}`) that asks nobody"))
}

/// The same for a shell text, with all that it runs.
pub(crate) fn unasked_agent(text: &str) -> Option<String> {
    let mut told = None;
    each_command(text, &mut |command| {
        let Some(program) = command.program() else {
            return;
        };
        if told.is_none() {
            told = starts_agent_unasked(command, &program, &words_after_program(command));
        }
    });
    told
}

/// The agent that a program or a package is.
fn agent(name: &str) -> Option<&'static str> {
    // A version after the name of a package.
    let at = name.char_indices().skip(1).find(|(_, c)| *c == '@');
    let name = at.map_or(name, |(at, _)| &name[..at]);
    Some(match name {
        "claude" | "@anthropic-ai/claude-code" => "claude",
        "codex" | "@openai/codex" => "codex",
        "gemini" | "@google/gemini-cli" => "gemini",
        "qwen" | "@qwen-code/qwen-code" => "qwen",
        "copilot" | "@github/copilot" => "copilot",
        "cursor-agent" => "cursor-agent",
        "aider" | "aider-chat" => "aider",
        "amp" | "@sourcegraph/amp" => "amp",
        "opencode" | "opencode-ai" => "opencode",
        "q" | "kiro-cli" => "q",
        "goose" => "goose",
        _ => return None,
    })
}

/// Code given to an interpreter that removes a tree as broad as none that a build makes.
pub(super) fn removes_by_code(command: &Command, program: &str) -> Option<String> {
    if !INTERPRETERS.contains(&program) {
        return None;
    }
    let code = &command.inline_code()?.text;
    let removers = [
        "rmtree(",
        "rmSync(",
        "rm_rf",
        "rm_r(",
        "rmdirSync(",
        "fs.rm(",
        "rm -rf ",
        "rm -fr ",
        "rimraf",
    ];
    let at = removers.iter().filter_map(|call| code.find(call)).min()?;
    let after = code.get(at..)?;
    let is_end = |c: char| c.is_whitespace() || "'\"`(),;".contains(c);
    let broad = after
        .split(is_end)
        .find(|word| word.starts_with(['/', '~', '$']) && is_broad(word));
    let home = [
        "process.env.HOME",
        "os.homedir",
        "Path.home",
        "ENV['HOME']",
        "ENV[\"HOME\"]",
        "environ['HOME']",
        "environ[\"HOME\"]",
        "Dir.home",
    ]
    .into_iter()
    .find(|home| {
        // Something below the home is named beside it, or all of it is meant.
        after.find(home).is_some_and(|at| {
            let rest = after[at + home.len()..].trim_start_matches(['(', ')']);
            !rest.trim_start().starts_with(['+', '/']) && !after[..at].contains("join(")
        })
    });
    broad
        .or(home)
        .map(|target| format!("removes `{target}` and all below it"))
}

/// `xargs rm -rf < list`: what is removed is not said. In a pipeline the command before says it.
pub(super) fn removes_what_a_list_names(
    command: &Command,
    program: &str,
    words: &[&str],
) -> Option<String> {
    let at = words.iter().position(|word| *word == "rm")?;
    let recursive = has_flag(words.get(at + 1..)?, 'r', "--recursive");
    (program == "xargs" && recursive && command.joint != Joint::Pipe)
        .then(|| "removes whatever a list names, and all below it".to_owned())
}

/// A function that calls itself twice in a pipeline, in the background: `f(){ f|f& };f`.
pub(super) fn multiplies(text: &str) -> bool {
    let dense: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    dense.match_indices("(){").any(|(at, opening)| {
        let is_end = |c: char| ";&|(){}".contains(c);
        let before = &dense[..at];
        let name = before.rsplit(is_end).next().unwrap_or(before);
        let name = name.strip_prefix("function").unwrap_or(name);
        let body = &dense[at + opening.len()..];
        !name.is_empty()
            && body
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('|'))
                .and_then(|rest| rest.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with('&'))
    })
}

#[cfg(test)]
mod tests {
    use crate::command::{Harm, command_harm};

    fn harms(text: &str) -> Vec<Harm> {
        command_harm(text)
            .into_iter()
            .map(|found| found.harm)
            .collect()
    }

    #[test]
    fn what_will_run_unasked_is_told() {
        for text in [
            "echo 'alias ls=x' >> ~/.bashrc",
            "printf x | tee -a $HOME/.zshrc",
            "cat key >> /home/ada/.ssh/authorized_keys",
            "echo 'ada ALL=NOPASSWD:ALL' | sudo tee /etc/sudoers.d/ada",
            "echo x >> /etc/cron.d/x",
            "crontab jobs.txt",
            "(crontab -l; echo '* * * * * x') | crontab -",
            "crontab -r",
        ] {
            assert_eq!(harms(text), [Harm::WeakensGuard], "{text}");
        }
        for text in [
            "cat ~/.bashrc",
            "source ~/.bashrc",
            "grep PATH ~/.zshrc > found.txt",
            "echo x >> dotfiles/.bashrc",
            "cp ~/.gitconfig /tmp/b",
            "crontab -l",
            "crontab -l > jobs.txt",
            "mkdir -p ~/.config/app && touch ~/.config/app/config",
        ] {
            assert_eq!(harms(text), [], "{text}");
        }
    }

    #[test]
    fn an_agent_that_asks_nobody_is_told() {
        for text in [
            "claude --dangerously-skip-permissions -p 'do it'",
            "claude -p x --permission-mode bypassPermissions",
            "npx -y @anthropic-ai/claude-code@2 --dangerously-skip-permissions",
            "codex exec --dangerously-bypass-approvals-and-sandbox x",
            "codex -s danger-full-access x",
            "gemini -y -p x",
            "bash -c 'gemini --yolo -p x'",
            "cursor-agent -f -p x",
        ] {
            assert_eq!(harms(text), [Harm::WeakensGuard], "{text}");
        }
        for text in [
            "claude -p 'explain --yolo'",
            "claude --permission-mode plan",
            "codex exec -s read-only x",
            "grep -rn -- --dangerously-skip-permissions docs",
            "git log --grep=--yolo",
            "claude --dangerously-skip-permissions --help",
            "npx -y create-app x",
        ] {
            assert_eq!(harms(text), [], "{text}");
        }
    }

    #[test]
    fn trees_removed_by_code_by_lists_or_in_a_home_are_told() {
        for text in [
            ":(){ :|:& };:",
            "f() { f | f & }; f",
            "python3 -c \"import shutil;shutil.rmtree('/home/ada')\"",
            "node -e \"require('fs').rmSync(process.env.HOME,{recursive:true})\"",
            "perl -e 'system(\"rm -rf /\")'",
            "xargs rm -rf < list.txt",
            "rm -r $HOME/projects",
            "rm -rf ${HOME}/work/",
            "rm -rf /home/ada/work",
        ] {
            assert_eq!(harms(text), [Harm::Destroys], "{text}");
        }
        for text in [
            "f() { g | h & }; f",
            "python3 -c \"import shutil;shutil.rmtree('build')\"",
            "node -e \"require('fs').rmSync('dist',{recursive:true})\"",
            "node -e \"fs.rmSync(path.join(process.env.HOME,'.cache','x'),{recursive:true})\"",
            "git ls-files -o | xargs rm -rf",
            "xargs rm -f < list.txt",
            "rm -rf $HOME/.cache/app",
            "rm -rf /home/ada/work/app/node_modules",
            "rm -rf $HOMEPAGE_BUILD",
        ] {
            assert_eq!(harms(text), [], "{text}");
        }
    }

    #[test]
    fn what_is_made_to_be_dropped_may_be_dropped() {
        for text in [
            "sqlite3 test.db 'DROP TABLE IF EXISTS tmp_x'",
            "psql -c 'DELETE FROM sessions WHERE expired < now()'",
            "psql -c 'delete from t using u where t.id = u.id'",
        ] {
            assert_eq!(harms(text), [], "{text}");
        }
        for text in [
            "sqlite3 test.db 'DROP TABLE IF EXISTS users'",
            "psql -c 'DELETE FROM sessions;'",
            "psql -c 'drop table tmp_x; drop table users'",
        ] {
            assert_eq!(harms(text), [Harm::Destroys], "{text}");
        }
    }
}
