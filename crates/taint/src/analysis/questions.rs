//! What the analysis of a file asks its project: every question is written down with its answer.

use super::elsewhere::Elsewhere;
use crate::project::{Answer, Question, Target, UnitId, key_answer, keys_answer};

impl<'a> Elsewhere<'a> {
    /// What a module name means in the file.
    pub(super) fn resolve(&mut self, module: &str) -> Option<Target> {
        let project = self.project?;
        let target = project.resolve(self.unit, module);
        self.asked.insert(
            Question::Resolve(module.into()),
            project.target_answer(target.as_ref()),
        );
        target
    }

    /// A module inside a package.
    pub(super) fn submodule(&mut self, of: &Target, name: &str) -> Option<Target> {
        let project = self.project?;
        let target = project.submodule(of, name);
        self.asked.insert(
            Question::Submodule(project.target_answer(Some(of)), name.into()),
            project.target_answer(target.as_ref()),
        );
        target
    }

    /// The key of the type that a name means in the file.
    pub(super) fn type_named(&mut self, name: &str) -> Option<&'a str> {
        let key = self.project?.type_named(self.unit, name);
        self.asked
            .insert(Question::TypeNamed(name.into()), key_answer(key));
        key
    }

    /// The files that a type stands in, and its qualified name there.
    pub(super) fn type_at(&mut self, key: &str) -> Option<(&'a [UnitId], &'a str)> {
        let project = self.project?;
        let found = project.type_at(self.unit, key);
        self.asked
            .insert(Question::TypeAt(key.into()), project.type_answer(found));
        found
    }

    /// The key of a type by its qualified name in the file where it stands.
    pub(super) fn type_key(&mut self, unit: UnitId, qualified: &str) -> Option<Box<str>> {
        let project = self.project?;
        let key = project.type_key(unit, qualified);
        let path = project.path(unit)?.clone();
        self.asked.insert(
            Question::TypeKey(path, qualified.into()),
            key_answer(key.as_deref()),
        );
        key
    }

    /// Types of whose objects a value of a type may be.
    pub(super) fn implementations(&mut self, key: &str) -> Vec<&'a str> {
        let Some(project) = self.project else {
            return Vec::new();
        };
        let found = project.implementations(key);
        self.asked
            .insert(Question::Implementations(key.into()), keys_answer(&found));
        found
    }

    /// Files that declare a name of a package.
    pub(super) fn declaring(&mut self, import: Option<&str>, name: &str) -> &'a [UnitId] {
        let Some(project) = self.project else {
            return &[];
        };
        let units = project.declaring(self.unit, import, name);
        self.asked.insert(
            Question::Declaring(import.map(Box::from), name.into()),
            project.units_answer(units),
        );
        units
    }

    /// What the project was asked, with its answers.
    pub(super) fn asked(self) -> Vec<(Question, Answer)> {
        self.asked.into_iter().collect()
    }
}
