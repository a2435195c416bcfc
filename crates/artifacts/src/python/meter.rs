//! What following code may cost: each value that is built is charged here, once, by its size, and has a limit.
//!
//! Work and memory are bounded by the steps alone: whoever builds a text, a list or a name does it through the meter, and
//! what is too long or nests too deep is given up and told, so that nothing hides behind a limit.

use std::rc::Rc;

use super::value::{Name, Nested, Pair, Value, Values};

/// Bytes of a computed text: nobody hides a name in more.
pub(super) const MAX_TEXT: usize = 1 << 16;
/// Elements of a list whose values are kept.
pub(super) const MAX_ELEMENTS: usize = 4096;
/// Bytes of the full name of something in a module.
const MAX_NAME: usize = 256;
/// Lists in each other.
const MAX_NESTING: u16 = 60;
/// Steps for each byte of code, at most for as many bytes, and for any code.
const STEPS_A_BYTE: usize = 4;
const MAX_CHARGED: usize = 1 << 20;
const STEPS: usize = 300_000;

/// Steps that are left, and whether something was given up for its size.
#[derive(Debug)]
pub(super) struct Meter {
    given: usize,
    steps: usize,
    is_cut: bool,
}

impl Meter {
    /// For code of so many bytes.
    pub(super) fn of(len: usize) -> Self {
        let given = Self::given(len);
        Self {
            given,
            steps: given,
            is_cut: false,
        }
    }

    /// Steps that code of so many bytes is given.
    pub(super) fn given(len: usize) -> usize {
        STEPS + len.min(MAX_CHARGED) * STEPS_A_BYTE + len.saturating_sub(MAX_CHARGED)
    }

    /// Steps that were taken.
    pub(super) const fn taken(&self) -> usize {
        self.given - self.steps
    }

    pub(super) fn charge(&mut self, steps: usize) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Charges the bytes that something reads or writes.
    pub(super) fn charge_bytes(&mut self, bytes: usize) {
        self.charge(bytes / 8);
    }

    pub(super) const fn is_spent(&self) -> bool {
        self.steps == 0
    }

    /// Something was met that is not followed.
    pub(super) const fn give_up(&mut self) {
        self.is_cut = true;
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.steps > 0 && !self.is_cut
    }

    /// One value.
    pub(super) fn one<'c>(&mut self, value: Value<'c>) -> Values<'c> {
        self.charge(1);
        if self.is_spent() {
            return Values::default();
        }
        Values::one(value)
    }

    pub(super) fn number<'c>(&mut self, number: i64) -> Values<'c> {
        self.one(Value::Number(number))
    }

    pub(super) fn text<'c>(&mut self, text: &str) -> Values<'c> {
        if text.len() > MAX_TEXT {
            return Values::default();
        }
        self.charge_bytes(text.len());
        self.one(Value::Text(text.into()))
    }

    pub(super) fn bytes<'c>(&mut self, bytes: &[u8]) -> Values<'c> {
        if bytes.len() > MAX_TEXT {
            return Values::default();
        }
        self.charge_bytes(bytes.len());
        self.one(Value::Bytes(bytes.into()))
    }

    /// Something of a module.
    pub(super) fn name<'c>(&mut self, full: &str) -> Values<'c> {
        if full.len() > MAX_NAME {
            self.give_up();
            return Values::default();
        }
        self.charge(4 + full.len() / 4);
        if self.is_spent() {
            return Values::default();
        }
        Values::one(Value::Name(Name::of(full)))
    }

    /// `module.part`.
    pub(super) fn part<'c>(&mut self, module: &str, part: &str) -> Values<'c> {
        if module.len() + part.len() >= MAX_NAME {
            self.give_up();
            return Values::default();
        }
        self.name(&format!("{module}.{part}"))
    }

    pub(super) fn list<'c>(&mut self, mut items: Vec<Values<'c>>) -> Values<'c> {
        self.charge(items.len() / 2);
        if items.len() > MAX_ELEMENTS {
            // Tables of numbers and words are long; what is called stands in none.
            if items.iter().skip(MAX_ELEMENTS).any(|item| !item.is_data()) {
                self.give_up();
            }
            items.truncate(MAX_ELEMENTS);
        }
        let depth = items.iter().map(Values::depth).max().unwrap_or_default() + 1;
        if depth > MAX_NESTING {
            self.give_up();
            return Values::default();
        }
        items.shrink_to_fit();
        self.one(Value::List(Rc::new(Nested { items, depth })))
    }

    pub(super) fn pairs<'c>(&mut self, mut items: Vec<Pair<'c>>) -> Values<'c> {
        self.charge(items.len());
        if items.len() > MAX_ELEMENTS {
            if items
                .iter()
                .skip(MAX_ELEMENTS)
                .any(|pair| !pair.1.is_data())
            {
                self.give_up();
            }
            items.truncate(MAX_ELEMENTS);
        }
        let depth = items.iter().map(|pair| pair.1.depth()).max();
        let depth = depth.unwrap_or_default() + 1;
        if depth > MAX_NESTING {
            self.give_up();
            return Values::default();
        }
        self.one(Value::Pairs(Rc::new(Nested { items, depth })))
    }

    /// Takes more alternatives in.
    pub(super) fn join<'c>(&mut self, into: &mut Values<'c>, more: &Values<'c>) {
        self.charge(more.len() * into.len() / 4);
        into.join(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_charged_when_it_is_built() {
        let mut meter = Meter::of(0);
        let start = meter.steps;
        let text = "y".repeat(8_000);
        assert!(!meter.text(&text).is_empty());
        assert_eq!(start - meter.steps, 1_001);
        // One that is too long is not built.
        assert!(meter.text(&"y".repeat(MAX_TEXT + 1)).is_empty());
        assert!(meter.is_whole());
        meter.charge(STEPS);
        assert!(meter.is_spent() && meter.number(1).is_empty() && meter.name("os").is_empty());
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_told() {
        let mut meter = Meter::of(0);
        assert!(meter.part("os", &"n".repeat(MAX_NAME)).is_empty());
        assert!(!meter.is_whole());
        let mut meter = Meter::of(0);
        let mut nested = meter.number(0);
        for _ in 0..=MAX_NESTING {
            nested = meter.list(vec![nested]);
        }
        assert!(nested.is_empty() && !meter.is_whole());
    }

    #[test]
    fn long_lists_of_data_are_cut_and_others_told() {
        let mut meter = Meter::of(0);
        let number = meter.number(1);
        let list = meter.list(vec![number.clone(); MAX_ELEMENTS + 5]);
        assert!(matches!(&list[0], Value::List(list) if list.items.len() == MAX_ELEMENTS));
        assert!(meter.is_whole());
        let mut items = vec![number; MAX_ELEMENTS];
        items.push(meter.name("os"));
        meter.list(items);
        assert!(!meter.is_whole());
    }
}
