//! Harmless files that look like attacks: objects whose reduction calls functions, states with functions in
//! them, text that names commands, classes of one's own.

use super::Sample;
use super::pickles::Pickle;

fn text(value: &str) -> Vec<u8> {
    [&[0x8c, value.len() as u8][..], value.as_bytes()].concat()
}

fn global(full: &str) -> String {
    let (module, name) = full.rsplit_once('.').unwrap();
    format!("c{module}\n{name}\n")
}

fn call(name: &str, arguments: &[&[u8]]) -> Vec<u8> {
    [global(name).as_bytes(), b"(", &arguments.concat(), b"tR"].concat()
}

/// `cls.__new__(cls)` with a state of the pairs given.
fn object(class: &str, state: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = [global(class).as_bytes(), b")\x81}("].concat();
    for (key, value) in state {
        out.extend(text(key));
        out.extend(*value);
    }
    out.extend(b"ub");
    out
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    let mut add = |name: &str, body: Vec<u8>| {
        for protocol in [2, 4] {
            out.push(Sample::twin(
                "look-alike",
                format!("{name}-{protocol}.pkl"),
                Pickle::new(protocol).raw(&body).stop(),
            ));
        }
    };
    let dtype = [
        call("numpy.dtype", &[&text("f8"), b"\x89\x88"]),
        b"(K\x03".to_vec(),
        text("<"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb".to_vec(),
    ]
    .concat();
    let array = [
        call(
            "numpy.core.multiarray._reconstruct",
            &[global("numpy.ndarray").as_bytes(), b"K\0\x85", b"C\x01b"],
        ),
        b"(K\x01K\x01\x85".to_vec(),
        dtype.clone(),
        b"\x89C\x08\0\0\0\0\0\0\0\0tb".to_vec(),
    ]
    .concat();
    add("array", array.clone());
    add(
        "scalar",
        call(
            "numpy.core.multiarray.scalar",
            &[&dtype, b"C\x08\0\0\0\0\0\0\0\0"],
        ),
    );
    add(
        "scalar-numpy-2",
        call(
            "numpy._core.multiarray.scalar",
            &[&dtype, b"C\x08\0\0\0\0\0\0\0\0"],
        ),
    );
    add(
        "random-state",
        [
            call(
                "numpy.random._pickle.__randomstate_ctor",
                &[&text("MT19937")],
            ),
            b"}".to_vec(),
            text("bit_generator"),
            text("MT19937"),
            b"sb".to_vec(),
        ]
        .concat(),
    );
    add(
        "generator",
        call(
            "numpy.random._pickle.__generator_ctor",
            &[&call(
                "numpy.random._pickle.__bit_generator_ctor",
                &[global("numpy.random._pcg64.PCG64").as_bytes()],
            )],
        ),
    );
    add(
        "timezone",
        call(
            "datetime.datetime",
            &[
                b"C\x0a\x07\xe8\x01\x01\0\0\0\0\0\0",
                &call(
                    "datetime.timezone",
                    &[&call("datetime.timedelta", &[b"K\0M\x10\x0eK\0"])],
                ),
            ],
        ),
    );
    add(
        "zoneinfo",
        call(
            "zoneinfo.ZoneInfo._unpickle",
            &[&text("Europe/Vienna"), b"K\x01"],
        ),
    );
    add("pytz", call("pytz._p", &[&text("Europe/Vienna")]));
    add("uuid", object("uuid.UUID", &[("int", b"K\x05")]));
    add(
        "path",
        call("pathlib.PosixPath", &[&text("/etc"), &text("passwd")]),
    );
    add(
        "path-new",
        call("pathlib._local.PosixPath", &[&text("data/train.csv")]),
    );
    add(
        "partial-of-own",
        call(
            "functools.partial",
            &[global("shop.features.scale").as_bytes()],
        ),
    );
    add(
        "partial-numpy",
        call("functools.partial", &[global("numpy.clip").as_bytes()]),
    );
    add("namedtuple", call("shop.models.Point", &[b"K\x01K\x02"]));
    add("enum", call("shop.models.Colour", &[b"K\x01"]));
    add(
        "enum-getattr",
        call(
            "builtins.getattr",
            &[global("sklearn.utils._tags.Kind").as_bytes(), &text("A")],
        ),
    );
    add(
        "dataclass",
        object(
            "shop.models.Config",
            &[
                ("command", &text("python train.py --lr 0.1")),
                ("url", &text("https://example.org/data.csv")),
            ],
        ),
    );
    add(
        "text-of-shell",
        [
            b"](".to_vec(),
            text("curl https://example.org | sh"),
            text("import os; os.system('x')"),
            b"e".to_vec(),
        ]
        .concat(),
    );
    add(
        "own-tokenizer",
        object(
            "shop.text.Tokenizer",
            &[
                ("pattern", &call("re._compile", &[&text("\\w+"), b"K\x20"])),
                (
                    "stop",
                    &call("builtins.set", &[b"](\x8c\x02os\x8c\x03syse"]),
                ),
            ],
        ),
    );
    add(
        "forest",
        object(
            "sklearn.ensemble._forest.RandomForestClassifier",
            &[
                ("estimators_", b"]"),
                ("classes_", &array),
                ("_sklearn_version", &text("1.5.0")),
            ],
        ),
    );
    add(
        "tree",
        call("sklearn.tree._tree.Tree", &[b"K\x04", &array, b"K\x01"]),
    );
    add(
        "kd-tree",
        call(
            "sklearn.neighbors._kd_tree.newObj",
            &[global("sklearn.neighbors._kd_tree.KDTree").as_bytes()],
        ),
    );
    add(
        "loss",
        call(
            "sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError",
            &[
                global("sklearn._loss._loss.CyHalfSquaredError").as_bytes(),
                b"J\x01\x02\x03\x04N",
            ],
        ),
    );
    add(
        "function-transformer",
        object(
            "sklearn.preprocessing._function_transformer.FunctionTransformer",
            &[("func", global("numpy.log1p").as_bytes())],
        ),
    );
    add(
        "tfidf",
        object(
            "sklearn.feature_extraction.text.TfidfVectorizer",
            &[
                ("dtype", global("numpy.float64").as_bytes()),
                ("preprocessor", b"N"),
                ("tokenizer", global("shop.text.tokenize").as_bytes()),
            ],
        ),
    );
    add(
        "scorer",
        object(
            "sklearn.metrics._scorer._PredictScorer",
            &[(
                "_score_func",
                global("sklearn.metrics._classification.accuracy_score").as_bytes(),
            )],
        ),
    );
    add(
        "booster",
        object(
            "xgboost.core.Booster",
            &[("handle", b"\x96\x04\0\0\0\0\0\0\0binf")],
        ),
    );
    add(
        "lightgbm",
        object(
            "lightgbm.basic.Booster",
            &[("model_str", &text("tree\nversion=v4\n"))],
        ),
    );
    add(
        "frame",
        object(
            "pandas.core.frame.DataFrame",
            &[(
                "_mgr",
                &call(
                    "pandas._libs.internals._unpickle_block",
                    &[
                        &array,
                        &call("builtins.slice", &[b"K\0K\x01K\x01"]),
                        b"K\x02",
                    ],
                ),
            )],
        ),
    );
    add(
        "index",
        call(
            "pandas.core.indexes.base._new_Index",
            &[global("pandas.core.indexes.base.Index").as_bytes(), b"}"],
        ),
    );
    add(
        "timestamp",
        call(
            "pandas._libs.tslibs.timestamps._unpickle_timestamp",
            &[b"K\x01NNK\x0a"],
        ),
    );
    add(
        "optimizer",
        [
            b"}(".to_vec(),
            text("state"),
            b"}".to_vec(),
            text("param_groups"),
            b"](}(".to_vec(),
            text("lr"),
            b"G\x3f\x50\x62\x4d\xd2\xf1\xa9\xfc".to_vec(),
            text("foreach"),
            b"Nueu".to_vec(),
        ]
        .concat(),
    );
    add(
        "scheduler",
        object(
            "torch.optim.lr_scheduler.LambdaLR",
            &[
                ("base_lrs", b"]"),
                ("lr_lambdas", &[b"](".to_vec(), b"Ne".to_vec()].concat()),
            ],
        ),
    );
    add(
        "linear",
        object(
            "torch.nn.modules.linear.Linear",
            &[
                ("_forward_hooks", &call("collections.OrderedDict", &[])),
                ("in_features", b"K\x04"),
            ],
        ),
    );
    add(
        "parameter",
        call(
            "torch._utils._rebuild_parameter",
            &[
                &call(
                    "torch._utils._rebuild_tensor_v2",
                    &[
                        b"N",
                        b"K\0",
                        b"K\x01\x85",
                        b"K\x01\x85",
                        b"\x89",
                        &call("collections.OrderedDict", &[]),
                    ],
                ),
                b"\x88",
                &call("collections.OrderedDict", &[]),
            ],
        ),
    );
    add(
        "lightning",
        [
            b"}(".to_vec(),
            text("hyper_parameters"),
            object("argparse.Namespace", &[("command", &text("fit"))]),
            text("callbacks"),
            b"}u".to_vec(),
        ]
        .concat(),
    );
    add(
        "training-arguments",
        object(
            "transformers.training_args.TrainingArguments",
            &[
                ("output_dir", &text("/tmp/out")),
                (
                    "optim",
                    &call(
                        "transformers.training_args.OptimizerNames",
                        &[&text("adamw_torch")],
                    ),
                ),
            ],
        ),
    );
    add(
        "logger",
        object(
            "shop.models.Ranker",
            &[("log", &call("logging.getLogger", &[&text("shop")]))],
        ),
    );
    add("lock-free", object("queue.Queue", &[("maxsize", b"K\0")]));
    add(
        "exception",
        call("builtins.ValueError", &[&text("os.system failed")]),
    );
    add(
        "own-exception",
        call("shop.errors.ModelError", &[&text("bad")]),
    );
    add(
        "default-of-int",
        call(
            "collections.defaultdict",
            &[global("builtins.int").as_bytes()],
        ),
    );
    add(
        "default-of-own",
        call(
            "collections.defaultdict",
            &[global("shop.models.empty").as_bytes()],
        ),
    );
    add("deque", call("collections.deque", &[b"](K\x01e", b"K\x0a"]));
    add("decimal", call("decimal.Decimal", &[&text("1.5")]));
    add(
        "ordered",
        [
            call("collections.OrderedDict", &[]),
            text("a"),
            b"K\x01s".to_vec(),
        ]
        .concat(),
    );
    add("counter", call("collections.Counter", &[b"}"]));
    add(
        "subclass-of-dict",
        [
            global("shop.models.Vocabulary").into_bytes(),
            b")\x81".to_vec(),
            text("system"),
            b"K\x01s}".to_vec(),
            text("name"),
            text("v"),
            b"sb".to_vec(),
        ]
        .concat(),
    );
    add("operator-getter", call("operator.itemgetter", &[b"K\x01"]));
    add(
        "attribute-getter",
        call("operator.attrgetter", &[&text("name")]),
    );
    add(
        "method-caller",
        call("operator.methodcaller", &[&text("strip")]),
    );
    add(
        "reconstructor",
        [
            call(
                "copyreg._reconstructor",
                &[
                    global("shop.models.Old").as_bytes(),
                    global("builtins.object").as_bytes(),
                    b"N",
                ],
            ),
            b"}".to_vec(),
            text("x"),
            b"K\x01sb".to_vec(),
        ]
        .concat(),
    );
    add(
        "type-itself",
        [
            b"](".to_vec(),
            global("builtins.int").into_bytes(),
            global("numpy.float32").into_bytes(),
            global("shop.models.Ranker").into_bytes(),
            b"e".to_vec(),
        ]
        .concat(),
    );
    add(
        "callable-in-state",
        object(
            "shop.pipeline.Step",
            &[
                ("transform", global("numpy.log").as_bytes()),
                ("name", &text("log")),
            ],
        ),
    );
    add(
        "keys-like-hooks",
        [
            b"}(".to_vec(),
            text("__class__"),
            text("Ranker"),
            text("__module__"),
            text("shop"),
            b"u".to_vec(),
        ]
        .concat(),
    );
    add(
        "shelf-of-words",
        [
            b"](".to_vec(),
            text("eval"),
            text("exec"),
            text("builtins"),
            text("__import__"),
            b"e".to_vec(),
        ]
        .concat(),
    );
    add(
        "statsmodels",
        object(
            "statsmodels.regression.linear_model.OLS",
            &[("data", &object("statsmodels.base.data.ModelData", &[]))],
        ),
    );
    add(
        "sparse",
        object(
            "scipy.sparse._csr.csr_matrix",
            &[("_shape", b"K\x01K\x01\x86"), ("data", &array)],
        ),
    );
    add(
        "spline",
        object(
            "scipy.interpolate._fitpack2.UnivariateSpline",
            &[("_data", b")")],
        ),
    );
    add(
        "frozen",
        object(
            "scipy.stats._distn_infrastructure.rv_continuous_frozen",
            &[("args", b")")],
        ),
    );
    add(
        "image",
        object("PIL.Image.Image", &[("mode", &text("RGB"))]),
    );
    add(
        "graph",
        object("networkx.classes.graph.Graph", &[("_adj", b"}")]),
    );
    // Enumerations, exceptions, named tuples and records of modules that reach outside.
    for name in [
        "http.HTTPStatus",
        "signal.Signals",
        "socket.AddressFamily",
        "ssl.TLSVersion",
        "subprocess.TimeoutExpired",
        "urllib.error.URLError",
        "shutil.Error",
        "imaplib.IMAP4.error",
        "requests.exceptions.ConnectionError",
        "jinja2.exceptions.UndefinedError",
        "yaml.error.YAMLError",
        "difflib.Match",
        "zipfile.BadZipFile",
    ] {
        add(name, call(name, &[&text("ls -l /etc")]));
    }
    for class in [
        "matplotlib.figure.Figure",
        "requests.models.Response",
        "requests.sessions.Session",
        "http.cookies.Morsel",
        "configparser.ConfigParser",
        "subprocess.CompletedProcess",
        "zipfile.ZipInfo",
        "mlflow.models.signature.ModelSignature",
        "ruamel.yaml.comments.CommentedMap",
        "ray.tune.experiment.trial.Trial",
    ] {
        add(
            class,
            object(class, &[("url", &text("https://example.org/a"))]),
        );
    }
    add(
        "callbacks",
        [
            b"(".to_vec(),
            global("posix.getcwd").into_bytes(),
            global("shutil.which").into_bytes(),
            b"t".to_vec(),
        ]
        .concat(),
    );
    for (class, message) in [
        (
            "sklearn.exceptions.NotFittedError",
            "This SVC is not fitted yet. Call 'fit(X)' before it, see docs/modules/svm.html",
        ),
        (
            "sklearn.exceptions.ConvergenceWarning",
            "lbfgs failed to converge (status=1): https://scikit-learn.org/stable/modules/linear_model.html",
        ),
        ("numpy.linalg.LinAlgError", "Singular matrix in inv(a.T)"),
        (
            "numpy.exceptions.AxisError",
            "axis 3 is out of bounds for array(2)",
        ),
        (
            "torch.OutOfMemoryError",
            "CUDA out of memory (alloc_conf=max_split_size_mb:64)",
        ),
        (
            "xgboost.core.XGBoostError",
            "src/data/data.cc:1234: Check failed: !(a)",
        ),
    ] {
        add(class, call(class, &[&text(message)]));
    }
    add(
        "chararray",
        [
            call(
                "numpy.core.multiarray._reconstruct",
                &[
                    global("numpy.char.chararray").as_bytes(),
                    b"K\0\x85",
                    b"C\x01b",
                ],
            ),
            global("numpy.char.chararray").into_bytes(),
            b")\x81".to_vec(),
        ]
        .concat(),
    );
    add(
        "syntax-tree",
        [
            b"](".to_vec(),
            object("ast.alias", &[("name", &text("os.path"))]),
            object("ast.arg", &[("arg", &text("x"))]),
            object("ast.Name", &[("id", &text("print"))]),
            b"e".to_vec(),
        ]
        .concat(),
    );
    out
}
