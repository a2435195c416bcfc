//! Whom a sandbox runs as, outside: a user id of its own where we are root, else the caller's.
//!
//! Root must give up its id before it makes a namespace, since a namespace's processes keep the id
//! they had. The ids come from a range that no system hands out, one for each sandbox that lives.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::isolation::{Part, Refusal};

/// No user database hands these out; systemd leaves them free, too.
const WIDE: IdRange = IdRange {
    first: 1_879_048_192,
    slots: 64,
};
/// In a container whose ids are mapped in the usual 65,536. Between those that systemd hands out.
const NARROW: IdRange = IdRange {
    first: 60_578,
    slots: 64,
};
/// Of the last of the narrow range.
const NARROW_LAST: u32 = 61_183;

#[derive(Clone, Copy, Debug)]
struct IdRange {
    first: u32,
    slots: u32,
}

static TAKEN: Mutex<u64> = Mutex::new(0);

/// The user id that a sandbox has on this machine. As root each identity is another one, so that
/// sandboxes can neither signal each other nor use up each other's limits; as an ordinary user it
/// is the user's own. Clones are the same identity; it is free again when the last one is dropped.
#[derive(Clone, Debug)]
pub struct Identity(Arc<Held>);

#[derive(Debug)]
struct Held {
    uid: Option<u32>,
    slot: u32,
}

impl Identity {
    /// A free identity.
    pub fn new() -> Result<Self, Refusal> {
        if !is_root() {
            return Ok(Self(Arc::new(Held { uid: None, slot: 0 })));
        }
        let refused = |why: String| Refusal {
            part: Part::UnprivilegedId,
            why,
        };
        let slot = take_slot().ok_or_else(|| {
            refused("64 sandboxes of this process are alive; wait for one to end".to_owned())
        })?;
        let found = fs::read_to_string("/proc/self/uid_map")
            .map_err(|e| refused(format!("which user ids are there cannot be read: {e}")))
            .and_then(|map| {
                candidate(std::process::id(), slot, &map).ok_or_else(|| {
                    refused("no unprivileged user id is mapped into this container".to_owned())
                })
            });
        if found.is_err() {
            free_slot(slot);
        }
        let uid = Some(found?);
        Ok(Self(Arc::new(Held { uid, slot })))
    }

    /// The user id, where it is not the caller's own.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        self.0.uid
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.uid.is_some() {
            free_slot(self.slot);
        }
    }
}

fn free_slot(slot: u32) {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    *taken &= !(1 << slot);
}

fn take_slot() -> Option<u32> {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = taken.trailing_ones();
    (slot < u64::BITS).then(|| {
        *taken |= 1 << slot;
        slot
    })
}

/// Process ids are unique among the living, and so is this; in the narrow range it nearly is.
fn candidate(process: u32, slot: u32, uid_map: &str) -> Option<u32> {
    let wide = WIDE.first + process * WIDE.slots + slot;
    let narrow_span = NARROW_LAST - NARROW.first + 1;
    let narrow = NARROW.first + (process * NARROW.slots + slot) % narrow_span;
    [wide, narrow]
        .into_iter()
        .find(|id| is_mapped(*id, uid_map))
}

fn is_mapped(id: u32, uid_map: &str) -> bool {
    uid_map.lines().any(|line| {
        let mut fields = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(_)), Some(Ok(count))) =
            (fields.next(), fields.next(), fields.next())
        else {
            return false;
        };
        (first..first + count).contains(&u64::from(id))
    })
}

#[cfg(target_os = "linux")]
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_root() -> bool {
    false
}

/// Whether a user id is one that identities are made of.
#[cfg(unix)]
pub(crate) fn is_given_out(uid: u32) -> bool {
    (NARROW.first..=NARROW_LAST).contains(&uid)
        || (WIDE.first..=i32::MAX.cast_unsigned()).contains(&uid)
}

/// Gives a file to the identity.
#[cfg(unix)]
pub(crate) fn give(path: &Path, identity: &Identity) -> io::Result<()> {
    match identity.uid() {
        Some(uid) => std::os::unix::fs::lchown(path, Some(uid), Some(uid)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn give(_path: &Path, _identity: &Identity) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "         0          0 4294967295\n";
    const CONTAINER: &str = "         0     100000      65536\n";

    #[test]
    fn identities_of_all_processes_are_apart_and_nobodys() {
        let last_process = 4_194_303;
        let all = [
            (1, 0),
            (1, 63),
            (2, 0),
            (last_process, 0),
            (last_process, 63),
        ];
        let ids = all.map(|(process, slot)| candidate(process, slot, WHOLE).unwrap());
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert_eq!(ids[0], WIDE.first + 64);
        assert_eq!(ids[4], i32::MAX.cast_unsigned());
    }

    #[test]
    fn a_container_gives_of_what_it_has() {
        for process in [1, 77, 4_194_303] {
            let id = candidate(process, 5, CONTAINER).unwrap();
            assert!((NARROW.first..=NARROW_LAST).contains(&id));
        }
        assert_eq!(candidate(1, 0, "0 1000 1\n"), None);
        assert_eq!(candidate(1, 0, "no map\n"), None);
    }
}
