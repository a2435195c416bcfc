//! Attacks that join techniques of several formats, or reach a call by a road that the other files do not take,
//! and harmless files of the same making. Written from the loaders' rules before any of them was checked.

use super::Sample;
use super::archives::{member, tar, tar_entry, zip};
use super::formats::{attribute, hdf5};
use super::frameworks::{
    external, field, gguf, keras, keras_model, node, npy, onnx, safetensors, saved_model,
};
use super::pickles::{Pickle, base64, gzip, plain, zlib};

/// `c module name`.
pub(super) fn global(full: &str) -> Vec<u8> {
    let (module, name) = full.rsplit_once('.').unwrap();
    named(module, name)
}

pub(super) fn named(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

pub(super) fn text(value: &str) -> Vec<u8> {
    [&[0x8c, value.len() as u8][..], value.as_bytes()].concat()
}

pub(super) fn bytes(value: &[u8]) -> Vec<u8> {
    [b"B", &(value.len() as u32).to_le_bytes()[..], value].concat()
}

pub(super) fn tuple(parts: &[&[u8]]) -> Vec<u8> {
    [b"(", &parts.concat()[..], b"t"].concat()
}

pub(super) fn list(parts: &[&[u8]]) -> Vec<u8> {
    [b"](", &parts.concat()[..], b"e"].concat()
}

pub(super) fn dict(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let items: Vec<u8> = parts
        .iter()
        .flat_map(|(key, value)| [text(key), value.to_vec()].concat())
        .collect();
    [b"}(", &items[..], b"u"].concat()
}

pub(super) fn call(callee: &[u8], arguments: &[&[u8]]) -> Vec<u8> {
    [callee, &tuple(arguments)[..], b"R"].concat()
}

fn attr(of: &[u8], name: &str) -> Vec<u8> {
    call(&global("builtins.getattr"), &[of, &text(name)])
}

/// `cls.__new__(cls)` with a state.
pub(super) fn object(class: &str, state: &[u8]) -> Vec<u8> {
    [&global(class)[..], b")\x81", state, b"b"].concat()
}

pub(super) fn pickle(body: &[u8]) -> Vec<u8> {
    Pickle::new(4).raw(body).stop()
}

fn attack() -> Vec<u8> {
    pickle(&call(&global("os.system"), &[&text("echo x")]))
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    called_by_others(&mut out);
    changed_without_calls(&mut out);
    containers(&mut out);
    long_pickles(&mut out);
    configuration(&mut out);
    harmless_pickles(&mut out);
    harmless_files(&mut out);
    out
}

/// A dangerous function is handed to what calls it.
fn called_by_others(out: &mut Vec<Sample>) {
    let system = global("os.system");
    let command = text("echo x");
    let commands = list(&[&command]);
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::attack(
            "combination",
            format!("{name}.pkl"),
            pickle(&body),
        ));
    };
    add(
        "operator-call",
        call(&global("operator.call"), &[&system, &command]),
    );
    add(
        "property-get",
        call(
            &attr(&call(&global("builtins.property"), &[&system]), "__get__"),
            &[&command],
        ),
    );
    add(
        "dynamic-attribute-get",
        call(
            &attr(
                &call(&global("types.DynamicClassAttribute"), &[&system]),
                "__get__",
            ),
            &[&command],
        ),
    );
    add(
        "heap-key",
        call(
            &global("heapq.nsmallest"),
            &[b"K\x01", &list(&[&command, &text("a")]), &system],
        ),
    );
    add(
        "drop-while",
        call(
            &global("collections.deque"),
            &[&call(&global("itertools.dropwhile"), &[&system, &commands])],
        ),
    );
    add(
        "scanner",
        call(
            &attr(
                &call(
                    &global("re.Scanner"),
                    &[&list(&[&tuple(&[&text(".+"), &system])])],
                ),
                "scan",
            ),
            &[&command],
        ),
    );
    add(
        "thread-pool-initializer",
        call(
            &global("multiprocessing.pool.ThreadPool"),
            &[b"K\x01", &system, &tuple(&[&command])],
        ),
    );
    add(
        "executor-submit",
        call(
            &attr(
                &call(&global("concurrent.futures.ThreadPoolExecutor"), &[]),
                "submit",
            ),
            &[&system, &command],
        ),
    );
    add(
        "timer",
        call(
            &attr(
                &call(&global("threading.Timer"), &[b"K\0", &system, &commands]),
                "run",
            ),
            &[],
        ),
    );
    add(
        "exit-stack-callback",
        call(
            &attr(&call(&global("contextlib.ExitStack"), &[]), "callback"),
            &[&system, &command],
        ),
    );
    add(
        "object-hook",
        call(
            &[
                &global("functools.partial")[..],
                &tuple(&[&global("json.loads")]),
                &dict(&[("object_hook", &system)]),
                b"\x92",
            ]
            .concat(),
            &[&text("{\"a\": 1}")],
        ),
    );
    add(
        "tree-map-of-torch",
        call(
            &global("torch.utils._pytree.tree_map"),
            &[&system, &commands],
        ),
    );
    add(
        "tree-map-of-jax",
        call(&global("jax.tree_util.tree_map"), &[&system, &commands]),
    );
    add(
        "pipe-of-pandas",
        call(&global("pandas.core.common.pipe"), &[&command, &system]),
    );
    add(
        "pipe-of-toolz",
        call(&global("toolz.functoolz.pipe"), &[&command, &system]),
    );
    add(
        "batched-calls",
        call(
            &call(
                &global("joblib.parallel.BatchedCalls"),
                &[
                    &list(&[&tuple(&[&system, &tuple(&[&command]), b"}"])]),
                    b"N",
                ],
            ),
            &[],
        ),
    );
    add(
        "dask-graph",
        call(
            &global("dask.threaded.get"),
            &[&dict(&[("x", &tuple(&[&system, &command]))]), &text("x")],
        ),
    );
    add(
        "from-python-function",
        call(
            &call(&global("numpy.frompyfunc"), &[&system, b"K\x01", b"K\x01"]),
            &[&commands],
        ),
    );
    add(
        "minimised",
        call(
            &global("scipy.optimize.minimize_scalar"),
            &[&global("builtins.exec")],
        ),
    );
    add(
        "class-of-popen",
        call(
            &call(
                &global("builtins.type"),
                &[&text("X"), &tuple(&[&global("subprocess.Popen")]), b"}"],
            ),
            &[&command],
        ),
    );
    add(
        "applied-by-python-2",
        [
            b"(".to_vec(),
            global("os.system"),
            b"(S'echo x'\nti__builtin__\napply\n".to_vec(),
        ]
        .concat(),
    );
    add(
        "method-of-path",
        call(
            &attr(
                &call(&global("pathlib.PosixPath"), &[&text("/tmp/x")]),
                "write_text",
            ),
            &[&text("x")],
        ),
    );
    add(
        "python-by-pointer",
        call(
            &[
                &text("ctypes")[..],
                &text("pythonapi.PyRun_SimpleString"),
                b"\x93",
            ]
            .concat(),
            &[&bytes(b"import os")],
        ),
    );
    add(
        "frame-walk",
        call(
            &call(
                &global("operator.getitem"),
                &[
                    &attr(&call(&global("sys._getframe"), &[]), "f_builtins"),
                    &text("eval"),
                ],
            ),
            &[&text("1")],
        ),
    );
    add(
        "subprocess-of-asyncio",
        call(
            &global("asyncio.run"),
            &[&call(
                &global("asyncio.create_subprocess_shell"),
                &[&command],
            )],
        ),
    );
    add(
        "function-of-lines",
        call(
            &global("dataclasses._create_fn"),
            &[
                &text("f"),
                b"]",
                &list(&[&text("__import__('os').system('echo x')")]),
            ],
        ),
    );
    add(
        "function-of-keras",
        call(
            &global("keras.utils.generic_utils.func_load"),
            &[&text("4wAAAAA=")],
        ),
    );
    add(
        "module-of-dill",
        call(
            &call(&global("dill._dill._import_module"), &[&text("os.system")]),
            &[&command],
        ),
    );
    add(
        "attribute-of-dill",
        call(
            &call(
                &global("dill._dill._get_attr"),
                &[&named("os", "path.os"), &text("system")],
            ),
            &[&command],
        ),
    );
    add(
        "module-of-cloudpickle",
        call(
            &attr(
                &call(
                    &global("cloudpickle.cloudpickle.subimport"),
                    &[&text("subprocess")],
                ),
                "getoutput",
            ),
            &[&command],
        ),
    );
    add(
        "vendored-popen",
        call(
            &global("joblib.externals.loky.backend.popen_loky_posix.Popen"),
            &[&command],
        ),
    );
    add("breakpoint", call(&global("builtins.breakpoint"), &[]));
    add(
        "site-folder",
        call(&global("site.addsitedir"), &[&text("/tmp")]),
    );
    add(
        "compiled-file",
        call(&global("py_compile.compile"), &[&text("/tmp/x.py")]),
    );
    add(
        "crash",
        call(&global("ctypes.string_at"), &[b"K\0", b"K\x01"]),
    );
}

/// Nothing is called by name: what is loaded later is changed.
fn changed_without_calls(out: &mut Vec<Sample>) {
    let system = global("os.system");
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::attack(
            "combination",
            format!("{name}.pkl"),
            pickle(&body),
        ));
    };
    add(
        "path-appended",
        [&global("sys.path")[..], &text("/tmp"), b"a"].concat(),
    );
    add(
        "path-extended",
        call(
            &global("operator.iadd"),
            &[&global("sys.path"), &list(&[&text("/tmp")])],
        ),
    );
    add(
        "environment",
        [
            &global("os.environ")[..],
            &text("LD_PRELOAD"),
            &text("/tmp/x.so"),
            b"s",
        ]
        .concat(),
    );
    add(
        "safe-globals",
        call(
            &global("torch.serialization.add_safe_globals"),
            &[&list(&[&system])],
        ),
    );
    add(
        "annotations",
        [
            &global("collections.OrderedDict")[..],
            &tuple(&[
                b"N",
                &dict(&[("__annotations__", &dict(&[("a", &text("exec('1')"))]))]),
            ]),
            b"b",
            &call(
                &global("typing.get_type_hints"),
                &[&global("collections.OrderedDict")],
            ),
        ]
        .concat(),
    );
    add(
        "code-of-function",
        [
            &global("collections.namedtuple")[..],
            &tuple(&[
                b"N",
                &dict(&[("__code__", &named("shop.models", "run.__code__"))]),
            ]),
            b"b",
        ]
        .concat(),
    );
}

/// Archives in archives, and streams of loaders that read several files.
fn containers(out: &mut Vec<Sample>) {
    let mut add = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::attack("combination", name, bytes));
    };
    let torch = |pickle: Vec<u8>| {
        zip(&[
            member("m/data.pkl", pickle),
            member("m/byteorder", b"little".to_vec()),
            member("m/version", b"3\n".to_vec()),
        ])
    };
    add(
        "exported.pt2",
        zip(&[
            member("m/archive_format", b"pt2".to_vec()),
            member("m/archive_version", b"0".to_vec()),
            member("m/models/model.json", b"{}".to_vec()),
            member("m/data/weights/model.pt", torch(attack())),
        ]),
    );
    add(
        "layer.tar.gz",
        gzip(&tar(&[
            tar_entry(
                "oci-layout",
                b'0',
                "",
                b"{\"imageLayoutVersion\":\"1.0.0\"}",
            ),
            tar_entry(
                "blobs/sha256/0f3a",
                b'0',
                "",
                &gzip(&tar(&[tar_entry("app/weights.bin", b'0', "", &attack())])),
            ),
        ])),
    );
    add(
        "arrays.npz.gz",
        gzip(&zip(&[
            member("a.npy", npy("'<f4'", "(1,)", &[0; 4])),
            member(
                "b.npy",
                npy("[('a', '<f4'), ('b', '|O')]", "(1,)", &attack()),
            ),
        ])),
    );
    add(
        "object-array-compressed.joblib",
        zlib(
            &Pickle::new(4)
                .raw(&global("joblib.numpy_pickle.NumpyArrayWrapper"))
                .raw(b")\x81")
                .raw(&dict(&[
                    ("subclass", &global("numpy.ndarray")),
                    ("shape", b"K\x01\x85"),
                    ("order", &text("C")),
                    (
                        "dtype",
                        &call(&global("numpy.dtype"), &[&text("O8"), b"\x89\x88"]),
                    ),
                    ("allow_mmap", b"\x89"),
                    ("numpy_array_alignment_bytes", b"K\x10"),
                ]))
                .raw(b"b")
                .raw(&attack())
                .stop(),
        ),
    );
    add(
        "weights-and-archive.safetensors",
        [
            safetensors(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                b"x",
            ),
            torch(attack()),
        ]
        .concat(),
    );
    add(
        "graph-in-archive.zip",
        zip(&[member(
            "model/saved_model.pb",
            saved_model(
                &[
                    field(1, &node("x", "StatefulPartitionedCall")),
                    field(
                        2,
                        &field(
                            1,
                            &[
                                field(1, &field(1, b"f")),
                                field(3, &node("p", "EagerPyFunc")),
                            ]
                            .concat(),
                        ),
                    ),
                ]
                .concat(),
            ),
        )]),
    );
    add(
        "linked-weights.tar",
        tar(&[
            tar_entry("model.onnx", b'0', "", &onnx(&field(5, &external("w.bin")))),
            tar_entry("w.bin", b'2', "/etc/shadow", b""),
        ]),
    );
    add(
        "share.onnx",
        onnx(&field(5, &external("\\\\files.example\\share\\w"))),
    );
    add(
        "customised.zip",
        zip(&[
            member("weights.npy", npy("'<f4'", "(1,)", &[0; 4])),
            member(
                "sitecustomize.py",
                b"import os\nos.system('echo x')\n".to_vec(),
            ),
        ]),
    );
    add(
        "loss-is-exec.keras",
        keras(&format!(
            "{}, \"compile_config\": {{\"loss\": {{\"module\": \"builtins\", \"class_name\": \"function\", \"config\": \"exec\", \"registered_name\": \"function\"}}}}}}",
            keras_model("").trim_end_matches('}')
        )),
    );
    add(
        "lambda-as-argument.keras",
        keras(&keras_model(
            "{\"module\": \"keras.layers\", \"class_name\": \"Dense\", \"config\": {\"units\": 1, \"activation\": {\"class_name\": \"__lambda__\", \"config\": {\"value\": \"4wAAAAAAAAAAAAAAAAAAAADaBnN5c3RlbdoCb3M=\"}}}}",
        )),
    );
    add(
        "metric-of-os.h5",
        hdf5(&[
            attribute(
                "model_config",
                "{\"class_name\": \"Sequential\", \"config\": {\"layers\": []}}",
            ),
            attribute(
                "training_config",
                "{\"metrics\": [{\"module\": \"os\", \"class_name\": \"function\", \"config\": \"system\", \"registered_name\": null}]}",
            ),
        ]),
    );
    add(
        "partial.skops",
        zip(&[member(
            "schema.json",
            b"{\"__class__\": \"partial\", \"__module__\": \"functools\", \"__loader__\": \"PartialNode\", \"content\": {\"func\": {\"__class__\": \"system\", \"__module__\": \"os\", \"__loader__\": \"FunctionNode\", \"content\": \"os.system\"}}, \"protocol\": 2}".to_vec(),
        )]),
    );
}

/// Pickles without a magic number that are longer than what is read to tell them from text.
fn long_pickles(out: &mut Vec<Sample>) {
    let head = b"(lp0\n".to_vec();
    let numbers = b"I1\naI2\naI3\na".repeat(100_000);
    let call = b"cos\nsystem\n(S'echo x'\ntRa".to_vec();
    out.push(Sample::attack(
        "combination",
        "behind-a-megabyte-of-text.pkl",
        [&head, &numbers[..], &call, b"."].concat(),
    ));
    out.push(Sample::twin(
        "combination",
        "a-megabyte-of-text.pkl",
        [&head, &numbers[..], b"."].concat(),
    ));
}

/// Text that loaders take names from.
fn configuration(out: &mut Vec<Sample>) {
    let mut add = |name: &str, bytes: &[u8]| {
        out.push(Sample::attack("combination", name, bytes.to_vec()));
    };
    add(
        "modules.json",
        b"[{\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": \"os.system\"}]",
    );
    add(
        "model_index.json",
        b"{\"_class_name\": \"StableDiffusionPipeline\", \"unet\": [\"os\", \"system\"], \"vae\": [\"diffusers\", \"AutoencoderKL\"]}",
    );
    add(
        "adapter_config.json",
        b"{\"peft_type\": \"LORA\", \"auto_mapping\": {\"base_model_class\": \"Popen\", \"parent_library\": \"subprocess\"}}",
    );
    add(
        "MLmodel",
        b"flavors:\n  python_function:\n    loader_module: subprocess\n    python_version: 3.11.0\n",
    );
    add(
        "anchors.yaml",
        b"base: &run\n  _target_: os.system\n  _args_: [echo x]\ntrainer:\n  callbacks:\n    - <<: *run\n",
    );
    add(
        "resolved.yaml",
        b"model:\n  _target_: ${oc.env:TARGET,subprocess.check_output}\n  args: [id]\n",
    );
    add(
        "flow.yaml",
        b"{model: {_target_: functools.partial, _args_: [{_target_: builtins.eval, _args_: ['1']}]}}\n",
    );
    add(
        "entities.xml",
        &"\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?><!DOCTYPE net [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><net><a>&a;</a></net>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
    );
}

fn harmless_pickles(out: &mut Vec<Sample>) {
    let mut add = |name: &str, body: Vec<u8>| {
        out.push(Sample::twin(
            "combination",
            format!("{name}.pkl"),
            pickle(&body),
        ));
    };
    let dtype = [
        call(&global("numpy.dtype"), &[&text("f8"), b"\x89\x88"]),
        b"(K\x03".to_vec(),
        text("<"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb".to_vec(),
    ]
    .concat();
    let array = call(
        &global("numpy._core.numeric._frombuffer"),
        &[&bytes(&[0; 16]), &dtype, b"K\x02\x85", &text("C")],
    );
    add(
        "lightning",
        dict(&[
            ("epoch", b"K\x03"),
            (
                "callbacks",
                &dict(&[(
                    "ModelCheckpoint{'monitor': 'val_loss'}",
                    &dict(&[
                        ("dirpath", &text("/home/a/runs/1")),
                        ("best_k_models", b"}"),
                    ]),
                )]),
            ),
            (
                "hyper_parameters",
                &dict(&[("command", &text("bash train.sh"))]),
            ),
        ]),
    );
    add(
        "activation",
        [
            &global("functools.partial")[..],
            &tuple(&[&global("torch.nn.functional.gelu")]),
            &dict(&[("approximate", &text("tanh"))]),
            b"\x92",
        ]
        .concat(),
    );
    add(
        "mode",
        call(&global("shop.settings.Mode"), &[&text("train")]),
    );
    add(
        "frame-of-pandas",
        [
            &global("pandas.core.frame.DataFrame")[..],
            b")\x81",
            &dict(&[
                (
                    "_mgr",
                    &call(
                        &global("pandas.core.internals.managers.BlockManager"),
                        &[
                            &tuple(&[&call(
                                &global("pandas._libs.internals._unpickle_block"),
                                &[
                                    &array,
                                    &call(&global("builtins.slice"), &[b"K\0", b"K\x01", b"K\x01"]),
                                    b"K\x02",
                                ],
                            )]),
                            &list(&[&call(
                                &global("pandas.core.indexes.base._new_Index"),
                                &[
                                    &global("pandas.core.indexes.range.RangeIndex"),
                                    &dict(&[
                                        ("name", b"N"),
                                        ("start", b"K\0"),
                                        ("stop", b"K\x02"),
                                        ("step", b"K\x01"),
                                    ]),
                                ],
                            )]),
                        ],
                    ),
                ),
                ("_typ", &text("dataframe")),
                ("attrs", b"}"),
            ]),
            b"b",
        ]
        .concat(),
    );
    add(
        "sparse-matrix",
        object(
            "scipy.sparse._csr.csr_matrix",
            &dict(&[
                ("_shape", b"K\x02K\x02\x86"),
                ("maxprint", b"K\x32"),
                ("indices", &array),
                ("indptr", &array),
                ("data", &array),
            ]),
        ),
    );
    add(
        "pipeline",
        object(
            "sklearn.pipeline.Pipeline",
            &dict(&[(
                "steps",
                &list(&[&tuple(&[
                    &text("log"),
                    &object(
                        "sklearn.preprocessing._function_transformer.FunctionTransformer",
                        &dict(&[
                            ("func", &named("numpy", "log1p")),
                            ("inverse_func", &named("numpy", "expm1")),
                        ]),
                    ),
                ])]),
            )]),
        ),
    );
    add(
        "compiled-pattern",
        call(
            &global("re._compile"),
            &[&text(r"(?:system|exec)\s*\("), b"K\x20"],
        ),
    );
    add(
        "generator",
        call(
            &global("numpy.random._pickle.__generator_ctor"),
            &[&[
                &call(
                    &global("numpy.random._pickle.__bit_generator_ctor"),
                    &[&global("numpy.random._pcg64.PCG64")],
                )[..],
                &tuple(&[
                    &dict(&[("bit_generator", &text("PCG64")), ("has_uint32", b"K\0")]),
                    b"N",
                ]),
                b"b",
            ]
            .concat()],
        ),
    );
    add(
        "namespace",
        [
            &call(&global("types.SimpleNamespace"), &[])[..],
            &dict(&[("run", &text("python -c 'import os; os.system(1)'"))]),
            b"b",
        ]
        .concat(),
    );
    add(
        "picture-as-text",
        dict(&[(
            "logo",
            &[
                b"X\x60\0\0\0".to_vec(),
                base64(
                    &[
                        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
                        &zlib(&[7; 64]),
                        &[0; 72],
                    ]
                    .concat()[..72],
                )
                .into_bytes(),
            ]
            .concat(),
        )]),
    );
    add(
        "compressed-settings",
        dict(&[(
            "settings",
            &bytes(&gzip(b"{\"os\": \"linux\", \"system\": 1}")),
        )]),
    );
    add(
        "pickle-of-pickle",
        dict(&[("cached", &bytes(&plain(2))), ("version", b"K\x02")]),
    );
    add(
        "tokenizer",
        [
            &global("tokenizers.Tokenizer")[..],
            &tuple(&[&bytes(
                b"{\"version\":\"1.0\",\"model\":{\"type\":\"BPE\"}}",
            )]),
            b"R",
        ]
        .concat(),
    );
    add(
        "sentence-pieces",
        object(
            "sentencepiece.SentencePieceProcessor",
            &bytes(b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02"),
        ),
    );
    add(
        "booster",
        object(
            "xgboost.sklearn.XGBClassifier",
            &dict(&[(
                "_Booster",
                &object(
                    "xgboost.core.Booster",
                    &dict(&[(
                        "handle",
                        &[&b"\x96\x0a\0\0\0\0\0\0\0"[..], b"{L\0\0\0\0\0\0\x06x"].concat(),
                    )]),
                ),
            )]),
        ),
    );
    add(
        "getter",
        object(
            "sklearn.feature_extraction.text.CountVectorizer",
            &dict(&[(
                "preprocessor",
                &call(&global("operator.itemgetter"), &[&text("title")]),
            )]),
        ),
    );
}

fn harmless_files(out: &mut Vec<Sample>) {
    let mut add = |name: &str, bytes: Vec<u8>| {
        out.push(Sample::twin("combination", name, bytes));
    };
    let weights = safetensors(
        "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        b"x",
    );
    add(
        "repository.tar.gz",
        gzip(&tar(&[
            tar_entry(
                "m/config.json",
                b'0',
                "",
                b"{\"model_type\": \"bert\", \"architectures\": [\"BertModel\"]}",
            ),
            tar_entry(
                "m/tokenizer_config.json",
                b'0',
                "",
                b"{\"tokenizer_class\": \"BertTokenizer\"}",
            ),
            tar_entry("m/model.safetensors", b'0', "", &weights),
            tar_entry(
                "m/README.md",
                b'0',
                "",
                b"---\nlicense: mit\n---\n# Model\n",
            ),
        ])),
    );
    add(
        "from-a-mac.zip",
        zip(&[
            member("m/weights.npy", npy("'<f4'", "(1,)", &[0; 4])),
            member(
                "__MACOSX/m/._weights.npy",
                b"\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x01".to_vec(),
            ),
            member("m/.DS_Store", b"\0\0\0\x01Bud1\0\0\x10\0".to_vec()),
        ]),
    );
    add(
        "README.md",
        b"---\nlicense: apache-2.0\nbase_model: acme/base\ntags:\n- text-generation\n---\n# Demo\n\n```python\nimport os\nos.environ[\"HF_HOME\"] = \"/tmp\"\nos.system(\"pip install transformers\")\nmodel = AutoModel.from_pretrained(\"acme/demo\", trust_remote_code=False)\n```\nSee https://models.example/demo.\n".to_vec(),
    );
    add(
        "weights-beside.onnx",
        onnx(&field(5, &external("weights/layer.0.weight.bin"))),
    );
    add(
        "fused.onnx",
        onnx(&field(
            1,
            &[
                field(1, b"x"),
                field(2, b"y"),
                field(4, b"FusedMatMul"),
                field(7, b"com.microsoft"),
            ]
            .concat(),
        )),
    );
    add(
        "table-of-words.pb",
        [
            b"\x08\x01".to_vec(),
            field(
                2,
                &[
                    field(
                        2,
                        &[
                            field(1, &node("table", "HashTableV2")),
                            field(1, &node("asset", "Const")),
                            field(
                                1,
                                &[
                                    node("init", "InitializeTableFromTextFileV2"),
                                    field(3, b"table"),
                                    field(3, b"asset"),
                                ]
                                .concat(),
                            ),
                            field(1, &node("find", "LookupTableFindV2")),
                        ]
                        .concat(),
                    ),
                    field(
                        6,
                        &[field(1, &field(1, b"asset:0")), field(2, b"vocabulary.txt")].concat(),
                    ),
                ]
                .concat(),
            ),
        ]
        .concat(),
    );
    add(
        "adapter.safetensors",
        safetensors(
            "{\"__metadata__\":{\"ss_network_module\":\"networks.lora\",\"ss_tag_frequency\":\"{\\\"photos\\\": {\\\"a cat\\\": 12}}\",\"modelspec.description\":\"see https://art.example/lora\",\"ss_dataset_dirs\":\"{\\\"10_cat\\\": {\\\"n_repeats\\\": 10}}\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
            b"x",
        ),
    );
    add(
        "model_config.yaml",
        b"model:\n  optim:\n    _target_: torch.optim.AdamW\n    lr: 1e-4\n  encoder:\n    _target_: nemo.collections.asr.modules.ConformerEncoder\ntrainer:\n  _target_: pytorch_lightning.Trainer\n  logger: {_target_: lightning.pytorch.loggers.TensorBoardLogger, save_dir: .}\n".to_vec(),
    );
    add(
        "custom-layer.keras",
        keras(&keras_model(
            "{\"module\": \"shop.layers\", \"class_name\": \"Scale\", \"config\": {\"factor\": 2.0}, \"registered_name\": \"shop>Scale\"}",
        )),
    );
    add(
        "records.npz",
        zip(&[
            member(
                "a.npy",
                npy(
                    "[('id', '<i8'), ('name', '<U4'), ('at', '<M8[ns]')]",
                    "(1,)",
                    &[0; 32],
                ),
            ),
            member("b.npy", npy("'|b1'", "(2,)", &[0, 1])),
            member("c.npy", npy("'<c16'", "(1,)", &[0; 16])),
        ]),
    );
    add(
        "model_index.json",
        b"{\"_class_name\": \"StableDiffusionPipeline\", \"_diffusers_version\": \"0.30.0\", \"feature_extractor\": [null, null], \"requires_safety_checker\": false, \"text_encoder\": [\"transformers\", \"CLIPTextModel\"], \"unet\": [\"diffusers\", \"UNet2DConditionModel\"]}".to_vec(),
    );
    add(
        "modules.json",
        b"[{\"idx\": 0, \"name\": \"0\", \"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}, {\"idx\": 1, \"name\": \"1\", \"path\": \"1_Pooling\", \"type\": \"sentence_transformers.models.Pooling\"}]".to_vec(),
    );
    add(
        "adapter_config.json",
        b"{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"acme/base\", \"auto_mapping\": {\"base_model_class\": \"GPT2Model\", \"parent_library\": \"transformers.models.gpt2.modeling_gpt2\"}, \"target_modules\": [\"q_proj\"]}".to_vec(),
    );
    add(
        "assistant.gguf",
        gguf(
            "tokenizer.chat_template",
            "{{- bos_token }}{%- for message in messages %}{{- '<|start|>' + message['role'] + '<|end|>\\n' + message['content'] | trim + '<|stop|>' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\\n' }}{%- endif %}",
        ),
    );
}
