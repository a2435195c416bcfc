//! Archives that readers do not read alike: directories, records and names of zip, headers and links of tar. Each twin
//! has the same feature as honest writers use it.

use super::Sample;
use super::archives::tar;
use super::pickles::{attack, plain};

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    zips(&mut out);
    tars(&mut out);
    out
}

/// A member of an archive that is put together by hand.
#[derive(Clone, Default)]
struct Part {
    name: &'static [u8],
    bytes: Vec<u8>,
    /// Where its local header stands.
    at: usize,
    local_name: Option<&'static [u8]>,
    extra: Vec<u8>,
    flags: u16,
}

fn part(name: &'static [u8], bytes: &[u8]) -> Part {
    Part {
        name,
        bytes: bytes.to_vec(),
        ..Part::default()
    }
}

impl Part {
    fn fields(&self) -> Vec<u8> {
        let size = (self.bytes.len() as u32).to_le_bytes();
        let crc = crc32fast::hash(&self.bytes).to_le_bytes();
        [&self.flags.to_le_bytes()[..], &[0; 6], &crc, &size, &size].concat()
    }

    /// Puts its local header and its bytes behind what there is.
    fn put(mut self, out: &mut Vec<u8>) -> Self {
        self.at = out.len();
        let name = self.local_name.unwrap_or(self.name);
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(self.fields());
        out.extend((name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
        out.extend(name);
        out.extend(&self.extra);
        out.extend(&self.bytes);
        self
    }

    fn central(&self, shift: usize) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\0\x14\0".to_vec();
        out.extend(self.fields());
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
        out.extend([0; 10]);
        out.extend(((self.at - shift) as u32).to_le_bytes());
        out.extend(self.name);
        out.extend(&self.extra);
        out
    }
}

fn end(count: u16, size: usize, offset: usize, comment: &[u8]) -> Vec<u8> {
    [
        &b"PK\x05\x06\0\0\0\0"[..],
        &count.to_le_bytes(),
        &count.to_le_bytes(),
        &(size as u32).to_le_bytes(),
        &(offset as u32).to_le_bytes(),
        &(comment.len() as u16).to_le_bytes(),
        comment,
    ]
    .concat()
}

fn archive(parts: Vec<Part>) -> Vec<u8> {
    archive_with(parts, 0, &[], &[])
}

/// `count` is added to the number of members that the record says; `before` stands before it.
fn archive_with(parts: Vec<Part>, count: u16, before: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parts: Vec<Part> = parts.into_iter().map(|part| part.put(&mut out)).collect();
    let start = out.len();
    for part in &parts {
        out.extend(part.central(0));
    }
    let size = out.len() - start;
    out.extend(before);
    out.extend(end(
        (parts.len() as u16).wrapping_add(count),
        size,
        start,
        comment,
    ));
    out
}

/// Python goes back from the end and reads a harmless pickle; torch goes where the record says.
fn two_directories(local_name: Option<&'static [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let hidden = Part {
        local_name,
        // Room for offsets that count from the second directory.
        extra: vec![0; 1000],
        ..part(b"m/data.pkl", &attack(2))
    };
    let hidden = hidden.put(&mut out);
    let version = part(b"m/version", b"3\n").put(&mut out);
    let first = out.len();
    out.extend([hidden.central(0), version.central(0)].concat());
    let shown = part(b"m/data.pkl", &plain(2)).put(&mut out);
    let version = part(b"m/version", b"3\n").put(&mut out);
    let second = out.len();
    let shift = second - first;
    out.extend([shown.central(shift), version.central(shift)].concat());
    let size = out.len() - second;
    out.extend(end(2, size, first, b""));
    out
}

fn unicode(of: &[u8], name: &[u8]) -> Vec<u8> {
    let len = (name.len() + 5) as u16;
    [
        &b"up"[..],
        &len.to_le_bytes(),
        &[1],
        &crc32fast::hash(of).to_le_bytes(),
        name,
    ]
    .concat()
}

/// The 64-bit record and its locator, for an archive whose directory begins at `start`.
fn wide(count: u64, size: u64, start: u64, here: u64) -> Vec<u8> {
    [
        &b"PK\x06\x06"[..],
        &44u64.to_le_bytes(),
        &[0; 12],
        &count.to_le_bytes(),
        &count.to_le_bytes(),
        &size.to_le_bytes(),
        &start.to_le_bytes(),
        b"PK\x06\x07\0\0\0\0",
        &here.to_le_bytes(),
        &1u32.to_le_bytes(),
    ]
    .concat()
}

fn zips(out: &mut Vec<Sample>) {
    let attacks: Vec<(&str, Vec<u8>)> = vec![
        ("two-directories.pt", two_directories(None)),
        ("two-directories-hidden.pt", two_directories(Some(b""))),
        ("local-without-name.pt", {
            let mut hidden = Vec::new();
            part(b"", &attack(2)).put(&mut hidden);
            let mut whole = hidden.clone();
            let shown = part(b"m/data.pkl", &plain(2)).put(&mut whole);
            let start = whole.len();
            let central = shown.central(0);
            whole.extend(&central);
            whole.extend(end(1, central.len(), start, b""));
            whole
        }),
        ("unicode-path-outside.zip", {
            let extra = unicode(b"m/notes.txt", b"../../evil.txt");
            archive(vec![Part {
                extra,
                ..part(b"m/notes.txt", b"x")
            }])
        }),
        ("unicode-path-other.zip", {
            let extra = unicode(b"m/notes.txt", b"m/data.pkl");
            archive(vec![Part {
                extra,
                ..part(b"m/notes.txt", &plain(2))
            }])
        }),
        ("unicode-path-extension.zip", {
            let extra = unicode(b"m/\x84.txt", "m/ä.py".as_bytes());
            archive(vec![Part {
                extra,
                ..part(b"m/\x84.txt", b"x")
            }])
        }),
        (
            "capitals.zip",
            archive(vec![
                part(b"m/weights.bin", b"a"),
                part(b"m/WEIGHTS.bin", b"b"),
            ]),
        ),
        (
            "strokes.zip",
            archive(vec![part(b"m/notes", b"a"), part(b"m\\notes", b"b")]),
        ),
        (
            "dots.zip",
            archive(vec![part(b"m/notes", b"a"), part(b"m/./notes", b"b")]),
        ),
        (
            "fewer-than-there-are.zip",
            archive_with(
                vec![part(b"m/a", b"a"), part(b"m/b", b"b")],
                u16::MAX,
                b"",
                b"",
            ),
        ),
        ("bytes-in-the-directory.zip", {
            let plain = archive(vec![part(b"m/a", b"a")]);
            let record = plain.len() - 22;
            let mut bytes = [&plain[..record], &[b'x'; 40], &plain[record..]].concat();
            let size = record + 40 + 12;
            let old = u32::from_le_bytes([bytes[size], bytes[size + 1], 0, 0]);
            bytes[size..size + 4].copy_from_slice(&(old + 40).to_le_bytes());
            bytes
        }),
        ("size-that-lies.zip", {
            let mut bytes = archive(vec![part(b"m/a", b"a")]);
            let size = bytes.len() - 10;
            bytes[size] += 7;
            bytes
        }),
        ("two-records.zip", {
            let plain = archive(vec![part(b"m/a", b"a"), part(b"m/b", b"b")]);
            let record = plain.len() - 22;
            let start = u64::from(u32::from_le_bytes([
                plain[record + 16],
                plain[record + 17],
                0,
                0,
            ]));
            let first = part(b"m/a", b"a").central(0).len() as u64;
            let wide = wide(1, first, record as u64 - first, record as u64);
            assert!(start < record as u64);
            [&plain[..record], &wide, &plain[record..]].concat()
        }),
        ("end-in-the-comment.zip", {
            // Who searches from the end takes the one in the comment, who checks its length the other one.
            let mut whole = Vec::new();
            let shown = part(b"m/a", &plain(2)).put(&mut whole);
            let hidden = Part {
                local_name: Some(b""),
                ..part(b"m/a", &attack(2))
            };
            let hidden = hidden.put(&mut whole);
            let first = whole.len();
            let central = hidden.central(0);
            whole.extend(&central);
            let second = first + central.len() + 22;
            let inner = shown.central(0);
            let comment = [inner.clone(), end(1, inner.len(), second, b"")].concat();
            whole.extend(end(1, central.len(), first, &comment));
            whole
        }),
        ("descriptor.zip", {
            let mut whole = Vec::new();
            let member = Part {
                flags: 8,
                ..part(b"m/a", b"abcd")
            };
            let member = member.put(&mut whole);
            whole.extend(b"PK\x07\x08");
            whole.extend(crc32fast::hash(b"abcd").to_le_bytes());
            whole.extend([9, 0, 0, 0, 9, 0, 0, 0]);
            let start = whole.len();
            let central = member.central(0);
            whole.extend(&central);
            whole.extend(end(1, central.len(), start, b""));
            whole
        }),
    ];
    for (name, bytes) in attacks {
        out.push(Sample::attack("archive-readings", name, bytes));
    }
    let twins: Vec<(&str, Vec<u8>)> = vec![
        ("prefix.zip", {
            let plain = archive(vec![part(b"m/data.pkl", &plain(2))]);
            [b"#! a program that unpacks what follows\n", &plain[..]].concat()
        }),
        ("unicode-path.zip", {
            let extra = unicode(b"m/\x84.txt", "m/ä.txt".as_bytes());
            archive(vec![Part {
                extra,
                ..part(b"m/\x84.txt", b"x")
            }])
        }),
        ("unicode-path-same.zip", {
            let extra = unicode(b"m/a.txt", b"m/a.txt");
            archive(vec![Part {
                extra,
                ..part(b"m/a.txt", b"x")
            }])
        }),
        (
            "classes.jar",
            archive(vec![part(b"a/a.class", b"a"), part(b"a/A.class", b"b")]),
        ),
        (
            "comment.zip",
            archive_with(vec![part(b"m/a", b"a")], 0, b"", b"made by hand"),
        ),
        ("wide.zip", {
            let plain = archive(vec![part(b"m/a", b"a")]);
            let record = plain.len() - 22;
            let size = part(b"m/a", b"a").central(0).len() as u64;
            let start = record as u64 - size;
            let wide = wide(1, size, start, record as u64);
            [&plain[..record], &wide, &plain[record..]].concat()
        }),
        ("descriptor.zip", {
            let mut whole = Vec::new();
            let member = Part {
                flags: 8,
                ..part(b"m/a", b"abcd")
            };
            let member = member.put(&mut whole);
            whole.extend(b"PK\x07\x08");
            whole.extend(crc32fast::hash(b"abcd").to_le_bytes());
            whole.extend([4, 0, 0, 0, 4, 0, 0, 0]);
            let start = whole.len();
            let central = member.central(0);
            whole.extend(&central);
            whole.extend(end(1, central.len(), start, b""));
            whole
        }),
        ("empty-with-a-descriptor.zip", {
            let mut whole = Vec::new();
            let member = Part {
                flags: 8,
                ..part(b"m/__init__", b"")
            };
            let member = member.put(&mut whole);
            whole.extend(b"PK\x07\x08");
            whole.extend([0; 12]);
            let start = whole.len();
            let central = member.central(0);
            whole.extend(&central);
            whole.extend(end(1, central.len(), start, b""));
            whole
        }),
        (
            "archive-in-an-archive.zip",
            archive(vec![part(b"inner.zip", &archive(vec![part(b"m/a", b"a")]))]),
        ),
    ];
    for (name, bytes) in twins {
        out.push(Sample::twin("archive-readings", name, bytes));
    }
}

/// A tar header that says what it is told, with the sum that `sum` makes of that of its bytes.
struct Header {
    name: Vec<u8>,
    kind: u8,
    link: &'static str,
    size: Vec<u8>,
    magic: &'static [u8],
    prefix: &'static [u8],
    sum: fn(&[u8]) -> Vec<u8>,
    body: Vec<u8>,
}

fn usual(block: &[u8]) -> Vec<u8> {
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    format!("{sum:06o}\0 ").into_bytes()
}

fn signed(block: &[u8]) -> Vec<u8> {
    let sum: i32 = block.iter().map(|b| i32::from(b.cast_signed())).sum();
    format!("{sum:06o}\0 ").into_bytes()
}

fn python(block: &[u8]) -> Vec<u8> {
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    format!("0o{sum:05o}\0").into_bytes()
}

fn header(name: &[u8], kind: u8, link: &'static str, body: &[u8]) -> Header {
    Header {
        name: name.to_vec(),
        kind,
        link,
        size: format!("{:011o}", body.len()).into_bytes(),
        magic: b"ustar\x0000",
        prefix: b"",
        sum: usual,
        body: body.to_vec(),
    }
}

impl Header {
    fn bytes(self) -> Vec<u8> {
        let mut block = vec![0u8; 512];
        block[..self.name.len()].copy_from_slice(&self.name);
        block[100..107].copy_from_slice(b"0000644");
        block[124..124 + self.size.len()].copy_from_slice(&self.size);
        block[136..147].copy_from_slice(b"00000000000");
        block[156] = self.kind;
        block[157..157 + self.link.len()].copy_from_slice(self.link.as_bytes());
        block[257..257 + self.magic.len()].copy_from_slice(self.magic);
        block[345..345 + self.prefix.len()].copy_from_slice(self.prefix);
        block[148..156].fill(b' ');
        let sum = (self.sum)(&block);
        block[148..148 + sum.len()].copy_from_slice(&sum);
        block.extend(&self.body);
        block.resize(block.len().next_multiple_of(512), 0);
        block
    }
}

/// A member of data.
fn file(name: &[u8], body: &[u8]) -> Vec<u8> {
    header(name, b'0', "", body).bytes()
}

fn link(name: &[u8], to: &'static str) -> Vec<u8> {
    header(name, b'2', to, b"").bytes()
}

/// A record of PAX: its length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let digits = (rest + 2).to_string().len();
    let digits = (rest + digits).to_string().len();
    format!("{} {key}={value}\n", rest + digits)
}

fn pax(records: &str) -> Vec<u8> {
    header(b"pax", b'x', "", records.as_bytes()).bytes()
}

const CONFIGURATION: &[u8] = b"_target_: os.system\ncommand: echo x\n";

fn tars(out: &mut Vec<Sample>) {
    let odd = |change: &dyn Fn(&mut Header)| {
        let mut first = header(b"model_config.yaml", b'0', "", CONFIGURATION);
        change(&mut first);
        tar(&[first.bytes(), file(b"model_weights.ckpt", b"abcd")])
    };
    let attacks: Vec<(&str, Vec<u8>)> = vec![
        ("python-sum.nemo", odd(&|h| h.sum = python)),
        (
            "signed-sum.nemo",
            odd(&|h| {
                h.name = b"m\xc3\xb6del/model_config.yaml".to_vec();
                h.sum = signed;
            }),
        ),
        (
            "no-name.nemo",
            odd(&|h| {
                h.name = Vec::new();
                h.prefix = b"model_config.yaml";
            }),
        ),
        (
            "python-size.nemo",
            odd(&|h| h.size = format!("0o{:o}", CONFIGURATION.len()).into_bytes()),
        ),
        (
            "base-256-size.nemo",
            odd(&|h| {
                let len = CONFIGURATION.len() as u8;
                h.size = [&[0x80][..], &[0; 10], &[len]].concat();
            }),
        ),
        (
            "pax-size.nemo",
            tar(&[
                pax(&record("size", "512")),
                {
                    let mut first = header(b"a.bin", b'0', "", &[b'x'; 512]);
                    first.size = b"00000000000".to_vec();
                    first.bytes()
                },
                file(b"model_config.yaml", CONFIGURATION),
            ]),
        ),
        ("negative-size.tar", odd(&|h| h.size = b"-1".to_vec())),
        (
            "folder-with-a-size.tar",
            tar(&[
                {
                    let mut folder = header(b"a", b'5', "", b"");
                    folder.size = b"00000001000".to_vec();
                    folder.bytes()
                },
                // Who skips the folder's size does not see this one.
                header(b"../../evil.txt", b'0', "", b"").bytes(),
                file(b"b", b"x"),
            ]),
        ),
        (
            "pax-two-paths.tar",
            tar(&[
                pax(&[record("path", "safe.txt"), record("path", "../../evil.txt")].concat()),
                file(b"a", b"x"),
            ]),
        ),
        (
            "pax-value-with-lines.tar",
            tar(&[
                pax(&[
                    record("comment", "x\n20 path=safe.txt"),
                    record("path", "../../evil.txt"),
                ]
                .concat()),
                file(b"a", b"x"),
            ]),
        ),
        (
            "pax-in-a-value.tar",
            tar(&[
                pax(&record("comment", "x\n26 path=../../evil.txt")),
                file(b"a", b"x"),
            ]),
        ),
        (
            "pax-of-all.tar",
            tar(&[
                header(
                    b"pax",
                    b'g',
                    "",
                    record("path", "../../evil.txt").as_bytes(),
                )
                .bytes(),
                file(b"a", b"x"),
            ]),
        ),
        (
            "pax-sparse-name.tar",
            tar(&[
                pax(&record("GNU.sparse.name", "../../evil.txt")),
                file(b"a", b"x"),
            ]),
        ),
        (
            "two-long-names.tar",
            tar(&[
                header(b"././@LongLink", b'L', "", b"one.txt\0").bytes(),
                header(b"././@LongLink", b'L', "", b"two.txt\0").bytes(),
                file(b"a", b"x"),
            ]),
        ),
        (
            "long-name-and-path.tar",
            tar(&[
                header(b"././@LongLink", b'L', "", b"../../evil.txt\0").bytes(),
                pax(&record("path", "safe.txt")),
                file(b"a", b"x"),
            ]),
        ),
        (
            "prefix-without-ustar.tar",
            odd(&|h| {
                h.magic = b"";
                h.prefix = b"../..";
            }),
        ),
        (
            "link-chain.tar",
            tar(&[
                header(b"x", b'5', "", b"").bytes(),
                header(b"x/y", b'5', "", b"").bytes(),
                link(b"x/y/z", "."),
                link(b"x/y/z/up", "../../.."),
                file(b"x/y/up/evil.txt", b"x"),
            ]),
        ),
        (
            "link-chain-backwards.tar",
            tar(&[link(b"a", "b/../../c"), link(b"b", ".")]),
        ),
        (
            "link-with-a-dot.tar",
            tar(&[link(b"./lnk", "sub"), file(b"lnk/evil.txt", b"x")]),
        ),
        (
            "link-with-strokes.tar",
            tar(&[link(b"m//lnk", "sub"), file(b"m/lnk/./evil.txt", b"x")]),
        ),
        (
            "link-that-is-written.tar",
            tar(&[link(b"a", "b"), file(b"a", b"x")]),
        ),
        (
            "link-in-a-circle.tar",
            tar(&[link(b"a", "b"), link(b"b", "a"), file(b"a/c", b"x")]),
        ),
        (
            "hard-link-through-a-link.tar",
            tar(&[
                link(b"s/t", ".."),
                header(b"h", b'1', "s/t/../../etc/passwd", b"").bytes(),
            ]),
        ),
        (
            "behind-a-sparse-member.tar",
            tar(&[
                {
                    let mut sparse = header(b"a.bin", b'S', "", b"");
                    sparse.magic = b"ustar  \0";
                    let mut bytes = sparse.bytes();
                    bytes[482] = 1;
                    bytes[148..156].fill(b' ');
                    let sum = usual(&bytes);
                    bytes[148..148 + sum.len()].copy_from_slice(&sum);
                    [bytes, vec![0; 512]].concat()
                },
                file(b"model_config.yaml", CONFIGURATION),
            ]),
        ),
    ];
    for (name, bytes) in attacks {
        out.push(Sample::attack("archive-readings", name, bytes));
    }
    let long = "folder/".repeat(20) + "a.txt";
    let twins: Vec<(&str, Vec<u8>)> = vec![
        (
            "pax-long-path.tar",
            tar(&[
                pax(&[record("path", &long), record("mtime", "1.5")].concat()),
                file(&long.as_bytes()[..100], b"x"),
            ]),
        ),
        (
            "pax-comment-of-all.tar",
            tar(&[
                header(b"pax", b'g', "", record("comment", "0123abcd").as_bytes()).bytes(),
                file(b"a", b"x"),
            ]),
        ),
        (
            "long-name.tar",
            tar(&[
                header(b"././@LongLink", b'L', "", format!("{long}\0").as_bytes()).bytes(),
                file(&long.as_bytes()[..100], b"x"),
            ]),
        ),
        ("prefix.tar", {
            let mut member = header(b"a.txt", b'0', "", b"x");
            member.prefix = b"a/long/folder";
            tar(&[member.bytes()])
        }),
        ("base-256-size.tar", {
            let mut member = header(b"a.txt", b'0', "", b"abcd");
            member.size = [&[0x80][..], &[0; 10], &[4]].concat();
            tar(&[member.bytes()])
        }),
        (
            "links-inside.tar",
            tar(&[
                header(b"lib", b'5', "", b"").bytes(),
                file(b"lib/a.so.1.txt", b"x"),
                link(b"lib/a.txt", "a.so.1.txt"),
                link(b"doc/a.txt", "../lib/a.txt"),
                header(b"b.txt", b'1', "lib/a.so.1.txt", b"").bytes(),
            ]),
        ),
        ("folder-of-old.tar", {
            let mut folder = header(b"folder/", 0, "", b"");
            folder.magic = b"";
            let mut member = header(b"folder/a", 0, "", b"x");
            member.magic = b"";
            tar(&[folder.bytes(), member.bytes()])
        }),
    ];
    for (name, bytes) in twins {
        out.push(Sample::twin("archive-readings", name, bytes));
    }
}
