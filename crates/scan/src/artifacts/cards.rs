//! Model cards on disk: the README beside a model, or that of the model repository that its folder is a part of, and
//! the licence that its front matter declares.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use trueline_facts::RepoPath;
use trueline_facts::artifact::Artifact;

/// A model card is read so far.
const MAX_CARD: u64 = 64 << 10;
/// Names of cards, in small letters, the usual one first.
const NAMES: &[&str] = &[
    "readme.md",
    "model_card.md",
    "modelcard.md",
    "model-card.md",
];
/// Folders above a model that may be the root of its repository: `unet/` in `snapshots/REVISION/`.
const MAX_ABOVE: usize = 3;

/// The cards of folders that were asked for.
pub(super) struct Cards<'b> {
    base: &'b Path,
    folders: BTreeMap<Vec<u8>, Option<Card>>,
}

/// A card and what its front matter says.
#[derive(Clone, Debug)]
struct Card {
    path: RepoPath,
    /// It opens with front matter: it is a card and no README of a program.
    has_front_matter: bool,
    licence: Option<String>,
}

impl<'b> Cards<'b> {
    /// Paths of records start at `base`.
    pub(super) const fn new(base: &'b Path) -> Self {
        Self {
            base,
            folders: BTreeMap::new(),
        }
    }

    /// Notes the card of a model and the licence that it declares.
    pub(super) fn read(&mut self, artifact: &mut Artifact) {
        let name = artifact
            .path
            .file_name()
            .to_str_lossy()
            .to_ascii_lowercase();
        if NAMES.contains(&name.as_str()) {
            return;
        }
        let path = artifact.path.as_bytes().to_vec();
        let mut end = path.len();
        for above in 0..=MAX_ABOVE {
            end = path[..end].rfind_byte(b'/').unwrap_or(0);
            let folder = path.get(..end).unwrap_or_default();
            // Above these the path says no more.
            let is_top = end == 0 && path.starts_with(b"/");
            if is_top {
                return;
            }
            let card = self.of(folder).filter(|c| above == 0 || c.has_front_matter);
            if let Some(card) = card {
                artifact.model_card = Some(card.path.clone());
                if artifact.licence.is_none() {
                    artifact.licence.clone_from(&card.licence);
                }
                return;
            }
            let climbs = folder == b".." || folder.ends_with(b"/..");
            if end == 0 || climbs || self.is_root(folder) {
                return;
            }
        }
    }

    fn on_disk(&self, folder: &[u8]) -> Option<PathBuf> {
        Some(self.base.join(folder.to_path().ok()?))
    }

    /// Does a repository begin here? What stands above it is of something else.
    fn is_root(&self, folder: &[u8]) -> bool {
        let is_snapshot = folder
            .rfind_byte(b'/')
            .is_some_and(|slash| folder[..slash].ends_with(b"/snapshots"));
        is_snapshot
            || self
                .on_disk(folder)
                .is_some_and(|folder| folder.join(".git").exists())
    }

    fn of(&mut self, folder: &[u8]) -> Option<Card> {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let card = self.on_disk(folder).and_then(|disk| card_in(&disk, folder));
        self.folders.insert(folder.to_vec(), card.clone());
        card
    }
}

fn card_in(disk: &Path, folder: &[u8]) -> Option<Card> {
    let mut found: Vec<(usize, std::ffi::OsString)> = fs::read_dir(disk)
        .ok()?
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let lower = name.to_str()?.to_ascii_lowercase();
            Some((NAMES.iter().position(|n| *n == lower)?, name))
        })
        .collect();
    found.sort();
    let (_, name) = found.into_iter().next()?;
    let text = text_of(&disk.join(&name))?;
    let name = name.to_str()?.as_bytes();
    let path = if folder.is_empty() {
        name.to_vec()
    } else {
        [folder, b"/", name].concat()
    };
    let head = front_matter(&text);
    Some(Card {
        path: RepoPath::new(path),
        has_front_matter: head.is_some(),
        licence: head.and_then(licence),
    })
}

/// The start of a card. In a cache of Hugging Face's hub it is a link to a blob of the same model; any other link is
/// left alone.
fn text_of(card: &Path) -> Option<String> {
    if fs::symlink_metadata(card).ok()?.is_symlink() {
        let target = card.canonicalize().ok()?;
        let folder = card.parent()?.canonicalize().ok()?;
        let model = folder
            .ancestors()
            .find(|above| above.join("blobs").is_dir() && above.join("snapshots").is_dir());
        let is_own = target.starts_with(&folder)
            || model.is_some_and(|model| target.starts_with(model.join("blobs")));
        if !is_own {
            return None;
        }
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(card)
        .ok()
        .filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
    file.take(MAX_CARD).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

fn front_matter(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}');
    text.strip_prefix("---\n")?.split("\n---").next()
}

/// What `license` says: a value, a list in one line or in several; `license_name` where it is `other`.
fn licence(head: &str) -> Option<String> {
    let values = values(head, "license").or_else(|| values(head, "licence"))?;
    if values.iter().any(|value| value == "other")
        && let Some(name) = self::values(head, "license_name").and_then(|v| v.into_iter().next())
    {
        return Some(name);
    }
    (!values.is_empty()).then(|| values.join(", "))
}

/// The values of a key of the outer level.
fn values(head: &str, key: &str) -> Option<Vec<String>> {
    let plain = |value: &str| {
        let value = value.split(" #").next().unwrap_or(value).trim();
        let value = value.trim_matches(['"', '\'']).trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let mut lines = head.lines();
    let rest = lines.find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let rest = rest.trim();
    if let Some(list) = rest.strip_prefix('[') {
        let list = list.split(']').next().unwrap_or(list);
        return Some(list.split(',').filter_map(plain).collect());
    }
    if !rest.is_empty() && !rest.starts_with('#') {
        return plain(rest).map(|value| vec![value]);
    }
    let items = lines
        .take_while(|line| line.trim_start().starts_with('-') || line.trim().is_empty())
        .filter_map(|line| plain(line.trim_start().strip_prefix('-')?))
        .collect();
    Some(items)
}

/// Is each licence that is declared one that is allowed?
pub(super) fn all_listed(declared: &str, allowed: &[String]) -> bool {
    declared.split(',').map(str::trim).all(|own| {
        allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(own))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(card: &str) -> Option<String> {
        front_matter(card).and_then(licence)
    }

    #[test]
    fn a_licence_is_a_value_or_a_list() {
        assert_eq!(of("---\nlicense: mit\n---\n").unwrap(), "mit");
        assert_eq!(
            of("---\ntags: [a]\nlicense: 'mit' # as ever\n---\n").unwrap(),
            "mit"
        );
        assert_eq!(
            of("---\nlicense:\n- mit\n- apache-2.0\ntags:\n- x\n---\n").unwrap(),
            "mit, apache-2.0"
        );
        assert_eq!(
            of("---\nlicense: [mit, \"apache-2.0\"]\n---\n").unwrap(),
            "mit, apache-2.0"
        );
        assert_eq!(
            of("---\nlicense: other\nlicense_name: own-1\n---\n").unwrap(),
            "own-1"
        );
        assert_eq!(of("---\nlicense:\ntags: x\n---\n"), None);
        assert_eq!(of("# license: mit\n"), None);
    }

    #[test]
    fn every_licence_of_a_list_must_be_allowed() {
        let allowed = ["MIT".to_owned(), "apache-2.0".to_owned()];
        assert!(all_listed("mit, Apache-2.0", &allowed));
        assert!(!all_listed("mit, gpl-3.0", &allowed));
    }
}
