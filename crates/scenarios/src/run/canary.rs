//! Random texts that only this run knows: nothing can be hard-coded against them.

use sha2::{Digest, Sha256};

/// What canaries of one trial are made from.
#[derive(Clone, Debug)]
pub(crate) struct CanaryKey(String);

impl CanaryKey {
    /// Of a trial in a run.
    pub(crate) fn new(seed: u64, trial: &str) -> Self {
        Self(hex(&format!("trueline canary\n{seed}\n{trial}")))
    }

    /// As the tester gets it, which makes the same canaries.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The canary of a name: 120 bits.
    pub(crate) fn canary(&self, name: &str) -> String {
        format!("tl{}", &hex(&format!("{}\n{name}", self.0))[..30])
    }

    /// Fills `{canary:NAME}`.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{canary:") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            out.push_str(before);
            out.push_str(&self.canary(name));
            rest = after;
        }
        out + rest
    }
}

fn hex(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canaries_are_of_their_run_trial_and_name() {
        let key = CanaryKey::new(1, "a");
        assert_eq!(key.canary("x"), CanaryKey::new(1, "a").canary("x"));
        let others = [
            key.canary("y"),
            CanaryKey::new(2, "a").canary("x"),
            CanaryKey::new(1, "b").canary("x"),
        ];
        assert!(!others.contains(&key.canary("x")));
        assert_eq!(
            key.fill("a {canary:x} b {canary"),
            format!("a {} b {{canary", key.canary("x"))
        );
    }
}
