//! Tar archives: ustar, GNU long names and PAX records. Links and names that lead outside are findings, members are
//! inspected by content. What counts is what Python's `tarfile` reads; where others read something else, that is a
//! finding.

use std::collections::BTreeSet;

use trueline_facts::artifact::Verdict;

use crate::inspection::{Inspection, bytes_stand, printable, shorten};
use crate::pickle;
use crate::source::Source;
use crate::technique;
use crate::zip::{Member, check_path, leads_outside};

mod header;
mod links;

use header::{Block, Told, field, is_header, number};
use links::Links;

const MAX_ENTRIES: usize = 50_000;
/// Characters of a name in a message about every link.
const MAX_SHOWN: usize = 200;
/// Bytes of padding that are looked at, when they are not zero.
const MAX_PADDING: usize = 4 << 20;
/// The largest size that a header itself can say in digits: above it PAX says it alone.
const MAX_DIGITS: u64 = 0o77_777_777_777;

/// A header whose sum is right.
pub(crate) fn is_tar(source: &Source) -> bool {
    source
        .array::<512>(0)
        .is_some_and(|block| is_header(&block))
}

/// Are these bytes all of one member?
pub(crate) fn is_member(source: &Source, start: u64, end: u64) -> bool {
    start.is_multiple_of(512)
        && start
            .checked_sub(512)
            .and_then(|at| source.array::<512>(at))
            .is_some_and(|block| {
                is_header(&block)
                    && number(&block[124..136]).and_then(|size| u64::try_from(size).ok())
                        == end.checked_sub(start)
            })
}

/// Reads the archive, reports what leads outside, hands out the members.
pub(crate) fn members(inspection: &mut Inspection, source: &Source) -> Vec<Member> {
    inspection.format("tar");
    let links = Links::new(inspection.link_steps_left);
    let mut walk = Walk {
        inspection,
        source,
        members: Vec::new(),
        names: BTreeSet::new(),
        links,
        linked: Vec::new(),
        padding: Vec::new(),
        at: 0,
    };
    walk.run();
    let Walk {
        mut members,
        padding,
        links,
        at,
        ..
    } = walk;
    inspection.link_steps_left = links.steps_left();
    pickle::search(inspection, &Source::of_bytes(padding), 0);
    members.extend(behind(inspection, source, at));
    members
}

/// An archive on the way through it.
struct Walk<'a> {
    inspection: &'a mut Inspection,
    source: &'a Source,
    members: Vec<Member>,
    names: BTreeSet<String>,
    links: Links,
    /// Names of links, and where they stand.
    linked: Vec<(String, u64)>,
    padding: Vec<u8>,
    at: u64,
}

impl Walk<'_> {
    fn report(&mut self, verdict: Verdict, technique: technique::Technique, what: String) {
        self.inspection.report(verdict, technique, self.at, what);
    }

    fn run(&mut self) {
        let mut told = Told::default();
        let mut of_all = Told::default();
        let mut headers = 0;
        while let Some(block) = self.source.array::<512>(self.at) {
            if block.iter().all(|b| *b == 0) {
                break;
            }
            if !is_header(&block) {
                self.report(
                    Verdict::Unknown,
                    technique::PICKLE_TRUNCATED,
                    "a broken tar header: what follows was not read".to_owned(),
                );
                break;
            }
            headers += 1;
            if headers > MAX_ENTRIES {
                self.report(
                    Verdict::Unknown,
                    technique::BUDGET,
                    format!("more than {MAX_ENTRIES} members of an archive were not read"),
                );
                break;
            }
            let kind = block[156];
            let is_of_next = matches!(kind, b'L' | b'K' | b'x' | b'X' | b'g');
            let said = if is_of_next {
                Told::default()
            } else {
                let own = std::mem::take(&mut told);
                if self.links.spend(of_all.text_bytes()) {
                    own.under(&of_all)
                } else {
                    own
                }
            };
            let Some((body, next)) = self.body(&block, &said) else {
                break;
            };
            match kind {
                b'L' | b'K' => told.gnu(&body, kind == b'K'),
                b'x' | b'X' => told.pax(&body),
                b'g' => {
                    // For all members that follow, the last one first.
                    let mut new = Told::default();
                    new.pax(&body);
                    of_all = new.under(&of_all);
                    of_all.keep_short();
                }
                _ => self.member(&block, &said, body),
            }
            self.at = next;
        }
        if told.cut || of_all.cut {
            self.report(
                Verdict::Unknown,
                technique::BUDGET,
                "names in the archive were not read to their end".to_owned(),
            );
        }
        for (name, at) in std::mem::take(&mut self.linked) {
            // Links that were made later may lead an earlier one elsewhere.
            if self.links.target(&name).is_outside {
                self.inspection.report(
                    Verdict::Malicious,
                    technique::ARCHIVE_LINK,
                    at,
                    format!(
                        "{} is a link that leads out of the archive, through other links of it",
                        printable(&name)
                    ),
                );
            }
        }
        if self.links.steps_left() == 0 {
            self.report(
                Verdict::Suspicious,
                technique::BUDGET,
                "paths and links of the archive were not all followed: together they have too many parts".to_owned(),
            );
        }
    }

    /// The bytes of a member, and where the next header stands.
    fn body(&mut self, block: &Block, said: &Told) -> Option<(Source, u64)> {
        let kind = block[156];
        let mut start = self.at + 512;
        if kind == b'S' {
            // The rest of the table of what is not left out.
            let mut more = block[482] != 0;
            while more {
                let table = self.source.array::<512>(start)?;
                more = table[504] != 0;
                start += 512;
            }
        }
        let own = number(&block[124..136]).and_then(|size| u64::try_from(size).ok());
        let Some(own) = own else {
            self.report(
                Verdict::Suspicious,
                technique::ZIP_DISAGREES,
                "the size of a member is no number: readers go on at different places".to_owned(),
            );
            return None;
        };
        let size = said.size.unwrap_or(own);
        if size != own && size <= MAX_DIGITS {
            self.report(
                Verdict::Suspicious,
                technique::ZIP_DISAGREES,
                format!(
                    "a member has the sizes {own} and {size}: readers go on at different places"
                ),
            );
        }
        // Python looks for the next header right behind a link, a folder or a device, whatever size it has.
        let is_without = matches!(kind, b'1'..=b'6') || is_folder(block);
        let follows = |at: u64| self.source.array::<512>(at).is_some_and(|b| is_header(&b));
        let end = start.checked_add(size)?;
        let next = size.checked_next_multiple_of(512)?.checked_add(start)?;
        if is_without && size > 0 && follows(start) {
            if follows(next) {
                self.report(
                    Verdict::Suspicious,
                    technique::ZIP_DISAGREES,
                    "a link or folder has a size, and headers where its content would be: some readers skip them"
                        .to_owned(),
                );
            }
            return Some((self.source.slice(start, 0), start));
        }
        let body = self.source.slice(start, size.max(own));
        if body.len() < size {
            self.report(
                Verdict::Unknown,
                technique::PICKLE_TRUNCATED,
                "a member is longer than the archive".to_owned(),
            );
        }
        let pad = self.source.read(end, (next - end) as usize);
        if self.padding.len() < MAX_PADDING && pad.iter().any(|byte| *byte != 0) {
            self.padding.extend_from_slice(&pad);
        }
        Some((body, next))
    }

    fn member(&mut self, block: &Block, said: &Told, body: Source) {
        let kind = block[156];
        let short = field(&block[..100]);
        let prefix = field(&block[345..500]);
        // Python puts the prefix before the name whatever the archive says that it is; others ask for `ustar`.
        let mut names = said.names.clone();
        if prefix.is_empty() {
            names.push(short);
        } else {
            names.push(format!("{prefix}/{short}"));
            if block[257..262] != *b"ustar" {
                names.push(short);
            }
        }
        for name in &names {
            check_path(self.inspection, name, self.at);
        }
        let name = names.swap_remove(0);
        // The short name in the member's own header is cut where a longer one is told: it says nothing.
        let own = plain(&name);
        if let Some(other) = said.names.iter().find(|other| plain(other) != own) {
            self.report(
                Verdict::Suspicious,
                technique::ZIP_DISAGREES,
                format!(
                    "a member is called {} and {}: readers take different ones",
                    printable(&name),
                    printable(other)
                ),
            );
        }
        if said.cut {
            self.report(
                Verdict::Unknown,
                technique::BUDGET,
                "names in the archive were not read to their end".to_owned(),
            );
        }
        match kind {
            b'1' | b'2' => {
                let mut links = said.links.clone();
                links.push(field(&block[157..257]));
                let mut outside = false;
                for link in &links {
                    outside |= self.link(&name, link, kind == b'2');
                }
                self.links.add(&name, &links[0], kind == b'2');
                if !outside {
                    self.linked.push((name, self.at));
                }
            }
            b'3' | b'4' | b'6' => self.report(
                Verdict::Malicious,
                technique::ARCHIVE_DEVICE,
                format!("{} is a device or a pipe", printable(&name)),
            ),
            b'5' => self.place(&name),
            _ => {
                self.place(&name);
                if kind == b'S' || said.is_sparse {
                    self.report(
                        Verdict::Unknown,
                        technique::BUDGET,
                        format!(
                            "{} is stored without its empty parts: it was looked at without them",
                            printable(&name)
                        ),
                    );
                }
                if !is_folder(block) && !self.names.insert(own) {
                    self.report(
                        Verdict::Suspicious,
                        technique::ZIP_DUPLICATE,
                        format!("{} is in the archive more than once", printable(&name)),
                    );
                }
                // Python writes a member without the stroke at its end.
                let name = name.trim_end_matches('/').to_owned();
                self.members.push(Member { name, source: body });
            }
        }
    }

    /// Where a member that is no link would be written.
    fn place(&mut self, name: &str) {
        let route = self.links.route(name);
        if route.through_link || route.is_endless {
            self.report(
                Verdict::Malicious,
                technique::ARCHIVE_LINK,
                format!(
                    "{} is unpacked through a link of the archive",
                    printable(name)
                ),
            );
        } else if route.ends_in_link {
            let is_outside = self.links.target(name).is_outside;
            self.report(
                if is_outside {
                    Verdict::Malicious
                } else {
                    Verdict::Suspicious
                },
                technique::ARCHIVE_LINK,
                format!(
                    "{} is a link of the archive and something else as well: writing it writes what the link leads to",
                    printable(name)
                ),
            );
        }
    }

    fn link(&mut self, name: &str, link: &str, is_symbolic: bool) -> bool {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = if is_symbolic && !link.starts_with('/') {
            format!("{folder}/{link}")
                .trim_start_matches('/')
                .to_owned()
        } else {
            link.to_owned()
        };
        let outside = leads_outside(&target) || self.links.target(&target).is_outside;
        self.report(
            if outside {
                Verdict::Malicious
            } else {
                Verdict::Clean
            },
            technique::ARCHIVE_LINK,
            format!(
                "{} is a link to {}{}",
                printable(&shorten(name, MAX_SHOWN)),
                printable(&shorten(link, MAX_SHOWN)),
                if outside {
                    ", outside of the archive"
                } else {
                    ""
                }
            ),
        );
        outside
    }
}

/// Old archives mark a folder by the end of its name alone.
fn is_folder(block: &Block) -> bool {
    block[156] == 0 && field(&block[..100]).ends_with('/')
}

/// A path without what does not matter in it.
fn plain(name: &str) -> String {
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// What stands behind the end of the archive, which loaders fill with zeros.
fn behind(inspection: &mut Inspection, source: &Source, end: u64) -> Option<Member> {
    let mut at = end;
    loop {
        at = source.run_end(at);
        let piece = source.read(at, 1 << 16);
        if piece.is_empty() {
            return None;
        }
        if let Some(first) = piece.iter().position(|byte| *byte != 0) {
            at += first as u64;
            break;
        }
        at += piece.len() as u64;
    }
    // Blocks are whole: what was appended begins with one, or right here.
    inspection.report(
        Verdict::Clean,
        technique::ZIP_EXTRA,
        at,
        format!("{} behind the archive", bytes_stand(source.len() - at)),
    );
    let rest = source.slice(at, u64::MAX);
    if !is_tar(&rest) {
        pickle::search(inspection, &rest, 0);
    }
    Some(Member {
        name: "(behind the archive)".to_owned(),
        source: rest,
    })
}

/// Inspects a tar archive.
pub(crate) fn inspect(inspection: &mut Inspection, name: &str, source: &Source) {
    let members = members(inspection, source);
    crate::bundle::inspect(inspection, name, &members);
}
