//! What added and removed lines of sources say: a feature adds, a refactoring rewrites or removes, a
//! fix is small. The weights are in `data/purpose.toml`, drawn from commits whose authors say what
//! they are (docs/METHODS.md).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{ByPurposeWeight, Weights};

/// What a commit did to one file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TouchedFile<'a> {
    /// Its path.
    pub path: &'a [u8],
    /// What became of it.
    pub fate: Fate,
    /// Lines added and removed; `None` where nobody counted them.
    pub lines: Option<LineCounts>,
}

impl<'a> TouchedFile<'a> {
    /// A file of which nothing but the path is known.
    #[must_use]
    pub const fn named(path: &'a [u8]) -> Self {
        Self {
            path,
            fate: Fate::Modified,
            lines: None,
        }
    }
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// New at this path.
    Added,
    /// Other content or mode.
    Modified,
    /// Gone from this path.
    Deleted,
}

/// Lines added and removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineCounts {
    /// Added.
    pub added: u64,
    /// Removed.
    pub removed: u64,
}

impl LineCounts {
    pub(super) const fn add(&mut self, more: Self) {
        self.added = self.added.saturating_add(more.added);
        self.removed = self.removed.saturating_add(more.removed);
    }
}

/// How the sources of a commit changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) size: Size,
    pub(super) growth: Growth,
    /// Some file is new.
    pub(super) has_new: bool,
}

/// Lines added and removed together: up to 20, up to 100, more.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Size {
    Small,
    Medium,
    Large,
}

/// Lines added against lines removed: fewer, four times as many and more, or between.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum Growth {
    Shrinks,
    Even,
    Grows,
}

/// Weights of shapes, from `data/purpose.toml`.
#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct LineTable {
    sizes: BTreeMap<Size, BTreeMap<Growth, ByPurposeWeight>>,
    new_files: ByPurposeWeight,
}

impl LineTable {
    pub(super) fn weigh(&self, shape: Shape, weights: &mut Weights) {
        let of_shape = self
            .sizes
            .get(&shape.size)
            .and_then(|growths| growths.get(&shape.growth));
        let of_new = shape.has_new.then_some(&self.new_files);
        for (purpose, weight) in of_shape.into_iter().chain(of_new).flatten() {
            weights.add(*purpose, *weight);
        }
    }
}
