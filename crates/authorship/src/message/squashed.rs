//! The message that `git merge --squash` leaves: which commits it folded into one, and who wrote them.
//!
//! Git lists each commit with its id, author and date, and indents its words by four spaces. People
//! put a title of their own before the list.

use bstr::ByteSlice;

use super::Identity;
use super::identity::split;

const OPENING: &[u8] = b"Squashed commit of the following:";
/// Shortest prefix of an id that counts.
const SHORTEST_ID: usize = 4;

/// A commit that a squash names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Folded<'m> {
    /// Its id in hexadecimal, as far as it is written out.
    pub id: &'m [u8],
    /// Its author, where the list says.
    pub author: Option<Identity<'m>>,
}

/// The commits that a message lists as folded into its own, in the order of the list: newest first.
#[must_use]
pub fn folded(message: &[u8]) -> Vec<Folded<'_>> {
    let Some(start) = list_of(message) else {
        return Vec::new();
    };
    let mut found: Vec<Folded<'_>> = Vec::new();
    let mut is_head = false;
    for line in message[start..].lines() {
        if let Some(id) = commit_line(line) {
            found.push(Folded { id, author: None });
            is_head = true;
        } else if line.trim().is_empty() {
            is_head = false;
        } else if is_head
            && let Some(author) = line.strip_prefix(b"Author:")
            && let Some(last) = found.last_mut()
        {
            last.author = Some(split(author));
        }
    }
    found
}

/// Where the list of a squash begins, if a message has one.
pub(super) fn list_of(message: &[u8]) -> Option<usize> {
    // Hardly any message has one.
    message.find(OPENING)?;
    let mut at = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.trim_end() == OPENING {
            let first = message[at..].lines().find(|line| !line.trim().is_empty());
            return first.and_then(commit_line).map(|_| at);
        }
    }
    None
}

/// The id in a line of git that begins a commit.
pub(super) fn commit_line(line: &[u8]) -> Option<&[u8]> {
    let id = line.strip_prefix(b"commit ")?;
    let end = id.find_byte(b' ').unwrap_or(id.len());
    let id = id[..end].trim_end();
    (id.len() >= SHORTEST_ID && id.iter().all(u8::is_ascii_hexdigit)).then_some(id)
}
