//! The Python wheel (binary distribution format 1.0): the program as a script, and what describes it.
//!
//! A static program needs nothing of the system's C library, so one wheel serves glibc and musl; `pip install` puts it on
//! the path without a compiler.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};

use super::{Member, zip};
use crate::metadata::root;

const TAGS: [&str; 3] = [
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "musllinux_1_1_x86_64",
];
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
const REPOSITORY: &str = "https://github.com/trueline-dev/trueline";

/// The wheel's name says for which systems it is.
pub(super) fn file_name(version: &str) -> String {
    format!("trueline-{version}-py3-none-{}.whl", TAGS.join("."))
}

/// Packs a program.
pub(super) fn build(version: &str, program: &[u8]) -> Result<Vec<u8>> {
    pack(version, program, &root())
}

fn pack(version: &str, program: &[u8], root: &Path) -> Result<Vec<u8>> {
    let info = format!("trueline-{version}.dist-info");
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let mut members = vec![
        Member {
            path: format!("trueline-{version}.data/scripts/trueline"),
            content: program.to_vec(),
            executable: true,
        },
        Member::text(format!("{info}/METADATA"), metadata(version, &readme)),
        Member::text(format!("{info}/WHEEL"), wheel()),
    ];
    for name in LICENCES {
        let text = std::fs::read(root.join(name))?;
        members.push(Member::text(format!("{info}/licenses/{name}"), text));
    }
    let record_path = format!("{info}/RECORD");
    let mut record = String::new();
    for member in &members {
        let digest = BASE64URL_NOPAD.encode(&Sha256::digest(&member.content));
        writeln!(
            record,
            "{},sha256={digest},{}",
            member.path,
            member.content.len()
        )?;
    }
    // The record cannot hold its own digest.
    writeln!(record, "{record_path},,")?;
    members.push(Member::text(record_path, record));
    zip::write(&members)
}

fn metadata(version: &str, readme: &str) -> String {
    let mut out = format!(
        "Metadata-Version: 2.4\nName: trueline\nVersion: {version}\n\
         Summary: For every line of your code: who wrote it (a person, or which AI), and is it safe?\n\
         License-Expression: MIT OR Apache-2.0\n"
    );
    for name in LICENCES {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "License-File: {name}");
    }
    let _ = write!(
        out,
        "Project-URL: Repository, {REPOSITORY}\nRequires-Python: >=3.8\n\
         Description-Content-Type: text/markdown\n\n{readme}"
    );
    out
}

fn wheel() -> String {
    let mut out =
        "Wheel-Version: 1.0\nGenerator: trueline-xtask\nRoot-Is-Purelib: false\n".to_owned();
    for tag in TAGS {
        let _ = writeln!(out, "Tag: py3-none-{tag}");
    }
    out
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    fn number(bytes: &[u8], at: usize, length: usize) -> usize {
        let little = bytes[at..at + length].iter().rev();
        little.fold(0, |value, byte| value << 8 | usize::from(*byte))
    }

    /// Reads a zip file by its directory, as pip does: members by name with their Unix mode.
    fn members(zip: &[u8]) -> BTreeMap<String, (Vec<u8>, usize)> {
        let end = zip.len() - 22;
        assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
        let mut at = number(zip, end + 16, 4);
        let mut out = BTreeMap::new();
        for _ in 0..number(zip, end + 10, 2) {
            assert_eq!(&zip[at..at + 4], b"PK\x01\x02");
            let (packed, name) = (number(zip, at + 20, 4), number(zip, at + 28, 2));
            let (mode, local) = (number(zip, at + 40, 2), number(zip, at + 42, 4));
            let text = String::from_utf8(zip[at + 46..at + 46 + name].to_vec()).unwrap();
            assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
            // The directory repeats what stands before the member.
            assert_eq!(zip[local + 4..local + 30], zip[at + 6..at + 32]);
            let data = local + 30 + name;
            let mut content = Vec::new();
            flate2::read::DeflateDecoder::new(&zip[data..data + packed])
                .read_to_end(&mut content)
                .unwrap();
            assert_eq!(number(zip, at + 16, 4), crc32fast::hash(&content) as usize);
            assert_eq!(number(zip, at + 24, 4), content.len());
            assert!(out.insert(text, (content, mode)).is_none());
            at += 46 + name;
        }
        assert_eq!(at, end);
        out
    }

    /// What the format asks for; that pip itself takes it is in docs/RELEASE.md.
    #[test]
    fn a_wheel_records_every_member_and_its_script_may_be_run() {
        let program = b"program".repeat(1000);
        let wheel = build("9.9.9", &program).unwrap();
        assert_eq!(wheel, build("9.9.9", &program).unwrap());
        let members = members(&wheel);
        let text = |name: &str| {
            let name = format!("trueline-9.9.9.dist-info/{name}");
            String::from_utf8(members[&name].0.clone()).unwrap()
        };
        assert_eq!(
            members["trueline-9.9.9.data/scripts/trueline"],
            (program, 0o100_755)
        );
        let record = text("RECORD");
        let recorded: BTreeMap<&str, (&str, &str)> = record
            .lines()
            .map(|line| {
                let mut parts = line.rsplitn(3, ',');
                let (size, digest) = (parts.next().unwrap(), parts.next().unwrap());
                (parts.next().unwrap(), (digest, size))
            })
            .collect();
        assert_eq!(recorded.len(), members.len());
        for (name, (content, _)) in &members {
            let (digest, size) = recorded[name.as_str()];
            if name.ends_with("/RECORD") {
                assert_eq!((digest, size), ("", ""));
                continue;
            }
            let expected = BASE64URL_NOPAD.encode(&Sha256::digest(content));
            assert_eq!(digest, format!("sha256={expected}"), "{name}");
            assert_eq!(size, content.len().to_string());
        }
        // The tags of the name are those of the file in it.
        let name = file_name("9.9.9");
        let tags = name.trim_end_matches(".whl").rsplit('-').next().unwrap();
        let described = text("WHEEL");
        let described = described
            .lines()
            .filter_map(|line| line.strip_prefix("Tag: py3-none-"));
        assert_eq!(tags, described.collect::<Vec<_>>().join("."));
        assert!(
            text("METADATA").starts_with("Metadata-Version: 2.4\nName: trueline\nVersion: 9.9.9\n")
        );
    }
}
