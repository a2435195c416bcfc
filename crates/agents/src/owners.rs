//! Are the files that steer agents covered by the list of those who must review?

use trueline_facts::Severity;

use crate::AgentFile;
use crate::discovery::Kind;
use crate::finding::{Draft, Found};
use crate::rule::Id;

/// Adds a finding at the list for what it leaves out; nothing where there is no list.
pub(crate) fn check(files: &[AgentFile<'_>], found: &mut [Found<'_>]) {
    let Some(list) = found
        .iter_mut()
        .find(|found| found.file.kind == Kind::CodeOwners)
    else {
        return;
    };
    let patterns: Vec<&str> = list
        .file
        .text
        .lines()
        .filter_map(|line| line.split('#').next())
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            // A pattern without an owner takes ownership away.
            words.next().filter(|_| words.next().is_some())
        })
        .collect();
    let unowned: Vec<String> = files
        .iter()
        .filter(|file| {
            matches!(
                file.kind,
                Kind::Instructions
                    | Kind::Skill
                    | Kind::Settings(_)
                    | Kind::Tasks
                    | Kind::DevContainer
            )
        })
        .map(|file| file.path.display().into_owned())
        .filter(|path| !patterns.iter().any(|pattern| covers(pattern, path)))
        .collect();
    if let Some(first) = unowned.first() {
        let rest = match unowned.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        list.add(
            Draft::new(
                Id::UnownedAgentConfiguration,
                (0, 0),
                format!("`{first}`{rest}: no owner must review what steers agents"),
            )
            .severity(Severity::Low),
        );
    }
}

fn covers(pattern: &str, path: &str) -> bool {
    let anchored = pattern.starts_with('/') || pattern.trim_end_matches('/').contains('/');
    let pattern = pattern.trim_start_matches('/');
    let folder = pattern
        .strip_suffix('/')
        .or_else(|| pattern.strip_suffix("/**"))
        .or_else(|| pattern.strip_suffix("/*"));
    if matches!(pattern, "*" | "**" | "") {
        return true;
    }
    if let Some(folder) = folder {
        return path.starts_with(&format!("{folder}/"))
            || (!anchored && path.contains(&format!("/{folder}/")));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    match pattern.rsplit_once('*') {
        Some((before, after)) => {
            let target = if anchored { path } else { name };
            target.starts_with(before.trim_end_matches("**/").trim_end_matches('*'))
                && target.ends_with(after)
        }
        None => {
            path == pattern
                || path.starts_with(&format!("{pattern}/"))
                || (!anchored && (name == pattern || path.contains(&format!("/{pattern}/"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn patterns_cover_as_forges_read_them() {
        for (pattern, path, expected) in [
            ("*", ".mcp.json", true),
            ("/.claude/", ".claude/settings.json", true),
            (".claude/", "a/.claude/settings.json", true),
            ("*.md", "docs/AGENTS.md", true),
            ("CLAUDE.md", "x/CLAUDE.md", true),
            ("/CLAUDE.md", "x/CLAUDE.md", false),
            ("/src/", ".mcp.json", false),
            ("*.js", "CLAUDE.md", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }
}
