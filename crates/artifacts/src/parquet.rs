//! Parquet: columns, and at the end of the file what they are. Arrow keeps its own description of them there in base
//! 64, and in it the objects of Python that stand for types of its own: pyarrow before 14.0.1 unpickles them when it
//! reads the file.

use trueline_facts::artifact::Verdict;

use crate::inspection::{Context, Inspection};
use crate::source::Source;
use crate::{encoding, pickle, technique};

const MARK: &[u8] = b"PAR1";
/// The same of a file whose description is encrypted.
const ENCRYPTED: &[u8] = b"PARE";
/// Bytes of the description that are read.
const MAX_FOOTER: u64 = 64 << 20;
/// The key of Arrow's description, and the name of types that are kept as objects of Python.
const KEY: &[u8] = b"ARROW:schema";
const PYTHON_TYPE: &[u8] = b"arrow.py_extension_type";
/// Entries under that key; a file has one.
const MAX_ENTRIES: usize = 16;

/// Marks at both ends.
pub(crate) fn is_parquet(source: &Source) -> bool {
    let end = source.read(source.len().saturating_sub(4), 4);
    source.len() >= 12
        && source
            .array::<4>(0)
            .is_some_and(|start| start == MARK || start == ENCRYPTED)
        && (end == MARK || end == ENCRYPTED)
}

pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) {
    inspection.format("parquet");
    let end = source.len() - 8;
    let len = source.array::<4>(end).map_or(0, u32::from_le_bytes);
    let is_encrypted = source.read(end + 4, 4) == ENCRYPTED;
    let len = u64::from(len);
    if is_encrypted || len > end || len > MAX_FOOTER {
        inspection.report(
            Verdict::Unknown,
            technique::UNREAD_CONTAINER,
            end,
            if is_encrypted {
                "the description of the columns is encrypted"
            } else {
                "the description of the columns cannot be read"
            },
        );
        return;
    }
    let footer = source.read(end - len, len as usize);
    for (count, at) in memchr::memmem::find_iter(&footer, KEY).enumerate() {
        let behind = &footer[at + KEY.len()..];
        let schema = value_of(behind)
            .filter(|_| count < MAX_ENTRIES)
            .and_then(encoding::base64);
        let Some(schema) = schema else {
            inspection.report(
                Verdict::Unknown,
                technique::UNREAD_CONTAINER,
                end - len + at as u64,
                "Arrow's description of the columns was not understood",
            );
            if count >= MAX_ENTRIES {
                break;
            }
            continue;
        };
        if memchr::memmem::find(&schema, PYTHON_TYPE).is_some() {
            inspection.report(
                Verdict::Unknown,
                technique::PICKLE_CALL_UNKNOWN,
                end - len + at as u64,
                "the type of a column is kept as a pickle, which pyarrow before 14.0.1 loads (CVE-2023-47248)",
            );
        }
        inspection.decoded_bytes(schema.len() as u64);
        let schema = Source::of_bytes(schema);
        inspection.within("ARROW:schema, decoded", Context::Constant, |inspection| {
            pickle::search(inspection, &schema, 0);
        });
    }
}

/// The value behind a key, as Thrift's compact form has it: the kind of the field, its length, its bytes.
fn value_of(behind: &[u8]) -> Option<&[u8]> {
    let (kind, mut rest) = behind.split_first()?;
    if *kind != 0x18 {
        return None;
    }
    let mut len = 0usize;
    for shift in (0..35).step_by(7) {
        let (byte, after) = rest.split_first()?;
        rest = after;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    rest.get(..len)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn file(schema: &[u8]) -> Vec<u8> {
        let value = BASE64.encode(schema);
        let mut footer = b"\x15\x04\x19\x1c\x18\x0cARROW:schema\x18".to_vec();
        footer.extend([value.len() as u8 | 0x80, (value.len() >> 7) as u8]);
        footer.extend(value.as_bytes());
        footer.extend(b"\0\x18\x20parquet-cpp-arrow version 13.0.0\0");
        let len = u32::try_from(footer.len()).unwrap();
        [
            b"PAR1\x15\x04\x15\x10",
            &footer[..],
            &len.to_le_bytes(),
            b"PAR1",
        ]
        .concat()
    }

    fn verdict(bytes: Vec<u8>) -> Verdict {
        crate::check_bytes(bytes, RepoPath::from("data.parquet")).verdict
    }

    #[test]
    fn types_that_are_pickles_are_found_in_the_description_of_columns() {
        let schema = |pickle: &[u8]| {
            let head = b"\xff\xff\xff\xff\x28\x01\0\0\x17\0\0\0arrow.py_extension_type\0\x18\0\0\0ARROW:extension:metadata\x30\0\0\0";
            [head, pickle, &[0; 40]].concat()
        };
        let call = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06echo x\x85R.";
        assert_eq!(verdict(file(&schema(call))), Verdict::Malicious);
        let own = b"\x80\x04\x8c\x06shop.t\x8c\x04Uuid\x93)R.";
        assert_eq!(verdict(file(&schema(own))), Verdict::Unknown);
        let plain = b"\xff\xff\xff\xff\x28\x01\0\0\x10\0\0\0 a column of no type of its own, and more of it to fill the line";
        assert_eq!(verdict(file(plain)), Verdict::Clean);
        let mut cut = file(plain);
        let end = cut.len() - 8;
        cut[end..end + 4].copy_from_slice(&[0xff; 4]);
        assert_eq!(verdict(cut), Verdict::Unknown);
    }

    #[test]
    fn text_before_the_columns_hides_nothing() {
        let call = b"\x17\0\0\0arrow.py_extension_type\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06echo x\x85R.";
        let plain = file(&[&call[..], &[0; 40]].concat());
        let filled = [b"PAR1", &b"a ".repeat(400)[..], &plain[4..]].concat();
        assert_eq!(verdict(filled), Verdict::Malicious);
    }
}
