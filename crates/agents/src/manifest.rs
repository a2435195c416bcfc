//! What a project installs by its manifest and lock file: `npx tool` runs that copy, not one from the network.

use std::collections::BTreeSet;

use crate::discovery::Format;
use crate::document::parse;

/// Names of packages that some manifest of the tree installs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Installed(BTreeSet<String>);

impl Installed {
    /// Adds what a `package.json` says.
    pub(crate) fn add(&mut self, text: &str) {
        let Ok(document) = parse(Format::Json, text) else {
            return;
        };
        for group in ["dependencies", "devDependencies", "optionalDependencies"] {
            for (key, _) in document
                .get(group)
                .map(crate::document::Node::entries)
                .unwrap_or_default()
            {
                self.0.insert(key.name.clone());
            }
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}
