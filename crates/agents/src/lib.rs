//! Checks of what steers AI agents: rules files, skills, MCP configuration and tools, hooks, permissions, tasks, CI.
//!
//! Pure: paths and texts in, findings of `trueline_facts` out. Nothing is executed, opened or asked for. What a file is
//! follows from its path ([`kind`]); each finding has a place in it. What cannot be read becomes a diagnostic.

#![expect(
    clippy::too_many_lines,
    reason = "a catalogue of cases reads best in one piece"
)]

mod command;
mod discovery;
mod document;
mod encoded;
mod finding;
mod flow;
mod lock;
mod manifest;
mod markdown;
mod owners;
mod prose;
mod rule;
mod secret;
pub mod section;
mod settings;
mod skill;
mod source;
mod speech;
mod text;
mod tool;
mod unicode;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};

use trueline_facts::{Diagnostic, Finding, Level, RepoPath, Severity};

pub use crate::command::{
    AskedPackage, CommandHarm, Harm, asked_packages, command_harm, runs_by_itself, statement_harm,
};
use crate::discovery::is_example;
pub use crate::discovery::{
    Format, Kind, LOCK_PATH, SourceLanguage, imports_mcp, in_skill, kind, names_mcp, skill_folders,
    skill_part, source_language, speaks_of_mcp,
};
use crate::document::Broken;
use crate::finding::{Draft, Found};
use crate::flow::{Holding, Label, flow, server_labels, tool_labels};
pub use crate::lock::{Lock, SCHEMA as LOCK_SCHEMA};
use crate::lock::{Standing, standing};
use crate::manifest::Installed;
pub use crate::rule::{Docs, Example, Id, Rule, RuleError, rule, rules, visible};
use crate::settings::servers::Server;
use crate::text::LineIndex;
use crate::tool::Tool;
pub use crate::unicode::is_invisible;

/// A file to check.
#[derive(Clone, Copy, Debug)]
pub struct AgentFile<'t> {
    /// Its path in the tree.
    pub path: &'t RepoPath,
    /// What it is to an agent.
    pub kind: Kind,
    /// Its content; empty if it is no text.
    pub text: &'t str,
    /// Its first bytes.
    pub head: &'t [u8],
}

/// The result for all files of a tree.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcome {
    /// By path, then by place.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// The digests of all servers and tools that were seen.
    pub seen: Lock,
}

/// Checks the files of one tree together.
#[must_use]
pub fn check(files: &[AgentFile<'_>]) -> Outcome {
    let mut files: Vec<AgentFile<'_>> = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(b.path));
    let mut tree = Tree::default();
    for file in files
        .iter()
        .filter(|f| f.kind == Kind::Manifest && f.path.file_name() == "package.json")
    {
        tree.installed.add(file.text);
    }
    let mut found: Vec<Found<'_>> = files.iter().map(Found::new).collect();
    for (at, found) in found.iter_mut().enumerate() {
        if let Err(broken) = tree.file(at, found) {
            tree.diagnostics.push(unreadable(found.file, &broken));
        }
    }
    tree.across(&files, &mut found);
    let mut findings = Vec::new();
    for found in found {
        let example = is_example(found.file.path);
        findings.extend(found.finish(example));
    }
    findings.sort_by(|a, b| {
        a.location
            .cmp(&b.location)
            .then_with(|| a.rule.cmp(&b.rule))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    tree.diagnostics.sort();
    Outcome {
        findings,
        diagnostics: tree.diagnostics,
        seen: tree.seen,
    }
}

fn unreadable(file: &AgentFile<'_>, broken: &Broken) -> Diagnostic {
    let at = LineIndex::new(file.text).position(broken.at);
    Diagnostic::new(
        Level::Warning,
        "agent-file-unreadable",
        format!(
            "not checked: {} (line {}, column {})",
            broken.why, at.line, at.column
        ),
    )
    .at(file.path.clone())
}

/// What is known of the tree so far.
#[derive(Default)]
struct Tree {
    installed: Installed,
    /// With the index of their file.
    servers: Vec<(usize, Server)>,
    tools: Vec<(usize, Tool)>,
    locked: Option<Lock>,
    seen: Lock,
    diagnostics: Vec<Diagnostic>,
}

impl Tree {
    fn file(&mut self, at: usize, found: &mut Found<'_>) -> Result<(), Broken> {
        let file = *found.file;
        match file.kind {
            Kind::Manifest | Kind::CodeOwners | Kind::SkillBinary => {}
            Kind::Source(_) => unicode::check_source(file.text, found),
            _ => unicode::check(file.text, found),
        }
        match file.kind {
            Kind::Instructions | Kind::Skill => {
                prose::check(found);
                section::check(found);
            }
            Kind::SkillPart | Kind::SkillBinary => skill::check(found),
            Kind::Settings(format) => {
                let servers = settings::check(format, &self.installed, found)?;
                self.servers
                    .extend(servers.into_iter().map(|server| (at, server)));
            }
            Kind::Tasks => settings::check_tasks(found)?,
            Kind::DevContainer => {
                let servers = settings::check_container(found)?;
                self.servers
                    .extend(servers.into_iter().map(|server| (at, server)));
            }
            Kind::EnvRc => settings::check_envrc(found),
            Kind::Workflow => workflow::check(found)?,
            Kind::ToolList => self
                .tools
                .extend(tool::listed(file.text).into_iter().map(|tool| (at, tool))),
            Kind::Source(language) => {
                let tools = source::tools(language, file.text);
                if !tools.is_empty() {
                    source::answers(language, found);
                    source::conduct(language, found);
                }
                self.tools.extend(tools.into_iter().map(|tool| (at, tool)));
            }
            Kind::Lock => match Lock::read(file.text) {
                Ok(lock) => self.locked = Some(lock),
                Err(why) => self.diagnostics.push(
                    Diagnostic::new(
                        Level::Error,
                        "agents-lock-unreadable",
                        format!("not compared: {why}"),
                    )
                    .at(file.path.clone()),
                ),
            },
            Kind::Manifest => settings::check_manifest(found),
            Kind::CodeOwners => {}
        }
        Ok(())
    }

    /// What only several files together show.
    fn across<'f>(&mut self, files: &'f [AgentFile<'f>], found: &mut [Found<'f>]) {
        let paths: BTreeSet<&[u8]> = files.iter().map(|f| f.path.as_bytes()).collect();
        for (file, found) in files.iter().zip(found.iter_mut()) {
            let in_skill = matches!(file.kind, Kind::SkillPart | Kind::SkillBinary);
            if let Some(source) = skill::source_of(file.path).filter(|_| in_skill) {
                skill::compiled(paths.contains(source.as_slice()), found);
            }
        }
        for (at, tool) in &self.tools {
            if let Some(found) = found.get_mut(*at) {
                tool::check(tool, found);
            }
        }
        self.shadowing(files, found);
        self.flows(files, found);
        self.drift(files, found);
        owners::check(files, found);
    }

    /// Tools of a server that speak of another server's.
    fn shadowing(&self, files: &[AgentFile<'_>], found: &mut [Found<'_>]) {
        let group = |at: usize| files.get(at).map_or(&b""[..], |file| folder(file.path));
        let mut owners: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
        for (at, tool) in &self.tools {
            owners.entry(&tool.name).or_default().insert(group(*at));
        }
        for (at, tool) in &self.tools {
            let Some(found) = found.get_mut(*at) else {
                continue;
            };
            for (start, end) in speech::reroutes(&tool.description) {
                let sentence = &tool.description[start..end];
                let other = owners.iter().find(|(name, groups)| {
                    name.len() >= 5
                        && name.contains(['_', '-'])
                        && !groups.contains(group(*at))
                        && speech::has_word(sentence, name)
                });
                if let Some((name, _)) = other {
                    found.add(
                        Draft::new(Id::ToolShadowing, tool.description_place, format!("the tool `{}` changes how `{name}` of another server is used: \"{}\"", tool.name, text::shown(sentence))).symbol(&tool.name),
                    );
                }
            }
            if owners
                .get(tool.name.as_str())
                .is_some_and(|groups| groups.len() > 1)
            {
                found.add(Draft::new(Id::ToolShadowing, tool.name_place, format!("two servers of this tree have a tool `{}`: which one is called is chance", tool.name)).severity(Severity::Low).uncertain().symbol(&tool.name));
            }
        }
    }

    fn flows<'f>(&self, files: &'f [AgentFile<'f>], found: &mut [Found<'f>]) {
        let mut held: BTreeMap<(usize, &str), Vec<Holding<'f>>> = BTreeMap::new();
        for (at, server) in self
            .servers
            .iter()
            .filter(|(_, server)| !server.is_disabled)
        {
            let labels = server_labels(server);
            let Some(file) = files.get(*at).filter(|_| !labels.is_empty()) else {
                continue;
            };
            held.entry((*at, "server")).or_default().push(Holding {
                file,
                name: server.name.clone(),
                place: server.place,
                labels,
            });
        }
        for (at, tool) in &self.tools {
            let labels: Vec<Label> = tool_labels(tool);
            let Some(file) = files.get(*at).filter(|_| !labels.is_empty()) else {
                continue;
            };
            held.entry((*at, "tool")).or_default().push(Holding {
                file,
                name: tool.name.clone(),
                place: tool.name_place,
                labels,
            });
        }
        for ((at, noun), holdings) in held {
            if let (Some(draft), Some(found)) = (flow(&holdings, noun), found.get_mut(at)) {
                // Tools of one server were made for each other; a person chose the servers of a client.
                found.add(if noun == "tool" {
                    draft.uncertain()
                } else {
                    draft
                });
            }
        }
    }

    fn drift(&mut self, files: &[AgentFile<'_>], found: &mut [Found<'_>]) {
        let key = |at: usize, name: &str| {
            files.get(at).map_or_else(String::new, |file| {
                format!("{}#{name}", file.path.display())
            })
        };
        for (at, server) in &self.servers {
            let (key, digest) = (key(*at, &server.name), server.digest());
            if let (Some(locked), Some(found)) = (&self.locked, found.get_mut(*at)) {
                let what = match standing(&locked.servers, &key, &digest) {
                    Standing::Same => None,
                    Standing::Changed => Some((
                        Severity::High,
                        format!(
                            "the server `{}` is not what was approved: its program, arguments, address or variables changed",
                            server.name
                        ),
                    )),
                    Standing::New => Some((
                        Severity::Medium,
                        format!(
                            "the server `{}` was never approved: it is not in the lock",
                            server.name
                        ),
                    )),
                };
                if let Some((severity, message)) = what {
                    found.add(
                        Draft::new(Id::ToolDefinitionDrift, server.place, message)
                            .severity(severity)
                            .symbol(&server.name),
                    );
                }
            }
            self.seen.servers.insert(key, digest);
        }
        for (at, tool) in &self.tools {
            let (key, digest) = (key(*at, &tool.name), tool.digest());
            if let (Some(locked), Some(found)) = (&self.locked, found.get_mut(*at)) {
                let what = match standing(&locked.tools, &key, &digest) {
                    Standing::Same => None,
                    Standing::Changed => Some((
                        Severity::High,
                        format!(
                            "the tool `{}` is not what was approved: its description or parameters changed",
                            tool.name
                        ),
                    )),
                    Standing::New => Some((
                        Severity::Low,
                        format!(
                            "the tool `{}` was never approved: it is not in the lock",
                            tool.name
                        ),
                    )),
                };
                if let Some((severity, message)) = what {
                    found.add(
                        Draft::new(Id::ToolDefinitionDrift, tool.description_place, message)
                            .severity(severity)
                            .symbol(&tool.name),
                    );
                }
            }
            self.seen.tools.insert(key, digest);
        }
    }
}

/// The folder of a path, with a slash at its end; empty at the root.
fn folder(path: &RepoPath) -> &[u8] {
    path.as_bytes()
        .iter()
        .rposition(|b| *b == b'/')
        .map_or(&[], |slash| &path.as_bytes()[..=slash])
}
