//! Pickles, put together opcode by opcode.

use std::fmt::Write as _;
use std::io::Write;

use super::Sample;

/// How names are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Names {
    Global,
    Stack,
    Inst,
    Obj,
}

/// An assembler of pickles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pickle {
    pub(crate) out: Vec<u8>,
    protocol: u8,
}

impl Pickle {
    pub(crate) fn new(protocol: u8) -> Self {
        let mut out = Vec::new();
        if protocol >= 2 {
            out.extend([0x80, protocol]);
        }
        Self { out, protocol }
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.out.extend(bytes);
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        if self.protocol >= 4 && text.len() < 256 {
            self.out.extend([0x8c, text.len() as u8]);
            self.out.extend(text.bytes());
        } else if self.protocol >= 1 {
            self.out.push(b'X');
            self.out.extend((text.len() as u32).to_le_bytes());
            self.out.extend(text.bytes());
        } else {
            self.out.push(b'V');
            self.out.extend(text.bytes());
            self.out.push(b'\n');
        }
        self
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.out.push(b'B');
        self.out.extend((bytes.len() as u32).to_le_bytes());
        self.out.extend(bytes);
        self
    }

    pub(crate) fn name(self, names: Names, module: &str, name: &str) -> Self {
        match names {
            Names::Stack => self.text(module).text(name).raw(&[0x93]),
            _ => self.raw(format!("c{module}\n{name}\n").as_bytes()),
        }
    }

    /// `module.name(text)`.
    pub(crate) fn call(self, names: Names, module: &str, name: &str, argument: &str) -> Self {
        match names {
            Names::Inst => self
                .raw(b"(")
                .text(argument)
                .raw(format!("i{module}\n{name}\n").as_bytes()),
            Names::Obj => self
                .raw(b"(")
                .raw(format!("c{module}\n{name}\n").as_bytes())
                .text(argument)
                .raw(b"o"),
            _ => self
                .name(names, module, name)
                .raw(b"(")
                .text(argument)
                .raw(b"tR"),
        }
    }

    pub(crate) fn stop(mut self) -> Vec<u8> {
        self.out.push(b'.');
        self.out
    }
}

const PAYLOAD: &str = "echo x";

/// Functions of every family of danger.
const DANGEROUS: &[(&str, &str)] = &[
    ("os", "system"),
    ("posix", "system"),
    ("nt", "system"),
    ("subprocess", "Popen"),
    ("subprocess", "check_output"),
    ("subprocess", "getoutput"),
    ("pty", "spawn"),
    ("commands", "getoutput"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "compile"),
    ("builtins", "open"),
    ("builtins", "__import__"),
    ("code", "interact"),
    ("runpy", "run_path"),
    ("marshal", "loads"),
    ("timeit", "timeit"),
    ("cProfile", "run"),
    ("pdb", "run"),
    ("bdb", "Bdb.run"),
    ("doctest", "debug_script"),
    ("trace", "Trace.runctx"),
    ("importlib", "import_module"),
    ("pkgutil", "resolve_name"),
    ("pip", "main"),
    ("pydoc", "locate"),
    ("pydoc", "pipepager"),
    ("ctypes", "CDLL"),
    ("ctypes.util", "find_library"),
    ("socket", "create_connection"),
    ("urllib.request", "urlopen"),
    ("requests", "get"),
    ("http.client", "HTTPSConnection"),
    ("ftplib", "FTP"),
    ("smtplib", "SMTP"),
    ("webbrowser", "open"),
    ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    ("shutil", "rmtree"),
    ("tempfile", "mktemp"),
    ("linecache", "getline"),
    ("sqlite3", "connect"),
    ("logging", "FileHandler"),
    ("io", "open"),
    ("_io", "FileIO"),
    ("codecs", "open"),
    ("pathlib", "Path.write_text"),
    ("threading", "Thread"),
    ("signal", "signal"),
    ("atexit", "register"),
    ("pickle", "loads"),
    ("_pickle", "loads"),
    ("dill", "loads"),
    ("cloudpickle", "loads"),
    ("joblib", "load"),
    ("numpy", "load"),
    ("torch", "load"),
    ("torch.hub", "load"),
    ("pandas", "read_pickle"),
    ("yaml", "unsafe_load"),
    ("uuid", "_get_command_stdout"),
    ("_osx_support", "_read_output"),
    ("_aix_support", "_read_cmd_output"),
    ("platform", "popen"),
    ("idlelib.pyshell", "ModifiedInterpreter.runcode"),
    ("lib2to3.pgen2.grammar", "Grammar.loads"),
    ("torch.utils.collect_env", "run"),
    ("torch.utils.bottleneck.__main__", "run_prof"),
    ("torch._inductor.codecache", "compile_file"),
    ("torch.jit.unsupported_tensor_ops", "execWrapper"),
    (
        "torch.fx.experimental.symbolic_shapes",
        "ShapeEnv.evaluate_guards_expression",
    ),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("distutils.file_util", "write_file"),
    ("ensurepip", "_run_pip"),
    ("test.support.script_helper", "assert_python_ok"),
    ("multiprocessing.util", "spawnv_passfds"),
    ("_posixsubprocess", "fork_exec"),
    ("site", "execsitecustomize"),
    ("venv", "main"),
    ("imaplib", "IMAP4_stream"),
    ("xmlrpc.client", "ServerProxy"),
    ("ssl", "get_server_certificate"),
    ("profile", "run"),
    ("unittest.mock", "_importer"),
    ("inspect", "getsource"),
    ("sys", "settrace"),
];

/// Names that data needs, for twins.
const HARMLESS: &[(&str, &str)] = &[
    ("collections", "OrderedDict"),
    ("collections", "Counter"),
    ("decimal", "Decimal"),
    ("uuid", "UUID"),
    ("pathlib", "PurePosixPath"),
    ("builtins", "set"),
    ("builtins", "bytearray"),
    ("fractions", "Fraction"),
    ("numpy", "dtype"),
    ("torch", "device"),
    ("datetime", "timedelta"),
    ("argparse", "Namespace"),
];

/// A plain pickle of data.
pub(crate) fn plain(protocol: u8) -> Vec<u8> {
    Pickle::new(protocol)
        .raw(b"(")
        .text("weights")
        .raw(b"I1\nI2\nd")
        .stop_dict()
}

impl Pickle {
    /// Three items are no dict: a list of them.
    fn stop_dict(mut self) -> Vec<u8> {
        let last = self.out.pop();
        debug_assert_eq!(last, Some(b'd'));
        self.out.push(b'l');
        self.stop()
    }
}

pub(crate) fn attack(protocol: u8) -> Vec<u8> {
    Pickle::new(protocol)
        .call(Names::Global, "os", "system", PAYLOAD)
        .stop()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |w, b| w << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            if at <= chunk.len() {
                out.push(char::from(ALPHABET[(word >> (18 - 6 * at) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    direct(&mut out);
    indirect(&mut out);
    machine(&mut out);
    state(&mut out);
    streams(&mut out);
    out
}

fn direct(out: &mut Vec<Sample>) {
    for (module, name) in DANGEROUS {
        for protocol in [0, 2, 4, 5] {
            for names in [Names::Global, Names::Stack, Names::Inst, Names::Obj] {
                let is_dotted = name.contains('.');
                if (names == Names::Stack || is_dotted) && protocol < 4
                    || is_dotted && matches!(names, Names::Inst | Names::Obj)
                {
                    continue;
                }
                let bytes = Pickle::new(protocol)
                    .raw(b"]")
                    .call(names, module, name, PAYLOAD)
                    .raw(b"a")
                    .stop();
                out.push(Sample::attack(
                    "call",
                    format!("call-{module}.{name}-{protocol}-{names:?}.pkl"),
                    bytes,
                ));
            }
        }
    }
    for (module, name) in HARMLESS {
        for protocol in [0, 2, 4, 5] {
            for names in [Names::Global, Names::Stack, Names::Inst, Names::Obj] {
                if names == Names::Stack && protocol < 4 {
                    continue;
                }
                let bytes = Pickle::new(protocol)
                    .raw(b"]")
                    .call(names, module, name, "1")
                    .raw(b"a")
                    .stop();
                out.push(Sample::twin(
                    "call",
                    format!("data-{module}.{name}-{protocol}-{names:?}.pkl"),
                    bytes,
                ));
            }
        }
    }
    for (module, name) in [
        ("__builtin__", "eval"),
        ("__builtin__", "execfile"),
        ("commands", "getstatusoutput"),
        ("urllib2", "urlopen"),
        ("httplib", "HTTPConnection"),
        ("cPickle", "loads"),
    ] {
        for protocol in [0, 1, 2] {
            out.push(Sample::attack(
                "python-2-name",
                format!("py2-{module}.{name}-{protocol}.pkl"),
                Pickle::new(protocol)
                    .call(Names::Global, module, name, PAYLOAD)
                    .stop(),
            ));
        }
    }
    for (module, name) in [
        ("torch.serialization", "os.system"),
        ("numpy.f2py", "os.system"),
        ("collections", "_sys.modules.get"),
        ("joblib.numpy_pickle", "pickle.loads"),
        ("torch.nn.modules", "torch.os.system"),
        ("random", "_os.system"),
    ] {
        for names in [Names::Global, Names::Stack] {
            out.push(Sample::attack(
                "dotted-name",
                format!("dotted-{module}.{name}-{names:?}.pkl"),
                Pickle::new(4).call(names, module, name, PAYLOAD).stop(),
            ));
        }
    }
}

/// `importlib.import_module('os')`.
fn import_os(pickle: Pickle) -> Pickle {
    pickle.call(Names::Global, "importlib", "import_module", "os")
}

fn indirect(out: &mut Vec<Sample>) {
    for protocol in [0u8, 1, 2, 3, 4, 5] {
        let mut add = |name: &str, pickle: Pickle| {
            out.push(Sample::attack(
                "indirect",
                format!("{name}-{protocol}.pkl"),
                pickle.stop(),
            ));
        };
        let new = || Pickle::new(protocol);
        let getattr = import_os(new().name(Names::Global, "builtins", "getattr").raw(b"("))
            .text("system")
            .raw(b"tR");
        add("getattr", getattr.raw(b"(").text(PAYLOAD).raw(b"tR"));
        let caller = new()
            .name(Names::Global, "operator", "methodcaller")
            .raw(b"(")
            .text("system")
            .text(PAYLOAD)
            .raw(b"tR(");
        add("methodcaller", import_os(caller).raw(b"tR"));
        let getter = new()
            .name(Names::Global, "operator", "attrgetter")
            .raw(b"(")
            .text("system")
            .raw(b"tR(");
        add(
            "attrgetter",
            import_os(getter).raw(b"tR(").text(PAYLOAD).raw(b"tR"),
        );
        let partial = new()
            .name(Names::Global, "functools", "partial")
            .raw(b"(")
            .name(Names::Global, "os", "system")
            .text(PAYLOAD)
            .raw(b"tR)R");
        add("partial", partial);
        let map = new()
            .name(Names::Global, "builtins", "list")
            .raw(b"(")
            .name(Names::Global, "builtins", "map")
            .raw(b"(")
            .name(Names::Global, "os", "system")
            .raw(b"](")
            .text(PAYLOAD)
            .raw(b"etRtR");
        add("map", map);
        let reduce = new()
            .name(Names::Global, "functools", "reduce")
            .raw(b"(")
            .name(Names::Global, "builtins", "getattr")
            .raw(b"(")
            .name(Names::Global, "os", "path")
            .text("os")
            .text("system")
            .raw(b"ltR(")
            .text(PAYLOAD)
            .raw(b"tR");
        add("reduce", reduce);
        let modules = new()
            .name(Names::Global, "operator", "getitem")
            .raw(b"(")
            .name(Names::Global, "sys", "modules")
            .text("os")
            .raw(b"tR0")
            .call(Names::Global, "os", "system", PAYLOAD);
        add("sys-modules", modules);
        add(
            "resolve-name",
            new()
                .call(Names::Global, "pkgutil", "resolve_name", "os:system")
                .raw(b"(")
                .text(PAYLOAD)
                .raw(b"tR"),
        );
        let thread = new()
            .name(Names::Global, "threading", "Thread")
            .raw(b"(N")
            .name(Names::Global, "os", "system")
            .raw(b"tR");
        add("thread", thread);
        let unknown = new()
            .name(Names::Global, "shop.helpers", "run")
            .raw(b"(")
            .name(Names::Global, "os", "system")
            .text(PAYLOAD)
            .raw(b"tR");
        add("passed-on", unknown);
        let sorted = new()
            .name(Names::Global, "builtins", "sorted")
            .raw(b"(")
            .raw(b"](")
            .text(PAYLOAD)
            .raw(b"e")
            .name(Names::Global, "os", "system")
            .raw(b"tR");
        add("key-function", sorted);
        let default = new()
            .name(Names::Global, "collections", "defaultdict")
            .raw(b"(")
            .name(Names::Global, "os", "getcwd")
            .raw(b"tR");
        add("default-factory", default);
    }
    // Names that are built while loading: protocol 4 has STACK_GLOBAL.
    for (name, module, codec) in [
        ("rot13", "bf", "rot13"),
        ("hex", "6f73", "hex"),
        ("base64", "b3M=", "base64"),
    ] {
        let decode = |pickle: Pickle, text: &str| {
            pickle
                .name(Names::Global, "codecs", "decode")
                .raw(b"(")
                .text(text)
                .text(codec)
                .raw(b"tR")
        };
        let system = match name {
            "rot13" => "flfgrz".to_owned(),
            "hex" => hex(b"system"),
            _ => base64(b"system"),
        };
        let pickle = decode(decode(Pickle::new(4), module), &system)
            .raw(b"\x93(")
            .text(PAYLOAD)
            .raw(b"tR");
        out.push(Sample::attack(
            "built-name",
            format!("name-{name}.pkl"),
            pickle.stop(),
        ));
    }
    let joined = Pickle::new(4)
        .name(Names::Stack, "builtins", "str.join")
        .raw(b"(")
        .text("")
        .raw(b"](")
        .text("o")
        .text("s")
        .raw(b"etR")
        .text("system")
        .raw(b"\x93(")
        .text(PAYLOAD)
        .raw(b"tR");
    out.push(Sample::attack("built-name", "name-join.pkl", joined.stop()));
    let concat = Pickle::new(4)
        .name(Names::Stack, "operator", "concat")
        .raw(b"(")
        .text("o")
        .text("s")
        .raw(b"tR")
        .text("system")
        .raw(b"\x93(")
        .text(PAYLOAD)
        .raw(b"tR");
    out.push(Sample::attack(
        "built-name",
        "name-concat.pkl",
        concat.stop(),
    ));
    out.push(Sample::attack(
        "built-name",
        "name-escape-unicode.pkl",
        b"\x80\x04V\\u006fs\nVsystem\n\x93(Vecho x\ntR.".to_vec(),
    ));
    out.push(Sample::attack(
        "built-name",
        "name-escape-string.pkl",
        b"\x80\x04S'\\x6fs'\nS'\\x73ystem'\n\x93(S'echo x'\ntR.".to_vec(),
    ));
    // Twins: the same machinery on data.
    for protocol in [0u8, 2, 4] {
        let new = || Pickle::new(protocol);
        let partial = new()
            .name(Names::Global, "functools", "partial")
            .raw(b"(")
            .name(Names::Global, "builtins", "int")
            .text("1")
            .raw(b"tR");
        out.push(Sample::twin(
            "indirect",
            format!("partial-int-{protocol}.pkl"),
            partial.stop(),
        ));
        let default = new()
            .name(Names::Global, "collections", "defaultdict")
            .raw(b"(")
            .name(Names::Global, "builtins", "list")
            .raw(b"tR");
        out.push(Sample::twin(
            "indirect",
            format!("defaultdict-{protocol}.pkl"),
            default.stop(),
        ));
        let member = new()
            .name(Names::Global, "builtins", "getattr")
            .raw(b"(")
            .name(Names::Global, "sklearn.utils", "Kind")
            .text("A")
            .raw(b"tR");
        out.push(Sample::twin(
            "indirect",
            format!("enum-member-{protocol}.pkl"),
            member.stop(),
        ));
        out.push(Sample::twin(
            "indirect",
            format!("text-of-attack-{protocol}.pkl"),
            new()
                .raw(b"](")
                .text("os")
                .text("system")
                .text("os.system('x')")
                .raw(b"e")
                .stop(),
        ));
    }
}

fn machine(out: &mut Vec<Sample>) {
    let mut add = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::attack("machine", format!("{name}.pkl"), bytes));
    };
    let call = |protocol| Pickle::new(protocol).call(Names::Global, "os", "system", PAYLOAD);
    for protocol in [0u8, 2, 4] {
        add(
            &format!("popped-{protocol}"),
            call(protocol).raw(b"0N").stop(),
        );
        add(
            &format!("duplicated-{protocol}"),
            call(protocol).raw(b"2").stop(),
        );
        add(&format!("truncated-{protocol}"), call(protocol).out);
        add(
            &format!("broken-behind-{protocol}"),
            call(protocol).raw(b"\xff\xff\xff").out,
        );
        add(
            &format!("underflow-behind-{protocol}"),
            call(protocol).raw(b"00000R.").out,
        );
        add(
            &format!("open-mark-{protocol}"),
            Pickle::new(protocol)
                .raw(b"(((")
                .call(Names::Global, "os", "system", PAYLOAD)
                .stop(),
        );
        add(
            &format!("memo-shuffle-{protocol}"),
            Pickle::new(protocol)
                .raw(b"cos\nsystem\nq\x010N0h\x01(")
                .text(PAYLOAD)
                .raw(b"tR")
                .stop(),
        );
        add(
            &format!("hex-int-{protocol}"),
            Pickle::new(protocol)
                .raw(b"I0x10\n0")
                .call(Names::Global, "os", "system", PAYLOAD)
                .stop(),
        );
        add(
            &format!("proto-again-{protocol}"),
            Pickle::new(protocol)
                .raw(b"\x80\x02\x80\x04")
                .call(Names::Global, "os", "system", PAYLOAD)
                .stop(),
        );
        add(
            &format!("list-arguments-{protocol}"),
            Pickle::new(protocol)
                .raw(b"cos\nsystem\n](")
                .text(PAYLOAD)
                .raw(b"eR")
                .stop(),
        );
        add(
            &format!("long-text-before-{protocol}"),
            Pickle::new(protocol)
                .text(&"a".repeat(70_000))
                .raw(b"0")
                .call(Names::Global, "os", "system", PAYLOAD)
                .stop(),
        );
        let mut deep = Pickle::new(protocol);
        for _ in 0..5000 {
            deep = deep.raw(b"]");
        }
        add(
            &format!("deep-{protocol}"),
            deep.call(Names::Global, "os", "system", PAYLOAD)
                .raw(&b"a".repeat(5000))
                .stop(),
        );
    }
    let mut laughs = Pickle::new(2).raw(b"]");
    for _ in 0..60 {
        laughs = laughs.raw(b"2\x86");
    }
    add("exponential", laughs.stop());
    add(
        "decoys",
        Pickle::new(4)
            .text("collections")
            .text("OrderedDict")
            .raw(b"00")
            .call(Names::Stack, "os", "system", PAYLOAD)
            .stop(),
    );
    add(
        "get-names",
        Pickle::new(4)
            .text("os")
            .raw(b"\x94")
            .text("system")
            .raw(b"\x9400h\x00h\x01\x93(")
            .text(PAYLOAD)
            .raw(b"tR")
            .stop(),
    );
    add(
        "frame-straddled",
        Pickle::new(4)
            .raw(b"\x95\x03\0\0\0\0\0\0\0")
            .call(Names::Stack, "os", "system", PAYLOAD)
            .stop(),
    );
    add(
        "frame-past-end",
        Pickle::new(4)
            .raw(b"\x95\xff\xff\0\0\0\0\0\0")
            .call(Names::Stack, "os", "system", PAYLOAD)
            .stop(),
    );
    add(
        "newobj",
        Pickle::new(2)
            .raw(b"csubprocess\nPopen\n(")
            .text(PAYLOAD)
            .raw(b"t\x81")
            .stop(),
    );
    add(
        "newobj-ex",
        Pickle::new(4)
            .raw(b"csubprocess\nPopen\n(")
            .text(PAYLOAD)
            .raw(b"t}\x92")
            .stop(),
    );
    add(
        "extension",
        Pickle::new(2)
            .raw(b"ccopyreg\nadd_extension\n(")
            .text("os")
            .text("system")
            .raw(b"K\xf0tR0\x82\xf0(")
            .text(PAYLOAD)
            .raw(b"tR")
            .stop(),
    );
}

fn state(out: &mut Vec<Sample>) {
    let mut add = |name: &str, pickle: Pickle| {
        out.push(Sample::attack(
            "state",
            format!("{name}.pkl"),
            pickle.stop(),
        ));
    };
    let object = || Pickle::new(2).raw(b"cshop.models\nRanker\n)\x81");
    add(
        "setstate",
        object()
            .raw(b"}")
            .text("__setstate__")
            .raw(b"cos\nsystem\nsb")
            .text(PAYLOAD)
            .raw(b"b"),
    );
    add(
        "append-bound",
        object()
            .raw(b"}")
            .text("append")
            .raw(b"cos\nsystem\nsb")
            .text(PAYLOAD)
            .raw(b"a"),
    );
    add(
        "extend-bound",
        object()
            .raw(b"}")
            .text("extend")
            .raw(b"cos\nsystem\nsb(")
            .text(PAYLOAD)
            .raw(b"e"),
    );
    add(
        "reduce-in-state",
        object()
            .raw(b"}")
            .text("__reduce__")
            .raw(b"cos\nsystem\nsb"),
    );
    add(
        "module-dict",
        Pickle::new(4)
            .raw(b"ccollections\n__dict__\n")
            .text("OrderedDict")
            .raw(b"cos\nsystem\ns"),
    );
    add(
        "sys-modules-item",
        Pickle::new(4)
            .raw(b"csys\nmodules\n")
            .text("json")
            .raw(b"cos\npath\ns"),
    );
    add(
        "slot-state-on-module",
        Pickle::new(2)
            .raw(b"ctorch\nserialization\n(N}")
            .text("load")
            .raw(b"cos\nsystem\nstb"),
    );
    add(
        "partial-state",
        Pickle::new(2)
            .raw(b"cfunctools\npartial\n(cbuiltins\nlen\ntR(cos\nsystem\n(")
            .text(PAYLOAD)
            .raw(b"t}Ntb)R"),
    );
    add(
        "setattr",
        Pickle::new(2)
            .raw(b"cbuiltins\nsetattr\n(ccollections\nOrderedDict\n")
            .text("__init__")
            .raw(b"cos\nsystem\ntR"),
    );
    for protocol in [2u8, 4] {
        let twin = Pickle::new(protocol)
            .raw(b"csklearn.svm._classes\nSVC\n)\x81}(")
            .text("C")
            .raw(b"K\x01")
            .text("kernel")
            .text("rbf")
            .raw(b"ub");
        out.push(Sample::twin(
            "state",
            format!("estimator-{protocol}.pkl"),
            twin.stop(),
        ));
        let twin = Pickle::new(protocol)
            .raw(b"cshop.models\nRanker\n)\x81}(")
            .text("weights")
            .raw(b"]")
            .text("name")
            .text("a")
            .raw(b"ub");
        out.push(Sample::twin(
            "state",
            format!("own-class-{protocol}.pkl"),
            twin.stop(),
        ));
    }
}

fn streams(out: &mut Vec<Sample>) {
    for protocol in [0u8, 2, 4] {
        let attack = attack(protocol);
        let first = plain(protocol);
        let mut add = |name: &str, bytes: Vec<u8>| {
            out.push(Sample::attack(
                "stream",
                format!("{name}-{protocol}.pkl"),
                bytes,
            ));
        };
        add("second", [first.clone(), attack.clone()].concat());
        add(
            "behind-junk",
            [&first[..], b"\x99 some junk \x01\x02", &attack[..]].concat(),
        );
        add(
            "behind-zeros",
            [first.clone(), vec![0; 5000], attack.clone()].concat(),
        );
        add("late", [first.repeat(200), attack.clone()].concat());
        let wrap = |payload: &[u8]| {
            Pickle::new(4)
                .raw(b"}")
                .text("blob")
                .bytes(payload)
                .raw(b"s")
                .stop()
        };
        let wrap_text = |payload: &str| {
            Pickle::new(4)
                .raw(b"}")
                .text("blob")
                .raw(
                    &[
                        b"X",
                        &(payload.len() as u32).to_le_bytes()[..],
                        payload.as_bytes(),
                    ]
                    .concat(),
                )
                .raw(b"s")
                .stop()
        };
        add("in-bytes", wrap(&attack));
        add("in-base64", wrap_text(&base64(&attack)));
        add("in-hex", wrap_text(&hex(&attack)));
        add("in-zlib", wrap(&zlib(&attack)));
        add("in-gzip-base64", wrap_text(&base64(&gzip(&attack))));
        for (end, bytes) in [
            ("gz", gzip(&attack)),
            ("z", zlib(&attack)),
            ("bz2", bzip2(&attack)),
        ] {
            out.push(Sample::attack(
                "compressed",
                format!("whole-{protocol}.pkl.{end}"),
                bytes,
            ));
        }
        let mut twin = |name: &str, bytes: Vec<u8>| {
            out.push(Sample::twin(
                "stream",
                format!("twin-{name}-{protocol}.pkl"),
                bytes,
            ));
        };
        twin("second", [first.clone(), first.clone()].concat());
        twin("in-bytes", wrap(&first));
        twin("in-base64", wrap_text(&base64(&first)));
        twin("in-zlib", wrap(&zlib(&first)));
        twin(
            "random-text",
            wrap_text("The quick brown fox jumps over the lazy dog, again and again and again."),
        );
        for (end, bytes) in [
            ("gz", gzip(&first)),
            ("z", zlib(&first)),
            ("bz2", bzip2(&first)),
        ] {
            out.push(Sample::twin(
                "compressed",
                format!("twin-whole-{protocol}.pkl.{end}"),
                bytes,
            ));
        }
        for end in ["bin", "dat", "PKL", "txt", "onnx", "pt", ""] {
            out.push(Sample::attack(
                "disguise",
                format!("disguise-{protocol}.{end}"),
                attack.clone(),
            ));
            out.push(Sample::twin(
                "disguise",
                format!("twin-disguise-{protocol}.{end}"),
                first.clone(),
            ));
        }
    }
}
