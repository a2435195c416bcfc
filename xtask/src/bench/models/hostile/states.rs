//! Pickles whose objects are given states: one very often, many of them, texts that look like expressions; and joblib's
//! arrays, whose bytes may be opcodes.

use super::{Files, fill};

const WRAPPER: &[u8] = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81";

#[expect(
    clippy::too_many_lines,
    reason = "a list of files, one after the other"
)]
pub(super) fn files() -> Files {
    let mut files: Files = Vec::new();
    files.push(("lines-without-end.pkl", fill(b"", b"\x80\x02c", b"")));
    files.push(("lines-without-end.bin", fill(b"xx\0", b"\x80\x02V", b"")));
    let plain = format!("x__{}", "+1".repeat(500));
    let spread = format!("__({})", "*('a'*4096),".repeat(80));
    for (name, texts) in [
        ("state-of-expressions.pkl", state(64, |_| text(&plain))),
        ("state-of-spread-texts.pkl", state(64, |_| text(&spread))),
    ] {
        files.push((
            name,
            fill(&[b"\x80\x02]", &texts[..]].concat(), b"h\x00b", b"."),
        ));
    }
    // Each text is another one.
    let mut out = b"\x80\x02]}(".to_vec();
    for at in 0..900 {
        out.extend(format!("U\x03{at:03}").bytes());
        out.extend(text(&format!("__{at:03}({})", "*('a'*4096),".repeat(80))));
    }
    out.extend(b"ub.");
    files.push(("many-expressions.pkl", out));
    let functions = |head: &[u8]| {
        let keys = state(64, |_| b"h\x02".to_vec());
        [b"\x80\x02cbuiltins\nlen\nq\x020", head, &keys[..]].concat()
    };
    files.push((
        "state-of-functions.pkl",
        fill(&functions(b"]"), b"h\x00b", b"."),
    ));
    files.push((
        "objects-of-functions.pkl",
        fill(&functions(b"cm\nC\nq\x030"), b"h\x03)\x81h\x00b0", b"N."),
    ));
    // A dict of a class, made of lists of pairs.
    let pairs = [b"](".to_vec(), b"(h\x02h\x02t".repeat(64), b"e".to_vec()].concat();
    files.push((
        "state-of-pairs.pkl",
        fill(
            &[
                &b"\x80\x02cbuiltins\nlen\nq\x020]ccollections\nOrderedDict\n("[..],
                &pairs.repeat(64),
                b"tRq\x000",
            ]
            .concat(),
            b"h\x00b",
            b".",
        ),
    ));
    files.push((
        "growing-dict-of-functions.pkl",
        fill(
            b"\x80\x02cbuiltins\nlen\nq\x020]}q\x00",
            b"(K\x01h\x02ubh\x00",
            b"0.",
        ),
    ));
    files.push((
        "methods-of-objects.pkl",
        fill(b"\x80\x02cm\nC\n)\x81}(U\x06appendcm\nf\nub", b"Na", b"."),
    ));
    let array = |shape: u8, more: &[u8]| {
        [
            &b"}(U\x05shapeK"[..],
            &[shape],
            b"\x85U\x05dtypecnumpy\ndtype\n(U\x02u1\x89\x88tR",
            more,
            b"u",
        ]
        .concat()
    };
    files.push((
        "wrapper-often.joblib",
        fill(
            &[b"\x80\x02", WRAPPER, &array(0, b"")[..], b"q\x000"].concat(),
            b"h\x00b",
            b".",
        ),
    ));
    files.push((
        "wide-wrapper-often.joblib",
        fill(
            &[
                b"\x80\x02",
                WRAPPER,
                &array(0, &b"NN".repeat(60))[..],
                b"q\x000",
            ]
            .concat(),
            b"h\x00b",
            b".",
        ),
    ));
    // Bytes of arrays that are opcodes, beside very many values that another reading needs too.
    let opcodes = b"cm\nf\n)R0";
    let mut head = [b"\x80\x02(", &b"]".repeat(100_000)[..], b"l0"].concat();
    head.extend([WRAPPER, &array(opcodes.len() as u8, b"")[..], b"q\x000"].concat());
    files.push((
        "arrays-of-opcodes.joblib",
        fill(&head, &[b"h\x00b", &opcodes[..]].concat(), b"."),
    ));
    files.push((
        "functions-handed-on.pkl",
        fill(
            &[
                &b"\x80\x02cheapq\nmerge\nq\x000("[..],
                &b"cm\nf\n".repeat(64),
                b"tq\x010",
            ]
            .concat(),
            b"h\x00h\x01R0",
            b"N.",
        ),
    ));
    files.push((
        "lists-of-functions-handed-on.pkl",
        fill(
            &[
                &b"\x80\x02cheapq\nmerge\nq\x000("[..],
                &[&b"]("[..], &b"cm\nf\n".repeat(64), b"e"]
                    .concat()
                    .repeat(60),
                b"tq\x010",
            ]
            .concat(),
            b"h\x00h\x01R0",
            b"N.",
        ),
    ));
    files.push((
        "default-of-default.pkl",
        fill(
            b"\x80\x02cfunctools\npartial\n(coperator\ngetitem\ntRq\x00ccollections\ndefaultdict\n(h\x00tRq\x01h\x00(coperator\ngetitem\n(h\x01U\x01kt}Ntb0",
            b"coperator\ngetitem\n(h\x01U\x01ktR0",
            b"N.",
        ),
    ));
    files
}

fn text(value: &str) -> Vec<u8> {
    [
        b"X",
        &(value.len() as u32).to_le_bytes()[..],
        value.as_bytes(),
    ]
    .concat()
}

/// A dict of so many keys, in the memo as 0.
fn state(keys: usize, value: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut out = b"}q\x00(".to_vec();
    for at in 0..keys {
        out.extend(format!("U\x03k{at:02}").bytes());
        out.extend(value(at));
    }
    out.extend(b"u0");
    out
}
