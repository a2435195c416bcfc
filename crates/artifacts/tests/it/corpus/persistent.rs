//! Pickles that begin with a persistent id, which any sentence may look like.

use super::Sample;

const TECHNIQUE: &str = "persistent-id-first";

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    // The names come from the stack: no line of the file looks like one.
    let by_stack: &[u8] = b"Vos\nVsystem\n\x93(Vecho x\ntR.";
    let by_line: &[u8] = b"cos\nsystem\n(S'echo x'\ntR.";
    for (name, start) in [
        ("popped", &b"Pa\n0"[..]),
        ("of-words", b"Pall the weights\n0"),
        ("empty", b"P\n0"),
        ("twice", b"Pa\n0Pb\n0"),
        ("again", b"Pa\nQ0"),
        ("kept", b"Pa\np0\n0"),
        ("then-binary", b"Pa\n0U\x01bQ0"),
    ] {
        for (extension, call) in [("bin", by_stack), ("dat", by_stack), ("model", by_line)] {
            let bytes = [start, call].concat();
            out.push(Sample::attack(
                TECHNIQUE,
                format!("persistent-{name}.{extension}"),
                bytes,
            ));
        }
    }
    for (name, text) in [
        ("id.bin", &b"Pa\n."[..]),
        ("ids.dat", b"Pa\n(Pb\nPc\nl."),
        ("state.model", b"(dp0\nS'weight'\nPa\nsS'bias'\nPb\ns."),
        ("recipe.bin", b"Pickle the onions.\nStore them cool.\n"),
        ("end.dat", b"Please wait\n.\nNothing follows.\n"),
        ("notes.model", b"PK is short for Phil Katz\nNo more.\n"),
        ("columns.dat", b"Price Date\n1.5 2026\nI2\n"),
        (
            "bypasses.md",
            b"Pickles that call, by their lines:\ncos\nsystem\n(S'echo x'\ntR.\n",
        ),
    ] {
        out.push(Sample::twin(
            TECHNIQUE,
            format!("persistent-{name}"),
            text.to_vec(),
        ));
    }
    out
}
