//! Attacks where loaders do not look and scanners may not either: behind an array, between and beside the members
//! of an archive, in headers, encoded in text, behind very many zeros; and what stands there in ordinary files.

use std::io::Write;

use flate2::{Compress, Compression, FlushCompress};

use super::Sample;
use super::archives::{Member, member, tar, tar_entry, zip};
use super::frameworks::{field, gguf, npy, onnx, safetensors};
use super::pickles::{Names, Pickle, base64, gzip, hex, plain};

/// Protocols of the payload: with a magic, and as text.
const PROTOCOLS: [u8; 2] = [0, 4];

fn payload(protocol: u8) -> Vec<u8> {
    Pickle::new(protocol)
        .call(Names::Global, "os", "system", "echo x")
        .stop()
}

/// A vertical pair: the same file with a payload and with harmless bytes at the place.
struct Pairs(Vec<Sample>);

impl Pairs {
    fn add(&mut self, technique: &'static str, name: &str, make: impl Fn(&[u8]) -> Vec<u8>) {
        for protocol in PROTOCOLS {
            let (stem, end) = name.split_once('.').unwrap();
            self.0.push(Sample::attack(
                technique,
                format!("{stem}-{protocol}.{end}"),
                make(&payload(protocol)),
            ));
        }
        self.0
            .push(Sample::twin(technique, name, make(&[b'.'; 40])));
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut pairs = Pairs(Vec::new());
    arrays(&mut pairs);
    archives(&mut pairs);
    compressed(&mut pairs);
    encoded(&mut pairs);
    names(&mut pairs.0);
    templates(&mut pairs.0);
    targets(&mut pairs.0);
    pairs.0
}

fn arrays(pairs: &mut Pairs) {
    let data = [0u8; 48];
    for (name, descr, shape) in [
        ("f8", "'<f8'", "(2, 3)"),
        ("struct", "[('a', '<i4'), ('b', '<f8', (1,))]", "(4,)"),
        ("text", "'<U3'", "(4,)"),
    ] {
        for protocol in PROTOCOLS {
            let behind = [&data[..], &payload(protocol)].concat();
            let bytes = npy(descr, shape, &behind);
            pairs.0.push(Sample::attack(
                "npy-trailing",
                format!("{name}-{protocol}.npy"),
                bytes.clone(),
            ));
            pairs.0.push(Sample::attack(
                "npy-trailing",
                format!("{name}-{protocol}.npz"),
                zip(&[member("a.npy", bytes)]),
            ));
        }
        let array = npy(descr, shape, &data);
        pairs.0.push(Sample::twin(
            "npy-trailing",
            format!("{name}.npy"),
            array.clone(),
        ));
        // `numpy.save` twice into one file.
        pairs.0.push(Sample::twin(
            "npy-trailing",
            format!("{name}-twice.npy"),
            [array.clone(), array].concat(),
        ));
    }
    let second = [
        npy("'<f8'", "(6,)", &data),
        npy("'|O'", "(1,)", &payload(4)),
    ]
    .concat();
    pairs
        .0
        .push(Sample::attack("npy-trailing", "second-object.npy", second));
}

fn members() -> Vec<Member> {
    vec![
        member("m/data.pkl", plain(2)),
        member("m/version", b"3\n".to_vec()),
    ]
}

fn archives(pairs: &mut Pairs) {
    pairs.add("zip-outside", "comment.zip", |bytes| {
        let mut archive = zip(&members());
        let at = archive.len() - 2;
        archive[at..].copy_from_slice(&(bytes.len() as u16).to_le_bytes());
        archive.extend(bytes);
        archive
    });
    pairs.add("zip-outside", "comment-encoded.zip", |bytes| {
        let text = base64(bytes).into_bytes();
        let mut archive = zip(&members());
        let at = archive.len() - 2;
        archive[at..].copy_from_slice(&(text.len() as u16).to_le_bytes());
        archive.extend(text);
        archive
    });
    pairs.add("zip-outside", "between.pt", |bytes| {
        // The first member is followed by bytes of nobody: the offsets behind them move.
        let archive = zip(&members());
        let second = archive
            .windows(4)
            .skip(1)
            .position(|w| w == b"PK\x03\x04")
            .unwrap()
            + 1;
        let mut out = [&archive[..second], bytes, &archive[second..]].concat();
        let moved = bytes.len() as u32;
        let central: Vec<usize> = out
            .windows(4)
            .enumerate()
            .filter(|(_, w)| *w == b"PK\x01\x02")
            .map(|(at, _)| at)
            .collect();
        let add = |out: &mut Vec<u8>, at: usize| {
            let value = u32::from_le_bytes(out[at..at + 4].try_into().unwrap()) + moved;
            out[at..at + 4].copy_from_slice(&value.to_le_bytes());
        };
        add(&mut out, central[1] + 42);
        let end = out.len() - 22;
        add(&mut out, end + 16);
        out
    });
    pairs.add("zip-outside", "extra.zip", |bytes| {
        let mut archive = zip(&members()[..1]);
        let name = "m/data.pkl".len();
        let extra = [&b"\x99\x99"[..], &(bytes.len() as u16).to_le_bytes(), bytes].concat();
        archive[28..30].copy_from_slice(&(extra.len() as u16).to_le_bytes());
        archive.splice(30 + name..30 + name, extra.iter().copied());
        let end = archive.len() - 22;
        let start = u32::from_le_bytes(archive[end + 16..end + 20].try_into().unwrap());
        archive[end + 16..end + 20].copy_from_slice(&(start + extra.len() as u32).to_le_bytes());
        archive
    });
    pairs.add("zip-outside", "storage.pt", |bytes| {
        let storage = [&[0; 64][..], bytes, &[0; 30]].concat();
        let mut all = members();
        all.push(member("m/data/0", storage));
        zip(&all)
    });
    pairs.add("tar-outside", "padding.tar", |bytes| {
        let mut entry = tar_entry("weights.bin", b'0', "", &[1; 100]);
        entry[700..700 + bytes.len()].copy_from_slice(bytes);
        tar(&[entry])
    });
    pairs.add("tar-outside", "behind.tar", |bytes| {
        let archive = tar(&[tar_entry("weights.bin", b'0', "", &[1; 100])]);
        [&archive[..], bytes].concat()
    });
}

/// More than what is kept of decoded bytes.
const MANY: usize = 66 << 20;

/// A pickle of very many zeros and of what follows them, as raw deflate, and its checksum.
fn behind_zeros(bytes: &[u8]) -> (Vec<u8>, u32) {
    const CHUNK: usize = 1 << 20;
    let head = [&b"\x80\x04\x8e"[..], &(MANY as u64).to_le_bytes()].concat();
    let tail = [b"0", bytes].concat();
    let part = |bytes: &[u8], flush| {
        let mut out = Vec::with_capacity(1 << 16);
        Compress::new(Compression::default(), false)
            .compress_vec(bytes, &mut out, flush)
            .unwrap();
        out
    };
    // Adler-32: zeros add what the first half is.
    let (mut a, mut b) = (1u64, 0u64);
    let mut sum = |bytes: &[u8], zeros: u64| {
        b = (b + a * (zeros % 65_521)) % 65_521;
        for byte in bytes {
            a = (a + u64::from(*byte)) % 65_521;
            b = (b + a) % 65_521;
        }
        (b << 16 | a) as u32
    };
    sum(&head, 0);
    let checksum = sum(&tail, MANY as u64);
    let zeros = part(&vec![0; CHUNK], FlushCompress::Sync).repeat(MANY / CHUNK);
    let stream = [
        part(&head, FlushCompress::Sync),
        zeros,
        part(&tail, FlushCompress::Finish),
    ]
    .concat();
    (stream, checksum)
}

fn compressed(pairs: &mut Pairs) {
    let zlib = |bytes: &[u8]| {
        let (stream, sum) = behind_zeros(bytes);
        [&[0x78, 0x9c], &stream[..], &sum.to_be_bytes()].concat()
    };
    let archive = |bytes: &[u8]| {
        let deflated = |name: &str, bytes: &[u8]| {
            let mut member = member(name, behind_zeros(bytes).0);
            member.method = 8;
            member
        };
        zip(&[deflated("a", b"N."), deflated("b", bytes)])
    };
    for (technique, name, bytes) in [
        ("behind-zeros", "zeros.pkl", zlib(&payload(4))),
        ("behind-zeros", "zeros.zip", archive(&payload(0))),
    ] {
        pairs.0.push(Sample::attack(technique, name, bytes));
    }
    pairs
        .0
        .push(Sample::twin("behind-zeros", "zeros-plain.pkl", zlib(b"N.")));
    pairs.add("stream-header", "extra.pkl.gz", |bytes| {
        let plain = gzip(&plain(2));
        let len = (bytes.len() as u16).to_le_bytes();
        let mut out = plain[..10].to_vec();
        out[3] |= 4;
        out.extend(((bytes.len() + 4) as u16).to_le_bytes());
        out.extend(b"XX");
        out.extend(len);
        out.extend(bytes);
        out.extend(&plain[10..]);
        out
    });
    pairs.add("stream-header", "skipped.lz4", |bytes| {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(&plain(2)).unwrap();
        let frame = encoder.finish().unwrap();
        let len = (bytes.len() as u32).to_le_bytes();
        [b"\x50\x2a\x4d\x18", &len[..], bytes, &frame].concat()
    });
}

fn encoded(pairs: &mut Pairs) {
    let lines = |bytes: &[u8], indent: &str| -> String {
        let digits = base64(&[bytes, &[b'.'; 200]].concat());
        let lines: Vec<&str> = (0..digits.len())
            .step_by(76)
            .map(|at| &digits[at..digits.len().min(at + 76)])
            .collect();
        lines.join(indent)
    };
    pairs.add("encoded-text", "config.json", |bytes| {
        format!(
            "{{\"model_type\": \"bert\", \"state\": \"{}\"}}",
            base64(bytes)
        )
        .into_bytes()
    });
    pairs.add("encoded-text", "lines.json", |bytes| {
        format!("{{\"state\": \"{}\"}}", lines(bytes, "\\n")).into_bytes()
    });
    pairs.add("encoded-text", "hex.json", |bytes| {
        format!("{{\"state\": \"{}\"}}", hex(bytes)).into_bytes()
    });
    pairs.add("encoded-text", "zipped.yaml", |bytes| {
        format!("model: bert\nstate: {}\n", base64(&gzip(bytes))).into_bytes()
    });
    pairs.add("encoded-text", "block.yaml", |bytes| {
        format!("state: |\n  {}\n", lines(bytes, "\n  ")).into_bytes()
    });
    pairs.add("encoded-text", "notes.txt", |bytes| {
        format!("weights={}\n", base64(bytes)).into_bytes()
    });
    pairs.add("encoded-text", "value.gguf", |bytes| {
        gguf("custom.state", &base64(bytes))
    });
    pairs.add("encoded-text", "zipped.safetensors", |bytes| {
        let metadata = format!(
            "{{\"__metadata__\": {{\"state\": \"{}\"}}}}",
            base64(&gzip(bytes))
        );
        // Only what does harm counts there; that it is encoded is told anyway.
        if bytes == [b'.'; 40] {
            return safetensors("{\"__metadata__\": {\"state\": \"none\"}}", &[]);
        }
        safetensors(&metadata, &[])
    });
    pairs.add("encoded-text", "metadata.onnx", |bytes| {
        let entry = [field(1, b"state"), field(2, base64(bytes).as_bytes())].concat();
        [
            onnx(&[field(1, &field(4, b"Identity")), field(2, b"g")].concat()),
            field(14, &entry),
        ]
        .concat()
    });
    let picture = base64(&[b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 3000]].concat());
    pairs.0.push(Sample::twin(
        "encoded-text",
        "picture.json",
        format!(
            "{{\"image\": \"{picture}\", \"sha256\": \"{}\"}}",
            "80045d9f".repeat(8)
        )
        .into_bytes(),
    ));
    // An extension of MessagePack: Flax writes three, a loading program takes others.
    for protocol in PROTOCOLS {
        let bytes = payload(protocol);
        let data = [&b"\x81\xa1w\xc7"[..], &[bytes.len() as u8, 9], &bytes].concat();
        pairs.0.push(Sample::attack(
            "msgpack-more",
            format!("extension-pickle-{protocol}.msgpack"),
            data,
        ));
    }
}

/// Names that stand for others, and text that a class runs.
fn names(out: &mut Vec<Sample>) {
    let text = |value: &str| [&[0x8c, value.len() as u8][..], value.as_bytes()].concat();
    for (module, name) in [
        ("six.moves.builtins", "eval"),
        ("six.moves", "builtins.exec"),
        ("botocore.vendored.six.moves", "getoutput"),
        ("urllib3.packages.six.moves.cPickle", "loads"),
        ("requests.sessions", "Session.get"),
        ("matplotlib.image", "imread"),
        ("http.client", "HTTPConnection"),
        ("builtins", "print"),
        ("sys", "exit"),
        ("nltk.app.wordnet_app", "startWordNet"),
    ] {
        let body = [
            text(module),
            text(name),
            b"\x93".to_vec(),
            text("1+1"),
            b"\x85R".to_vec(),
        ];
        out.push(Sample::attack(
            "name-moved",
            format!("{module}.{name}.pkl"),
            Pickle::new(4).raw(&body.concat()).stop(),
        ));
    }
    let text_of_code = [
        text("sympy.core.function"),
        text("Lambda"),
        b"\x93".to_vec(),
        text("x"),
        text("__import__('os').system('echo x')"),
        b"\x86R".to_vec(),
    ];
    out.push(Sample::attack(
        "name-moved",
        "sympy.pkl",
        Pickle::new(4).raw(&text_of_code.concat()).stop(),
    ));
    let with_state = |class: &str, key: &str, value: &[u8]| {
        let (module, name) = class.rsplit_once('.').unwrap();
        let body = [
            format!("c{module}\n{name}\n)\u{81}")
                .chars()
                .map(|c| c as u8)
                .collect(),
            b"}".to_vec(),
            text(key),
            value.to_vec(),
            b"sb".to_vec(),
        ];
        Pickle::new(4).raw(&body.concat()).stop()
    };
    let distribution = "scipy.stats._continuous_distns.norm_gen";
    let remover = "tempfile._TemporaryFileCloser";
    out.push(Sample::attack(
        "state-run",
        "distribution.pkl",
        with_state(
            distribution,
            "_parse_arg_template",
            &text("import os\nos.system('x')"),
        ),
    ));
    out.push(Sample::twin(
        "state-run",
        "distribution-plain.pkl",
        with_state(
            distribution,
            "_parse_arg_template",
            &text("\ndef _parse_args(self, loc=0, scale=1):\n    return (), loc, scale\n"),
        ),
    ));
    out.push(Sample::attack(
        "state-run",
        "closer.pkl",
        with_state(remover, "delete", b"\x88"),
    ));
    out.push(Sample::attack(
        "state-run",
        "closer-default.pkl",
        with_state(remover, "name", &text("/x")),
    ));
    out.push(Sample::twin(
        "state-run",
        "closer-keeps.pkl",
        with_state(remover, "delete", b"\x89"),
    ));
}

/// Templates that Jinja does not parse, that never end, and that stand in files of any name.
fn templates(out: &mut Vec<Sample>) {
    for (name, template) in [
        ("unclosed", "{% for m in messages %}{{ m.content }}"),
        (
            "crossed",
            "{% if messages %}{% for m in messages %}{% endif %}{% endfor %}",
        ),
        ("unknown", "{% execute messages %}{{ messages }}"),
        ("brackets", "{{ messages[0['content'] }}"),
        (
            "power",
            "{% for i in range(10**9) %}{{ messages }}{% endfor %}",
        ),
        (
            "named",
            "{% set n = 10**9 %}{% for i in range(n) %}x{% endfor %}{{ messages }}",
        ),
        (
            "loops",
            "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}x{% endfor %}{% endfor %}{% endfor %}",
        ),
        ("repeat", "{{ 'x' * 10**9 }}{{ messages }}"),
        ("padded", "{{ '%1000000000s' % messages }}"),
    ] {
        out.push(Sample::attack(
            "template-structure",
            format!("{name}/chat_template.jinja"),
            template.as_bytes().to_vec(),
        ));
    }
    for (name, template) in [
        (
            "prompt",
            "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}{{ cycler.__init__ }}",
        ),
        (
            "macro",
            "{% macro f(n) %}{{ messages|attr(n) }}{% endmacro %}{{ f('x') }}",
        ),
        ("format", "{{ '{0.__class__}'.format(x) }}"),
    ] {
        out.push(Sample::attack(
            "template-structure",
            format!("{name}.jinja"),
            template.as_bytes().to_vec(),
        ));
    }
    for (name, template) in [
        (
            "page",
            "{% extends 'base.html' %}{% block body %}<div>{% for m in messages %}{{ m.content }}{% endfor %}</div>{% endblock %}",
        ),
        (
            "service",
            "{% include 'head.conf' %}\n{% if tls %}listen {{ port }};\n",
        ),
        (
            "module",
            "def __init__(self):\n    self.__dict__ = {{ fields }}\n{% for f in fields %}{{ f.name }}{% endfor %}",
        ),
    ] {
        out.push(Sample::twin(
            "template-structure",
            format!("{name}.jinja"),
            template.as_bytes().to_vec(),
        ));
    }
}

/// What frameworks beside Hydra take the name of a function from.
fn targets(out: &mut Vec<Sample>) {
    for (name, text) in [
        (
            "ldm.yaml",
            "model:\n  target: os.system\n  params:\n    command: echo x\n",
        ),
        (
            "lightning.yaml",
            "trainer:\n  class_path: subprocess.Popen\n  init_args:\n    args: x\n",
        ),
        (
            "ldm.json",
            "{\"model\": {\"target\": \"subprocess.check_output\", \"params\": {}}}",
        ),
    ] {
        out.push(Sample::attack(
            "config-target",
            name,
            text.as_bytes().to_vec(),
        ));
    }
    for (name, text) in [
        (
            "ldm-plain.yaml",
            "model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n",
        ),
        (
            "detectron.yaml",
            "MODEL:\n  target: code.people\n  type: select.option\n",
        ),
    ] {
        out.push(Sample::twin(
            "config-target",
            name,
            text.as_bytes().to_vec(),
        ));
    }
}
