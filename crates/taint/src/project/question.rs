//! What the analysis of a file asks its project, in a form that outlives both.
//!
//! With the answers it had, it tells later whether a change of the project's files concerns that
//! file. `analysis::elsewhere` writes questions down as it asks them; `memory` asks them again.

use serde::{Deserialize, Serialize};
use trueline_facts::RepoPath;

use super::{Project, Target, UnitId};

/// What is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Question {
    /// What a module name means in the file.
    Resolve(Box<str>),
    /// A module inside a package.
    Submodule(Answer, Box<str>),
    /// [`Project::type_named`]
    TypeNamed(Box<str>),
    /// [`Project::type_at`]
    TypeAt(Box<str>),
    /// [`Project::type_key`], for a file.
    TypeKey(RepoPath, Box<str>),
    /// [`Project::implementations`]
    Implementations(Box<str>),
    /// [`Project::declaring`]
    Declaring(Option<Box<str>>, Box<str>),
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Nothing,
    Unit(RepoPath),
    Folder(Box<str>),
    Package(Box<str>),
    Key(Box<str>),
    Keys(Vec<Box<str>>),
    Units(Vec<RepoPath>),
    Type(Vec<RepoPath>, Box<str>),
}

impl Project {
    /// What a question is answered today.
    pub(crate) fn answer(&self, from: UnitId, question: &Question) -> Answer {
        match question {
            Question::Resolve(module) => self.target_answer(self.resolve(from, module).as_ref()),
            Question::Submodule(of, name) => {
                let of = match of {
                    Answer::Unit(path) => self.unit(path).map(Target::Unit),
                    Answer::Folder(folder) => Some(Target::Folder(folder.clone())),
                    _ => None,
                };
                let target = of.and_then(|of| self.submodule(&of, name));
                self.target_answer(target.as_ref())
            }
            Question::TypeNamed(name) => key_answer(self.type_named(from, name)),
            Question::TypeAt(key) => self.type_answer(self.type_at(from, key)),
            Question::TypeKey(path, name) => {
                let unit = self.unit(path);
                key_answer(unit.and_then(|unit| self.type_key(unit, name)).as_deref())
            }
            Question::Implementations(key) => keys_answer(&self.implementations(key)),
            Question::Declaring(import, name) => {
                self.units_answer(self.declaring(from, import.as_deref(), name))
            }
        }
    }

    /// A target by its path.
    pub(crate) fn target_answer(&self, target: Option<&Target>) -> Answer {
        match target {
            Some(Target::Unit(unit)) => self
                .path(*unit)
                .map_or(Answer::Nothing, |path| Answer::Unit(path.clone())),
            Some(Target::Folder(folder)) => Answer::Folder(folder.clone()),
            Some(Target::Package(path)) => Answer::Package(path.clone()),
            None => Answer::Nothing,
        }
    }

    /// Where a type stands.
    pub(crate) fn type_answer(&self, found: Option<(&[UnitId], &str)>) -> Answer {
        match found {
            Some((units, name)) => Answer::Type(self.paths(units), name.into()),
            None => Answer::Nothing,
        }
    }

    /// Files.
    pub(crate) fn units_answer(&self, units: &[UnitId]) -> Answer {
        Answer::Units(self.paths(units))
    }

    fn paths(&self, units: &[UnitId]) -> Vec<RepoPath> {
        let paths = units.iter().filter_map(|unit| self.path(*unit));
        paths.cloned().collect()
    }
}

/// The key of a type.
pub(crate) fn key_answer(key: Option<&str>) -> Answer {
    key.map_or(Answer::Nothing, |key| Answer::Key(key.into()))
}

/// Keys of types.
pub(crate) fn keys_answer(keys: &[&str]) -> Answer {
    Answer::Keys(keys.iter().map(|key| Box::from(*key)).collect())
}
