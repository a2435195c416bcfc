//! Names of members: where each would be unpacked, what an extra field calls it, and where a link leads.

use trueline_facts::artifact::Verdict;

use super::directory::{Entry, local};
use super::shown;
use crate::inspection::{Inspection, printable};
use crate::source::Source;
use crate::technique;

/// The name that readers take who know the extra field for it.
pub(super) fn check_unicode(inspection: &mut Inspection, entry: &Entry, at: u64) {
    let Some(unicode) = entry.unicode.as_ref().filter(|name| **name != entry.name) else {
        return;
    };
    check_path(inspection, &String::from_utf8_lossy(unicode), at);
    // It is there for names of other letters, and says the same in them.
    let shape = |name: &[u8]| {
        let slashes = name.split(|byte| *byte == b'/').count();
        let extension = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let extension = extension.is_ascii().then(|| extension.to_ascii_lowercase());
        (slashes, extension)
    };
    if entry.name.is_ascii() || shape(unicode) != shape(&entry.name) {
        inspection.report(
            Verdict::Suspicious,
            technique::ZIP_DISAGREES,
            at,
            format!(
                "{} is called {} in an extra field: readers take different names",
                shown(&entry.name),
                shown(unicode)
            ),
        );
    }
}

pub(super) fn check_name(inspection: &mut Inspection, source: &Source, at: u64, entry: &Entry) {
    let name = String::from_utf8_lossy(&entry.name).into_owned();
    check_path(inspection, &name, entry.offset);
    check_unicode(inspection, entry, at);
    if entry.external >> 16 & 0o170_000 == 0o120_000 {
        let target = local(source, at)
            .map(|local| source.read(local.data, entry.packed.min(4096) as usize))
            .unwrap_or_default();
        let target = String::from_utf8_lossy(&target).into_owned();
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let outside = entry.method == 0
            && (target.starts_with('/')
                || leads_outside(format!("{folder}/{target}").trim_start_matches('/')));
        inspection.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::ARCHIVE_LINK,
            entry.offset,
            format!("{} is a link to {}", printable(&name), printable(&target)),
        );
    }
}

/// Does a member's path lead out of the folder it is unpacked to?
pub(crate) fn check_path(inspection: &mut Inspection, name: &str, offset: u64) {
    if leads_outside(name) {
        inspection.report(
            Verdict::Malicious,
            technique::ARCHIVE_SLIP,
            offset,
            format!(
                "the member {} would be unpacked outside of its folder",
                printable(name)
            ),
        );
    }
}

/// Absolute, with a drive, or climbing above where it starts.
pub(crate) fn leads_outside(path: &str) -> bool {
    let path = path.replace('\\', "/");
    if path.starts_with('/') || path.contains('\0') || path.get(1..3).is_some_and(|d| d == ":/") {
        return true;
    }
    let mut depth = 0i64;
    for part in path.split('/') {
        match part {
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}
