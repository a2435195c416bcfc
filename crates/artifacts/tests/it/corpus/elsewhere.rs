//! What loads models in other languages, and what few readers look at: objects of Java, packers of Zarr, symbols of
//! `MXNet`, defaults of functions in ONNX, types and large attributes of HDF5 kept apart, veiled XML, very long lines.

use super::Sample;
use super::formats::{attribute, hdf5};
use super::frameworks::{external, field, keras_model, marshalled};

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    languages(&mut out);
    documents(&mut out);
    functions(&mut out);
    attributes(&mut out);
    lines(&mut out);
    out
}

/// An object of Java of one class.
fn java(class: &str) -> Vec<u8> {
    let mut out = vec![0xac, 0xed, 0, 5, b's', b'r', 0, class.len() as u8];
    out.extend(class.bytes());
    out.extend([0; 8]);
    out.extend([2, 0, 0, b'x', b'p']);
    out
}

fn languages(out: &mut Vec<Sample>) {
    for (at, class) in [
        "org.apache.commons.collections.functors.InvokerTransformer",
        "org.apache.commons.collections4.functors.InvokerTransformer",
        "com.sun.org.apache.xalan.internal.xsltc.trax.TemplatesImpl",
        "javax.management.BadAttributeValueExpException",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("calls-{at}.model");
        out.push(Sample::attack("java-objects", name, java(class)));
    }
    for (name, class) in [
        ("tree.model", "weka.classifiers.trees.J48"),
        ("parser.ser", "edu.stanford.nlp.parser.lexparser.Options"),
    ] {
        out.push(Sample::twin("java-objects", name, java(class)));
    }
}

fn documents(out: &mut Vec<Sample>) {
    let array = |packers: &str| {
        format!(r#"{{"zarr_format": 2, "shape": [2], "dtype": "|O", {packers}, "order": "C"}}"#)
            .into_bytes()
    };
    for (at, packers) in [
        r#""filters": [{"id": "pickle", "protocol": 5}], "compressor": {"id": "blosc"}"#,
        r#""filters": null, "compressor": {"id": "pickle"}"#,
        r#""codecs": [{"name": "numcodecs.pickle", "configuration": {}}]"#,
        r#""codecs": [{"name": "sharding_indexed", "configuration": {"codecs": [{"name": "numcodecs.pickle"}]}}]"#,
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::attack(
            "zarr-pickles",
            format!("{at}/.zarray"),
            array(packers),
        ));
    }
    for (at, packers) in [
        r#""filters": [{"id": "vlen-utf8"}], "compressor": {"id": "blosc"}"#,
        r#""filters": null, "compressor": {"id": "zlib", "note": "no pickle"}"#,
        r#""codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]"#,
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::twin(
            "zarr-pickles",
            format!("plain-{at}/.zarray"),
            array(packers),
        ));
    }
    let symbol = |op: &str| {
        format!(r#"{{"nodes": [{{"op": "{op}", "name": "n", "attrs": {{"info": "1094795585"}}, "inputs": []}}], "arg_nodes": [0], "heads": [[0, 0, 0]]}}"#).into_bytes()
    };
    for op in ["_Native", "_NDArray"] {
        let name = format!("net{op}-symbol.json");
        out.push(Sample::attack("mxnet-symbol", name, symbol(op)));
    }
    for op in ["FullyConnected", "Custom"] {
        let name = format!("net-{op}-symbol.json");
        out.push(Sample::twin("mxnet-symbol", name, symbol(op)));
    }
    let pmml = |declaration: &str, inside: &str| {
        format!("{declaration}<PMML version=\"4.4\" xmlns:x=\"http://www.w3.org/2001/XInclude\"><Header/>{inside}</PMML>").into_bytes()
    };
    let version = "<?xml version=\"1.0\"?>";
    for (name, declaration, inside) in [
        (
            "utf-7",
            "<?xml version=\"1.0\" encoding=\"UTF-7\"?>",
            "+ADw-!DOCTYPE a+AD4-",
        ),
        ("code-page", "<?xml version='1.0' encoding = 'IBM037'?>", ""),
        (
            "include",
            version,
            "<x:include href=\"file:///etc/passwd\" parse=\"text\"/>",
        ),
        (
            "style",
            "<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/xsl\" href=\"http://203.0.113.9/a.xsl\"?>",
            "",
        ),
    ] {
        let name = format!("{name}.pmml");
        out.push(Sample::attack(
            "xml-veiled",
            name,
            pmml(declaration, inside),
        ));
    }
    for (name, declaration, inside) in [
        (
            "latin",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
            "",
        ),
        (
            "declared",
            version,
            "<Extension name=\"a\" value=\"include\"/>",
        ),
        (
            "own-style",
            "<?xml version=\"1.0\"?><?xml-stylesheet type=\"text/xsl\" href=\"a.xsl\"?>",
            "",
        ),
    ] {
        let name = format!("{name}.pmml");
        out.push(Sample::twin("xml-veiled", name, pmml(declaration, inside)));
    }
}

/// A model whose function has a tensor as what its attribute is by default.
fn with_default(tensor: &[u8]) -> Vec<u8> {
    let attribute = [field(1, b"value"), field(5, tensor)].concat();
    let function = [
        field(1, b"F"),
        field(10, b"own"),
        field(11, &attribute),
        field(7, &field(4, b"Constant")),
    ]
    .concat();
    let graph = [field(1, &field(4, b"Add")), field(2, b"g")].concat();
    let mut out = b"\x08\x08".to_vec();
    out.extend(field(7, &graph));
    out.extend(field(25, &function));
    out
}

fn functions(out: &mut Vec<Sample>) {
    for (at, place) in ["/etc/passwd", "../../weights.bin", "..\\x"]
        .iter()
        .enumerate()
    {
        let name = format!("default-{at}.onnx");
        out.push(Sample::attack(
            "onnx-function",
            name,
            with_default(&external(place)),
        ));
    }
    out.push(Sample::twin(
        "onnx-function",
        "default-own.onnx",
        with_default(&external("weights.bin")),
    ));
}

/// An attribute as later writers make it, whose type is kept by the object at an address, or stands in it.
fn late_attribute(name: &str, value: &str, named: Option<u64>) -> Vec<u8> {
    let mut kind = Vec::new();
    if let Some(address) = named {
        kind.extend([3, 2]);
        kind.extend(address.to_le_bytes());
    } else {
        kind.extend([0x13, 0, 0, 0]);
        kind.extend((value.len() as u32).to_le_bytes());
    }
    let mut out = vec![3, u8::from(named.is_some())];
    for len in [name.len() + 1, kind.len(), 4] {
        out.extend((len as u16).to_le_bytes());
    }
    out.push(0);
    out.extend(name.bytes());
    out.push(0);
    out.extend(kind);
    out.extend([2, 0, 0, 0]);
    out.extend(value.bytes());
    out
}

/// Puts what belongs to a file behind it, and the new length into its head.
fn with_more(mut file: Vec<u8>, more: &[u8]) -> Vec<u8> {
    file.extend(more);
    let end = file.len() as u64;
    file[40..48].copy_from_slice(&end.to_le_bytes());
    file
}

/// A file whose configuration has a type that is an object of its own.
fn with_named_type(config: &str) -> Vec<u8> {
    let of = |address| {
        hdf5(&[
            attribute("keras_version", "2.11.0"),
            (0x0c, late_attribute("model_config", config, Some(address))),
        ])
    };
    let file = of(of(0).len() as u64);
    let mut kind = vec![1, 0, 1, 0, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0];
    kind.extend([3, 0, 8, 0, 0, 0, 0, 0, 0x13, 0, 0, 0]);
    kind.extend((config.len() as u32).to_le_bytes());
    with_more(file, &kind)
}

/// A file whose configuration is too large for the heap of its attributes, and stands outside of it.
fn with_huge_attribute(config: &str) -> Vec<u8> {
    let of = |heap: u64| {
        let info = [&[0, 0][..], &heap.to_le_bytes(), &[0xff; 8]].concat();
        hdf5(&[attribute("keras_version", "2.11.0"), (0x15, info)])
    };
    let heap_at = of(0).len() as u64;
    let message = late_attribute("model_config", config, None);
    let number = |n: u64| n.to_le_bytes();
    let undefined = u64::MAX;
    let heap_len = 14 + 12 * 8 + 2 + 2 * 8 + 2 + 2 + 8 + 2;
    let tree_at = heap_at + heap_len;
    let leaf_at = tree_at + 16 + 8 + 2 + 8;
    let message_at = leaf_at + 6 + 24;
    let mut more = b"FRHP\0\x08\0\0\0\0\0\x10\0\0".to_vec();
    for n in [
        1,
        tree_at,
        0,
        undefined,
        0,
        0,
        0,
        0,
        message.len() as u64,
        1,
        0,
        0,
    ] {
        more.extend(number(n));
    }
    more.extend([4, 0]);
    more.extend(number(512));
    more.extend(number(65_536));
    more.extend([32, 0, 1, 0]);
    more.extend(number(undefined));
    more.extend([0, 0]);
    assert_eq!(more.len() as u64, heap_len);
    more.extend(b"BTHD\0\x01\0\x02\0\0\x18\0\0\0\x64\x28");
    more.extend(number(leaf_at));
    more.extend([1, 0]);
    more.extend(number(1));
    more.extend(b"BTLF\0\x01");
    for n in [message_at, message.len() as u64, 1] {
        more.extend(number(n));
    }
    more.extend(message);
    with_more(of(heap_at), &more)
}

fn attributes(out: &mut Vec<Sample>) {
    let lambda = format!(
        r#"{{"class_name": "Lambda", "config": {{"name": "l", "function": ["{}", null, null], "function_type": "lambda"}}}}"#,
        marshalled(&["os", "system"])
    );
    let dense = r#"{"class_name": "Dense", "config": {"name": "d", "units": 3}}"#;
    for (name, write) in [
        ("named-type", with_named_type as fn(&str) -> Vec<u8>),
        ("huge", with_huge_attribute),
    ] {
        out.push(Sample::attack(
            "hdf5-apart",
            format!("{name}.h5"),
            write(&keras_model(&lambda)),
        ));
        out.push(Sample::twin(
            "hdf5-apart",
            format!("{name}-plain.h5"),
            write(&keras_model(dense)),
        ));
    }
}

/// A line that is longer than what is kept of one.
const LONG: usize = 36 << 20;

fn lines(out: &mut Vec<Sample>) {
    let call = b"cos\nsystem\n(S'echo x'\ntR.";
    let line = b"a".repeat(LONG);
    out.push(Sample::attack(
        "long-line",
        "line.dat",
        [b"V", &line[..], b"\n0", call].concat(),
    ));
    out.push(Sample::twin(
        "long-line",
        "line-plain.dat",
        [b"V", &line[..], b"\n."].concat(),
    ));
}
