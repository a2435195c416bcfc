//! Halves of surrogate pairs that stand alone in escapes. The grammar of JSON allows them and Python writes them for names of
//! files that are not UTF-8, but no text can hold them.

/// The log with U+FFFD in place of each lone half, and how many there were; `None` where there is none.
pub(super) fn replaced(bytes: &[u8]) -> Option<(Vec<u8>, u64)> {
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\\'))
    {
        let escape = at + found;
        at = escape + 2;
        let Some(unit) = unit(bytes, escape) else {
            continue;
        };
        at = escape + 6;
        let is_pair = (0xd800..0xdc00).contains(&unit)
            && self::unit(bytes, at).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if is_pair {
            at += 6;
        } else if (0xd800..0xe000).contains(&unit) {
            out.extend_from_slice(bytes.get(copied..escape)?);
            out.extend_from_slice(br"\ufffd");
            copied = at;
            count += 1;
        }
    }
    if count == 0 {
        return None;
    }
    out.extend_from_slice(bytes.get(copied..)?);
    Some((out, count))
}

/// The code unit that an escape at `at` spells: `\ud83d`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at.checked_add(6)?)?;
    let digits = escape.strip_prefix(br"\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        Some(unit * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_halves_that_stand_alone_are_replaced() {
        for whole in [
            r#""a\ud83d\ude00b""#,
            r#""a\\udcff""#,
            r#""\u00e9\n""#,
            r#""\u12""#,
        ] {
            assert_eq!(replaced(whole.as_bytes()), None, "{whole}");
        }
        for (text, expected, count) in [
            (r#""bad\udcffname""#, r#""bad\ufffdname""#, 1),
            (r#""\ud83dx""#, r#""\ufffdx""#, 1),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#, 1),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#, 2),
            (r#""\\\udcff""#, r#""\\\ufffd""#, 1),
        ] {
            let found = replaced(text.as_bytes());
            assert_eq!(found, Some((expected.as_bytes().to_vec(), count)), "{text}");
        }
    }
}
