//! What is left when a pickle has taken its share of work: the opcodes go on, but objects are kept no more. Names are
//! looked up, and a call of a dangerous one is seen for what it is called; what it is given is not known.

use trueline_facts::artifact::Verdict;

use super::machine::Machine;
use super::value::{Node, Value};
use crate::{names, technique};

/// As how many opcodes a call counts that is seen by its name alone.
const WORK_A_CALL_BY_NAME: u64 = 2;

impl Machine {
    /// What one file may have: nodes from which on room is made, and entries of its memo.
    pub(super) fn limit(&mut self, nodes: usize, memo: usize) {
        self.first_collection = self.first_collection.min(nodes);
        self.collect_at = self.collect_at.min(nodes);
        self.squeeze_at = self.squeeze_at.min(nodes);
        self.memo_limit = self.memo_limit.min(memo);
    }

    /// Goes on without objects, which takes little for each opcode.
    pub(super) fn go_lean(&mut self) {
        self.is_lean = true;
        self.forget();
    }

    /// A call when objects are kept no more: by its name alone.
    pub(super) fn lean_call(&mut self, callee: Value) -> Value {
        self.extra_work += WORK_A_CALL_BY_NAME;
        // What stands in a call is looked at in any case: it takes nothing from what others may look at.
        let looks = self.looks_left.get();
        let is_dangerous = self.is_dangerous(callee, 0);
        self.looks_left.set(looks);
        if !is_dangerous {
            return Value::Dropped;
        }
        let Some(Node::Global { module, name }) = self.get_node(callee) else {
            return Value::Dropped;
        };
        // What a class does without a call of its `__init__` is said by a state, which is not known here.
        let by_state = names::is_stateful(module, name)
            || names::is_inert(module, name)
            || self.is_made() && !names::may_act(module, name);
        if !by_state {
            let message = format!(
                "loading it calls {module}.{name}, behind more objects than can be followed"
            );
            self.find(Verdict::Malicious, technique::PICKLE_CALL, message, None);
        }
        Value::Dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pickle::machine::Ended;
    use crate::source::{Cursor, Source};

    const NAME: &[u8] = b"cshop.models\nmake\nq\x000";
    const CALLS: &[u8] = b"h\x00)R0";
    const ATTACK: &[u8] = b"cposix\nsystem\n(U\x06echo xtR.";

    fn machine(parts: &[&[u8]]) -> Machine {
        let file = [b"\x80\x02", &parts.concat()[..]].concat();
        Machine::new(Cursor::new(Source::of_bytes(file), 0))
    }

    #[test]
    fn the_same_call_is_judged_once() {
        let run = |count| {
            let mut machine = machine(&[NAME, &CALLS.repeat(count), b"N."]);
            assert_eq!(machine.run(), Ended::Stop);
            assert_eq!(machine.calls, count as u64);
            machine
        };
        let (once, often) = (run(1), run(1000));
        assert_eq!(often.finds, once.finds);
        assert_eq!(often.findings.len(), 1);
        assert_eq!(often.judged.len(), 1);
        // A call with what it has not been given before is judged.
        let mut other = machine(&[NAME, CALLS, b"h\x00(U\x02oktR0", b"N."]);
        assert_eq!(other.run(), Ended::Stop);
        assert!(other.finds > once.finds);
    }

    #[test]
    fn objects_of_repeated_calls_do_not_pile_up() {
        let mut machine = machine(&[NAME, &CALLS.repeat(20_000), b"N."]);
        machine.limit(1000, 1000);
        assert_eq!(machine.run(), Ended::Stop);
        assert!(machine.nodes.len() <= 1000, "{}", machine.nodes.len());
        assert_eq!(machine.lost, None);
    }

    #[test]
    fn a_call_behind_more_objects_than_are_paid_for_is_seen() {
        for padding in [
            CALLS,
            b"(ishop.models\nmake\n0",
            b")\x85\x85\x85",
            b"]",
            b"]}U\x01xU\x01ysb0",
            b"S'\\x41'\n",
            b"N",
        ] {
            let mut machine = machine(&[NAME, &padding.repeat(10_000), ATTACK]);
            (machine.work_left, machine.reserve) = (400_000, 399_000);
            assert_eq!(machine.run(), Ended::Stop, "{}", padding.escape_ascii());
            assert_eq!(machine.worst, Verdict::Malicious);
            assert!(machine.is_lean && machine.lost.is_some());
            assert!(machine.nodes.len() < 2000, "{}", machine.nodes.len());
        }
    }

    #[test]
    fn harmless_calls_are_no_attack_when_objects_are_kept_no_more() {
        let mut machine = machine(&[NAME, &CALLS.repeat(10_000), b"N."]);
        (machine.work_left, machine.reserve) = (200_000, 199_000);
        assert_eq!(machine.run(), Ended::Stop);
        assert_eq!(machine.worst, Verdict::Unknown);
        assert!(machine.lost.is_some());
    }

    #[test]
    fn work_ends_when_it_is_used_up() {
        let mut machine = machine(&[NAME, &CALLS.repeat(100_000), b"N."]);
        (machine.work_left, machine.reserve) = (100_000, 50_000);
        assert_eq!(machine.run(), Ended::Budget);
        assert!(machine.is_lean && machine.opcodes < 100_000);
    }
}
