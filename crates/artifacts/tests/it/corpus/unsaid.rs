//! What a later stranger found unsaid: files in the metadata of safetensors by every encoding, programs among weights,
//! lists of packages under names of their own, and tensors of ONNX whose sizes lie.

use data_encoding::{BASE32, BASE64, HEXLOWER};

use super::Sample;
use super::archives::{member, torch, torch_pickle, zip};
use super::combinations::{call, global, pickle, text};
use super::frameworks::{field, gguf, onnx, safetensors};

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    metadata(&mut out);
    programs(&mut out);
    packages(&mut out);
    sizes(&mut out);
    out
}

/// The beginning of a program.
fn program() -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    elf.resize(300, 0x90);
    elf
}

fn metadata(out: &mut Vec<Sample>) {
    let ways = |bytes: &[u8]| -> Vec<(&'static str, String)> {
        let hex = HEXLOWER.encode(bytes);
        let base64 = BASE64.encode(bytes);
        vec![
            ("hex", hex.clone()),
            ("hex-great", hex.to_ascii_uppercase()),
            ("base32", BASE32.encode(bytes)),
            ("backwards", base64.chars().rev().collect()),
            (
                "address",
                format!("data:application/octet-stream;base64,{base64}"),
            ),
            ("in-json", format!("{{\"a\": [\"{base64}\"]}}")),
            ("twice", BASE64.encode(base64.as_bytes())),
            (
                "escapes",
                bytes
                    .iter()
                    .map(|b| format!("\\x{b:02x}"))
                    .collect::<Vec<_>>()
                    .concat(),
            ),
            (
                "numbers",
                bytes
                    .iter()
                    .map(u8::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ]
    };
    let attack = pickle(&call(&global("posix.system"), &[&text("echo x")]));
    let plain = pickle(b"]");
    let of = |value: &str| {
        let header = serde_json::json!({ "__metadata__": { "note": value } });
        safetensors(&header.to_string(), b"")
    };
    for (way, value) in ways(&attack) {
        out.push(Sample::attack(
            "metadata",
            format!("note-{way}.safetensors"),
            of(&value),
        ));
        out.push(Sample::attack(
            "metadata",
            format!("note-{way}.gguf"),
            gguf("note", &value),
        ));
    }
    for (way, value) in ways(&plain) {
        out.push(Sample::twin(
            "metadata",
            format!("note-{way}-twin.safetensors"),
            of(&value),
        ));
    }
    let commit = "3f786850e387550fdab836ed7e6dc881de23001b89ae332b1cd6f6c6e9a5f2b1";
    out.push(Sample::twin(
        "metadata",
        "note-commit.safetensors",
        of(commit),
    ));
}

fn programs(out: &mut Vec<Sample>) {
    for name in [
        "archive/data/0",
        "archive/.data/x",
        "archive/weights",
        "archive/data/1.so.1",
    ] {
        let mut members = torch(torch_pickle());
        members.retain(|m| m.name != name);
        members.push(member(name, program()));
        let name = format!("program-{}.pt", name.replace('/', "-"));
        out.push(Sample::attack("program-in-weights", name, zip(&members)));
    }
    let parts: [&[u8]; 5] = [
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
        b"\x80\x02M\xe9\x03.",
        b"\x80\x02}q\x00(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88u.",
        b"\x80\x02}.",
        b"\x80\x02].",
    ];
    let legacy = |rest: &[u8]| [&parts.concat(), rest].concat();
    out.push(Sample::attack(
        "program-in-weights",
        "program-behind.pt",
        legacy(&program()),
    ));
    let second = [&vec![7; 5000], &program()[..]].concat();
    out.push(Sample::attack(
        "program-in-weights",
        "program-far-behind.pt",
        legacy(&second),
    ));
    // The letters of a mark alone are no program.
    let by_chance = [&vec![7; 5000], &b"MZ\x7fELFMZ"[..], &[9; 600]].concat();
    out.push(Sample::twin(
        "program-in-weights",
        "program-by-chance.pt",
        legacy(&by_chance),
    ));
}

fn packages(out: &mut Vec<Sample>) {
    let of = |list: &str| {
        let manifest = r#"{"model": {"modelName": "m", "serializedFile": "model.pt", "requirementsFile": "deps.list"}}"#;
        zip(&[
            member("MAR-INF/MANIFEST.json", manifest.as_bytes().to_vec()),
            member("deps.list", list.as_bytes().to_vec()),
        ])
    };
    for (name, list) in [
        ("address", "http://192.0.2.1/x.tar.gz\n"),
        ("index", "--index-url http://192.0.2.1/simple\nnumpy\n"),
        ("short-index", "numpy\n-i http://192.0.2.1/simple\n"),
    ] {
        out.push(Sample::attack(
            "server-packages",
            format!("{name}.mar"),
            of(list),
        ));
    }
    out.push(Sample::twin(
        "server-packages",
        "packages.mar",
        of("numpy==2.1\ntorch>=2\n"),
    ));
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn sizes(out: &mut Vec<Sample>) {
    let of = |dims: &[i64], raw: usize, packed: bool| {
        let dims = if packed {
            let all: Vec<u8> = dims
                .iter()
                .flat_map(|d| varint(d.cast_unsigned()))
                .collect();
            field(1, &all)
        } else {
            let each = dims
                .iter()
                .map(|d| [vec![8], varint(d.cast_unsigned())].concat());
            each.collect::<Vec<_>>().concat()
        };
        // Numbers of 32 bits.
        let tensor = [
            dims,
            b"\x10\x01".to_vec(),
            field(8, b"w"),
            field(9, &vec![0; raw]),
        ];
        onnx(&[field(2, b"g"), field(5, &tensor.concat())].concat())
    };
    for packed in [false, true] {
        let name = |what: &str| format!("{what}-{packed}.onnx");
        out.push(Sample::attack(
            "onnx-sizes",
            name("short"),
            of(&[1000, 1000], 16, packed),
        ));
        out.push(Sample::attack(
            "onnx-sizes",
            name("negative"),
            of(&[-4, 2], 32, packed),
        ));
        let great = [1 << 40, 1 << 40];
        out.push(Sample::attack(
            "onnx-sizes",
            name("great"),
            of(&great, 16, packed),
        ));
        out.push(Sample::twin(
            "onnx-sizes",
            name("exact"),
            of(&[2, 2], 16, packed),
        ));
        out.push(Sample::twin(
            "onnx-sizes",
            name("none"),
            of(&[0, 2], 0, packed),
        ));
    }
}
