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
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    use {super::*, std::process::Command};

    /// Installed by pip itself, where there is one: what it refuses is no wheel.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn pip_installs_the_wheel_and_its_script_runs() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let script = b"#!/bin/sh\necho trueline 9.9.9\n";
        let wheel = build("9.9.9", script).unwrap();
        assert_eq!(wheel, build("9.9.9", script).unwrap());
        let name = at(&file_name("9.9.9"));
        std::fs::write(&name, wheel).unwrap();
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(at("venv"))
            .status();
        if !made.is_ok_and(|status| status.success()) {
            println!("SKIPPED: no python3 with venv here, so pip did not look at the wheel");
            return;
        }
        let installed = Command::new(at("venv/bin/python"))
            .args(["-m", "pip", "install", "--no-index", "--no-deps", "--quiet"])
            .args(["--disable-pip-version-check"])
            .arg(&name)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&installed.stderr).into_owned();
        assert!(installed.status.success(), "{told}");
        let run = Command::new(at("venv/bin/trueline")).output().unwrap();
        assert_eq!(run.stdout, b"trueline 9.9.9\n");
        let checked = Command::new(at("venv/bin/python"))
            .args(["-m", "pip", "show", "--files", "trueline"])
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(
            shown.contains("Version: 9.9.9") && shown.contains("bin/trueline"),
            "{shown}"
        );
    }
}
