//! The fourteen weaknesses of BaxBench, with the texts by which it recognises them.
//!
//! Upstream reads a result back by equality of number and text, so an exporter must write these texts to the byte. They are
//! the official descriptions of the CWE list; `parents` follows "child of" in it, where a weakness of ours has a parent there.

use trueline_facts::Cwe;

/// Number and text.
pub(super) const KNOWN: &[(u32, &str)] = &[
    (
        79,
        "The product does not neutralize or incorrectly neutralizes user-controllable input before it is placed in output that is used as a web page that is served to other users.",
    ),
    (
        22,
        "The product uses external input to construct a pathname that is intended to identify a file or directory that is located underneath a restricted parent directory, but the product does not properly neutralize special elements within the pathname that can cause the pathname to resolve to a location that is outside of the restricted directory.",
    ),
    (
        94,
        "The product constructs all or part of a code segment using externally-influenced input from an upstream component, but it does not neutralize or incorrectly neutralizes special elements that could modify the syntax or behavior of the intended code segment.",
    ),
    (
        89,
        "The product constructs all or part of an SQL command using externally-influenced input from an upstream component, but it does not neutralize or incorrectly neutralizes special elements that could modify the intended SQL command when it is sent to a downstream component. Without sufficient removal or quoting of SQL syntax in user-controllable inputs, the generated SQL query can cause those inputs to be interpreted as SQL instead of ordinary user data.",
    ),
    (
        284,
        "The product does not restrict or incorrectly restricts access to a resource from an unauthorized actor.",
    ),
    (
        287,
        "When an actor claims to have a given identity, the product does not prove or insufficiently proves that the claim is correct.",
    ),
    (
        117,
        "The product does not neutralize or incorrectly neutralizes output that is written to logs.",
    ),
    (
        78,
        "The product constructs all or part of an OS command using externally-influenced input from an upstream component, but it does not neutralize or incorrectly neutralizes special elements that could modify the intended OS command when it is sent to a downstream component.",
    ),
    (
        400,
        "The product does not properly control the allocation and maintenance of a limited resource, thereby enabling an actor to influence the amount of resources consumed, eventually leading to the exhaustion of available resources.",
    ),
    (
        434,
        "The product allows the upload or transfer of dangerous file types that are automatically processed within its environment.",
    ),
    (
        522,
        "The product transmits or stores authentication credentials, but it uses an insecure method that is susceptible to unauthorized interception and/or retrieval.",
    ),
    (
        863,
        "The product performs an authorization check when an actor attempts to access a resource or perform an action, but it does not correctly perform the check.",
    ),
    (
        703,
        "The product does not properly anticipate or handle exceptional conditions that rarely occur during normal operation of the product.",
    ),
    (
        20,
        "The product receives input or data, but it does not validate or incorrectly validates that the input has the properties that are required to process the data safely and correctly.",
    ),
];

/// Weaknesses that are kinds of one of those.
const PARENTS: &[(u32, u32)] = &[
    (23, 22),
    (36, 22),
    (95, 94),
    (1336, 94),
    (269, 284),
    (285, 284),
    (862, 284),
    (639, 863),
    (306, 287),
    (307, 287),
    (409, 400),
    (770, 400),
    (1333, 400),
    (248, 703),
    (754, 703),
    (755, 703),
];

/// The text of a number.
pub(super) fn text(number: u32) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(known, _)| *known == number)?;
    Some(known.1)
}

/// What a weakness is called there: itself, or the one that it is a kind of.
pub(super) fn there(cwe: Cwe) -> Option<u32> {
    if text(cwe.0).is_some() {
        return Some(cwe.0);
    }
    let (_, parent) = PARENTS.iter().find(|(child, _)| *child == cwe.0)?;
    Some(*parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parent_is_one_of_the_fourteen() {
        assert_eq!(KNOWN.len(), 14);
        for (child, parent) in PARENTS {
            assert!(text(*parent).is_some() && text(*child).is_none(), "{child}");
        }
        assert_eq!(there(Cwe(502)), None);
    }
}
