//! What judges a change, read from its base: policy, exceptions, rules, baseline.

use std::collections::BTreeSet;
use std::path::Path;

use bstr::ByteSlice;
use trueline_facts::verdict::PolicyFrom;
use trueline_facts::{Diagnostic, Level, RepoPath};
use trueline_history::ObjectId;
use trueline_history::range::Entry;
use trueline_history::repository::Repository;
use trueline_policy::{EXCEPTIONS_FILE, Exceptions, POLICY_FOLDER, Policy, PolicyError};

use crate::baseline::Baseline;
use crate::config::{Config, FILE_NAME, KnownNames};
use crate::place::Place;
use crate::scan::commit_id;
use crate::{ScanError, custom};

/// The baseline that a team commits.
const BASELINE_FILE: &str = ".trueline/baseline.json";
/// Longest policy that is read.
const MAX_BYTES: u64 = 1 << 20;

/// What judges a change.
pub(crate) struct Judging {
    pub(crate) policy: Policy,
    /// `[scan] exclude` of the base.
    pub(super) exclude: Vec<String>,
    /// Where the policy was read, for people.
    pub(crate) source: String,
    /// The same for programs.
    pub(crate) from: PolicyFrom,
    /// The base, if there is one.
    base: Option<ObjectId>,
    /// The commit whose exceptions are in force; none where they come from elsewhere.
    pub(super) exceptions_at: Option<ObjectId>,
    /// Rules of the team that take the place of the base's.
    rules: Option<Vec<(String, String)>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Judging {
    /// Reads what judges changes of a base; a policy that is given takes the place of its policy and
    /// exceptions.
    pub(super) fn read(
        place: &Place,
        base: Option<ObjectId>,
        given: Option<&Path>,
    ) -> Result<Self, ScanError> {
        let repository = place.repository();
        let file = |name: &str| text_at(repository, base, name);
        let mut diagnostics = Vec::new();
        if given.is_none()
            && let Some((repository, base)) = repository.zip(base)
        {
            refuse_links(repository, base)?;
        }
        let committed = file(FILE_NAME)?;
        let from = match (given, base.filter(|_| committed.is_some())) {
            (Some(path), _) => PolicyFrom::Given {
                file: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
            },
            (None, Some(base)) => PolicyFrom::Base {
                commit: commit_id(base),
            },
            (None, None) => PolicyFrom::BuiltIn,
        };
        let (mut config, source, exceptions) = if let Some(path) = given {
            let (config, exceptions) = read_given_policy(path, committed.as_deref())?;
            (config, path.display().to_string(), exceptions)
        } else {
            let (config, source) = of_base(committed.as_deref(), base)?;
            (config, source, file(EXCEPTIONS_FILE)?)
        };
        if let Some(text) = exceptions {
            match Exceptions::parse(
                &text,
                Path::new(EXCEPTIONS_FILE),
                &config.policy.limits,
                &KnownNames,
            ) {
                Ok(exceptions) => config.policy.exceptions = exceptions,
                Err(error) => diagnostics.push(Diagnostic::new(
                    Level::Error,
                    "exceptions-unreadable",
                    format!("no exception has any effect: {error}"),
                )),
            }
        }
        let modules: Vec<(String, String)> = config
            .policy
            .rego_files()
            .map(|(gate, file)| (gate.to_owned(), file.to_owned()))
            .collect();
        for (gate, module) in modules {
            if let Some(text) = file(&module)? {
                config.policy.add_module(&gate, &module, &text)?;
            }
        }
        Ok(Self {
            policy: config.policy,
            exclude: config.exclude,
            source,
            from,
            base,
            exceptions_at: base.filter(|_| given.is_none()),
            rules: None,
            diagnostics,
        })
    }

    /// What the work tree says, which judges nothing yet.
    pub(super) fn of_work_tree(place: &Place) -> Result<Self, ScanError> {
        let mut config = place.config()?;
        let root = place.root_path();
        let modules: Vec<(String, String)> = config
            .policy
            .rego_files()
            .map(|(gate, file)| (gate.to_owned(), file.to_owned()))
            .collect();
        for (gate, module) in modules {
            let file = root.join(&module);
            if file.is_file() {
                config
                    .policy
                    .add_module(&gate, &module, &read_given(&file)?)?;
            }
        }
        let exceptions = root.join(EXCEPTIONS_FILE);
        if exceptions.is_file() {
            let text = read_given(&exceptions)?;
            config.policy.exceptions = validate_exceptions(&text, &config.policy)?;
        }
        Ok(Self {
            policy: config.policy,
            exclude: config.exclude,
            source: format!("{FILE_NAME} of the work tree"),
            from: PolicyFrom::WorkTree,
            base: None,
            exceptions_at: None,
            rules: None,
            diagnostics: Vec::new(),
        })
    }

    /// What the work tree says, or a file that is given, for changes of the past: with the rules of
    /// the work tree, without exceptions, which speak of today.
    pub(crate) fn of_past(place: &Place, given: Option<&Path>) -> Result<Self, ScanError> {
        let mut judging = match given {
            Some(_) => Self::read(place, None, given)?,
            None => Self::of_work_tree(place)?,
        };
        if given.is_some() {
            judging.exclude = place.config()?.exclude;
        }
        judging.policy.exceptions = Exceptions::default();
        judging.rules = Some(custom::rules_of(place)?);
        Ok(judging)
    }

    /// The base's rules of the team: names and texts.
    pub(super) fn own_rules(&self, place: &Place) -> Result<Vec<(String, String)>, ScanError> {
        if let Some(rules) = &self.rules {
            return Ok(rules.clone());
        }
        match place.repository().zip(self.base) {
            Some((repository, base)) => custom::rules_at(repository, base),
            None => Ok(Vec::new()),
        }
    }

    /// Fingerprints that the base's baseline has.
    pub(super) fn baseline(&self, place: &Place) -> Result<BTreeSet<String>, ScanError> {
        let text = text_at(place.repository(), self.base, BASELINE_FILE)?;
        Ok(text.map_or_else(BTreeSet::new, |text| baseline_entries(&text)))
    }
}

/// Fingerprints of a baseline's text; none where it is none.
pub(super) fn baseline_entries(text: &str) -> BTreeSet<String> {
    Baseline::parse(text)
        .map(|baseline| baseline.fingerprints().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Is it the committed baseline?
pub(super) fn is_baseline(path: &RepoPath) -> bool {
    path.as_bytes() == BASELINE_FILE.as_bytes()
}

fn text_at(
    repository: Option<&Repository>,
    base: Option<ObjectId>,
    name: &str,
) -> Result<Option<String>, ScanError> {
    let Some((repository, base)) = repository.zip(base) else {
        return Ok(None);
    };
    let bytes = repository.file_at(base, &RepoPath::from(name))?;
    Ok(bytes.map(|bytes| bytes.to_str_lossy().into_owned()))
}

/// What judges changes stands in files: a policy behind a link would be one that is not there, and silent.
fn refuse_links(repository: &Repository, base: ObjectId) -> Result<(), ScanError> {
    const JUDGES: [&str; 5] = [
        FILE_NAME,
        POLICY_FOLDER,
        EXCEPTIONS_FILE,
        custom::FOLDER,
        ".trueline/gates",
    ];
    for path in JUDGES {
        let kind = match repository.entry_at(base, &RepoPath::from(path))? {
            Some(Entry::Link) => "symbolic link",
            Some(Entry::Submodule) => "submodule",
            Some(Entry::File) | None => continue,
        };
        return Err(ScanError::LinkedPolicy {
            path,
            base: base.to_hex_with_len(10).to_string(),
            kind,
        });
    }
    Ok(())
}

/// The policy of a base, and where it was read.
fn of_base(committed: Option<&str>, base: Option<ObjectId>) -> Result<(Config, String), ScanError> {
    let at = base.map_or_else(
        || "no commit yet".to_owned(),
        |id| id.to_hex_with_len(10).to_string(),
    );
    let Some(text) = committed else {
        let source = format!("built-in gates, observing: {FILE_NAME} is not there at {at}");
        return Ok((Config::default(), source));
    };
    match Config::parse(text, Path::new(FILE_NAME)) {
        Ok(config) => Ok((config, format!("{FILE_NAME} at {at}"))),
        Err(source) => Err(ScanError::PolicyOfBase { base: at, source }),
    }
}

/// A policy that is given, and the exceptions beside it. What is scanned is the base's to say, if it
/// says anything that can be read.
fn read_given_policy(
    path: &Path,
    committed: Option<&str>,
) -> Result<(Config, Option<String>), ScanError> {
    let mut config = Config::parse(&read_given(path)?, path)?;
    let beside = path.parent().map(|folder| folder.join(EXCEPTIONS_FILE));
    let exceptions = beside.filter(|p| p.is_file()).map(|p| read_given(&p));
    let own = committed.and_then(|text| Config::parse(text, Path::new(FILE_NAME)).ok());
    if let Some(own) = own {
        config.exclude = own.exclude;
    }
    Ok((config, exceptions.transpose()?))
}

fn read_given(path: &Path) -> Result<String, ScanError> {
    let unreadable = |source| ScanError::Path {
        path: path.to_owned(),
        source,
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MAX_BYTES {
        return Err(ScanError::Unusable {
            path: path.to_owned(),
            reason: "larger than a policy can be (1 MiB)",
        });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Reads an exceptions file under a policy; every entry that breaks a rule is told.
pub fn validate_exceptions(text: &str, policy: &Policy) -> Result<Exceptions, PolicyError> {
    Exceptions::parse(
        text,
        Path::new(EXCEPTIONS_FILE),
        &policy.limits,
        &KnownNames,
    )
}
