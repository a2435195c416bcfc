//! Calls of harmless functions that take all memory or time of the loader: a few bytes that ask for thousands of
//! millions of objects. What such a call would make is computed from its arguments, never made.

use trueline_facts::artifact::Verdict;

use super::machine::Machine;
use super::value::{Node, Value};
use crate::technique;

/// Objects or bytes that no model asks for with one call; weights of that size are in the file themselves.
const MANY: i64 = 1 << 30;
/// The same of tuples, which take more each.
const MANY_TUPLES: i128 = 1 << 26;
/// Exponents and the like from which a number has megabytes.
const LARGE_POWER: i64 = 1 << 22;

impl Machine {
    /// Notes a call whose result is far larger than any file.
    pub(super) fn check_cost(&mut self, callee: Value, full: &str, args: &[Value]) {
        let int = |at: usize| match args.get(at) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        };
        let Some(name) = full
            .strip_prefix("builtins.")
            .or_else(|| full.strip_prefix("operator."))
            .or_else(|| full.strip_prefix("_operator."))
            .or_else(|| full.strip_prefix("math."))
            .or_else(|| full.strip_prefix("collections."))
            .or_else(|| full.strip_prefix("numpy."))
        else {
            return;
        };
        let is_much = match name {
            "bytes" | "bytearray" => {
                int(0).is_some_and(|n| n >= MANY) || self.is_endless(args.first())
            }
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "sum" | "max" | "min" | "deque"
            | "Counter" | "dict.fromkeys" | "str.join" | "list.extend" | "length_hint" => {
                args.iter().take(2).any(|arg| self.is_endless(Some(arg)))
            }
            "mul" | "imul" | "str.__mul__" | "list.__mul__" | "tuple.__mul__" | "bytes.__mul__" => {
                let times = int(0).or(int(1));
                let is_sequence = args
                    .iter()
                    .any(|arg| !matches!(arg, Value::Int(_) | Value::Float(_) | Value::Bool(_)));
                is_sequence && times.is_some_and(|n| n >= MANY)
            }
            "str.ljust" | "str.rjust" | "str.center" | "str.zfill" | "bytes.ljust"
            | "bytes.rjust" | "bytes.zfill" => int(1).is_some_and(|n| n >= MANY),
            "pow" | "int.__pow__" => {
                args.len() == 2
                    && int(0).is_some_and(|n| n.unsigned_abs() > 1)
                    && int(1).is_some_and(|n| n >= LARGE_POWER)
            }
            "lshift" | "ilshift" | "int.__lshift__" => int(1).is_some_and(|n| n >= MANY),
            "factorial" | "perm" | "comb" => int(0).is_some_and(|n| n >= LARGE_POWER),
            "ndarray" | "zeros" | "ones" | "empty" | "full" => self.is_huge_shape(args.first()),
            _ => false,
        };
        if is_much {
            let call = self.show_call(callee, args);
            self.find(
                Verdict::Suspicious,
                technique::PICKLE_COST,
                format!("loading it takes all memory or time of the program: {call}"),
                Some(call.clone()),
            );
        }
    }

    /// An iterator that gives thousands of millions of items, or never ends.
    fn is_endless(&self, value: Option<&Value>) -> bool {
        let Some(Node::Call(called)) = value.and_then(|v| self.get_node(*v)) else {
            return false;
        };
        let int = |at: usize| match called.args.get(at) {
            Some(Value::Int(n)) => Some(*n),
            _ => None,
        };
        match self.full_name(called.callee).as_deref() {
            Some("builtins.range") => {
                let (from, to) = match (int(0), int(1)) {
                    (Some(to), None) => (0, to),
                    (Some(from), Some(to)) => (from, to),
                    _ => return false,
                };
                let span = i128::from(to) - i128::from(from);
                let step = i128::from(int(2).unwrap_or(1));
                span.checked_div(step)
                    .is_some_and(|items| items >= i128::from(MANY))
            }
            Some("itertools.count" | "itertools.cycle") => true,
            Some("itertools.repeat") => int(1).is_none_or(|n| n >= MANY),
            Some("itertools.product") => {
                let sizes = called.args.iter().map(|arg| self.items_of(*arg));
                let product = sizes.fold(1, i128::saturating_mul);
                product >= MANY_TUPLES
            }
            Some(name @ ("itertools.permutations" | "itertools.combinations")) => {
                let items = called.args.first().map_or(0, |arg| self.items_of(*arg));
                let taken = int(1).map_or(items, i128::from);
                arrangements(items, taken, name.ends_with("combinations")) >= MANY_TUPLES
            }
            _ => false,
        }
    }

    /// Items that a value gives, as far as that is told by what it was made from.
    fn items_of(&self, value: Value) -> i128 {
        match self.get_node(value) {
            Some(Node::Container { items, .. }) => items.len() as i128,
            Some(Node::Call(called))
                if self.full_name(called.callee).as_deref() == Some("builtins.range") =>
            {
                match called.args.as_slice() {
                    [Value::Int(to)] => i128::from(*to).max(0),
                    [Value::Int(from), Value::Int(to)] => {
                        (i128::from(*to) - i128::from(*from)).max(0)
                    }
                    _ => 1,
                }
            }
            None => value.place().map_or(1, |(_, len)| i128::from(len)),
            _ => 1,
        }
    }

    /// An array of more than a million million items.
    fn is_huge_shape(&self, value: Option<&Value>) -> bool {
        let items = match value {
            Some(Value::Int(n)) => return *n >= MANY << 10,
            Some(value) => match self.get_node(*value) {
                Some(Node::Container { items, .. }) => items,
                _ => return false,
            },
            None => return false,
        };
        let product = items.iter().try_fold(1i64, |product, item| match item {
            Value::Int(n) if *n >= 0 => Some(product.saturating_mul(*n)),
            _ => None,
        });
        product.is_some_and(|n| n >= MANY << 10)
    }
}

/// How many ways there are to take some of so many items, up to more than are of interest.
fn arrangements(items: i128, taken: i128, is_unordered: bool) -> i128 {
    let mut ways = 1i128;
    for at in 0..taken.min(items) {
        ways = ways.saturating_mul(items - at);
        if is_unordered {
            ways /= at + 1;
        }
        if ways > MANY_TUPLES << 40 {
            break;
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    /// Is the call told as one that takes all memory or time?
    fn is_told(call: &[&[u8]]) -> bool {
        let bytes = [b"\x80\x02", call.concat().as_slice(), b"."].concat();
        let report = crate::check_bytes(bytes, RepoPath::from("x.pkl"));
        let is_told = report
            .reasons
            .iter()
            .any(|reason| reason.technique == crate::technique::PICKLE_COST.id);
        assert!(!is_told || report.verdict >= Verdict::Suspicious);
        is_told
    }

    fn int(value: i64) -> Vec<u8> {
        [b"\x8a\x08", &value.to_le_bytes()[..]].concat()
    }

    #[test]
    fn powers_of_every_base_are_read() {
        let pow =
            |base, exponent| is_told(&[b"cbuiltins\npow\n(", &int(base), &int(exponent), b"tR"]);
        for base in [i64::MIN, i64::MAX, -2, 2] {
            assert!(pow(base, 1 << 40), "{base}");
        }
        assert!(!pow(-1, 1 << 40) && !pow(0, i64::MAX) && !pow(i64::MIN, i64::MIN));
    }

    #[test]
    fn products_of_ranges_are_multiplied() {
        let product = |size| {
            is_told(&[
                b"cbuiltins\nset\n(citertools\nproduct\n(cbuiltins\nrange\n(",
                &int(size),
                b"tRcbuiltins\nrange\n(",
                &int(size),
                b"tRtRtR",
            ])
        };
        assert!(product(10_000) && !product(100));
        assert_eq!(super::arrangements(5, 2, false), 20);
        assert_eq!(super::arrangements(5, 2, true), 10);
        assert!(super::arrangements(40, 40, false) > super::MANY_TUPLES);
    }

    #[test]
    fn ranges_are_as_long_as_their_steps_make_them() {
        let range = |from, to, step| {
            is_told(&[
                b"cbuiltins\nlist\n(cbuiltins\nrange\n(",
                &int(from),
                &int(to),
                &int(step),
                b"tRtR",
            ])
        };
        assert!(range(0, 1 << 40, 1) && range(1 << 40, 0, -1));
        assert!(range(i64::MAX, i64::MIN, -1) && range(i64::MIN, i64::MAX, 2));
        assert!(!range(0, 1 << 40, -1) && !range(1 << 40, 0, 1));
        assert!(!range(1 << 40, 0, -(1 << 30)) && !range(0, 1 << 40, 0));
        assert!(!range(0, i64::MIN, i64::MIN));
    }
}
