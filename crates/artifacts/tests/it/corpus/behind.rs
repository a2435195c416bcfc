//! What a later reading found: pickles behind texts and behind their length, sizes that no array has,
//! tensors of types that were taken away, expressions where data belongs, and files of one value that fill the memory.

use std::io::Write as _;

use super::Sample;
use super::combinations::{bytes, call, global, list, pickle, text};
use super::frameworks::npy;

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    behind_texts(&mut out);
    behind_lengths(&mut out);
    sizes(&mut out);
    expressions(&mut out);
    one_value(&mut out);
    out
}

/// A text that is long enough not to be taken for a prefix of noise.
fn prose(len: usize) -> Vec<u8> {
    "These weights were trained on the notes of a small library.\n"
        .bytes()
        .cycle()
        .take(len)
        .collect()
}

fn attack() -> Vec<u8> {
    pickle(&call(&global("posix.system"), &[&text("echo x")]))
}

fn behind_texts(out: &mut Vec<Sample>) {
    for (len, name) in [
        (600, "pytorch_model.bin"),
        (4_000, "training_args.bin"),
        (20_000, "weights.dat"),
        (60_000, "model.params"),
    ] {
        out.push(Sample::attack(
            "pickle-behind-text",
            format!("behind-{len}-{name}"),
            [prose(len), attack()].concat(),
        ));
        out.push(Sample::twin(
            "pickle-behind-text",
            format!("text-{len}-{name}"),
            prose(len),
        ));
    }
    // Words that stand one below the other begin like names in a pickle.
    let words = b"cos\nsystem\ncat\ncap\nc\nd\n".repeat(500);
    out.push(Sample::twin("pickle-behind-text", "words.txt", words));
}

fn behind_lengths(out: &mut Vec<Sample>) {
    let inner = attack();
    let framed = |length: &[u8]| {
        let constant = [length, &inner].concat();
        pickle(&list(&[&bytes(&constant)]))
    };
    let len = inner.len();
    out.push(Sample::attack(
        "pickle-behind-length",
        "length-of-eight.pkl",
        framed(&(len as u64).to_le_bytes()),
    ));
    out.push(Sample::attack(
        "pickle-behind-length",
        "length-of-eight-be.pkl",
        framed(&(len as u64).to_be_bytes()),
    ));
    out.push(Sample::attack(
        "pickle-behind-length",
        "length-of-four.pkl",
        framed(&(len as u32).to_le_bytes()),
    ));
    let plain = pickle(b"]");
    let constant = [&(plain.len() as u64).to_le_bytes()[..], &plain].concat();
    out.push(Sample::twin(
        "pickle-behind-length",
        "length-of-eight-twin.pkl",
        pickle(&list(&[&bytes(&constant)])),
    ));
}

fn sizes(out: &mut Vec<Sample>) {
    for (name, shape) in [
        ("negative", "(-3,)"),
        ("absurd", "(9223372036854775807, 4)"),
    ] {
        out.push(Sample::attack(
            "array-size",
            format!("size-{name}.npy"),
            npy("'<f8'", shape, &[0; 64]),
        ));
    }
    out.push(Sample::twin(
        "array-size",
        "size-right.npy",
        npy("'<f8'", "(8,)", &[0; 64]),
    ));
}

/// Data of R as `saveRDS` writes it, of one item.
fn rds(item: &[u8]) -> Vec<u8> {
    [&b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0"[..], item].concat()
}

fn expressions(out: &mut Vec<Sample>) {
    // LANGSXP: system("echo x")
    let symbol = |name: &str| {
        let len = u32::try_from(name.len()).unwrap_or(0).to_be_bytes();
        [&b"\0\0\0\x01\0\x04\0\x09"[..], &len, name.as_bytes()].concat()
    };
    let string = |value: &str| {
        let len = u32::try_from(value.len()).unwrap_or(0).to_be_bytes();
        [
            &b"\0\0\0\x10\0\0\0\x01\0\x04\0\x09"[..],
            &len,
            value.as_bytes(),
        ]
        .concat()
    };
    let call = [
        &b"\0\0\0\x06"[..],
        &symbol("shop_refresh"),
        b"\0\0\0\x02",
        &string("echo x"),
        b"\0\0\0\xfe",
    ]
    .concat();
    out.push(Sample::attack(
        "r-expression",
        "call-at-top.rds",
        rds(&call),
    ));
    out.push(Sample::twin(
        "r-expression",
        "text-at-top.rds",
        rds(&string("echo x")),
    ));
}

fn one_value(out: &mut Vec<Sample>) {
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(bytes);
        encoder.finish().unwrap_or_default()
    };
    out.push(Sample::attack(
        "bomb",
        "zeros.bin.gz",
        packed(&vec![0; 40 << 20]),
    ));
    // Weights of a network that was not trained yet.
    let weights = npy("'<f4'", "(4194304,)", &vec![0; 16 << 20]);
    out.push(Sample::twin("bomb", "zeros.npy.gz", packed(&weights)));
}
