//! Files of a megabyte made to cost time or memory: nesting, copies of copies, work that is named many times, and
//! archives whose members share bytes.

use std::fmt::Write as _;

const MB: usize = 1 << 20;

/// Names and bytes.
#[expect(clippy::too_many_lines, reason = "a list of files")]
pub(super) fn files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    let pickle = |parts: &[&[u8]]| [b"\x80\x04", &parts.concat()[..]].concat();
    let fill = |head: &[u8], unit: &[u8], tail: &[u8]| {
        [
            head,
            &unit.repeat((MB - head.len() - tail.len()) / unit.len()),
            tail,
        ]
        .concat()
    };
    files.push(("nested-lists.pkl", fill(b"\x80\x04", b"]", b".")));
    files.push(("nested-tuples.pkl", fill(b"\x80\x04N", b"\x85", b".")));
    files.push(("open-marks.pkl", fill(b"\x80\x04", b"(", b".")));
    files.push(("copies.pkl", fill(b"\x80\x04N", b"2", b".")));
    files.push(("doubling-tuples.pkl", fill(b"\x80\x04N", b"2\x86", b".")));
    files.push(("memo.pkl", fill(b"\x80\x04N", b"\x94", b".")));
    files.push(("memo-far.pkl", {
        let mut out = b"\x80\x04N".to_vec();
        for at in 0..MB as u32 / 5 {
            out.push(b'r');
            out.extend((at.wrapping_mul(2_654_435_761)).to_le_bytes());
        }
        out.push(b'.');
        out
    }));
    files.push(("protocols.pkl", fill(b"N.", b"\x80\x02", b"")));
    files.push((
        "protocols-and-open-text.pkl",
        fill(b"N.junk", b"\x80\x02(N", b""),
    ));
    files.push(("streams.pkl", fill(b"", b"\x80\x02N.", b"")));
    files.push(("text-streams.pkl", fill(b"", b"I1\n.", b"")));
    files.push(("globals.pkl", fill(b"\x80\x02", b"ca\nb\n0", b"N.")));
    files.push((
        "dangerous-globals.pkl",
        fill(b"\x80\x02", b"cos\nsystem\n0", b"N."),
    ));
    files.push((
        "long-name.pkl",
        pickle(&[
            b"c",
            &b"a.".repeat(MB / 4),
            b"\n",
            &b"b.".repeat(MB / 4),
            b"\n.",
        ]),
    ));
    files.push((
        "names-from-memo.pkl",
        fill(
            &pickle(&[
                b"\x8c\xfe",
                &b"a.".repeat(127),
                b"q\x00",
                b"\x8c\x01bq\x010",
            ]),
            b"h\x00h\x01\x930",
            b"N.",
        ),
    ));
    let constant = |byte: u8| [&b"B\0\0\x08\0"[..], &vec![byte; MB / 2], b"q\x000"].concat();
    files.push((
        "decoded-often.pkl",
        fill(
            &pickle(&[&constant(b'A'), b"cbase64\nb64decode\nq\x010"]),
            b"h\x01h\x00\x85R0",
            b"N.",
        ),
    ));
    files.push((
        "joined-often.pkl",
        fill(
            &pickle(&[&constant(b'A'), b"coperator\nconcat\nq\x010"]),
            b"h\x01h\x00h\x00\x86R0",
            b"N.",
        ),
    ));
    files.push((
        "inflated-often.pkl",
        fill(
            &pickle(&[b"cbuiltins\nbytes\nq\x010"]),
            b"h\x01K\x7f\x85R0",
            b"N.",
        ),
    ));
    files.push((
        "given-often.pkl",
        fill(
            &pickle(&[&constant(b'('), b"cshop\nrun\nq\x010"]),
            b"h\x01h\x00\x85R0",
            b"N.",
        ),
    ));
    files.push((
        "partial-of-partial.pkl",
        fill(
            b"\x80\x04cfunctools\npartial\nq\x00cos\nsystem\n",
            b"\x85h\x00\x86b0h\x00N",
            b"N.",
        ),
    ));
    files.push((
        "growing-state.pkl",
        fill(
            b"\x80\x04cshop\nA\n)\x81q\x00}q\x01(\x8c\x01acos\nsystem\n\x8c\x01bcos\nsystem\nu0",
            b"h\x01b",
            b".",
        ),
    ));
    files.push((
        "wide-arguments.pkl",
        fill(
            &pickle(&[b"(", &b"NN".repeat(5000), b"tq\x000cshop\nf\nq\x010"]),
            b"h\x01h\x00R0",
            b"N.",
        ),
    ));
    files.push(("deep-arguments.pkl", {
        let mut head = b"\x80\x04\x8c\x08aaaaaaaaq\x00".to_vec();
        head.extend(b"222222t".iter().take(6));
        let mut out = b"\x80\x04(\x8c\x08aaaaaaaa22222t".to_vec();
        for _ in 0..6 {
            out.extend(b"q\x000(h\x00h\x00h\x00h\x00h\x00h\x00t");
        }
        out.extend(b"q\x020cshop\nf\nq\x010");
        fill(&out, b"h\x01h\x02\x85R0", b"N.")
    }));
    files.push((
        "frames.pkl",
        fill(b"\x80\x04", b"\x95\xff\0\0\0\0\0\0\0", b"N."),
    ));
    files.push(("base64-of-text.pkl", {
        let text = b"Y29zCnN5c3RlbQoo".repeat(MB / 16 - 64);
        let mut out = b"\x80\x04X".to_vec();
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text);
        out.extend(b".");
        out
    }));
    files.push(("lines.bin", fill(b"xx", b"cab\nab\n", b"")));
    files.push((
        "stack-globals.bin",
        fill(b"xx", b"\x8c\x02os\x8c\x06system\x93", b""),
    ));
    files.push(("zeros.zip", overlapping(1 << 15, 16 << 10)));
    files.push(("shared-members.zip", overlapping(900 << 10, 2000)));
    files.push((
        "many-ends.zip",
        [stored(b"x"), b"PK\x05\x06".repeat(MB / 4)].concat(),
    ));
    files.push(("nested-ends.zip", {
        let mut inner = stored(b"x");
        for _ in 0..200 {
            inner = stored(&inner);
        }
        inner
    }));
    files.push((
        "local-headers.zip",
        fill(
            &stored(b"x"),
            b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a",
            b"",
        ),
    ));
    files.push((
        "gzip-of-gzip.gz",
        (0..8).fold(vec![0; MB], |bytes, _| stored_gzip(&bytes)),
    ));
    files.push(("tar-headers.tar", tar().repeat(MB / 512)));
    files.push(("template.gguf", gguf(&"{{'}}".repeat(MB / 5 - 100))));
    files.push((
        "template-braces.gguf",
        gguf(&"{% if a %}".repeat(MB / 10 - 100)),
    ));
    files.push((
        "template-doubling.gguf",
        gguf(&{
            let mut text = "{% set a0 = 'aaaaaaaaaaaaaaaa' %}".to_owned();
            for at in 0..30_000 {
                // Writing to a string cannot fail.
                let _ = write!(text, "{{% set a{} = a{at} ~ a{at} %}}", at + 1);
            }
            text
        }),
    ));
    files.push((
        "template-nested.gguf",
        gguf(&format!("{{{{ {} }}}}", "(".repeat(MB - 400))),
    ));
    files.push((
        "template-percent.gguf",
        gguf(&format!("{{{{ {} }}}}", "'%s' % ".repeat(MB / 7 - 100))),
    ));
    files.push(("keys.gguf", {
        let count = MB / 14;
        let mut out = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        out.extend((count as u64).to_le_bytes());
        for _ in 0..count {
            out.extend(1u64.to_le_bytes());
            out.extend(b"a\0\0\0\0\0");
        }
        out
    }));
    files.push(("deep.json", "[".repeat(MB).into_bytes()));
    files.push((
        "wide.json",
        format!("[{}0]", "{},".repeat(MB / 3 - 2)).into_bytes(),
    ));
    files.push((
        "targets.yaml",
        "a: {_target_: shop.f}\n".repeat(MB / 22).into_bytes(),
    ));
    files.push((
        "entities.pmml",
        format!(
            "<?xml version=\"1.0\"?><PMML>{}",
            "<!ENTITY a '&b;&b;'>".repeat(MB / 20 - 4)
        )
        .into_bytes(),
    ));
    files.push((
        "deep.msgpack",
        [&b"\x81\xa1a"[..], &vec![0x91; MB - 4]].concat(),
    ));
    files.push(("graphs.onnx", nested_messages(&[1, 5, 6], MB)));
    files.push(("graphs.pb", nested_messages(&[1, 5, 2, 2], MB)));
    files.push(("header.safetensors", {
        let mut header = String::from("{");
        let mut at = 0;
        while header.len() < MB - 200 {
            let _ = write!(
                header,
                "\"{at}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}},"
            );
            at += 1;
        }
        header.push_str("\"end\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}");
        [
            &(header.len() as u64).to_le_bytes()[..],
            header.as_bytes(),
            b"x",
        ]
        .concat()
    }));
    files.push((
        "items.rds",
        [
            &b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0"[..],
            &b"\0\0\0\x13\0\0\0\x01".repeat(MB / 8),
        ]
        .concat(),
    ));
    files.push(("objects.h5", hdf5()));
    files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect()
}

fn head(name: &str, size: u32) -> Vec<u8> {
    let mut out = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend(size.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0, 0]);
    out.extend(name.bytes());
    out
}

fn central(name: &str, size: u32, offset: u32) -> Vec<u8> {
    let mut out = b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend(size.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend((name.len() as u16).to_le_bytes());
    out.extend([0; 12]);
    out.extend(offset.to_le_bytes());
    out.extend(name.bytes());
    out
}

fn end(count: usize, size: usize, offset: usize) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend((count as u16).to_le_bytes());
    out.extend((count as u16).to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out.extend((offset as u32).to_le_bytes());
    out.extend([0, 0]);
    out
}

/// An archive of one stored member.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = head("a", bytes.len() as u32);
    out.extend(bytes);
    let directory = central("a", bytes.len() as u32, 0);
    let offset = out.len();
    out.extend(&directory);
    out.extend(end(1, directory.len(), offset));
    out
}

/// Entries that all name the same member of `size` bytes.
fn overlapping(size: usize, count: usize) -> Vec<u8> {
    let mut out = head("a", size as u32);
    // Marks that every reader has to look at.
    out.extend(
        b"cab\nab\n\x80\x02(N"
            .repeat(size / 11 + 1)
            .iter()
            .take(size),
    );
    let offset = out.len();
    let mut directory = Vec::new();
    for _ in 0..count {
        directory.extend(central("a", size as u32, 0));
    }
    out.extend(&directory);
    out.extend(end(count, directory.len(), offset));
    out
}

/// Gzip with stored blocks.
fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    let mut chunks = bytes.chunks(0xffff).peekable();
    while let Some(chunk) = chunks.next() {
        out.push(u8::from(chunks.peek().is_none()));
        out.extend((chunk.len() as u16).to_le_bytes());
        out.extend((!(chunk.len() as u16)).to_le_bytes());
        out.extend(chunk);
    }
    out.extend(super::checksum(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// One header of an empty member.
fn tar() -> Vec<u8> {
    let mut block = vec![0u8; 512];
    block[0] = b'a';
    block[124..135].fill(b'0');
    block[156] = b'0';
    block[257..262].copy_from_slice(b"ustar");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

fn gguf(template: &str) -> Vec<u8> {
    let key = "tokenizer.chat_template";
    let mut out = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend(1u64.to_le_bytes());
    out.extend((key.len() as u64).to_le_bytes());
    out.extend(key.bytes());
    out.extend(8u32.to_le_bytes());
    out.extend((template.len() as u64).to_le_bytes());
    out.extend(template.bytes());
    out
}

/// Messages in messages under field numbers by turns, each with a short field before.
fn nested_messages(numbers: &[u8], size: usize) -> Vec<u8> {
    let mut inner = b"\x0a\x01a\x12\x01A".to_vec();
    let mut at = 0;
    while inner.len() < size - 16 {
        let number = numbers[at % numbers.len()];
        let mut out = b"\x0a\x01a\x12\x01A".to_vec();
        out.push(number << 3 | 2);
        let mut len = inner.len();
        while len >= 0x80 {
            out.push(len as u8 | 0x80);
            len >>= 7;
        }
        out.push(len as u8);
        out.extend(inner);
        inner = out;
        at += 1;
        if at > 4000 {
            break;
        }
    }
    [&b"\x08\x08\x12\x01a"[..], &inner].concat()
}

/// Object headers that all name each other's messages: attributes of one heap, continuations in circles.
fn hdf5() -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    for address in [0, u64::MAX, MB as u64, u64::MAX, 0, 96, 0, 0, 0] {
        out.extend(address.to_le_bytes());
    }
    out.truncate(96);
    let header = |out: &mut Vec<u8>, next: u64| {
        // Two messages: a continuation back to itself, and a symbol table.
        out.extend([1, 0, 2, 0, 1, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]);
        out.extend([0x10, 0, 16, 0, 0, 0, 0, 0]);
        out.extend((next + 16).to_le_bytes());
        out.extend(48u64.to_le_bytes());
        out.extend([0x11, 0, 16, 0, 0, 0, 0, 0]);
        out.extend(next.to_le_bytes());
        out.extend(next.to_le_bytes());
    };
    while out.len() + 72 < MB {
        let next = (out.len() as u64).wrapping_mul(2_654_435_761) % (MB as u64 - 128);
        header(&mut out, next / 72 * 72 + 96);
    }
    out
}
