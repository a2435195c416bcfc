//! Texts of two or four bytes a character, as one of one: readers of XML and of JSON take them, with a mark at their
//! beginning or without.

use super::is_text;
use crate::source::Source;

/// Bytes that are read of a text.
const MAX_WIDE: usize = 16 << 20;
/// Bytes by which one sees whether it is a text.
const HEAD: usize = 512;

/// How characters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Width {
    /// Two or four.
    bytes: usize,
    big: bool,
    /// Bytes of the mark.
    mark: usize,
}

/// By the mark, or by a sign that opens documents and the zeros around it.
fn width(head: &[u8]) -> Option<Width> {
    let of = |bytes, big, mark| Some(Width { bytes, big, mark });
    let opens = |b: &u8| b"<{[\" \n\r\t".contains(b);
    match head {
        [0xff, 0xfe, 0, 0, ..] => of(4, false, 4),
        [0, 0, 0xfe, 0xff, ..] => of(4, true, 4),
        [0xff, 0xfe, ..] => of(2, false, 2),
        [0xfe, 0xff, ..] => of(2, true, 2),
        [sign, 0, 0, 0, ..] if opens(sign) => of(4, false, 0),
        [0, 0, 0, sign, ..] if opens(sign) => of(4, true, 0),
        [sign, 0, next, 0, ..] if opens(sign) && *next != 0 => of(2, false, 0),
        [0, sign, 0, next, ..] if opens(sign) && *next != 0 => of(2, true, 0),
        _ => None,
    }
}

/// The text in UTF-8, if it is one.
pub(super) fn plain(source: &Source, head: &[u8]) -> Option<Source> {
    let width = width(head)?;
    // Weights may begin so: little tells, before all is read.
    let first = decoded(source, width, HEAD);
    if !is_text(first.as_bytes()) || width.mark == 0 && first.contains(char::REPLACEMENT_CHARACTER)
    {
        return None;
    }
    let text = decoded(source, width, MAX_WIDE);
    Some(Source::of_bytes(text.into_bytes()))
}

fn decoded(source: &Source, width: Width, limit: usize) -> String {
    let bytes = source.read(width.mark as u64, limit);
    let whole = &bytes[..bytes.len() - bytes.len() % width.bytes];
    if width.bytes == 4 {
        let codes = whole.chunks_exact(4).map(|code| {
            let code = [code[0], code[1], code[2], code[3]];
            char::from_u32(if width.big {
                u32::from_be_bytes(code)
            } else {
                u32::from_le_bytes(code)
            })
        });
        return codes
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    let units = whole.chunks_exact(2).map(|pair| {
        let pair = [pair[0], pair[1]];
        if width.big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    type Width = fn(&str) -> Vec<u8>;
    const WIDTHS: [Width; 4] = [
        |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        |text| {
            text.chars()
                .flat_map(|c| u32::from(c).to_le_bytes())
                .collect()
        },
        |text| {
            text.chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect()
        },
    ];

    fn verdicts(name: &str, text: &str) -> Vec<Verdict> {
        WIDTHS
            .iter()
            .flat_map(|width| ["\u{feff}", ""].map(|mark| width(&format!("{mark}{text}"))))
            .map(|bytes| crate::check_bytes(bytes, RepoPath::from(name)).verdict)
            .collect()
    }

    #[test]
    fn wide_documents_are_read_as_their_readers_read_them() {
        for (name, text) in [
            (
                "a.pmml",
                "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><PMML>&x;</PMML>",
            ),
            ("config.json", "{\"auto_map\": {\"A\": \"../../x.A\"}}"),
            ("config.json", "[{\"_target_\": \"os.system\"}]"),
        ] {
            assert_eq!(verdicts(name, text), [Verdict::Malicious; 8], "{text}");
        }
        for (name, text) in [
            ("a.pmml", "<?xml version=\"1.0\"?><PMML version=\"4.4\"/>"),
            ("config.json", "{\"a\": \"ä\"}"),
        ] {
            assert_eq!(verdicts(name, text), [Verdict::Clean; 8], "{text}");
        }
    }

    #[test]
    fn numbers_that_begin_like_a_wide_text_are_none() {
        let of = |numbers: &[u32]| {
            let bytes = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
            crate::check_bytes(bytes, RepoPath::from("a.dat")).formats
        };
        assert!(of(&[0x7b, 7, 0x3f80_0000, 12]).is_empty());
        assert!(of(&[0x20, 0x2000_0000, 1, 2]).is_empty());
    }
}
