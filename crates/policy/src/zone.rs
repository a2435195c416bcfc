//! Zones: named paths of a repository, with the people to ask about them.

use std::fmt;

use bstr::ByteSlice;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Serialize;
use toml_span::value::{Value, ValueInner};
use trueline_facts::RepoPath;
use trueline_facts::change::ZoneId;

use crate::document::{Section, Wrong, word};

/// What an agent hears that is about to write in a zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentAnswer {
    /// Go on.
    Allow,
    /// A person decides.
    Ask,
    /// No.
    Deny,
}

/// A named set of paths.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Zone {
    /// Its name.
    pub id: ZoneId,
    /// Globs, as in `.gitignore`.
    pub paths: Vec<String>,
    /// Whom to ask.
    pub champions: Vec<String>,
    /// What agents hear before they write in it.
    pub agents: AgentAnswer,
    /// Why, in the team's words.
    pub why: Option<String>,
}

/// All zones of a policy.
#[derive(Clone, Default)]
pub struct Zones {
    zones: Vec<(Zone, Gitignore)>,
}

impl Zones {
    /// The zones of a `[zone]` table.
    pub(crate) fn read(value: &mut Value<'_>) -> Result<Self, Wrong> {
        let span = value.span;
        let ValueInner::Table(table) = value.take() else {
            return Err(Wrong::new(
                span,
                "zones have names: write `[zone.NAME]` with `paths`",
            ));
        };
        let mut zones = Vec::new();
        for (name, mut value) in table {
            if !is_name(&name.name) {
                let message = "the name of a zone is of small letters, digits and `-`";
                return Err(Wrong::new(name.span, message));
            }
            zones.push(read_zone(&name.name, &mut value)?);
        }
        Ok(Self { zones })
    }

    /// The zones, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Zone> {
        self.zones.iter().map(|(zone, _)| zone)
    }

    /// A zone by its name.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Zone> {
        self.iter().find(|zone| zone.id.as_str() == id)
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// The zones that a path lies in, by name.
    pub fn around<'z>(&'z self, path: &'z RepoPath) -> impl Iterator<Item = &'z Zone> {
        let zones = self.zones.iter();
        zones.filter_map(move |(zone, globs)| matches(globs, path).then_some(zone))
    }

    /// Their names.
    #[must_use]
    pub fn ids(&self, path: &RepoPath) -> Vec<ZoneId> {
        self.around(path).map(|zone| zone.id.clone()).collect()
    }

    /// Whom to ask about these zones, each once.
    #[must_use]
    pub fn champions(&self, ids: &[ZoneId]) -> Vec<String> {
        let mut asked: Vec<String> = Vec::new();
        for zone in self.iter().filter(|zone| ids.contains(&zone.id)) {
            for champion in &zone.champions {
                if !asked.contains(champion) {
                    asked.push(champion.clone());
                }
            }
        }
        asked
    }
}

impl PartialEq for Zones {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Zones {}

impl fmt::Debug for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Zones {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

fn read_zone(name: &str, value: &mut Value<'_>) -> Result<(Zone, Gitignore), Wrong> {
    let full = format!("zone.{name}");
    let mut section = Section::new(full.clone(), value)?;
    let paths = section
        .strings("paths")?
        .filter(|paths| !paths.is_empty())
        .ok_or_else(|| section.missing("paths"))?;
    let globs = globs_of_zone(&paths, &format!("{full}.paths"))?;
    let champions = section.strings("champions")?.unwrap_or_default();
    let agents = match section.text("agents")? {
        None => AgentAnswer::Allow,
        Some((text, span)) => word(
            &text,
            span,
            &format!("{full}.agents"),
            &[
                ("allow", AgentAnswer::Allow),
                ("ask", AgentAnswer::Ask),
                ("deny", AgentAnswer::Deny),
            ],
        )?,
    };
    let why = section.text("why")?.map(|(text, _)| text);
    section.end(&["paths", "champions", "agents", "why"])?;
    let zone = Zone {
        id: ZoneId::new(name),
        paths: paths.into_iter().map(|(glob, _)| glob).collect(),
        champions: champions.into_iter().map(|(text, _)| text).collect(),
        agents,
        why,
    };
    Ok((zone, globs))
}

/// Globs of a zone: whatever the case of letters, because file systems that do not tell it apart take `src/Auth` for
/// `src/auth`.
fn globs_of_zone(texts: &[(String, toml_span::Span)], name: &str) -> Result<Gitignore, Wrong> {
    compiled(texts, name, true)
}

/// Globs as in `.gitignore`; one that does not compile is told with its place.
pub(crate) fn globs(texts: &[(String, toml_span::Span)], name: &str) -> Result<Gitignore, Wrong> {
    compiled(texts, name, false)
}

fn compiled(
    texts: &[(String, toml_span::Span)],
    name: &str,
    any_case: bool,
) -> Result<Gitignore, Wrong> {
    let mut builder = GitignoreBuilder::new("");
    if any_case {
        let wrong = |error: ignore::Error| {
            Wrong::new(toml_span::Span::new(0, 0), format!("`{name}`: {error}"))
        };
        builder.case_insensitive(true).map_err(wrong)?;
    }
    for (glob, span) in texts {
        builder
            .add_line(None, glob)
            .map_err(|error| Wrong::new(*span, format!("`{name}`: {error}")))?;
    }
    let span = texts
        .first()
        .map_or_else(|| toml_span::Span::new(0, 0), |(_, span)| *span);
    builder
        .build()
        .map_err(|error| Wrong::new(span, format!("`{name}`: {error}")))
}

/// Does a path, or a folder that it lies in, match? One that leads out of the tree does not.
pub(crate) fn matches(globs: &Gitignore, path: &RepoPath) -> bool {
    let Ok(path) = path.as_bstr().to_path() else {
        return false;
    };
    !path.has_root() && globs.matched_path_or_any_parents(path, false).is_ignore()
}

/// Small letters, digits and `-`, a letter first.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
