//! Pickles.

use super::{Files, MB, fill, gzip};

#[expect(clippy::too_many_lines, reason = "a list of files")]
pub(super) fn files() -> Files {
    let mut files: Files = Vec::new();
    let pickle = |parts: &[&[u8]]| [b"\x80\x04", &parts.concat()[..]].concat();
    let constant = |byte: u8| [&b"B\0\0\x08\0"[..], &vec![byte; MB / 2], b"q\x000"].concat();
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
    files.push(("nested-arrays.joblib", {
        // Arrays of objects in arrays of objects: each is read by a machine of its own.
        let array = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(\x8c\x08subclasscnumpy\nndarray\n\x8c\x05shapeK\x01\x85\x8c\x05order\x8c\x01C\x8c\x05dtypecnumpy\ndtype\n\x8c\x02O8\x89\x88\x87R\x8c\x0aallow_mmap\x89ub";
        fill(b"\x80\x04", array, b"N.")
    }));
    files.push(("many-names.pkl", {
        let mut out = b"\x80\x04".to_vec();
        for at in 0..MB / 19 {
            out.extend(format!("cpkg{at:06}\nf{at:06}\n0").bytes());
        }
        out.push(b'.');
        out
    }));
    files.push(("long-names.pkl", {
        let mut out = b"\x80\x04".to_vec();
        for at in 0..MB / 260 {
            out.extend(format!("c{}{at:06}\nf\n)R0", "a.b.".repeat(60)).bytes());
        }
        out.push(b'.');
        out
    }));
    files.push((
        "attribute-of-attribute.pkl",
        fill(
            &pickle(&[b"cbuiltins\ngetattr\nq\x000\x8c\x01aq\x010cshop\nA\n)R"]),
            b"q\x02h\x00h\x02h\x01\x86R",
            b"0N.",
        ),
    ));
    files.push((
        "sum-of-sums.pkl",
        fill(
            &pickle(&[b"coperator\nconcat\nq\x000\x8c\x04aaaa"]),
            b"q\x02h\x00h\x02h\x02\x86R",
            b"0N.",
        ),
    ));
    files.push(("small-bombs.pkl", {
        let bomb = gzip(&vec![b'('; 1 << 16]);
        let mut out = b"\x80\x04".to_vec();
        let mut at = 0u32;
        while out.len() < MB - 300 {
            // No two are the same constant.
            let bytes = [&bomb[..], &at.to_le_bytes()].concat();
            out.push(b'C');
            out.push(bytes.len() as u8);
            out.extend(bytes);
            out.push(b'0');
            at += 1;
        }
        out.extend(b"N.");
        out
    }));
    files.push((
        "pickles-in-constants.pkl",
        fill(b"\x80\x04", b"C\x0c\x80\x02cos\nabc\n(.0", b"N."),
    ));
    files.push((
        "texts-of-pickles.pkl",
        fill(
            b"\x80\x04",
            b"\x8c\x1ecos\nsystem\n(S'echo x'\ntR.#####0",
            b"N.",
        ),
    ));
    files.push(("base64-in-base64.pkl", {
        let mut text = fill(b"\x80\x02", b"cab\nab\n0", b"N.");
        text.truncate(MB / 4);
        for _ in 0..5 {
            text = base64(&text);
        }
        text.truncate(MB - 64);
        let mut out = b"\x80\x04X".to_vec();
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text);
        out.push(b'.');
        out
    }));
    files.push((
        "long-number.pkl",
        fill(b"\x80\x02\x8b\xf0\xff\x0f\x00", b"\x7f", b"."),
    ));
    files.push(("long-digits.pkl", fill(b"\x80\x02L", b"7", b"L\n.")));
    files.push(("open-lines.pkl", fill(b"\x80\x02", b"V", b"")));
    files.push(("open-names.bin", fill(b"xx", b"c", b"")));
    files.push(("open-texts.bin", fill(b"xx", b"S'", b"")));
    files.push((
        "short-frames.pkl",
        fill(b"\x80\x04", b"\x95\x01\0\0\0\0\0\0\0K\x010", b"N."),
    ));
    files.push((
        "states.pkl",
        fill(
            b"\x80\x02cshop\nA\n)\x81q\x000",
            b"h\x00}(U\x01aK\x01ub0",
            b"N.",
        ),
    ));
    files.push((
        "classes.pkl",
        fill(b"\x80\x02", b"cshop\nA\n)\x81}b0", b"N."),
    ));
    files.push((
        "wide-lists.pkl",
        fill(b"\x80\x02]q\x00", b"(h\x00h\x00h\x00h\x00e", b"."),
    ));
    files.push((
        "persistent.pkl",
        fill(
            b"\x80\x02",
            b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQ0",
            b"N.",
        ),
    ));
    files.push((
        "extensions.pkl",
        fill(
            b"\x80\x02ccopyreg\nadd_extension\nq\x00(U\x02osU\x06systemK\x01tR0",
            b"\x82\x01(U\x01xtR0",
            b"N.",
        ),
    ));
    files.push((
        "dangerous-calls.pkl",
        fill(
            b"\x80\x02cos\nsystem\nq\x000",
            b"h\x00(U\x06echo xtR0",
            b"N.",
        ),
    ));
    files.push((
        "changed-often.pkl",
        fill(b"\x80\x02", b"csys\nmodules\nU\x01aNs0", b"N."),
    ));
    files.push((
        "functions-of-code.pkl",
        fill(
            b"\x80\x02",
            b"ctypes\nCodeType\n(K\x00C\x02d\x00(U\x02osttR0",
            b"N.",
        ),
    ));
    files.push((
        "tuples-of-tuples.pkl",
        fill(
            b"\x80\x02)q\x000",
            b"(h\x00h\x00h\x00h\x00h\x00h\x00tq\x000",
            b"h\x00.",
        ),
    ));
    files
}

/// Without padding: the length is a multiple of three, or cut.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks_exact(3)
        .flat_map(|three| {
            let word = three
                .iter()
                .fold(0, |word, byte| word << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| LETTERS[word >> shift & 63])
        })
        .collect()
}
