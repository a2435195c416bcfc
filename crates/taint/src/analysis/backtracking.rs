//! Regular expressions that try exponentially many ways before they give up, and the text that they
//! are matched against.
//!
//! A pattern becomes an automaton of its characters' positions. If two different ways through it read
//! the same text from a position back to that position, every repeat of that text doubles the ways,
//! and an engine that backtracks tries them all where what must follow does not.

use trueline_syntax::ir::{Language, Symbol};

use super::call::Call;
use super::special::Special;
use super::state::State;
use super::value::{Konst, ValId};
use super::{Analyzer, Frame, ObjectKind};
use crate::rules::format::Mode;

/// Patterns with more positions than this, or longer, are not looked at.
const MAX_POSITIONS: usize = 96;
const MAX_PATTERN: usize = 400;
/// Groups inside each other.
const MAX_NESTING: usize = 24;
/// Copies of what is repeated a number of times.
const MAX_COPIES: usize = 2;

/// Characters as ranges, ascending.
type Set = Vec<(u32, u32)>;

/// The last character there is, and room behind it for classes that only compare with themselves.
const LAST: u32 = 0x0010_FFFF;

/// A pattern taken apart.
enum Node {
    /// Nothing: an anchor, a look-around.
    Empty,
    Set(Set),
    Join(Vec<Self>),
    Either(Vec<Self>),
    /// At least so often; at most so often, if there is a bound.
    Repeat(Box<Self>, usize, Option<usize>),
}

struct Parser<'p> {
    chars: std::iter::Peekable<std::str::Chars<'p>>,
    ignores_case: bool,
    /// An anchor says where the text ends.
    ends: bool,
    nesting: usize,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Node> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return None;
        }
        let mut all = vec![self.sequence()?];
        while self.chars.next_if_eq(&'|').is_some() {
            all.push(self.sequence()?);
        }
        self.nesting -= 1;
        Some(match all.len() {
            1 => all.pop()?,
            _ => Node::Either(all),
        })
    }

    fn sequence(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        while let Some(c) = self.chars.peek().copied() {
            if matches!(c, '|' | ')') {
                break;
            }
            let one = self.one()?;
            parts.push(self.repeated(one)?);
        }
        Some(Node::Join(parts))
    }

    fn one(&mut self) -> Option<Node> {
        match self.chars.next()? {
            '(' => {
                let kept = self.group_kind()?;
                let inside = self.alternatives()?;
                self.chars.next_if_eq(&')')?;
                Some(if kept { inside } else { Node::Empty })
            }
            '[' => Some(Node::Set(self.bracket()?)),
            '.' => Some(Node::Set(complement(vec![(10, 10)]))),
            '^' => Some(Node::Empty),
            '$' => {
                self.ends = true;
                Some(Node::Empty)
            }
            '\\' => self.escaped(),
            c => Some(Node::Set(self.folded(vec![(c as u32, c as u32)]))),
        }
    }

    /// What stands after an opening parenthesis; whether what is inside is part of the text.
    fn group_kind(&mut self) -> Option<bool> {
        if self.chars.next_if_eq(&'?').is_none() {
            return Some(true);
        }
        match self.chars.next()? {
            ':' => Some(true),
            '=' | '!' => Some(false),
            '<' if matches!(self.chars.peek(), Some('=' | '!')) => {
                self.chars.next();
                Some(false)
            }
            '<' => self.name('>'),
            'P' if self.chars.next_if_eq(&'<').is_some() => self.name('>'),
            // Atomic groups do not backtrack; flags and conditions are not read.
            _ => None,
        }
    }

    fn name(&mut self, end: char) -> Option<bool> {
        for c in self.chars.by_ref() {
            if c == end {
                return Some(true);
            }
        }
        None
    }

    fn escaped(&mut self) -> Option<Node> {
        let c = self.chars.next()?;
        if matches!(c, 'Z' | 'z') {
            self.ends = true;
            return Some(Node::Empty);
        }
        if matches!(c, 'b' | 'B' | 'A') {
            return Some(Node::Empty);
        }
        // What a group matched before.
        if c.is_ascii_digit() && c != '0' || c == 'k' {
            return None;
        }
        let set = self.class(c)?;
        Some(Node::Set(self.folded(set)))
    }

    /// The characters of an escape.
    fn class(&mut self, c: char) -> Option<Set> {
        let word = vec![(48, 57), (65, 90), (95, 95), (97, 122)];
        let blank = vec![(9, 13), (32, 32), (0xA0, 0xA0)];
        Some(match c {
            'd' => vec![(48, 57)],
            'D' => complement(vec![(48, 57)]),
            'w' => word,
            'W' => complement(word),
            's' => blank,
            'S' => complement(blank),
            'n' => vec![(10, 10)],
            'r' => vec![(13, 13)],
            't' => vec![(9, 9)],
            'f' => vec![(12, 12)],
            'v' => vec![(11, 11)],
            'p' => self.property()?,
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            c if c.is_ascii_alphanumeric() => return None,
            c => vec![(c as u32, c as u32)],
        })
    }

    fn code(&mut self, digits: usize) -> Option<Set> {
        let mut code = 0;
        for _ in 0..digits {
            code = code * 16 + self.chars.next()?.to_digit(16)?;
        }
        Some(vec![(code, code)])
    }

    /// `\p{L}`: its letters of ASCII, and beyond them a place of its own.
    fn property(&mut self) -> Option<Set> {
        self.chars.next_if_eq(&'{')?;
        let mut name = String::new();
        loop {
            match self.chars.next()? {
                '}' => break,
                c => name.push(c),
            }
        }
        let own = name.bytes().fold(7_u32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u32::from(byte)) % 0xFFFF
        });
        let own = LAST + 1 + own;
        Some(match name.as_str() {
            "L" | "Letter" | "Alphabetic" => vec![(65, 90), (97, 122), (own, own)],
            "Lu" => vec![(65, 90), (own, own)],
            "Ll" => vec![(97, 122), (own, own)],
            "N" | "Nd" | "Number" => vec![(48, 57), (own, own)],
            _ => vec![(own, own)],
        })
    }

    fn bracket(&mut self) -> Option<Set> {
        let negated = self.chars.next_if_eq(&'^').is_some();
        let mut set: Set = Vec::new();
        let mut first = true;
        loop {
            let c = self.chars.next()?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let from = match c {
                '\\' => {
                    let escaped = self.chars.next()?;
                    let class = if escaped == 'b' {
                        vec![(8, 8)]
                    } else {
                        self.class(escaped)?
                    };
                    match class.as_slice() {
                        [(a, b)] if a == b => *a,
                        _ => {
                            set.extend(class);
                            continue;
                        }
                    }
                }
                c => c as u32,
            };
            let mut ahead = self.chars.clone();
            let range = ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']');
            if !range {
                set.push((from, from));
                continue;
            }
            self.chars.next();
            let to = match self.chars.next()? {
                '\\' => {
                    let escaped = self.chars.next()?;
                    match self.class(escaped)?.as_slice() {
                        [(a, b)] if a == b => *a,
                        _ => return None,
                    }
                }
                c => c as u32,
            };
            if from > to {
                return None;
            }
            set.push((from, to));
        }
        let set = merged(self.folded(set));
        Some(if negated { complement(set) } else { set })
    }

    /// Small letters for capital ones, where case does not matter.
    fn folded(&self, set: Set) -> Set {
        if !self.ignores_case {
            return set;
        }
        let mut folded = set.clone();
        for (from, to) in set {
            let (low, high) = (from.max(65), to.min(90));
            if low <= high {
                folded.push((low + 32, high + 32));
            }
        }
        folded
    }

    fn repeated(&mut self, one: Node) -> Option<Node> {
        let mut node = one;
        loop {
            let (least, most) = match self.chars.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => match self.bounds() {
                    Some(bounds) => {
                        node = self.times(node, bounds.0, bounds.1)?;
                        continue;
                    }
                    None => return Some(node),
                },
                _ => return Some(node),
            };
            self.chars.next();
            node = self.times(node, least, most)?;
        }
    }

    fn times(&mut self, node: Node, least: usize, most: Option<usize>) -> Option<Node> {
        // `a++` does not give back what it took.
        if self.chars.peek() == Some(&'+') {
            return None;
        }
        self.chars.next_if_eq(&'?');
        Some(Node::Repeat(Box::new(node), least, most))
    }

    /// `{2,5}`, read; a brace that bounds nothing is a character, which no pattern here needs.
    fn bounds(&mut self) -> Option<(usize, Option<usize>)> {
        let mut ahead = self.chars.clone();
        ahead.next();
        let mut text = String::new();
        loop {
            match ahead.next()? {
                '}' => break,
                c if c.is_ascii_digit() || c == ',' => text.push(c),
                _ => return None,
            }
        }
        let bounds = match text.split_once(',') {
            Some((least, "")) => (least.parse().ok()?, None),
            Some((least, most)) => (least.parse().unwrap_or(0), Some(most.parse().ok()?)),
            None => {
                let times = text.parse().ok()?;
                (times, Some(times))
            }
        };
        self.chars = ahead;
        Some(bounds)
    }
}

fn merged(mut set: Set) -> Set {
    set.sort_unstable();
    let mut out: Set = Vec::with_capacity(set.len());
    for (from, to) in set {
        match out.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => out.push((from, to)),
        }
    }
    out
}

fn complement(set: Set) -> Set {
    let mut out = Vec::new();
    let mut next = 0;
    for (from, to) in merged(set) {
        if next < from {
            out.push((next, from - 1));
        }
        next = to + 1;
    }
    if next <= LAST {
        out.push((next, LAST));
    }
    out
}

fn meet(a: &Set, b: &Set) -> bool {
    a.iter()
        .any(|(from, to)| b.iter().any(|(low, high)| from <= high && low <= to))
}

/// The positions of a pattern's characters and which can follow which, with in how many ways.
#[derive(Default)]
struct Automaton {
    sets: Vec<Set>,
    /// Ways from one position to another: none, one, or more.
    follow: Vec<Vec<u8>>,
}

/// Where a part begins and ends; whether it may be nothing.
struct Part {
    first: Vec<usize>,
    last: Vec<usize>,
    nullable: bool,
}

impl Automaton {
    fn add(&mut self, node: &Node) -> Option<Part> {
        match node {
            Node::Empty => Some(Part {
                first: Vec::new(),
                last: Vec::new(),
                nullable: true,
            }),
            Node::Set(set) => {
                let at = self.sets.len();
                if at >= MAX_POSITIONS {
                    return None;
                }
                self.sets.push(merged(set.clone()));
                for row in &mut self.follow {
                    row.push(0);
                }
                self.follow.push(vec![0; at + 1]);
                Some(Part {
                    first: vec![at],
                    last: vec![at],
                    nullable: false,
                })
            }
            Node::Join(parts) => {
                let mut all = Part {
                    first: Vec::new(),
                    last: Vec::new(),
                    nullable: true,
                };
                for part in parts {
                    let next = self.add(part)?;
                    self.joined(&mut all, &next);
                }
                Some(all)
            }
            Node::Either(parts) => {
                let mut all = Part {
                    first: Vec::new(),
                    last: Vec::new(),
                    nullable: false,
                };
                for part in parts {
                    let next = self.add(part)?;
                    all.first.extend(next.first);
                    all.last.extend(next.last);
                    all.nullable |= next.nullable;
                }
                Some(all)
            }
            Node::Repeat(inner, least, most) => self.add_repeat(inner, *least, *most),
        }
    }

    fn joined(&mut self, all: &mut Part, next: &Part) {
        for from in &all.last {
            for to in &next.first {
                self.link(*from, *to);
            }
        }
        if all.nullable {
            all.first.extend(&next.first);
        }
        if next.nullable {
            all.last.extend(&next.last);
        } else {
            all.last.clone_from(&next.last);
        }
        all.nullable &= next.nullable;
    }

    fn add_repeat(&mut self, inner: &Node, least: usize, most: Option<usize>) -> Option<Part> {
        let mut all = Part {
            first: Vec::new(),
            last: Vec::new(),
            nullable: true,
        };
        match most {
            None => {
                for _ in 1..least.min(MAX_COPIES) {
                    let copy = self.add(inner)?;
                    self.joined(&mut all, &copy);
                }
                let mut body = self.add(inner)?;
                for from in body.last.clone() {
                    for to in body.first.clone() {
                        self.link(from, to);
                    }
                }
                body.nullable |= least == 0;
                self.joined(&mut all, &body);
            }
            Some(most) => {
                for at in 0..most.min(MAX_COPIES) {
                    let mut copy = self.add(inner)?;
                    copy.nullable |= at >= least;
                    self.joined(&mut all, &copy);
                }
            }
        }
        Some(all)
    }

    fn link(&mut self, from: usize, to: usize) {
        if let Some(ways) = self.follow.get_mut(from).and_then(|row| row.get_mut(to)) {
            *ways = (*ways + 1).min(2);
        }
    }

    fn ways(&self, from: usize, to: usize) -> u8 {
        let row = self.follow.get(from);
        row.and_then(|row| row.get(to)).copied().unwrap_or(0)
    }

    /// Positions from which the same text leads back in two ways.
    fn doubled(&self) -> Vec<usize> {
        let count = self.sets.len();
        let mut found = Vec::new();
        for start in 0..count {
            if self.leads_back(start) {
                found.push(start);
            }
        }
        found
    }

    /// Whether two different ways read the same text from a position back to it.
    fn leads_back(&self, start: usize) -> bool {
        let count = self.sets.len();
        // A state: where both ways are, and whether they have differed.
        let mut seen = vec![false; count * count * 2];
        let mut work = vec![(start, start, false)];
        while let Some((a, b, differed)) = work.pop() {
            for next_a in 0..count {
                let ways = self.ways(a, next_a);
                if ways == 0 {
                    continue;
                }
                for next_b in 0..count {
                    if self.ways(b, next_b) == 0 {
                        continue;
                    }
                    let (Some(left), Some(right)) = (self.sets.get(next_a), self.sets.get(next_b))
                    else {
                        continue;
                    };
                    if !meet(left, right) {
                        continue;
                    }
                    let same_edge = a == b && next_a == next_b;
                    let now = differed || next_a != next_b || same_edge && ways > 1;
                    if now && next_a == start && next_b == start {
                        return true;
                    }
                    let key = (next_a * count + next_b) * 2 + usize::from(now);
                    if let Some(slot) = seen.get_mut(key).filter(|s| !**s) {
                        *slot = true;
                        work.push((next_a, next_b, now));
                    }
                }
            }
        }
        false
    }
}

/// Whether some text keeps a pattern busy for a time that doubles with every few characters. `whole`:
/// it must match all of the text.
pub(super) fn is_explosive(pattern: &str, ignores_case: bool, whole: bool) -> bool {
    // Two repeats, or alternatives in one.
    let repeats = pattern.matches(['*', '+', '{']).count();
    let may_double = repeats > 1 || repeats == 1 && pattern.contains('|');
    if pattern.len() > MAX_PATTERN || !may_double || !pattern.contains('(') {
        return false;
    }
    let mut parser = Parser {
        chars: pattern.chars().peekable(),
        ignores_case,
        ends: false,
        nesting: 0,
    };
    let Some(node) = parser.alternatives() else {
        return false;
    };
    if parser.chars.next().is_some() {
        return false;
    }
    let ends = whole || parser.ends;
    let mut automaton = Automaton::default();
    let Some(part) = automaton.add(&node) else {
        return false;
    };
    // Where a match may end in the loop and nothing else must follow, the first try succeeds.
    let doubled = automaton.doubled();
    doubled.iter().any(|at| ends || !part.last.contains(at))
}

/// Where the dots and slashes of text that a pattern matches as a whole can stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Dots {
    /// No two dots stand beside each other.
    pub(super) single: bool,
    /// It does not begin with a slash.
    pub(super) relative: bool,
}

/// What a pattern says of the dots and slashes in text that it matches as a whole; `None` if it was not
/// understood.
pub(super) fn dots(pattern: &str) -> Option<Dots> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    let mut parser = Parser {
        chars: pattern.chars().peekable(),
        ignores_case: false,
        ends: false,
        nesting: 0,
    };
    let node = parser.alternatives()?;
    if parser.chars.next().is_some() {
        return None;
    }
    let mut automaton = Automaton::default();
    let part = automaton.add(&node)?;
    let reads = |at: usize, c: char| {
        let set = automaton.sets.get(at);
        set.is_some_and(|set| meet(set, &vec![(c as u32, c as u32)]))
    };
    let count = automaton.sets.len();
    let dotted: Vec<usize> = (0..count).filter(|at| reads(*at, '.')).collect();
    let single = dotted
        .iter()
        .all(|a| dotted.iter().all(|b| automaton.ways(*a, *b) == 0));
    let relative = !part.first.iter().any(|at| reads(*at, '/'));
    Some(Dots { single, relative })
}

impl<'a> Analyzer<'a> {
    /// Text of a request that is matched against a pattern of the program which does not end.
    pub(super) fn check_backtracking(
        &mut self,
        frame: &mut Frame<'a>,
        state: &State,
        receiver: ValId,
        name: Symbol,
        call: &Call<'_, 'a>,
    ) {
        let given = |at: usize| call.passed.get(at).map(|p| p.value);
        let name = self.names.text(name);
        let of_pattern = self.is_pattern(receiver);
        let (pattern, text, whole) = match self.module.language {
            Language::Python
                if matches!(
                    name,
                    "match"
                        | "search"
                        | "fullmatch"
                        | "findall"
                        | "finditer"
                        | "split"
                        | "sub"
                        | "subn"
                ) =>
            {
                let at = usize::from(name.starts_with("sub"));
                let whole = name == "fullmatch";
                if of_pattern {
                    (Some(receiver), given(at), whole)
                } else if self.path_of(receiver).as_deref() == Some("re") {
                    (given(0), given(at + 1), whole)
                } else {
                    return;
                }
            }
            Language::JavaScript | Language::TypeScript => match name {
                "test" | "exec" if of_pattern => (Some(receiver), given(0), false),
                "match" | "matchAll" | "search" | "split" | "replace" | "replaceAll" => {
                    (given(0), Some(receiver), false)
                }
                _ => return,
            },
            _ => return,
        };
        let (Some(pattern), Some(text)) = (pattern, text) else {
            return;
        };
        if self.arena.get(text).labels.is_empty() {
            return;
        }
        let Some((source, ignores_case)) = self.pattern_source(state, pattern) else {
            return;
        };
        let key = (source, whole);
        let explosive = if let Some(known) = self.explosive.get(&key) {
            *known
        } else {
            let found = is_explosive(self.names.text(source), ignores_case, whole);
            self.explosive.insert(key, found);
            found
        };
        if explosive {
            self.check_matched(frame, state, text);
        }
    }

    fn check_matched(&mut self, frame: &mut Frame<'a>, state: &State, text: ValId) {
        let own = match self.module.language {
            Language::Python => Language::Python,
            _ => Language::JavaScript,
        };
        let index = self.models.sinks.iter().position(|sink| {
            sink.spec.mode == Mode::Matched && Language::from(sink.spec.language) == own
        });
        if let Some(index) = index {
            self.check_text(frame, state, index as u16, text);
        }
    }

    fn is_pattern(&self, value: ValId) -> bool {
        self.only_object(value).is_some_and(|object| {
            matches!(self.object_kind(object), Some(ObjectKind::Instance(path))
                if self.paths.special(path) == Some(Special::Pattern))
        })
    }

    /// The text of a constant pattern, compiled or not, and whether it ignores case.
    fn pattern_source(&self, state: &State, pattern: ValId) -> Option<(Symbol, bool)> {
        let konst = |value: ValId| match self.arena.get(value).konst {
            Some(Konst::Str(text) | Konst::Bytes(text)) => Some(text),
            _ => None,
        };
        if !self.is_pattern(pattern) {
            // Text by itself is no pattern for most methods of JavaScript.
            return match self.module.language {
                Language::Python => Some((konst(pattern)?, false)),
                _ => None,
            };
        }
        let source = konst(self.pattern_of(state, pattern)?)?;
        let object = self.only_object(pattern)?;
        let flags = state.contents(object)?.get(super::state::Key::At(1));
        let ignores = flags.is_some_and(|flags| match konst(flags) {
            Some(text) => self.names.text(text).contains('i'),
            None => self
                .path_of(flags)
                .is_some_and(|path| matches!(path.as_str(), "re.I" | "re.IGNORECASE")),
        });
        Some((source, ignores))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explosive(pattern: &str) -> bool {
        is_explosive(pattern, false, false)
    }

    #[test]
    fn a_repeat_inside_a_repeat_that_nothing_divides_doubles_the_ways() {
        for pattern in [
            "^(a+)+$",
            "^(a*)*$",
            "^([a-z0-9]+-?)+$",
            r"^(\w+\s?)*$",
            r"^(\p{L}+['’-]?\s?)+$",
            "^(a|a)*$",
            "^(a|ab|b)*$",
            r"^(.*,)*x$",
            "(x+x+)+y",
            r"^(([a-z])+.)+[A-Z]([a-z])+$",
        ] {
            assert!(explosive(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_repeat_whose_rounds_are_told_apart_does_not() {
        for pattern in [
            "^(a+-)+$",
            r"^\w+([.-]\w+)*@\w+(\.\w+)+$",
            "^[a-z0-9]+(?:-[a-z0-9]+)*$",
            r"^(\d{1,3}\.){3}\d{1,3}$",
            "^(a|b)*$",
            r"^\s+|\s+$",
            r"^(?:[^,]*,)*[^,]*$",
            "(a+)+",
            r"^[\w.+-]+@[\w-]+\.[\w.]+$",
            r#"^"(\\.|[^"\\])*"$"#,
            r"^(?>a+)+$",
        ] {
            assert!(!explosive(pattern), "{pattern}");
        }
    }

    #[test]
    fn what_must_match_as_a_whole_can_fail() {
        assert!(is_explosive("([a-z0-9]+-?)+", false, true));
        assert!(!is_explosive("([a-z0-9]+-?)+", false, false));
    }

    #[test]
    fn dots_that_stand_alone_lead_nowhere() {
        let tidy = Some(Dots {
            single: true,
            relative: true,
        });
        assert_eq!(dots(r"^(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+/\d{7})$"), tidy);
        assert_eq!(dots(r"^[a-z]+(?:[./][a-z]+)*$"), tidy);
        assert!(dots(r"^[a-z./]+$").is_some_and(|d| !d.single && !d.relative));
        assert!(dots(r"^\w+\.{1,2}/\w+$").is_some_and(|d| !d.single));
        assert!(dots(r"^(?:/[a-z]+\.)+x$").is_some_and(|d| d.single && !d.relative));
    }

    #[test]
    fn case_matters_unless_it_is_ignored() {
        assert!(!is_explosive("^([a-z]|[A-Z])*$", false, false));
        assert!(is_explosive("^([a-z]|[A-Z])*$", true, false));
    }
}
