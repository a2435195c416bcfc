//! Formats without pickles.

use std::fmt::Write as _;

use super::{Files, MB, fill};

#[expect(clippy::too_many_lines, reason = "a list of files")]
pub(super) fn files() -> Files {
    let mut files: Files = Vec::new();
    files.push(("savers.pb", savers()));
    files.push(("shared-tables.tflite", shared_tables()));
    // Each mark may be the beginning of a gzip stream, whose header has a name that does not end.
    files.push((
        "gzip-marks.tflite",
        fill(b"\x1c\0\0\0TFL3", b"\x1f\x8b\x08", b""),
    ));
    files.push((
        "gzip-names.tflite",
        fill(
            b"\x1c\0\0\0TFL3",
            &[&b"\x1f\x8b\x08\x08"[..], &b"a".repeat(60)].concat(),
            b"\0",
        ),
    ));
    files.push(("template.gguf", gguf(&"{{'}}".repeat(MB / 5 - 100))));
    files.push((
        "template-braces.gguf",
        gguf(&"{% if a %}".repeat(MB / 10 - 100)),
    ));
    files.push((
        "template-doubling.gguf",
        gguf(&{
            let mut text = "{% set a0 = 'aaaaaaaaaaaaaaaa' %}".to_owned();
            for at in 0..30_000 {
                // Writing to a string cannot fail.
                let _ = write!(text, "{{% set a{} = a{at} ~ a{at} %}}", at + 1);
            }
            text
        }),
    ));
    files.push((
        "template-nested.gguf",
        gguf(&format!("{{{{ {} }}}}", "(".repeat(MB - 400))),
    ));
    files.push((
        "template-percent.gguf",
        gguf(&format!("{{{{ {} }}}}", "'%s' % ".repeat(MB / 7 - 100))),
    ));
    files.push(("keys.gguf", {
        let count = MB / 14;
        let mut out = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        out.extend((count as u64).to_le_bytes());
        for _ in 0..count {
            out.extend(1u64.to_le_bytes());
            out.extend(b"a\0\0\0\0\0");
        }
        out
    }));
    files.push(("deep.json", "[".repeat(MB).into_bytes()));
    files.push((
        "wide.json",
        format!("[{}0]", "{},".repeat(MB / 3 - 2)).into_bytes(),
    ));
    files.push((
        "targets.yaml",
        "a: {_target_: shop.f}\n".repeat(MB / 22).into_bytes(),
    ));
    files.push((
        "entities.pmml",
        format!(
            "<?xml version=\"1.0\"?><PMML>{}",
            "<!ENTITY a '&b;&b;'>".repeat(MB / 20 - 4)
        )
        .into_bytes(),
    ));
    files.push((
        "deep.msgpack",
        [&b"\x81\xa1a"[..], &vec![0x91; MB - 4]].concat(),
    ));
    files.push(("graphs.onnx", nested_messages(&[1, 5, 6], MB)));
    files.push(("graphs.pb", nested_messages(&[1, 5, 2, 2], MB)));
    files.push(("header.safetensors", {
        let mut header = String::from("{");
        let mut at = 0;
        while header.len() < MB - 200 {
            let _ = write!(
                header,
                "\"{at}\":{{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}},"
            );
            at += 1;
        }
        header.push_str("\"end\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}");
        [
            &(header.len() as u64).to_le_bytes()[..],
            header.as_bytes(),
            b"x",
        ]
        .concat()
    }));
    files.push((
        "items.rds",
        [
            &b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0"[..],
            &b"\0\0\0\x13\0\0\0\x01".repeat(MB / 8),
        ]
        .concat(),
    ));
    files.push(("objects.h5", hdf5()));
    files.push((
        "template-uses.gguf",
        gguf(&format!(
            "{{% set a = '{}' %}}{}",
            "x".repeat(4000),
            "{{a}}".repeat(MB / 5 - 1000)
        )),
    ));
    files.push((
        "template-orders.gguf",
        gguf(&"{{'secretly https://a'}}".repeat(MB / 23 - 100)),
    ));
    files.push((
        "template-looks.gguf",
        gguf(&format!(
            "{{% if {} %}}",
            "'abc' in m.content or ".repeat(MB / 22 - 100)
        )),
    ));
    files.push((
        "template-lists.gguf",
        gguf(&format!(
            "{{% if m.content in [{}] %}}",
            "'abc',".repeat(MB / 6 - 100)
        )),
    ));
    files.push((
        "template-tables.gguf",
        gguf(&format!(
            "{{{{ {{{}}}[m.content] }}}}",
            "'abc':'def',".repeat(MB / 12 - 100)
        )),
    ));
    files.push((
        "template-filters.gguf",
        gguf(&format!("{{{{ 'a'{} }}}}", "|upper".repeat(MB / 6 - 100))),
    ));
    files.push((
        "template-calls.gguf",
        gguf(&format!("{{{{ {} }}}}", "a(b.c(".repeat(MB / 6 - 100))),
    ));
    files.push((
        "template-conditions.gguf",
        gguf(&"{% if 'bank' in m.content %}a".repeat(MB / 29 - 100)),
    ));
    files.push((
        "template-concatenated.gguf",
        gguf(&format!("{{{{ {} }}}}", "'a'~".repeat(MB / 4 - 100))),
    ));
    files.push(("template-comments.gguf", gguf(&"{#".repeat(MB / 2 - 100))));
    files.push(("template-raw.gguf", gguf(&"{% raw %}".repeat(MB / 9 - 100))));
    files.push((
        "objects.json",
        format!("[{}0]", "{\"a\":0},".repeat(MB / 8 - 2)).into_bytes(),
    ));
    files.push((
        "names.json",
        format!("[{}0]", "{\"_target_\":\"os.system\"},".repeat(MB / 25 - 2)).into_bytes(),
    ));
    files.push((
        "templates.json",
        format!(
            "[{}0]",
            "{\"chat_template\":\"{{ ''.__class__ }}\"},".repeat(MB / 40 - 2)
        )
        .into_bytes(),
    ));
    files.push((
        "strings.json",
        format!("[{}0]", "\"a\",".repeat(MB / 4 - 2)).into_bytes(),
    ));
    files.push((
        "broken.json",
        format!("{{{}", "\"_target_\": ".repeat(MB / 12 - 2)).into_bytes(),
    ));
    files.push(("one-line.yaml", "_target_: a ".repeat(MB / 12).into_bytes()));
    files.push((
        "tags.yaml",
        "a: !!python/object:a\n".repeat(MB / 21).into_bytes(),
    ));
    files.push(("escapes.yaml", "a: \\x41%41\n".repeat(MB / 11).into_bytes()));
    files.push((
        "libraries.xml",
        format!(
            "<?xml version=\"1.0\"?><net {}",
            "library=\"".repeat(MB / 9 - 10)
        )
        .into_bytes(),
    ));
    files.push((
        "includes.xml",
        format!(
            "<?xml version=\"1.0\"?><xi:include {}",
            "href=".repeat(MB / 5 - 10)
        )
        .into_bytes(),
    ));
    files.push((
        "extensions.pmml",
        format!(
            "<?xml version=\"1.0\"?><PMML {}",
            "<extension ".repeat(MB / 11 - 10)
        )
        .into_bytes(),
    ));
    files.push((
        "entities.xml",
        format!("<?xml version=\"1.0\"?>{}", "<!ENTITY".repeat(MB / 8 - 10)).into_bytes(),
    ));
    files.push((
        "README.md",
        format!("---\n{}", "license: a\n".repeat(MB / 11 - 1)).into_bytes(),
    ));
    files.push(("arrays.npy", {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n";
        let array = [
            b"\x93NUMPY\x01\0",
            &(header.len() as u16).to_le_bytes()[..],
            header.as_bytes(),
            b"x",
        ]
        .concat();
        fill(b"", &array, b"")
    }));
    files.push((
        "digits.txt",
        fill(b"", b"gARdgASVKGdBSVKEdBSVKKKKKKKK ", b""),
    ));
    files.push(("digits-one.txt", fill(b"", b"gARdKEdBSVKKK", b"")));
    files.push((
        "chat_template.jinja",
        fill(b"", b"{% for i in range(9**9) %}", b""),
    ));
    files.push(("header.npy", {
        let header = format!("{{'descr': {}", "[('a', ".repeat(MB / 7 - 10));
        [
            &b"\x93NUMPY\x02\0"[..],
            &(header.len() as u32).to_le_bytes(),
            header.as_bytes(),
        ]
        .concat()
    }));
    files.push(("dimensions.npy", {
        let header = format!(
            "{{'descr': '<f4', 'shape': ({}), }}",
            "9,".repeat(MB / 2 - 40)
        );
        [
            &b"\x93NUMPY\x02\0"[..],
            &(header.len() as u32).to_le_bytes(),
            header.as_bytes(),
        ]
        .concat()
    }));
    files.push((
        "wide.msgpack",
        fill(b"\x81\xa1a\xdd\0\x0f\xff\0", b"\x90", b""),
    ));
    files.push((
        "extensions.msgpack",
        fill(b"\x81\xa1a\xdd\0\x03\xff\0", b"\xd4\x01\x90", b""),
    ));
    files.push(("tensors.gguf", {
        let count = MB / 33 - 2;
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        out.extend((count as u64).to_le_bytes());
        out.extend(0u64.to_le_bytes());
        for _ in 0..count {
            out.extend(b"\x01\0\0\0\0\0\0\0a\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        }
        out
    }));
    files.push(("texts.gguf", {
        let count = MB / 8 - 20;
        let mut out = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0a\x09\0\0\0\x08\0\0\0".to_vec();
        out.extend((count as u64).to_le_bytes());
        out.resize(MB - 64, 0);
        out
    }));
    files.push(("arrays.gguf", {
        let mut out =
            b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0a\x09\0\0\0"
                .to_vec();
        while out.len() < MB - 16 {
            out.extend(b"\x09\0\0\0\x01\0\0\0\0\0\0\0");
        }
        out
    }));
    files.push(("groups.onnx", fill(b"\x08\x08\x12\x01a", b"\x3b", b"")));
    files.push(("nodes.onnx", {
        let nodes = b"\x0a\x05\x22\x03abc".repeat(MB / 7 - 10);
        let mut out = b"\x08\x08\x12\x01a\x3a".to_vec();
        varint(&mut out, nodes.len());
        out.extend(nodes);
        out
    }));
    files.push(("places.onnx", {
        let tensor =
            b"\x2a\x1c\x08\x01\x10\x01\x42\x01w\x6a\x11\x0a\x08location\x12\x05/etc/\x70\x01";
        let tensors = tensor.repeat(MB / tensor.len() - 10);
        let mut out = b"\x08\x08\x12\x01a\x3a".to_vec();
        varint(&mut out, tensors.len());
        out.extend(tensors);
        out
    }));
    files.push(("nodes.pb", {
        let nodes = b"\x0a\x0e\x0a\x01n\x12\x09WriteFile".repeat(MB / 16 - 10);
        let mut graph = b"\x12".to_vec();
        varint(&mut graph, nodes.len());
        graph.extend(nodes);
        let mut out = b"\x08\x01\x12".to_vec();
        varint(&mut out, graph.len());
        out.extend(graph);
        out
    }));
    files.push(("functions.pb", {
        // Functions that call each other in a circle.
        let mut library = Vec::new();
        for at in 0..MB / 46 {
            let (name, next) = (format!("{at:06}"), format!("{:06}", at + 1));
            let mut function = vec![0x0a, 8, 0x0a, 6];
            function.extend(name.bytes());
            let mut node = vec![0x0a, 1, b'n', 0x12, 6];
            node.extend(next.bytes());
            function.extend([0x1a, node.len() as u8]);
            function.extend(node);
            library.extend([0x0a, function.len() as u8]);
            library.extend(function);
        }
        let mut graph = vec![0x12];
        varint(&mut graph, library.len());
        graph.extend(library);
        let mut meta = vec![0x12];
        varint(&mut meta, graph.len());
        meta.extend(graph);
        let mut out = b"\x08\x01\x12".to_vec();
        varint(&mut out, meta.len());
        out.extend(meta);
        out
    }));
    files.push(("values.onnx", attribute(b"", b"\x22\0")));
    let name = "a".repeat(60_000);
    files.push((
        "libraries.onnx",
        attribute(name.as_bytes(), b"\x22\x04a.so"),
    ));
    files.push(("shared-tables.tflite", tables()));
    files.push((
        "pairs.rds",
        fill(b"X\n\0\0\0\x02\0\x04\x03\0\0\x02\x03\0", b"\0\0\0\x02", b""),
    ));
    files.push(("attributes.h5", attributes()));
    files.push((
        "lua.t7",
        fill(b"4\n1\n3\nV 1\n13\nnn.Sequential\n", b"2\n4\nabcd\n", b""),
    ));
    files
}

fn varint(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A graph of one node with an attribute of very many values.
fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut inner = vec![0x0a];
    varint(&mut inner, name.len());
    inner.extend(name);
    inner.extend(value.repeat((MB - name.len() - 64) / value.len()));
    for (head, number) in [(&b"\x22\x03Add"[..], 5u8), (b"", 1), (b"", 7)] {
        let mut outer = head.to_vec();
        outer.push(number << 3 | 2);
        varint(&mut outer, inner.len());
        outer.extend(inner);
        inner = outer;
    }
    [&b"\x08\x08"[..], &inner].concat()
}

/// Vectors of tables that are all the same: codes, subgraphs, tensors and operators.
fn tables() -> Vec<u8> {
    let count = MB / 4 - 100;
    let mut out = vec![0u8; 8];
    out[4..8].copy_from_slice(b"TFL3");
    // Table of the model at 32, its vtable at 8 with six fields; the vector of subgraphs at 64.
    out.extend([
        20, 0, 28, 0, 4, 0, 8, 0, 12, 0, 16, 0, 20, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    out[0..4].copy_from_slice(&32u32.to_le_bytes());
    out.extend(24u32.to_le_bytes());
    out.extend(3u32.to_le_bytes());
    for slot in 0..5u32 {
        out.extend((64 - (40 + 4 * slot)).to_le_bytes());
    }
    out.resize(64, 0);
    out.extend((count as u32).to_le_bytes());
    // Each item leads back to the model's own table, whose fields are such vectors again.
    for at in 0..count {
        let place = 68 + 4 * at;
        out.extend((32u32.wrapping_sub(place as u32)).to_le_bytes());
    }
    out
}

/// One object with very many attributes of text in one heap.
fn attributes() -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    for address in [0, u64::MAX, MB as u64, u64::MAX, 0, 96, 0, 0, 0] {
        out.extend(address.to_le_bytes());
    }
    out.truncate(96);
    out.extend([1, 0, 0xff, 0xff, 1, 0, 0, 0]);
    out.extend((MB as u32).to_le_bytes());
    out.extend([0; 4]);
    // Version 3, text of a megabyte that stands in the file itself.
    while out.len() < MB - 64 {
        out.extend([0x0c, 0, 24, 0, 0, 0, 0, 0]);
        out.extend([3, 0, 2, 0, 8, 0, 0, 0, 0, b'a', 0, 0x13, 0, 0, 0]);
        out.extend((MB as u32 / 2).to_le_bytes());
        out.extend([0; 5]);
    }
    out
}

fn gguf(template: &str) -> Vec<u8> {
    let key = "tokenizer.chat_template";
    let mut out = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend(1u64.to_le_bytes());
    out.extend((key.len() as u64).to_le_bytes());
    out.extend(key.bytes());
    out.extend(8u32.to_le_bytes());
    out.extend((template.len() as u64).to_le_bytes());
    out.extend(template.bytes());
    out
}

/// Messages in messages under field numbers by turns, each with a short field before.
fn nested_messages(numbers: &[u8], size: usize) -> Vec<u8> {
    let mut inner = b"\x0a\x01a\x12\x01A".to_vec();
    let mut at = 0;
    while inner.len() < size - 16 {
        let number = numbers[at % numbers.len()];
        let mut out = b"\x0a\x01a\x12\x01A".to_vec();
        out.push(number << 3 | 2);
        let mut len = inner.len();
        while len >= 0x80 {
            out.push(len as u8 | 0x80);
            len >>= 7;
        }
        out.push(len as u8);
        out.extend(inner);
        inner = out;
        at += 1;
        if at > 4000 {
            break;
        }
    }
    [&b"\x08\x08\x12\x01a"[..], &inner].concat()
}

/// A saver whose path goes through very many nodes, each behind the one that it feeds.
fn savers() -> Vec<u8> {
    let mut graph = Vec::new();
    let mut add = |node: String| {
        graph.push(0x0a);
        graph.push(node.len() as u8);
        graph.extend(node.bytes());
    };
    add("\x0a\x06save/a\x12\x06SaveV2\x1a\x070000000".to_owned());
    for at in 0..MB / 40 {
        add(format!(
            "\x0a\x07{at:07}\x12\x0aStringJoin\x1a\x07{:07}",
            at + 1
        ));
    }
    graph.truncate(MB);
    graph
}

/// Graphs that are all one table, whose tensors are all another one.
fn shared_tables() -> Vec<u8> {
    let count = (MB / 8 - 32) as u32;
    let mut out = b"\0\0\0\0TFL3".to_vec();
    let words = |out: &mut Vec<u8>, words: &[u32]| {
        out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    };
    // The model's vtable of five fields, of which graphs are the third.
    out.extend([10u16, 8, 0, 0, 4, 0].iter().flat_map(|n| n.to_le_bytes()));
    let model = out.len() as u32;
    words(&mut out, &[model - 8, 4, count]);
    let graphs = out.len() as u32;
    let table = graphs + 4 * count + 8;
    for at in 0..count {
        words(&mut out, &[table - graphs - 4 * at]);
    }
    out.extend([6u16, 8, 4, 0].iter().flat_map(|n| n.to_le_bytes()));
    words(&mut out, &[8, 4, count]);
    for at in 0..count {
        words(&mut out, &[4 * count - 4 * at]);
    }
    words(&mut out, &[0; 8]);
    out[..4].copy_from_slice(&model.to_le_bytes());
    out
}

/// Object headers that all name each other's messages: attributes of one heap, continuations in circles.
fn hdf5() -> Vec<u8> {
    let mut out = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    for address in [0, u64::MAX, MB as u64, u64::MAX, 0, 96, 0, 0, 0] {
        out.extend(address.to_le_bytes());
    }
    out.truncate(96);
    let header = |out: &mut Vec<u8>, next: u64| {
        // Two messages: a continuation back to itself, and a symbol table.
        out.extend([1, 0, 2, 0, 1, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]);
        out.extend([0x10, 0, 16, 0, 0, 0, 0, 0]);
        out.extend((next + 16).to_le_bytes());
        out.extend(48u64.to_le_bytes());
        out.extend([0x11, 0, 16, 0, 0, 0, 0, 0]);
        out.extend(next.to_le_bytes());
        out.extend(next.to_le_bytes());
    };
    while out.len() + 72 < MB {
        let next = (out.len() as u64).wrapping_mul(2_654_435_761) % (MB as u64 - 128);
        header(&mut out, next / 72 * 72 + 96);
    }
    out
}
