//! Which characters a text may have that matches a regular expression as a whole.
//!
//! Reads the common forms (classes, groups, quantifiers, anchors); anything else is "any character".

/// How a regular-expression call anchors its pattern by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchors {
    None,
    Start,
    Whole,
}

/// Characters that text may have.
#[derive(Clone, Debug)]
pub(super) struct Alphabet([bool; 128]);

impl Alphabet {
    /// The characters of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut alphabet = Self([false; 128]);
        alphabet.add_text(text);
        alphabet
    }

    pub(super) fn has(&self, c: char) -> bool {
        self.0.get(c as usize).copied().unwrap_or(false)
    }

    fn add(&mut self, c: char) {
        if let Some(slot) = self.0.get_mut(c as usize) {
            *slot = true;
        }
    }

    /// The one character, if there is only one.
    pub(super) fn only(&self) -> Option<char> {
        let mut all = self.characters();
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }

    pub(super) fn characters(&self) -> impl Iterator<Item = char> {
        (0..128_u8).map(char::from).filter(|c| self.has(*c))
    }

    pub(super) fn add_text(&mut self, text: &str) {
        text.chars().for_each(|c| self.add(c));
    }

    fn add_class(&mut self, class: char) -> bool {
        let members: fn(char) -> bool = match class {
            'w' => |c| c.is_ascii_alphanumeric() || c == '_',
            'd' => |c| c.is_ascii_digit(),
            's' => |c| c.is_ascii_whitespace(),
            _ => return false,
        };
        (0..128_u8)
            .map(char::from)
            .filter(|c| members(*c))
            .for_each(|c| self.add(c));
        true
    }
}

/// The characters that a text matching the whole pattern may have; `None` if any, or not known.
pub(super) fn whole_alphabet(pattern: &str, anchors: Anchors) -> Option<Alphabet> {
    let mut rest = pattern;
    let mut started = anchors != Anchors::None;
    for anchor in ["^", r"\A"] {
        if let Some(tail) = rest.strip_prefix(anchor) {
            rest = tail;
            started = true;
        }
    }
    let mut ended = anchors == Anchors::Whole;
    for anchor in ["$", r"\Z", r"\z"] {
        if let Some(head) = rest.strip_suffix(anchor)
            && !head.ends_with('\\')
        {
            rest = head;
            ended = true;
        }
    }
    if !started || !ended || top_level_alternative(rest) && anchors != Anchors::Whole {
        return None;
    }
    let mut alphabet = Alphabet([false; 128]);
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '.' => return None,
            '\\' => {
                let escaped = chars.next()?;
                if !alphabet.add_class(escaped) {
                    match escaped {
                        'b' | 'B' => {}
                        'n' => alphabet.add('\n'),
                        'r' => alphabet.add('\r'),
                        't' => alphabet.add('\t'),
                        c if c.is_ascii_alphanumeric() => return None,
                        c => alphabet.add(c),
                    }
                }
            }
            '[' => add_bracket(&mut chars, &mut alphabet)?,
            '{' => while chars.next().is_some_and(|c| c != '}') {},
            '(' => {
                if chars.peek() == Some(&'?') {
                    chars.next();
                    // Only plain groups: look-around matches elsewhere.
                    match chars.next()? {
                        ':' => {}
                        'P' | '<' => while chars.next().is_some_and(|c| c != '>') {},
                        _ => return None,
                    }
                }
            }
            ')' | '|' | '*' | '+' | '?' | '^' | '$' => {}
            c => alphabet.add(c),
        }
    }
    Some(alphabet)
}

/// The characters that what a group matched may have. Groups are told by number, from 1, or by name.
pub(super) fn group_alphabet(pattern: &str, group: &Group<'_>) -> Option<Alphabet> {
    let inside = groups(pattern).into_iter().enumerate();
    let mut wanted = inside.filter(|(at, (name, _))| match group {
        Group::Number(number) => at + 1 == *number,
        Group::Name(wanted) => name == wanted,
    });
    let (_, (_, inside)) = wanted.next()?;
    whole_alphabet(inside, Anchors::Whole)
}

/// Which group of a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group<'t> {
    Number(usize),
    Name(&'t str),
}

/// The groups of a pattern that keep what they match, with their names, in order.
pub(super) fn groups(pattern: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    // Where open groups begin, and which of those found each is.
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    let mut bracket = false;
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' if !bracket => {
                bracket = true;
                // A bracket that stands first is a character.
                chars.next_if(|(_, c)| *c == '^');
                chars.next_if(|(_, c)| *c == ']');
            }
            ']' => bracket = false,
            '(' if !bracket => {
                let rest = pattern.get(at + 1..).unwrap_or("");
                let named = rest.strip_prefix("?P<").or_else(|| rest.strip_prefix("?<"));
                let named = named.filter(|n| !n.starts_with(['=', '!']));
                let (name, skip) = match named.and_then(|n| n.split_once('>')) {
                    Some((name, _)) => (name, rest.find('>').map_or(0, |end| end + 1)),
                    None => ("", 0),
                };
                let keeps = !rest.starts_with('?') || !name.is_empty();
                let slot = keeps.then_some(found.len());
                if keeps {
                    found.push((name, ""));
                }
                open.push((at + 1 + skip, slot));
            }
            ')' if !bracket => {
                if let Some((from, Some(slot))) = open.pop()
                    && let Some(group) = found.get_mut(slot)
                {
                    group.1 = pattern.get(from..at).unwrap_or("");
                }
            }
            _ => {}
        }
    }
    found
}

/// `^a|b$` anchors each side once only.
fn top_level_alternative(pattern: &str) -> bool {
    let mut depth = 0_i32;
    let mut escaped = false;
    let mut bracket = false;
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => bracket = true,
            ']' => bracket = false,
            '(' if !bracket => depth += 1,
            ')' if !bracket => depth -= 1,
            '|' if !bracket && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// Whether a pattern lets text begin with one slash only: `^/(?!/)`, `^/[a-z]`.
pub(super) fn begins_with_one_slash(pattern: &str) -> bool {
    let rest = pattern.strip_prefix('^').map(|p| p.replace("\\/", "/"));
    let Some(rest) = rest.as_deref().and_then(|p| p.strip_prefix('/')) else {
        return false;
    };
    rest.starts_with("(?!/)")
        || rest.starts_with("(?![/")
        || rest.starts_with("[^/")
        || rest.starts_with('[') && !rest.split(']').next().unwrap_or("").contains('/')
}

/// The single characters that a pattern finds, each by itself: `<`, `[&<>]`, `[&<>]+`.
pub(super) fn found_characters(pattern: &str) -> Option<Alphabet> {
    let plain = pattern.strip_suffix('+').unwrap_or(pattern);
    let mut alphabet = Alphabet([false; 128]);
    let mut chars = plain.chars().peekable();
    match (chars.next()?, plain.len()) {
        ('[', _) => {
            add_bracket(&mut chars, &mut alphabet)?;
            chars.next().is_none().then_some(alphabet)
        }
        ('\\', 2) => {
            let escaped = chars.next()?;
            match escaped {
                'n' => alphabet.add('\n'),
                'r' => alphabet.add('\r'),
                _ if alphabet.add_class(escaped) => {}
                c if c.is_ascii_alphanumeric() => return None,
                c => alphabet.add(c),
            }
            Some(alphabet)
        }
        (c, 1) if !matches!(c, '.' | '^' | '$') => {
            alphabet.add(c);
            Some(alphabet)
        }
        // `\r\n|\r|\n` and the like: each is taken out.
        _ => alternatives(plain),
    }
}

fn alternatives(pattern: &str) -> Option<Alphabet> {
    let mut all = Alphabet([false; 128]);
    let mut parts = pattern.split('|').filter(|p| *p != "\\r\\n").peekable();
    parts.peek()?;
    for part in parts {
        if part.contains('|') || part == pattern {
            return None;
        }
        let one = found_characters(part)?;
        for (own, other) in all.0.iter_mut().zip(one.0) {
            *own |= other;
        }
    }
    Some(all)
}

/// The characters left when a search for `[^…]` finds nothing.
pub(super) fn rejected_alphabet(pattern: &str) -> Option<Alphabet> {
    let inside = pattern.strip_prefix("[^")?;
    let (inside, tail) = inside.split_once(']')?;
    if !matches!(tail, "" | "+" | "*") {
        return None;
    }
    let mut alphabet = Alphabet([false; 128]);
    let text = format!("{inside}]");
    add_bracket(&mut text.chars().peekable(), &mut alphabet)?;
    Some(alphabet)
}

fn add_bracket(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    alphabet: &mut Alphabet,
) -> Option<()> {
    if chars.peek() == Some(&'^') {
        return None;
    }
    let mut first = true;
    // What a range may begin with: a class cannot.
    let mut last: Option<char> = None;
    while let Some(c) = chars.next() {
        match c {
            ']' => return (!first).then_some(()),
            '\\' => {
                let escaped = chars.next()?;
                last = if alphabet.add_class(escaped) {
                    None
                } else {
                    let meant = escaped_character(escaped, chars)?;
                    alphabet.add(meant);
                    Some(meant)
                };
            }
            '-' if !first && chars.peek().is_some_and(|c| *c != ']') => {
                let from = last?;
                let to = match chars.next()? {
                    '\\' => escaped_character(chars.next()?, chars)?,
                    to => to,
                };
                for c in from..=to {
                    alphabet.add(c);
                    if !c.is_ascii() {
                        break;
                    }
                }
                last = Some(to);
            }
            c => {
                alphabet.add(c);
                last = Some(c);
            }
        }
        first = false;
    }
    None
}

/// The character that `\n`, `\x1f` or `\u0000` stands for; `None` for what stands for several or is
/// not known.
fn escaped_character(
    escaped: char,
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Option<char> {
    let digits = match escaped {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'f' => return Some('\u{c}'),
        'v' => return Some('\u{b}'),
        '0' if !chars.peek().is_some_and(char::is_ascii_digit) => return Some('\0'),
        'x' => 2,
        'u' => 4,
        c if c.is_ascii_alphanumeric() => return None,
        c => return Some(c),
    };
    let mut number = 0;
    for _ in 0..digits {
        number = number * 16 + chars.next()?.to_digit(16)?;
    }
    char::from_u32(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(pattern: &str, anchors: Anchors) -> Option<String> {
        let alphabet = whole_alphabet(pattern, anchors)?;
        Some(
            (0..128_u8)
                .map(char::from)
                .filter(|c| alphabet.has(*c))
                .collect(),
        )
    }

    #[test]
    fn anchored_classes_name_their_characters() {
        assert_eq!(letters("^[a-c]+$", Anchors::None).as_deref(), Some("abc"));
        assert_eq!(
            letters(r"\d{2,4}", Anchors::Whole).as_deref(),
            Some("0123456789")
        );
        assert_eq!(
            letters("^(?:ab|c-)*$", Anchors::None).as_deref(),
            Some("-abc")
        );
    }

    #[test]
    fn patterns_that_do_not_cover_the_whole_text_say_nothing() {
        assert_eq!(letters("[a-c]+", Anchors::None), None);
        assert_eq!(letters("[a-c]+", Anchors::Start), None);
        assert_eq!(letters("^a|b$", Anchors::None), None);
        assert_eq!(letters("^.*$", Anchors::None), None);
        assert_eq!(letters("^[^/]+$", Anchors::None), None);
        assert_eq!(letters("^a(?=.*)$", Anchors::None), None);
    }

    #[test]
    fn a_group_has_the_characters_of_its_own_part() {
        let pattern = r"^/(?:app|web)/([a-z-]{1,40})/(?P<number>[0-9]+)[(](.*)$";
        let text = |group: Group<'_>| {
            let alphabet = group_alphabet(pattern, &group)?;
            Some(alphabet.characters().collect::<String>())
        };
        assert_eq!(
            text(Group::Number(1)).as_deref(),
            Some("-abcdefghijklmnopqrstuvwxyz")
        );
        assert_eq!(text(Group::Name("number")).as_deref(), Some("0123456789"));
        assert_eq!(text(Group::Number(3)), None);
        assert_eq!(text(Group::Number(4)), None);
    }

    #[test]
    fn characters_are_written_by_their_numbers_too() {
        let found = found_characters(r#"[<>:"/\\|?*\x00-\x1f]"#).unwrap();
        assert!(
            ['/', '\\', '\0', '\n', '\u{1f}']
                .iter()
                .all(|c| found.has(*c))
        );
        assert!(!found.has(' ') && !found.has('.'));
        let found = found_characters(r"[\u0000-\u001F/]").unwrap();
        assert!(found.has('\r') && found.has('/') && !found.has('-'));
        // No range begins with a class, and what is not known is not guessed.
        assert!(found_characters(r"[\w-z]").is_none());
        assert!(found_characters(r"[\x0]").is_none());
        assert!(found_characters(r"[\pL/]").is_none());
    }

    #[test]
    fn a_search_for_others_that_finds_nothing_leaves_the_class() {
        let alphabet = rejected_alphabet("[^a-z_]").unwrap();
        assert!(alphabet.has('q') && alphabet.has('_') && !alphabet.has('/'));
        assert!(rejected_alphabet("[^a-z]$").is_none());
    }
}
