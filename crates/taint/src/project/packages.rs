//! Names of packages of several files (Go, Java), as the analysis of one file asks for them.

use super::{Project, UnitId};

impl Project {
    /// The key of the type that a name means in a file: the same for one type from everywhere.
    pub(crate) fn type_named(&self, from: UnitId, name: &str) -> Option<&str> {
        self.declarations.type_of(from, name, &self.modules)
    }

    /// The files that a type stands in, as seen from a file, and its qualified name there. The first
    /// file declares it.
    pub(crate) fn type_at(&self, from: UnitId, key: &str) -> Option<(&[UnitId], &str)> {
        let name = self.declarations.name_of(key)?;
        Some((self.declarations.units_of(from, key), name))
    }

    /// The key of a type by its qualified name in the file where it stands.
    pub(crate) fn type_key(&self, unit: UnitId, qualified: &str) -> Option<Box<str>> {
        self.declarations.key_of(unit, qualified)
    }

    /// Types of whose objects a value of a type may be.
    pub(crate) fn implementations(&self, key: &str) -> Vec<&str> {
        self.declarations.implementations(key)
    }

    /// Files that declare a name of a package: the one that a file is in, or one that it imports.
    pub(crate) fn declaring(&self, from: UnitId, import: Option<&str>, name: &str) -> &[UnitId] {
        self.declarations
            .declaring(from, import, name, &self.modules)
    }
}
