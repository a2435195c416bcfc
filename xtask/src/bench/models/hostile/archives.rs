//! Archives and compressed bytes.

use std::io::Write as _;

use super::{Files, MB, fill, gzip};

/// How often a megabyte is repeated in what unpacks.
const TIMES: usize = 64;

/// A stream of bzip2 and one of xz without content.
const EMPTY_BZIP2: &[u8] = b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0";
const EMPTY_XZ: &[u8] =
    b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\0\0\0\0\x1c\xdf\x44\x21\x1f\xb6\xf3\x7d\x01\0\0\0\0\x04YZ";
/// The header of an array of one object, and the beginning of its pickle.
const NPY_OF_OBJECTS: &[u8] =
    b"\x93NUMPY\x01\0\x3b\0{'descr': '|O', 'fortran_order': False, 'shape': (1,), }  \n\x80\x02";

#[expect(clippy::too_many_lines, reason = "a list of files")]
pub(super) fn files() -> Files {
    let mut files: Files = Vec::new();
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
    files.push(("tar-paths.tar", {
        // One long path for all that follow.
        let path = format!("path={}\n", "a/".repeat(2000));
        let record = format!("{} {path}", path.len() + 5);
        [header(b'g', record.as_bytes()), tar().repeat(MB / 512 - 10)].concat()
    }));
    files.push(("tar-records.tar", {
        let records = b"9 path=a\n".repeat(MB / 9);
        [header(b'x', &records), tar()].concat()
    }));
    files.push(("tar-links.tar", {
        let path = format!("linkpath={}\n", "a/".repeat(2000));
        let record = format!("{} {path}", path.len() + 5);
        [
            header(b'g', record.as_bytes()),
            header(b'2', b"").repeat(MB / 512 - 10),
        ]
        .concat()
    }));
    files.push(("directories.zip", {
        // Records in the comment that all claim to reach the end.
        let entry = central("a", 1, 0);
        let entries = entry.repeat(MB / entry.len() - 20);
        let mut out = entries.clone();
        for left in (0..16u16).rev() {
            let size = out.len() - usize::from(left) * entry.len();
            let mut record = end(1, size, 0);
            record[20..22].copy_from_slice(&(left * 22).to_le_bytes());
            out.extend(record);
        }
        out
    }));
    for (name, head, unit, tail) in [
        ("zeros.gz", &b""[..], &b"\0"[..], &b""[..]),
        ("marks.pkl.gz", b"", b"(", b""),
        ("starts.pkl.gz", b"", b"\x80\x02(N", b""),
        ("names.bin.gz", b"", b"cab\nab\n", b""),
        ("config.json.gz", b"{\"a\":[", b"0,", b"0]}"),
        ("objects.json.gz", b"[", b"{\"a\":0},", b"0]"),
        ("targets.yaml.gz", b"", b"_target_: os.system\n", b""),
        ("chat_template.jinja.gz", b"", b"{{ a['b'] }}", b""),
        (
            "net.xml.gz",
            b"<?xml version='1.0'?>",
            b"<!ENTITY a library=\"",
            b"",
        ),
        ("wide.txt.gz", b"\xff\xfe", b"{\0", b""),
        (
            "model.onnx.gz",
            b"\x08\x08\x12\x01a",
            b"\x3a\x04\x0a\x02\x22\x00",
            b"",
        ),
        ("model.msgpack.gz", b"\x81\xa1a\xdd\x01\0\0\0", b"\x90", b""),
        (
            "model.gguf.gz",
            b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\0",
            b"\x01\0\0\0\0\0\0\0a\0\0\0\0\0",
            b"",
        ),
        (
            "data.rds.gz",
            b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0",
            b"\0\0\0\x13\0\0\0\x01",
            b"",
        ),
    ] {
        files.push((name, unpacking(head, unit, tail)));
    }
    files.push(("model.safetensors.gz", {
        let unit = b"\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},";
        let tail = b"\"b\":{}}";
        let len = 1 + MB / unit.len() * unit.len() * TIMES + tail.len();
        unpacking(
            &[&(len as u64).to_le_bytes()[..], b"{"].concat(),
            unit,
            tail,
        )
    }));
    files.push(("twice.gz", gzip(&unpacking(b"", b"\x80\x02(N", b""))));
    files.push(("streams.gz", {
        let one = gzip(&vec![0; MB]);
        one.repeat(MB / one.len())
    }));
    let content = b"\x80\x02(N".repeat(MB / 4);
    files.push(("zeros.bz2", bzip2(&content).repeat(TIMES)));
    // Streams without content: decoders make their tables anew for each.
    files.push(("streams.bz2", fill(b"", EMPTY_BZIP2, b"")));
    files.push(("streams.xz", fill(b"", EMPTY_XZ, b"")));
    for (name, member, content) in [
        ("zeros-of-bzip2.tar.gz", "a.bz2", bzip2(&vec![0; 9 * MB])),
        ("pickles.tar.gz", "a.pkl", fill(b"\x80\x02", b"](N", b"")),
        (
            "calls.tar.gz",
            "a.pkl",
            fill(b"\x80\x02", b"cos\nsystem\n(Vx\ntR", b""),
        ),
        ("arrays.tar.gz", "a.npy", fill(NPY_OF_OBJECTS, b"(N", b"")),
        (
            "documents.tar.gz",
            "a.json",
            fill(b"[", b"{\"a\":[0]},", b"0]"),
        ),
        (
            "graphs.tar.gz",
            "a.pb",
            fill(b"", b"\x0a\x06\x0a\x01a\x12\x01B", b""),
        ),
        (
            "templates.tar.gz",
            "a.jinja",
            fill(b"", b"{{ a['b'] }}", b""),
        ),
        (
            "code.tar.gz",
            "modeling_a.py",
            fill(b"", b"x=[a.b(c) for c in d]\n", b""),
        ),
    ] {
        let size = 60 << 10;
        let content = &content[..content.len().min(size)];
        // Members differ by name alone; together they unpack to what a megabyte may.
        let all: Vec<u8> = (0..TIMES * MB / size)
            .flat_map(|at| entry(&format!("{at}/{member}"), b'0', content))
            .collect();
        files.push((name, gzip(&all)));
    }
    files.push(("members.zip", {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        let mut count = 0;
        while out.len() + directory.len() < MB - 1000 {
            let name = format!("m/{count}.pkl");
            let at = out.len() as u32;
            out.extend(head(&name, 6));
            out.extend(b"cab\nb\n");
            directory.extend(central(&name, 6, at));
            count += 1;
        }
        let offset = out.len();
        out.extend(&directory);
        out.extend(end(count, directory.len(), offset));
        out
    }));
    files.push(("same-name.zip", {
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        let mut count = 0;
        while out.len() + directory.len() < MB - 1000 {
            let at = out.len() as u32;
            out.extend(head("data.pkl", 4));
            out.extend(b"\x80\x02N.");
            directory.extend(central("data.pkl", 4, at));
            count += 1;
        }
        let offset = out.len();
        out.extend(&directory);
        out.extend(end(count, directory.len(), offset));
        out
    }));
    for (name, head, unit, tail) in [
        ("bombs.zip", &b""[..], &b"\x80\x02(N"[..], &b""[..]),
        (
            "config.keras",
            b"{\"class_name\":[",
            b"0,",
            b"0],\"config\":{}}",
        ),
        ("deep.keras", b"", b"{\"config\":", b""),
    ] {
        files.push((name, deflated(head, unit, tail)));
    }
    files.push(("pax.tar", {
        let mut block = tar();
        block[156] = b'x';
        block[124..135].copy_from_slice(b"00000001000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block.extend(b"9 path=a\n".iter().cycle().take(512));
        block.repeat(MB / block.len())
    }));
    files.push(("pickles.tar", {
        let mut block = tar();
        block[124..135].copy_from_slice(b"00000000006");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block.extend(b"cab\nb\n");
        block.resize(1024, 0);
        block.repeat(MB / block.len())
    }));
    files.push(("lying-header.7z", {
        // Says that it has very many files.
        let header = b"\x01\x05\xf0\xff\xff\xff\x7f\0\0";
        let mut out = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
        let mut start = 0u64.to_le_bytes().to_vec();
        start.extend((header.len() as u64).to_le_bytes());
        start.extend(crc32fast::hash(header).to_le_bytes());
        out.extend(crc32fast::hash(&start).to_le_bytes());
        out.extend(start);
        out.extend(header);
        out
    }));
    files.extend(tars());
    // Dictionaries and windows of more than a gigabyte.
    files.push((
        "window.zst",
        fill(b"\x28\xb5\x2f\xfd\0\xa8", b"\x02\0\x02a", b""),
    ));
    files.push((
        "dictionary.lzma",
        fill(
            b"\x5d\0\0\0\x80\xff\xff\xff\xff\xff\xff\xff\xff\0",
            b"a",
            b"",
        ),
    ));
    files
}

/// Compressed archives of very many links, paths and small files, each of which costs time by itself.
fn tars() -> Files {
    let for_all = |key: &str, text: &str| {
        let record = format!("{key}={text}\n");
        let length = record.len() + 5;
        header(b'g', format!("{length} {record}").as_bytes())
    };
    let long = "a/".repeat(2000);
    let dots = "./".repeat(200_000);
    let file = |name: &str, line: &str| {
        let content = line.repeat((16 << 10) / line.len());
        unpacking(b"", &entry(name, b'0', content.as_bytes()), b"")
    };
    let loader = entry(
        "config.json",
        b'0',
        br#"{"auto_map": {"AutoModel": "modeling_a.Net"}}"#,
    );
    vec![
        (
            "links.tar.gz",
            unpacking(&for_all("linkpath", &long), &header(b'2', b""), b""),
        ),
        (
            "paths.tar.gz",
            unpacking(&for_all("path", &long), &tar(), b""),
        ),
        ("dots.tar", {
            let target = [entry("l", b'K', dots.as_bytes()), entry("l", b'2', b"")].concat();
            [target, entry("l/x", b'0', b"").repeat(1200)].concat()
        }),
        ("yaml.tar.gz", file("a.yaml", "a: [1, 2, 3]\n")),
        (
            "templates.tar.gz",
            file(
                "chat_template.jinja",
                "{% for m in messages %}{{ m['content'] ~ 'x' }}{% endfor %}",
            ),
        ),
        ("code.tar.gz", {
            let code = file(
                "modeling_a.py",
                "def f(x):\n  return getattr(x, 'a' + 'b')(x)\n",
            );
            [gzip(&loader), code].concat()
        }),
    ]
}

/// Gzip streams, one after the other, that unpack to about 64 MB: a head, a unit very often, a tail.
fn unpacking(head: &[u8], unit: &[u8], tail: &[u8]) -> Vec<u8> {
    let middle = gzip(&unit.repeat(MB / unit.len())).repeat(TIMES);
    [gzip(head), middle, gzip(tail)].concat()
}

/// A block of Deflate that stands for itself, so that it can be repeated.
fn block(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::Compress::new(flate2::Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
    // Writing to memory that is large enough cannot fail.
    let _ = packer.compress_vec(bytes, &mut out, flate2::FlushCompress::Full);
    out
}

/// An archive of one member, deflated, that unpacks to about 64 MB.
fn deflated(first: &[u8], unit: &[u8], last: &[u8]) -> Vec<u8> {
    let unit = unit.repeat(MB / unit.len());
    let bytes = [first, &unit.repeat(TIMES), last].concat();
    let packed = [
        block(first),
        block(&unit).repeat(TIMES),
        block(last),
        b"\x01\0\0\xff\xff".to_vec(),
    ]
    .concat();
    let name = "config.json";
    let sizes = |header: &mut Vec<u8>, at: usize| {
        header[at..at + 4].copy_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        header[at + 4..at + 8].copy_from_slice(&(packed.len() as u32).to_le_bytes());
        header[at + 8..at + 12].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
    };
    let mut out = head(name, 0);
    out[8] = 8;
    sizes(&mut out, 14);
    out.extend(&packed);
    let mut directory = central(name, 0, 0);
    directory[10] = 8;
    sizes(&mut directory, 16);
    let metadata = out.len();
    out.extend(head("metadata.json", 2));
    out.extend(b"{}");
    directory.extend(central("metadata.json", 2, metadata as u32));
    let offset = out.len();
    out.extend(&directory);
    out.extend(end(2, directory.len(), offset));
    out
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
    out.extend(crc32fast::hash(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// Writing to memory cannot fail.
fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// One header of an empty member.
fn tar() -> Vec<u8> {
    header(b'0', b"")
}

/// A header of a kind, and its content.
fn header(kind: u8, content: &[u8]) -> Vec<u8> {
    entry("a", kind, content)
}

/// The same under a name.
fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[156] = kind;
    block[257..262].copy_from_slice(b"ustar");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}
