//! Calls behind very many values, and names in layers of encodings: what is far away is seen as well.

use super::Sample;
use super::pickles::{Names, Pickle, attack};

/// What the calls would run.
const PAYLOAD: &str = "echo x";
/// More values than are kept one by one.
const MANY: usize = 300_000;

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    padded(&mut out);
    layers(&mut out);
    documents(&mut out);
    out
}

fn padded(out: &mut Vec<Sample>) {
    let timedelta = b"cdatetime\ntimedelta\n(K\x01tR";
    let items: [(&str, &[u8]); 6] = [
        ("numbers", b"K\x01"),
        ("texts", b"U\x01a"),
        ("lines", b"I1\n"),
        ("lists", b"]"),
        ("pairs", b"NN\x86"),
        ("calls", timedelta),
    ];
    for (name, item) in items {
        let data = [b"](", &item.repeat(MANY)[..], b"e"].concat();
        out.push(Sample::attack(
            "behind-many-values",
            format!("{name}.pkl"),
            Pickle::new(2)
                .raw(&data)
                .call(Names::Global, "os", "system", PAYLOAD)
                .stop(),
        ));
        out.push(Sample::twin(
            "behind-many-values",
            format!("{name}.pkl"),
            Pickle::new(2).raw(&data).stop(),
        ));
    }
    // Names that stand below the values, which are dropped again.
    for (name, below) in [("bottom", 0), ("middle", 200)] {
        let bytes = Pickle::new(4)
            .raw(&b"N".repeat(below))
            .text("posix")
            .text("system")
            .raw(&b"N".repeat(MANY))
            .raw(&b"0".repeat(MANY))
            .raw(b"\x93")
            .text(PAYLOAD)
            .raw(b"\x85R")
            .stop();
        out.push(Sample::attack(
            "behind-many-values",
            format!("names-at-the-{name}.pkl"),
            bytes,
        ));
    }
}

fn layers(out: &mut Vec<Sample>) {
    let call = attack(4);
    let harmless = Pickle::new(4).text("words that say nothing at all").stop();
    for layers in [5, 6, 9, 14] {
        let wrap = |bytes: &[u8]| {
            let mut text = bytes.to_vec();
            for _ in 0..layers {
                text = data_encoding::BASE64.encode(&text).into_bytes();
            }
            text
        };
        for (name, bytes) in [("text.txt", &call), ("note.json", &call)] {
            let text = wrap(bytes);
            let text = if name.ends_with("json") {
                [b"{\"note\": \"", &text[..], b"\"}"].concat()
            } else {
                text
            };
            out.push(Sample::attack(
                "digits-of-digits",
                format!("{layers}/{name}"),
                text,
            ));
        }
        out.push(Sample::twin(
            "digits-of-digits",
            format!("{layers}/text.txt"),
            wrap(&harmless),
        ));
    }
}

fn documents(out: &mut Vec<Sample>) {
    let document = |entity: &str, value: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?>{entity}<PMML version=\"4.4\"><Header description=\"{value}\"/></PMML>"
        )
    };
    let hostile = document(
        "<!DOCTYPE PMML [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>",
        "&x;",
    );
    let harmless = document("", "x");
    let little = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>()
    };
    let big = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect::<Vec<_>>()
    };
    let add_all = [("little", true), ("big", false)];
    for (name, is_little) in add_all {
        let write = |text: &str| if is_little { little(text) } else { big(text) };
        out.push(Sample::attack(
            "xml-without-a-mark",
            format!("{name}.pmml"),
            write(&hostile),
        ));
        out.push(Sample::twin(
            "xml-without-a-mark",
            format!("{name}.pmml"),
            write(&harmless),
        ));
    }
}
