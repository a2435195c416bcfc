//! Content that somebody is about to write, checked before it is.
//!
//! Each file is looked at by itself, as it would be and as it is: what counts is what the new
//! content adds. What an application as a whole lacks is not asked, because one file does not show
//! it; nor do comments answer findings here, as whoever writes the code would write the comment.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_agents::{AskedPackage, Kind, asked_packages};
use trueline_capture::ignored::IgnoreFiles;
use trueline_facts::{Finding, RepoPath, Severity, Tier};
use trueline_policy::{AgentAnswer, Zone, Zones};
use trueline_taint::{Engine, without_known_secrets};

use crate::alone::{Key, key};
use crate::config::{Config, FILE_NAME, Guard};
use crate::packages::{Package, Told, package};
use crate::place::Place;
use crate::redact::MASK;
use crate::source::Scope;
use crate::{ScanError, alone, custom, source};

/// A file as it is and as it would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its path from the root.
    pub path: RepoPath,
    /// Its text now; `None` if it is not there, or no text.
    pub before: Option<String>,
    /// Its text then.
    pub after: String,
}

/// What guards a tree.
#[derive(Debug)]
pub struct Guarding {
    /// The gates.
    pub guard: Guard,
    zones: Zones,
    scope: Scope,
}

impl Guarding {
    /// Whether `[scan] exclude` leaves a path out.
    #[must_use]
    pub fn leaves_out(&self, path: &RepoPath) -> bool {
        !self.scope.contains(path)
    }

    /// The zone that says most to an agent about a path, if any says anything.
    #[must_use]
    pub fn zone<'z>(&'z self, path: &'z RepoPath) -> Option<&'z Zone> {
        let speaking = |zone: &&Zone| zone.agents > AgentAnswer::Allow;
        let zones = self.zones.around(path).filter(speaking);
        // Among equals the first by name.
        zones.max_by_key(|zone| (zone.agents, std::cmp::Reverse(zone.id.clone())))
    }
}

/// The configuration that counts for what agents are told: the committed one; that of the work tree where none that
/// guards is committed.
pub(crate) fn guarding_config(place: &Place) -> Result<Config, ScanError> {
    let committed = match place.repository() {
        Some(repository) => repository.head_file(&RepoPath::from(FILE_NAME))?,
        None => None,
    };
    let config = match committed {
        Some(bytes) => Config::parse(&bytes.to_str_lossy(), Path::new(FILE_NAME))?,
        None => Config::default(),
    };
    match config.guard {
        Some(_) => Ok(config),
        None => place.config(),
    }
}

/// A tree into which somebody is about to write.
#[derive(Debug)]
pub struct Ahead {
    place: Place,
    engine: OnceCell<Engine>,
}

impl Ahead {
    /// The tree around a folder.
    pub fn open(folder: &Path) -> Result<Self, ScanError> {
        Ok(Self {
            place: Place::open_for_code(folder)?,
            engine: OnceCell::new(),
        })
    }

    /// The folder that paths are relative to.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.place.root_path()
    }

    /// The team's configuration as it was committed, because whoever is guarded must not soften the
    /// guard; that of the work tree where none that guards is committed. `None`: nothing guards.
    pub fn guarding(&self) -> Result<Option<Guarding>, ScanError> {
        let config = guarding_config(&self.place)?;
        let Some(guard) = config.guard else {
            return Ok(None);
        };
        Ok(Some(Guarding {
            guard,
            zones: config.policy.zones,
            scope: Scope::new(RepoPath::default(), &config.exclude)?,
        }))
    }

    /// The path from the root of a file in this tree; `None` if it lies elsewhere, or is reached
    /// through a link that leads out.
    #[must_use]
    pub fn path(&self, file: &Path) -> Option<RepoPath> {
        let real = real(file)?;
        let inside = real.strip_prefix(self.root()).ok()?;
        let bytes = <[u8]>::from_path(inside)?;
        Some(RepoPath::new(bytes))
    }

    /// The text of a file now.
    #[must_use]
    pub fn text(&self, path: &RepoPath) -> Option<String> {
        let bytes = source::read(self.root(), path).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// The rules: loaded when something is to be checked, for they take a while.
    fn engine(&self) -> Result<&Engine, ScanError> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        // Rules of the team that do not load must not take ours away.
        let engine = custom::engine(&self.place).or_else(|_| Engine::builtin())?;
        Ok(self.engine.get_or_init(|| engine))
    }

    /// Lines, from 1, on which a new text has a secret that is known by its form and that the old text
    /// does not have. Any text will do.
    pub fn secret_lines(&self, before: Option<&str>, after: &str) -> Result<Vec<u32>, ScanError> {
        let before = before.unwrap_or_default();
        let mut lines = Vec::new();
        let (mut seen, mut line) = (0, 1);
        for (start, end) in self.engine()?.secrets_by_form(after) {
            let passed = after.get(seen..start).unwrap_or_default();
            line += u32::try_from(passed.matches('\n').count()).unwrap_or(u32::MAX);
            seen = start;
            let secret = after.get(start..end).unwrap_or_default();
            if !before.contains(secret) && lines.last() != Some(&line) {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    /// Packages that a command is about to install and that the lists of names which are given do not have: the
    /// type of the package URL, and the name. Of a kind without a list nothing is said.
    pub fn missing_packages(
        &self,
        lists: &[PathBuf],
        command: &str,
    ) -> Result<Vec<(&'static str, String)>, ScanError> {
        let asked = asked_packages(command);
        let comparable = |asked: &AskedPackage| -> Vec<Package> {
            let names = asked.names.iter();
            names.filter_map(|name| package(asked.kind, name)).collect()
        };
        let wanted: BTreeSet<Package> = asked.iter().flat_map(comparable).collect();
        if lists.is_empty() || wanted.is_empty() {
            return Ok(Vec::new());
        }
        let lists = lists.iter().map(|list| self.root().join(list));
        let told = Told::names(lists, &wanted)?;
        let missing = asked.into_iter().filter(|asked| {
            let packages = comparable(asked);
            !packages.is_empty() && packages.iter().all(|one| told.exists(one) == Some(false))
        });
        Ok(missing
            .filter_map(|asked| Some((asked.kind, asked.names.into_iter().next()?)))
            .collect())
    }

    /// Severe findings of the default tier that a proposal adds, most severe first.
    pub fn introduced(&self, proposals: &[Proposal]) -> Result<Vec<Finding>, ScanError> {
        let engine = self.engine()?;
        let mut found = Vec::new();
        for proposal in proposals {
            let mut known: BTreeMap<Key, usize> = BTreeMap::new();
            if let Some(before) = &proposal.before {
                for finding in alone::findings(engine, &proposal.path, before) {
                    *known.entry(key(&finding, before.as_bytes())).or_default() += 1;
                }
            }
            for finding in alone::findings(engine, &proposal.path, &proposal.after) {
                match known.get_mut(&key(&finding, proposal.after.as_bytes())) {
                    Some(left) if *left > 0 => *left -= 1,
                    _ => found.push(finding),
                }
            }
        }
        found.retain(|f| f.tier == Tier::Shown && f.severity >= Severity::High);
        found.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| a.location.cmp(&b.location))
                .then_with(|| a.rule.cmp(&b.rule))
        });
        for finding in &mut found {
            finding.message = redacted(&finding.message);
        }
        Ok(found)
    }

    /// Whether git ignores a file and does not have it, so that nothing written into it is committed.
    #[must_use]
    pub fn is_ignored(&self, path: &RepoPath) -> bool {
        let Some(repository) = self.place.repository() else {
            return false;
        };
        let Ok(below) = path.as_bstr().to_path() else {
            return false;
        };
        let file = self.root().join(below);
        let is_ignored = IgnoreFiles::of(self.root()).is_ignored(&file, false);
        is_ignored && matches!(repository.head_file(path), Ok(None))
    }
}

/// A text without secrets that are known by their form.
#[must_use]
pub fn redacted(text: &str) -> String {
    without_known_secrets(text, MASK).into_owned()
}

/// Whether a file steers agents, says what Trueline does to them, or is run when a person enters the folder or
/// commits. What runs in CI alone is looked at before it is merged: a team that wants more says so by a zone.
#[must_use]
pub fn steers(path: &RepoPath) -> bool {
    const FOLDERS: [&[u8]; 3] = [b".trueline", b".git", b".husky"];
    // Programs that run what these say at every commit, as a hook of git's does.
    const HOOKS: [&[u8]; 6] = [
        b".pre-commit-config.yaml",
        b"lefthook.yml",
        b"lefthook.yaml",
        b".lefthook.yml",
        b".lefthook.yaml",
        b"lefthook-local.yml",
    ];
    let bytes = path.as_bytes();
    // File systems that do not tell the cases of letters apart take either for the same.
    let is_ours = bytes.eq_ignore_ascii_case(FILE_NAME.as_bytes())
        || HOOKS.iter().any(|name| bytes.eq_ignore_ascii_case(name))
        || bytes
            .split_str("/")
            .any(|part| FOLDERS.iter().any(|name| part.eq_ignore_ascii_case(name)));
    is_ours
        || trueline_agents::kind(path).is_some_and(|kind| {
            !matches!(
                kind,
                Kind::Source(_) | Kind::Manifest | Kind::Workflow | Kind::ToolList
            )
        })
}

/// A path with its links resolved as far as it exists.
fn real(file: &Path) -> Option<PathBuf> {
    let mut rest = Vec::new();
    let mut at = file;
    loop {
        if let Ok(found) = at.canonicalize() {
            return Some(rest.iter().rev().fold(found, |path, name| path.join(name)));
        }
        rest.push(at.file_name()?);
        at = at.parent()?;
    }
}
