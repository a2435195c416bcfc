//! Zip and tar archives, with headers that can be made to lie.

use super::Sample;
use super::pickles::{Names, Pickle, plain};

/// A stored member and what is wrong with its headers.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) local_name: Option<String>,
    pub(crate) wrong_crc: bool,
    pub(crate) central_flags: u16,
    pub(crate) local_flags: u16,
    pub(crate) method: u16,
    pub(crate) hidden: bool,
    /// Attributes of the file: the upper half is its Unix mode.
    pub(crate) external: u32,
}

pub(crate) fn member(name: &str, bytes: Vec<u8>) -> Member {
    Member {
        name: name.to_owned(),
        bytes,
        local_name: None,
        wrong_crc: false,
        central_flags: 0,
        local_flags: 0,
        method: 0,
        hidden: false,
        external: 0,
    }
}

/// An archive of stored members.
pub(crate) fn zip(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    let mut count = 0u16;
    for member in members {
        let offset = out.len() as u32;
        let mut crc = crc32fast::hash(&member.bytes);
        if member.wrong_crc {
            crc ^= 1;
        }
        let local_name = member.local_name.as_ref().unwrap_or(&member.name);
        let size = member.bytes.len() as u32;
        out.extend(b"PK\x03\x04\x14\0");
        out.extend(member.local_flags.to_le_bytes());
        out.extend(member.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(crc.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((local_name.len() as u16).to_le_bytes());
        out.extend([0; 2]);
        out.extend(local_name.bytes());
        out.extend(&member.bytes);
        if member.hidden {
            continue;
        }
        count += 1;
        central.extend(b"PK\x01\x02\x14\0\x14\0");
        central.extend(member.central_flags.to_le_bytes());
        central.extend(member.method.to_le_bytes());
        central.extend([0; 4]);
        central.extend(crc.to_le_bytes());
        central.extend(size.to_le_bytes());
        central.extend(size.to_le_bytes());
        central.extend((member.name.len() as u16).to_le_bytes());
        central.extend([0; 8]);
        central.extend(member.external.to_le_bytes());
        central.extend(offset.to_le_bytes());
        central.extend(member.name.bytes());
    }
    let start = out.len() as u32;
    let size = central.len() as u32;
    out.extend(central);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

/// One tar header and body.
pub(crate) fn tar_entry(name: &str, kind: u8, link: &str, bytes: &[u8]) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[108..115].copy_from_slice(b"0000000");
    block[116..123].copy_from_slice(b"0000000");
    block[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
    block[136..147].copy_from_slice(b"00000000000");
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..263].copy_from_slice(b"ustar\0");
    block[263..265].copy_from_slice(b"00");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(bytes);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

pub(crate) fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    out.extend([0; 1024]);
    out
}

/// `torch.save` of a state dict: tensors by persistent ids.
pub(crate) fn torch_pickle() -> Vec<u8> {
    Pickle::new(2)
        .raw(b"ccollections\nOrderedDict\n)R(")
        .text("weight")
        .raw(b"ctorch._utils\n_rebuild_tensor_v2\n((")
        .text("storage")
        .raw(b"ctorch\nFloatStorage\n")
        .text("0")
        .text("cpu")
        .raw(b"K\x04tQK\0K\x04\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRu")
        .stop()
}

pub(crate) fn torch(pickle: Vec<u8>) -> Vec<Member> {
    vec![
        member("archive/data.pkl", pickle),
        member("archive/byteorder", b"little".to_vec()),
        member(
            "archive/data/0",
            vec![0, 0, 128, 63, 0, 0, 128, 63, 0, 0, 128, 63, 0, 0, 128, 63],
        ),
        member("archive/version", b"3\n".to_vec()),
    ]
}

pub(crate) fn samples() -> Vec<Sample> {
    let attack = |p| {
        Pickle::new(p)
            .call(Names::Global, "os", "system", "echo x")
            .stop()
    };
    let mut out = Vec::new();
    out.push(Sample::twin(
        "torch-zip",
        "state-dict.pt",
        zip(&torch(torch_pickle())),
    ));
    for protocol in [0, 2, 4] {
        out.push(Sample::attack(
            "torch-zip",
            format!("call-{protocol}.pt"),
            zip(&torch(attack(protocol))),
        ));
        out.push(Sample::attack(
            "torch-zip",
            format!("call-{protocol}.bin"),
            zip(&torch(attack(protocol))),
        ));
        let mut members = torch(attack(protocol));
        members[0].wrong_crc = true;
        out.push(Sample::attack(
            "zip-lies",
            format!("wrong-checksum-{protocol}.pt"),
            zip(&members),
        ));
        let mut members = torch(attack(protocol));
        members[0].local_name = Some("archive/other.pkl".to_owned());
        out.push(Sample::attack(
            "zip-lies",
            format!("other-local-name-{protocol}.pt"),
            zip(&members),
        ));
        for flag in [1u16, 1 << 5] {
            let mut members = torch(attack(protocol));
            members[0].central_flags = flag;
            out.push(Sample::attack(
                "zip-lies",
                format!("central-flag-{flag}-{protocol}.pt"),
                zip(&members),
            ));
            members[0].local_flags = flag;
            out.push(Sample::attack(
                "zip-lies",
                format!("both-flags-{flag}-{protocol}.pt"),
                zip(&members),
            ));
        }
        let mut members = torch(torch_pickle());
        members.push(member("archive/data.pkl", attack(protocol)));
        out.push(Sample::attack(
            "zip-lies",
            format!("duplicate-{protocol}.pt"),
            zip(&members),
        ));
        let mut members = torch(torch_pickle());
        members.push(member("archive/extra/anything.txt", attack(protocol)));
        out.push(Sample::attack(
            "torch-zip",
            format!("extra-member-{protocol}.pt"),
            zip(&members),
        ));
        let mut members = torch(torch_pickle());
        let mut hidden = member("archive/data.pkl", attack(protocol));
        hidden.hidden = true;
        members.insert(0, hidden);
        out.push(Sample::attack(
            "zip-lies",
            format!("hidden-{protocol}.pt"),
            zip(&members),
        ));
        let mut members = torch(attack(protocol));
        members[0].method = 99;
        out.push(Sample::attack(
            "zip-lies",
            format!("unknown-method-{protocol}.pt"),
            zip(&members),
        ));
        out.push(Sample::attack(
            "polyglot",
            format!("pickle-then-zip-{protocol}.pt"),
            [attack(protocol), zip(&torch(torch_pickle()))].concat(),
        ));
        out.push(Sample::attack(
            "polyglot",
            format!("zip-behind-text-{protocol}.pt"),
            [
                b"some text before\n".to_vec(),
                zip(&torch(attack(protocol))),
            ]
            .concat(),
        ));
        out.push(Sample::attack(
            "polyglot",
            format!("zip-then-pickle-{protocol}.pt"),
            [zip(&torch(torch_pickle())), attack(protocol)].concat(),
        ));
        out.push(Sample::attack(
            "nested",
            format!("zip-in-zip-{protocol}.zip"),
            zip(&[member("inner.zip", zip(&torch(attack(protocol))))]),
        ));
        out.push(Sample::attack(
            "tar",
            format!("legacy-{protocol}.tar"),
            tar(&[tar_entry("pickle", b'0', "", &attack(protocol))]),
        ));
        out.push(Sample::attack(
            "nested",
            format!("tar-in-zip-{protocol}.zip"),
            zip(&[member(
                "m.tar",
                tar(&[tar_entry("m.pkl", b'0', "", &attack(protocol))]),
            )]),
        ));
        out.push(Sample::twin(
            "tar",
            format!("plain-{protocol}.tar"),
            tar(&[tar_entry("pickle", b'0', "", &plain(protocol))]),
        ));
        out.push(Sample::twin(
            "nested",
            format!("plain-{protocol}.zip"),
            zip(&[member("inner.zip", zip(&torch(torch_pickle())))]),
        ));
    }
    for name in ["../../evil", "/etc/cron.d/x", "a/../../b", "C:\\x"] {
        let flat = name.replace(['/', '\\', ':'], "_");
        out.push(Sample::attack(
            "slip",
            format!("zip{flat}.zip"),
            zip(&[member(name, b"x".to_vec())]),
        ));
        out.push(Sample::attack(
            "slip",
            format!("tar{flat}.tar"),
            tar(&[tar_entry(name, b'0', "", b"x")]),
        ));
    }
    out.push(Sample::attack(
        "slip",
        "symlink.tar",
        tar(&[tar_entry("a", b'2', "../../etc/passwd", b"")]),
    ));
    out.push(Sample::attack(
        "slip",
        "hardlink.tar",
        tar(&[tar_entry("a", b'1', "/etc/passwd", b"")]),
    ));
    out.push(Sample::attack(
        "slip",
        "pax.tar",
        tar(&[
            tar_entry("x", b'x', "", b"21 path=../../evil.x\n"),
            tar_entry("a", b'0', "", b"x"),
        ]),
    ));
    out.push(Sample::twin(
        "slip",
        "link.tar",
        tar(&[
            tar_entry("a/b", b'2', "c", b""),
            tar_entry("a/c", b'0', "", b"x"),
        ]),
    ));
    out
}
