//! Other readings of the same bytes: where one loader passes over bytes of the file, another goes on with them as
//! opcodes, with what stands on the stack and in the memo by then.

use trueline_facts::artifact::Verdict;

use super::machine::{Ended, Finding, MAX_FINDINGS, Machine};
use super::streams::is_of_a_name;
use crate::source::Cursor;
use crate::technique;

/// Whose reading of the bytes a machine follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    /// Of whatever loader reads most.
    Any,
    /// Of a loader that knows nothing of arrays in the file.
    Plain,
    /// Nobody's: it only tells whether bytes are opcodes, and what is missing is made up.
    Probe,
}

/// Nodes that are copied for other readings and opcodes that run there, and opcodes of one of those.
pub(super) const MAX_FORKED: usize = 2 << 20;
const MAX_FORK_STEPS: u64 = 1 << 16;
/// Opcodes that are looked at to tell whether the bytes of an array may be some.
const MAX_PROBE: u64 = 256;

/// Values on the stack that those opcodes can reach.
const MAX_STACK: usize = 512;

impl Machine {
    /// Goes on here as `pickle.load` does, which knows of no arrays; only what it would call counts.
    ///
    /// A pickle of its own, as the objects of an array are, names other places of the memo than are there: what it
    /// seems to call is noise as well, unless that is an attack.
    pub(super) fn read_as_opcodes(&mut self, is_pickle: bool) -> Result<(), Ended> {
        let at = self.cursor.position();
        if self.fork_left == 0 {
            return Err(Ended::Budget);
        }
        if !self.calls_something(at) {
            return Ok(());
        }
        let Some(mut fork) = self.fork(at) else {
            return Err(Ended::Budget);
        };
        fork.reading = Reading::Plain;
        fork.looks_left.set(self.looks_left.get());
        fork.run();
        self.pay_reading(&fork);
        // Weights call nothing of a name, and nothing of a package that nobody knows.
        let has_unknown = fork.unknown_calls > 0;
        if is_pickle || fork.globals == 0 {
            // Nor do they compute much.
            fork.lost = None;
            fork.exhausted = false;
        }
        self.take_over(fork, |finding| {
            if is_pickle {
                finding.verdict == Verdict::Malicious && finding.technique == technique::PICKLE_CALL
            } else {
                is_of_a_name(finding)
                    || has_unknown && finding.technique == technique::PICKLE_CALL_UNKNOWN
            }
        });
        Ok(())
    }

    /// Takes what another reading ran and read from what all of them may.
    fn pay_reading(&mut self, other: &Self) {
        let cost = other.opcodes + other.line_bytes / 64;
        let cost = usize::try_from(cost).unwrap_or(usize::MAX);
        self.fork_left = self.fork_left.saturating_sub(cost);
    }

    /// Are the bytes opcodes up to one that calls? Weights seldom are, and few opcodes tell.
    fn calls_something(&mut self, at: u64) -> bool {
        let mut probe = Self::new(Cursor::new(self.cursor.source().clone(), at));
        probe.reading = Reading::Probe;
        probe.steps_left = MAX_PROBE;
        probe.run();
        self.opcodes += probe.opcodes;
        self.line_bytes += probe.line_bytes;
        self.pay_reading(&probe);
        if probe.calls == 0 && probe.opcodes <= MAX_PROBE {
            return false;
        }
        // What is called comes from the opcodes, the memo or the stack.
        let depth = self.stack.len().saturating_sub(MAX_STACK);
        probe.globals > 0
            || probe.gets > 0
            || self.stack[depth..]
                .iter()
                .any(|value| self.is_callable(*value))
    }

    /// Hands on what another machine saw in the same file.
    pub(super) fn take_over(&mut self, mut other: Self, counts: impl Fn(&Finding) -> bool) {
        let found = std::mem::take(&mut other.findings);
        for finding in found.into_iter().filter(counts) {
            self.worst = self.worst.max(finding.verdict);
            if self.findings.len() < MAX_FINDINGS {
                self.findings.push(finding);
            }
        }
        self.looks_left.set(other.looks_left.get());
        self.calls += other.calls;
        self.globals += other.globals;
        self.opcodes += other.opcodes;
        self.extra_work += other.extra_work;
        self.line_bytes += other.line_bytes;
        self.exhausted |= other.exhausted;
        self.lost = self.lost.or(other.lost);
    }

    /// A machine that goes on from here at another place, with the same values.
    fn fork(&mut self, at: u64) -> Option<Self> {
        let cost = self.nodes.len() + self.memo.len() + self.stack.len() + 64;
        self.fork_left = self.fork_left.checked_sub(cost)?;
        let mut fork = Self::new(Cursor::new(self.cursor.source().clone(), at));
        fork.nodes.clone_from(&self.nodes);
        fork.weights.clone_from(&self.weights);
        fork.made.clone_from(&self.made);
        fork.stack.clone_from(&self.stack);
        fork.gaps.clone_from(&self.gaps);
        fork.is_forgetful = self.is_forgetful;
        fork.dropped_memo = self.dropped_memo;
        fork.marks.clone_from(&self.marks);
        fork.memo.clone_from(&self.memo);
        fork.sparse_memo.clone_from(&self.sparse_memo);
        fork.sparse_end = self.sparse_end;
        fork.memo_len = self.memo_len;
        fork.protocol = self.protocol;
        fork.extensions.clone_from(&self.extensions);
        fork.objects = self.objects;
        fork.limit(self.first_collection, self.memo_limit);
        fork.work_left = self.work_left.saturating_sub(self.work());
        fork.arrays = self.arrays;
        fork.steps_left = MAX_FORK_STEPS.min(self.fork_left as u64);
        fork.fork_left = 0;
        Some(fork)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// One array after the other, of bytes as they are given, then `more`.
    fn arrays(bytes: &[u8], count: usize, before: &[u8]) -> Machine {
        let wrapper = [
            &b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81q\x01}(U\x05shapeK"[..],
            &[bytes.len() as u8],
            b"\x85U\x05dtypecnumpy\ndtype\n(U\x02u1\x89\x88tRuq\x00b",
            bytes,
        ]
        .concat();
        let more = [&b"h\x00b"[..], bytes].concat().repeat(count);
        let file = [&b"\x80\x02"[..], before, &wrapper[..], &more[..], b"."].concat();
        Machine::new(Cursor::new(Source::of_bytes(file), 0))
    }

    #[test]
    fn arrays_of_opcodes_are_paid_for_by_the_step_and_the_value() {
        let values = [&b"("[..], &b"]".repeat(50_000), b"l0"].concat();
        for (bytes, before) in [
            (&b"cm\nf\n)R0"[..], &b""[..]),
            (b"cm\nf\n)R0", &values[..]),
            (b"V", b""),
            (b"h\x01h\x01R", b""),
        ] {
            let mut machine = arrays(bytes, 100_000, before);
            assert_eq!(machine.run(), Ended::Budget);
            let own = machine.cursor.source().len();
            assert!(machine.opcodes <= own + MAX_FORKED as u64 + MAX_FORK_STEPS);
            assert!(machine.line_bytes / 64 <= own + 2 * MAX_FORKED as u64);
        }
    }

    #[test]
    fn arrays_of_weights_are_passed_over() {
        let mut machine = arrays(b"\x00\x00\x80\x3f\x00\x00\x00\x40", 10_000, b"");
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.spliced_arrays, 10_001);
        assert!(machine.fork_left > MAX_FORKED / 2);
    }
}
