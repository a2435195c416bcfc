//! Characters that a person does not see and a model reads: tags, variation selectors, direction controls, zero width.
//!
//! What has a use is left alone: joiners in emoji and in scripts that need them, marks and balanced isolates beside
//! letters written from right to left, variation of ideographs, flags. The rest is decoded and shown.

use crate::finding::{Draft, Found};
use crate::rule::Id;
use crate::text::shown;

/// Does a character leave no mark on the screen?
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    is_zero_width(c) || is_direction(c) || is_tag(c) || is_selector(c)
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0000}'..='\u{e007f}')
}

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

const fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
    )
}

/// Pictures, symbols and what emoji are put together from.
const fn is_pictorial(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '#' | '*' | '0'..='9' | '\u{203c}' | '\u{2049}' | '\u{2100}'..='\u{2bff}' | '\u{3030}'
            | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}' | '\u{20e3}'
    )
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Scripts in which joiners and spaces without width belong to spelling.
const fn needs_joiners(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{dff}' | '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1a20}'..='\u{1aaf}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Looks at a whole text; places are bytes of it.
pub(crate) fn check(text: &str, found: &mut Found<'_>) {
    if text.is_ascii() {
        return;
    }
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if !line.is_ascii() {
            check_line(line, line_start, found);
        }
        line_start += line.len();
    }
}

/// The same for source: characters without width are found where text is processed, and are left to other checks.
pub(crate) fn check_source(text: &str, found: &mut Found<'_>) {
    if text.is_ascii() {
        return;
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.is_ascii() {
            let chars: Vec<(usize, char)> = line.char_indices().collect();
            tags(&chars, line, start, found);
            selectors(&chars, line, start, found);
            directions(
                &chars,
                start,
                chars.iter().any(|(_, c)| is_right_to_left(*c)),
                found,
            );
        }
        start += line.len();
    }
}

fn check_line(line: &str, start: usize, found: &mut Found<'_>) {
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    if !chars.iter().any(|(_, c)| is_invisible(*c)) {
        return;
    }
    let right_to_left = chars.iter().any(|(_, c)| is_right_to_left(*c));
    tags(&chars, line, start, found);
    selectors(&chars, line, start, found);
    directions(&chars, start, right_to_left, found);
    zero_width(&chars, line, start, right_to_left, found);
}

/// Runs of characters of one kind: index of the first, and one past the last.
fn runs(chars: &[(usize, char)], is_kind: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if chars.get(at).is_some_and(|(_, c)| is_kind(*c)) {
            let first = at;
            while chars.get(at).is_some_and(|(_, c)| is_kind(*c)) {
                at += 1;
            }
            out.push((first, at));
        } else {
            at += 1;
        }
    }
    out
}

fn bytes_of(chars: &[(usize, char)], line: &str, run: (usize, usize)) -> (usize, usize) {
    let first = chars.get(run.0).map_or(line.len(), |(at, _)| *at);
    let last = chars.get(run.1).map_or(line.len(), |(at, _)| *at);
    (first, last)
}

fn tags(chars: &[(usize, char)], line: &str, start: usize, found: &mut Found<'_>) {
    for run in runs(chars, is_tag) {
        let before = run
            .0
            .checked_sub(1)
            .and_then(|at| chars.get(at))
            .map(|(_, c)| *c);
        let last = chars.get(run.1 - 1).map(|(_, c)| *c);
        // A flag of a region: a black flag, at most six letters or digits, and the end.
        if before == Some('\u{1f3f4}') && last == Some('\u{e007f}') && run.1 - run.0 <= 7 {
            continue;
        }
        let hidden: String = chars[run.0..run.1]
            .iter()
            .filter_map(|(_, c)| char::from_u32(u32::from(*c).checked_sub(0xe_0000)?))
            .filter(|c| !c.is_control())
            .collect();
        let (from, to) = bytes_of(chars, line, run);
        found.add(Draft::new(
            Id::InvisibleInstructions,
            (start + from, start + to),
            format!(
                "{} tag characters that no screen shows spell \"{}\"",
                run.1 - run.0,
                shown(&hidden)
            ),
        ));
    }
}

fn selectors(chars: &[(usize, char)], line: &str, start: usize, found: &mut Found<'_>) {
    for run in runs(chars, is_selector) {
        let before = run
            .0
            .checked_sub(1)
            .and_then(|at| chars.get(at))
            .map(|(_, c)| *c);
        if run.1 - run.0 == 1
            && before.is_none_or(|b| {
                is_pictorial(b) || is_ideograph(b) || needs_joiners(b) || !b.is_alphanumeric()
            })
        {
            continue;
        }
        let bytes: Vec<u8> = chars[run.0..run.1]
            .iter()
            .map(|(_, c)| {
                let code = u32::from(*c);
                if code >= 0xe_0100 {
                    (code - 0xe_0100 + 16) as u8
                } else {
                    (code - 0xfe00) as u8
                }
            })
            .collect();
        let hidden = String::from_utf8_lossy(&bytes);
        let readable = hidden
            .chars()
            .filter(|c| c.is_ascii_graphic() || *c == ' ')
            .count()
            * 2
            > bytes.len();
        let (from, to) = bytes_of(chars, line, run);
        let count = run.1 - run.0;
        let message = if readable {
            format!(
                "{count} variation selectors in a row carry \"{}\"",
                shown(&hidden)
            )
        } else {
            format!(
                "{count} variation selectors on a character that has no variants: bytes can be hidden in them"
            )
        };
        let mut draft = Draft::new(
            Id::InvisibleInstructions,
            (start + from, start + to),
            message,
        );
        if count == 1 {
            draft = draft.uncertain();
        }
        found.add(draft);
    }
}

fn directions(chars: &[(usize, char)], start: usize, right_to_left: bool, found: &mut Found<'_>) {
    let mut open = 0_i32;
    let mut balanced = true;
    let mut first = None;
    let mut overrides = false;
    for (at, c) in chars {
        match c {
            '\u{202d}' | '\u{202e}' => {
                overrides = true;
                open += 1;
            }
            '\u{202a}' | '\u{202b}' | '\u{2066}'..='\u{2068}' => open += 1,
            '\u{202c}' | '\u{2069}' => open -= 1,
            _ => continue,
        }
        first = first.or(Some((*at, *c)));
        balanced &= open >= 0;
    }
    let Some((at, c)) = first else { return };
    if right_to_left && balanced && open == 0 && !overrides {
        return;
    }
    found.add(Draft::new(
        Id::BidirectionalControl,
        (start + at, start + at + c.len_utf8()),
        format!("U+{:04X} changes the order in which this line is shown: what is read is not what a person sees", u32::from(c)),
    ));
}

/// Zero-width characters of a line that have no use there.
fn zero_width(
    chars: &[(usize, char)],
    line: &str,
    start: usize,
    right_to_left: bool,
    found: &mut Found<'_>,
) {
    let at = |index: Option<usize>| index.and_then(|i| chars.get(i)).map(|(_, c)| *c);
    let idle: Vec<usize> = chars
        .iter()
        .enumerate()
        .filter(|(index, (byte, c))| {
            if !is_zero_width(*c) {
                return false;
            }
            let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
            let beside = |test: fn(char) -> bool| before.is_some_and(test) || after.is_some_and(test);
            match c {
                // A byte order mark at the beginning of the file.
                '\u{feff}' => start + byte != 0,
                '\u{200d}' => {
                    let joins = before.is_some_and(is_pictorial) && after.is_some_and(is_pictorial);
                    !joins && !beside(needs_joiners)
                }
                '\u{200b}' | '\u{200c}' => !beside(needs_joiners) && !beside(is_ideograph),
                '\u{200e}' | '\u{200f}' | '\u{61c}' => !right_to_left,
                '\u{180b}'..='\u{180f}' | '\u{17b4}' | '\u{17b5}' => !beside(needs_joiners),
                '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => !beside(|c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}')),
                _ => true,
            }
        })
        .map(|(index, _)| index)
        .collect();
    let Some(first) = idle.first() else { return };
    let splits_word = idle.iter().any(|index| {
        let before = at(index.checked_sub(1)).is_some_and(char::is_alphanumeric);
        before
            && at(Some(index + 1)).is_some_and(char::is_alphanumeric)
            && !matches!(at(Some(*index)), Some('\u{ad}'))
    });
    let (from, to) = bytes_of(chars, line, (*first, first + 1));
    let place = (start + from, start + to);
    let hidden = bits(idle.iter().filter_map(|index| at(Some(*index))));
    let count = idle.len();
    let draft = if let Some(hidden) = hidden {
        Draft::new(
            Id::InvisibleInstructions,
            place,
            format!(
                "{count} characters without width spell \"{}\" bit by bit",
                shown(&hidden)
            ),
        )
    } else if count >= 8 {
        Draft::new(
            Id::ZeroWidthText,
            place,
            format!(
                "{count} characters without width on one line: something can be hidden in them"
            ),
        )
    } else if splits_word {
        Draft::new(
            Id::ZeroWidthText,
            place,
            "a character without width splits a word: filters and readers see two different texts"
                .to_owned(),
        )
    } else {
        Draft::new(
            Id::ZeroWidthText,
            place,
            format!(
                "{count} character{} without width that nothing here needs",
                if count == 1 { "" } else { "s" }
            ),
        )
        .uncertain()
    };
    found.add(draft);
}

/// Text whose bits are two kinds of characters, either of which is a one.
fn bits(chars: impl Iterator<Item = char>) -> Option<String> {
    let chars: Vec<char> = chars.collect();
    let mut kinds = chars.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let zero = *chars.first()?;
    if chars.len() < 24 || kinds.len() != 2 {
        return None;
    }
    let decode = |zero: char| {
        let bytes: Vec<u8> = chars
            .chunks_exact(8)
            .map(|eight| {
                eight
                    .iter()
                    .fold(0_u8, |byte, c| (byte << 1) | u8::from(*c != zero))
            })
            .collect();
        let text = String::from_utf8(bytes).ok()?;
        text.chars()
            .all(|c| c.is_ascii_graphic() || c.is_ascii_whitespace())
            .then_some(text)
    };
    decode(zero).or_else(|| decode(*kinds.iter().find(|kind| **kind != zero)?))
}

/// Letters of a name that look like Latin ones and are not.
pub(crate) fn mixed_scripts(name: &str) -> Option<char> {
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    name.chars()
        .find(|c| matches!(c, '\u{370}'..='\u{52f}' | '\u{10a0}'..='\u{10ff}' | '\u{13a0}'..='\u{13ff}' | '\u{ff21}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}'))
        .filter(|_| latin)
}
