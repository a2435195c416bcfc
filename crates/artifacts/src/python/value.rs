//! What an expression may stand for: texts that can be computed without running anything, names of modules and their
//! functions, and functions of the code itself; and what operators and brackets make of such values.

use std::ops::Deref;
use std::rc::Rc;

use ruff_python_ast::{ExprLambda, Operator};

use super::compute;
use super::meter::{MAX_ELEMENTS, MAX_TEXT, Meter};
use super::reach::{self, Reach};

/// Values that one name may stand for.
const MAX_ALTERNATIVES: usize = 12;

#[derive(Clone, Debug)]
pub(super) enum Value<'c> {
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Number(i64),
    /// Something of a module.
    Name(Name),
    List(Rc<Nested<Values<'c>>>),
    /// Of a dictionary the values, with their keys where those are texts.
    Pairs(Rc<Nested<Pair<'c>>>),
    /// A function of the code, by its number.
    Function(usize),
    /// A class of the code, or an object of it.
    Class(usize),
    /// A lambda, and the scope that it stands in.
    Lambda(&'c ExprLambda, usize),
    /// `operator.methodcaller`, `attrgetter` and `itemgetter` with the name that they were given.
    Getter(Getter, Rc<str>),
    /// A method of a value that can be computed.
    Method(Rc<Self>, Rc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Getter {
    /// Calls the method.
    Method,
    /// Gives the attribute or element.
    Part,
}

impl Value<'_> {
    fn depth(&self) -> u16 {
        match self {
            Value::List(list) => list.depth,
            Value::Pairs(pairs) => pairs.depth,
            Value::Method(of, _) => of.depth(),
            _ => 0,
        }
    }
}

/// A full name, and what calling it does.
#[derive(Clone, Debug)]
pub(super) struct Name {
    full: Rc<str>,
    pub(super) reach: Option<&'static Reach>,
}

impl Name {
    /// Made by the meter alone.
    pub(super) fn of(full: &str) -> Self {
        let full = reach::canonical(full);
        let reach = reach::of(&full);
        Self {
            full: full.into(),
            reach,
        }
    }
}

impl Name {
    /// An object of the class of that name: what it has reaches where the class does, and making it was told.
    pub(super) fn object(&self) -> Self {
        Self {
            full: self.full.clone(),
            reach: None,
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.full
    }
}

/// The elements of a list or the pairs of a dictionary, and how many of such are in each other.
#[derive(Clone, Debug)]
pub(super) struct Nested<T> {
    pub(super) items: Vec<T>,
    pub(super) depth: u16,
}

pub(super) type Pair<'c> = (Option<Rc<str>>, Values<'c>);

/// All that it may stand for; nothing where that is not known. A copy shares what it holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Values<'c>(Option<Rc<[Value<'c>]>>);

impl<'c> Deref for Values<'c> {
    type Target = [Value<'c>];

    fn deref(&self) -> &[Value<'c>] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<'c> Values<'c> {
    pub(super) fn one(value: Value<'c>) -> Self {
        Self(Some(Rc::new([value])))
    }

    /// Those of them that the test is true of.
    pub(super) fn only(&self, test: impl Fn(&Value<'c>) -> bool) -> Self {
        let kept: Vec<Value<'c>> = self.iter().filter(|value| test(value)).cloned().collect();
        Self((!kept.is_empty()).then(|| kept.into()))
    }

    /// Takes more alternatives in; the oldest that name nothing give way.
    pub(super) fn join(&mut self, more: &Self) {
        let (Some(known), Some(added)) = (&self.0, &more.0) else {
            if self.0.is_none() {
                self.0.clone_from(&more.0);
            }
            return;
        };
        if Rc::ptr_eq(known, added) {
            return;
        }
        let mut all = known.to_vec();
        for value in added.iter() {
            if let Value::Name(name) = value
                && all.iter().any(
                    |v| matches!(v, Value::Name(n) if Rc::ptr_eq(&n.full, &name.full) || **n == **name),
                )
            {
                continue;
            }
            if all.len() >= MAX_ALTERNATIVES {
                let is_plain = |v: &Value<'_>| !matches!(v, Value::Name(_));
                let is_idle = |v: &Value<'_>| matches!(v, Value::Name(n) if n.reach.is_none());
                let oldest = all.iter().position(is_plain);
                all.remove(oldest.or_else(|| all.iter().position(is_idle)).unwrap_or(0));
            }
            all.push(value.clone());
        }
        self.0 = Some(all.into());
    }

    /// Numbers and texts, and nothing that may be called.
    pub(super) fn is_data(&self) -> bool {
        self.iter().all(|value| match value {
            Value::Text(_) | Value::Bytes(_) | Value::Number(_) => true,
            // Rows of a table.
            Value::List(list) => list.items.iter().take(16).all(|row| {
                row.iter()
                    .all(|v| matches!(v, Value::Text(_) | Value::Number(_)))
            }),
            _ => false,
        })
    }

    pub(super) fn depth(&self) -> u16 {
        self.iter().map(Value::depth).max().unwrap_or_default()
    }

    /// The one text among the alternatives.
    pub(super) fn as_text(&self) -> Option<Rc<str>> {
        self.iter().find_map(|value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    pub(super) fn as_number(&self) -> Option<i64> {
        self.iter().find_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
    }

    /// Is one of them the name?
    pub(super) fn names(&self, name: &str) -> bool {
        self.iter()
            .any(|value| matches!(value, Value::Name(n) if **n == *name))
    }
}

/// The elements that an iteration gives: those of the list itself, or made.
pub(super) enum Elements<'c> {
    Shared(Rc<Nested<Values<'c>>>),
    Made(Vec<Values<'c>>),
}

impl<'c> Deref for Elements<'c> {
    type Target = [Values<'c>];

    fn deref(&self) -> &[Values<'c>] {
        match self {
            Self::Shared(list) => &list.items,
            Self::Made(items) => items,
        }
    }
}

/// The first elements that an iteration over the value gives.
pub(super) fn elements<'c>(
    meter: &mut Meter,
    values: &Values<'c>,
    limit: usize,
) -> Option<Elements<'c>> {
    let limit = limit.min(MAX_ELEMENTS);
    for value in values.iter() {
        let made = match value {
            Value::List(list) => return Some(Elements::Shared(list.clone())),
            Value::Text(text) => text
                .chars()
                .take(limit)
                .map(|c| meter.text(c.encode_utf8(&mut [0; 4])))
                .collect(),
            Value::Bytes(bytes) => bytes
                .iter()
                .take(limit)
                .map(|b| meter.number(i64::from(*b)))
                .collect(),
            Value::Pairs(pairs) => pairs
                .items
                .iter()
                .take(limit)
                .map(|(key, value)| match key {
                    Some(key) => meter.one(Value::Text(key.clone())),
                    // It may have been a list, before it was filled.
                    None => value.clone(),
                })
                .collect(),
            _ => continue,
        };
        return Some(Elements::Made(made));
    }
    None
}

/// `left OPERATOR right` of values that are known.
pub(super) fn operate<'c>(
    meter: &mut Meter,
    operator: Operator,
    left: &Values<'c>,
    right: &Values<'c>,
) -> Values<'c> {
    for (l, r) in left.iter().flat_map(|l| right.iter().map(move |r| (l, r))) {
        if meter.is_spent() {
            return Values::default();
        }
        let found = match (operator, l, r) {
            (Operator::Add, Value::Text(a), Value::Text(b)) if a.len() + b.len() <= MAX_TEXT => {
                meter.text(&format!("{a}{b}"))
            }
            (Operator::Add, Value::Bytes(a), Value::Bytes(b)) if a.len() + b.len() <= MAX_TEXT => {
                meter.bytes(&[&**a, &**b].concat())
            }
            (Operator::Add, Value::List(a), Value::List(b))
                if a.items.len() + b.items.len() <= MAX_ELEMENTS =>
            {
                meter.list([&*a.items, &*b.items].concat())
            }
            (Operator::Mult, Value::Text(a), Value::Number(n)) => {
                let n = usize::try_from(*n).unwrap_or(0);
                if a.len().saturating_mul(n) > MAX_TEXT {
                    continue;
                }
                meter.text(&a.repeat(n))
            }
            // A path of `pathlib`, of whose beginning nothing is known.
            (Operator::Div, Value::Text(a), Value::Text(b)) if a.len() + b.len() < MAX_TEXT => {
                meter.text(&format!("{}/{b}", a.trim_end_matches('/')))
            }
            (Operator::Div, _, Value::Text(b)) => meter.one(Value::Text(b.clone())),
            (Operator::Mod, Value::Text(a), given) => compute::percent(meter, a, given),
            (_, Value::Number(a), Value::Number(b)) => {
                let number = match operator {
                    Operator::Add => a.checked_add(*b),
                    Operator::Sub => a.checked_sub(*b),
                    Operator::Mult => a.checked_mul(*b),
                    Operator::FloorDiv => a.checked_div_euclid(*b),
                    Operator::Mod => a.checked_rem_euclid(*b),
                    Operator::BitXor => Some(a ^ b),
                    Operator::BitAnd => Some(a & b),
                    Operator::BitOr => Some(a | b),
                    _ => None,
                };
                match number {
                    Some(number) => meter.number(number),
                    None => continue,
                }
            }
            _ => continue,
        };
        if !found.is_empty() {
            return found;
        }
    }
    if operator == Operator::Div
        && let Some(part) = right.as_text()
    {
        return meter.one(Value::Text(part));
    }
    Values::default()
}

/// `value[low:high:step]`.
pub(super) fn slice<'c>(
    meter: &mut Meter,
    values: &Values<'c>,
    low: Option<i64>,
    high: Option<i64>,
    step: Option<i64>,
) -> Values<'c> {
    fn cut<T: Clone>(
        items: &[T],
        low: Option<i64>,
        high: Option<i64>,
        step: Option<i64>,
    ) -> Vec<T> {
        let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let step = step.unwrap_or(1);
        let place = |at: i64| if at < 0 { at.saturating_add(len) } else { at };
        let at = |index: i64| {
            usize::try_from(index)
                .ok()
                .and_then(|i| items.get(i))
                .cloned()
        };
        if step == 0 || step == i64::MIN {
            return Vec::new();
        }
        let (low, high) = if step > 0 {
            (
                low.map_or(0, place).clamp(0, len),
                high.map_or(len, place).clamp(0, len),
            )
        } else {
            (
                low.map_or(len - 1, place).clamp(-1, len - 1),
                high.map_or(-1, place).clamp(-1, len - 1),
            )
        };
        let mut out = Vec::new();
        let mut index = low;
        while if step > 0 { index < high } else { index > high } {
            out.extend(at(index));
            index = index.saturating_add(step);
        }
        out
    }
    for value in values.iter() {
        match value {
            Value::Text(t) => {
                meter.charge_bytes(t.len());
                let chars: Vec<char> = t.chars().collect();
                let text: String = cut(&chars, low, high, step).into_iter().collect();
                return meter.text(&text);
            }
            Value::Bytes(b) => {
                meter.charge_bytes(b.len());
                return meter.bytes(&cut(b, low, high, step));
            }
            Value::List(list) => {
                meter.charge(list.items.len() / 4);
                return meter.list(cut(&list.items, low, high, step));
            }
            _ => {}
        }
    }
    Values::default()
}

/// `value[index]`.
pub(super) fn item<'c>(meter: &mut Meter, values: &Values<'c>, index: &Values<'c>) -> Values<'c> {
    let mut out = Values::default();
    let key = index.as_text();
    let number = index.as_number();
    for value in values.iter() {
        match value {
            Value::Name(of) => {
                let part = key.as_deref().unwrap_or("?");
                // Which module is looked up is not known, nor which name of the own ones.
                if key.is_some() || !matches!(&**of, "sys.modules" | "globals" | "locals") {
                    let found = meter.part(of, part);
                    meter.join(&mut out, &found);
                }
            }
            Value::Pairs(pairs) => {
                meter.charge(pairs.items.len() / 4);
                for (of, value) in &pairs.items {
                    if key.is_none() || of.is_none() || *of == key {
                        meter.join(&mut out, value);
                    }
                }
            }
            Value::List(list) => match number {
                Some(at) => {
                    if let Some(item) =
                        placed(at, list.items.len()).and_then(|at| list.items.get(at))
                    {
                        meter.join(&mut out, item);
                    }
                }
                None => {
                    for item in list.items.iter().take(64) {
                        meter.join(&mut out, item);
                    }
                }
            },
            Value::Text(t) => {
                let Some(at) = number else { continue };
                meter.charge(t.len() / 128);
                let found = if t.is_ascii() {
                    placed(at, t.len()).map(|at| char::from(t.as_bytes()[at]))
                } else {
                    meter.charge_bytes(t.len());
                    placed(at, t.chars().count()).and_then(|at| t.chars().nth(at))
                };
                if let Some(c) = found {
                    let found = meter.text(c.encode_utf8(&mut [0; 4]));
                    meter.join(&mut out, &found);
                }
            }
            _ => {}
        }
    }
    out
}

/// What containers among the values hold, whatever the keys.
pub(super) fn held<'c>(meter: &mut Meter, values: &Values<'c>) -> Vec<Values<'c>> {
    let mut out = Vec::new();
    for value in values.iter() {
        match value {
            Value::List(list) => out.extend(list.items.iter().cloned()),
            Value::Pairs(pairs) => out.extend(pairs.items.iter().map(|pair| pair.1.clone())),
            _ => {}
        }
    }
    meter.charge(out.len());
    out
}

/// Where an index that may count from the end points, in so many elements.
fn placed(at: i64, len: usize) -> Option<usize> {
    let at = if at < 0 {
        at.saturating_add(i64::try_from(len).ok()?)
    } else {
        at
    };
    usize::try_from(at).ok().filter(|at| *at < len)
}

/// What a dictionary or a list holds when a value is put in under a key, or at a place that is not kept track of.
pub(super) fn filled<'c>(
    meter: &mut Meter,
    into: &Values<'c>,
    key: Option<Rc<str>>,
    value: &Values<'c>,
) -> Values<'c> {
    let is_container = |v: &Value<'_>| matches!(v, Value::List(_) | Value::Pairs(_));
    let mut pairs: Vec<Pair<'c>> = Vec::new();
    for held in into.iter() {
        match held {
            Value::Pairs(held) => pairs.extend(held.items.iter().cloned()),
            Value::List(held) => pairs.extend(held.items.iter().map(|v| (None, v.clone()))),
            _ => {}
        }
    }
    pairs.push((key, value.clone()));
    meter.charge(pairs.len());
    let mut filled = into.only(|value| !is_container(value));
    let pairs = meter.pairs(pairs);
    meter.join(&mut filled, &pairs);
    filled
}
