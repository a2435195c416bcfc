//! What two loaders read differently, what stands behind the end of a sample, and what is called by a function that was
//! handed another: each with a twin that differs in that alone.

use super::Sample;
use super::combinations::{call, dict, global, list, object, pickle, text, tuple};
use super::frameworks::{field, node, saved_model};
use super::pickles::Pickle;

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    arrays(&mut out);
    states(&mut out);
    handed(&mut out);
    parts(&mut out);
    savers(&mut out);
    behind(&mut out);
    out
}

fn add(out: &mut Vec<Sample>, technique: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
    out.push(Sample::attack(technique, name, bytes.into()));
}

fn twin(out: &mut Vec<Sample>, technique: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
    out.push(Sample::twin(technique, name, bytes.into()));
}

fn system() -> Vec<u8> {
    call(&global("posix.system"), &[&text("echo x")])
}

fn int(value: u8) -> Vec<u8> {
    vec![b'K', value]
}

/// joblib's wrapper of an array of bytes, with fields as they are given.
fn wrapper(class: &str, fields: &[(&str, &[u8])]) -> Vec<u8> {
    object(class, &dict(fields))
}

const WRAPPER: &str = "joblib.numpy_pickle.NumpyArrayWrapper";

fn dtype(name: &str) -> Vec<u8> {
    call(&global("numpy.dtype"), &[&text(name), b"\x89", b"\x88"])
}

/// Bytes of arrays that are opcodes to a loader which knows of no arrays, and the other way round.
fn arrays(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "joblib-readings";
    let ndarray = global("numpy.ndarray");
    let byte = dtype("u1");
    let length = |bytes: &[u8]| tuple(&[&int(bytes.len() as u8)]);
    let array = |shape: &[u8], bytes: &[u8]| {
        let fields: &[(&str, &[u8])] = &[
            ("subclass", &ndarray),
            ("shape", shape),
            ("order", &text("C")),
            ("dtype", &byte),
            ("allow_mmap", b"\x89"),
        ];
        [wrapper(WRAPPER, fields), bytes.to_vec()].concat()
    };
    let hidden = [system(), b"0".to_vec()].concat();
    add(
        out,
        TECHNIQUE,
        "array-of-opcodes.pkl",
        pickle(&array(&length(&hidden), &hidden)),
    );
    let weights = [7u8, 0, 200, 3].repeat(10);
    twin(
        out,
        TECHNIQUE,
        "array-of-weights.pkl",
        pickle(&array(&length(&weights), &weights)),
    );
    // What the opcodes in the array call stands in the memo, or on the stack.
    let by_memo = b"h\x01\x8c\x06echo x\x85R0";
    add(
        out,
        TECHNIQUE,
        "array-calls-from-memo.pkl",
        pickle(
            &[
                global("shutil.rmtree"),
                b"q\x010".to_vec(),
                array(&length(by_memo), by_memo),
            ]
            .concat(),
        ),
    );
    let by_stack = b"0\x8c\x06echo x\x85R";
    add(
        out,
        TECHNIQUE,
        "array-calls-from-stack.pkl",
        pickle(&[global("uu.encode"), array(&length(by_stack), by_stack)].concat()),
    );
    // Of two shapes the last one counts.
    let two_shapes: Vec<(&str, Vec<u8>)> = vec![
        ("subclass", ndarray.clone()),
        ("shape", length(&hidden)),
        ("shape", tuple(&[&int(0)])),
        ("order", text("C")),
        ("dtype", byte.clone()),
    ];
    let fields: Vec<(&str, &[u8])> = two_shapes.iter().map(|(k, v)| (*k, &v[..])).collect();
    add(
        out,
        TECHNIQUE,
        "two-shapes.joblib",
        pickle(&[wrapper(WRAPPER, &fields), hidden.clone()].concat()),
    );
    // Given its state in another way.
    let given: &[(&str, &[u8])] = &[
        ("shape", &length(&hidden)),
        ("dtype", &byte),
        ("subclass", &ndarray),
    ];
    add(
        out,
        TECHNIQUE,
        "wrapper-with-slots.pkl",
        pickle(
            &[
                global(WRAPPER),
                b")\x81N".to_vec(),
                dict(given),
                b"\x86b".to_vec(),
                hidden.clone(),
            ]
            .concat(),
        ),
    );
    add(
        out,
        TECHNIQUE,
        "type-that-cannot-be-told.pkl",
        pickle(&wrapper(
            WRAPPER,
            &[("shape", &length(&hidden)), ("dtype", &global("shop.Type"))],
        )),
    );
    add(
        out,
        TECHNIQUE,
        "array-of-a-class.joblib",
        pickle(
            &[
                wrapper(
                    WRAPPER,
                    &[
                        ("subclass", &global("uu.encode")),
                        ("shape", &tuple(&[&int(1)])),
                        ("dtype", &byte),
                    ],
                ),
                b"\x07".to_vec(),
            ]
            .concat(),
        ),
    );
}

/// Keys of a state behind all that a sample has.
fn states(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "state-behind";
    let filler = |count: usize| -> Vec<(String, Vec<u8>)> {
        (0..count).map(|at| (format!("k{at:05}"), int(1))).collect()
    };
    let state = |count: usize, key: &str, value: &[u8]| {
        let mut pairs = filler(count);
        pairs.push((key.to_owned(), value.to_vec()));
        let pairs: Vec<(&str, &[u8])> = pairs.iter().map(|(k, v)| (k.as_str(), &v[..])).collect();
        dict(&pairs)
    };
    let hook = global("shop.models.run");
    let scipy = "scipy.stats._distn_infrastructure.rv_sample";
    let template = text("import os; os.system('echo x')");
    for count in [63, 64, 65, 200, 5000] {
        add(
            out,
            TECHNIQUE,
            &format!("hook-behind-{count}.pkl"),
            pickle(&object(
                "shop.models.Ranker",
                &state(count, "__setstate__", &hook),
            )),
        );
        add(
            out,
            TECHNIQUE,
            &format!("text-behind-{count}.pkl"),
            pickle(&object(
                scipy,
                &state(count, "_parse_arg_template", &template),
            )),
        );
        add(
            out,
            TECHNIQUE,
            &format!("formula-behind-{count}.pkl"),
            pickle(&object(
                "statsmodels.base.model.Model",
                &state(count, "formula", &text("y ~ os.system('x')")),
            )),
        );
        add(
            out,
            TECHNIQUE,
            &format!("expression-behind-{count}.pkl"),
            pickle(&object(
                "sklearn.svm._classes.SVC",
                &state(count, "expression", &text("__import__('os').system('x')")),
            )),
        );
        twin(
            out,
            TECHNIQUE,
            &format!("words-behind-{count}.pkl"),
            pickle(&object(
                "sklearn.svm._classes.SVC",
                &state(count, "formula", &text("y ~ open + close")),
            )),
        );
    }
    let evil = text("__import__('os').system('x')");
    let words: Vec<Vec<u8>> = (0..200).map(|at| text(&format!("word{at}"))).collect();
    let mut items: Vec<&[u8]> = words.iter().map(|word| &word[..]).collect();
    twin(
        out,
        TECHNIQUE,
        "list-of-words.pkl",
        pickle(&object(
            "sklearn.svm._classes.SVC",
            &dict(&[("words", &list(&items))]),
        )),
    );
    items.push(&evil);
    add(
        out,
        TECHNIQUE,
        "list-of-an-expression.pkl",
        pickle(&object(
            "sklearn.svm._classes.SVC",
            &dict(&[("words", &list(&items))]),
        )),
    );
    // The list is filled when the state is set already.
    let filled_later = [
        b"]q\x010".to_vec(),
        object("sklearn.svm._classes.SVC", &dict(&[("words", b"h\x01")])),
        b"h\x01".to_vec(),
        evil.clone(),
        b"a0".to_vec(),
    ]
    .concat();
    add(
        out,
        TECHNIQUE,
        "list-filled-later.pkl",
        pickle(&filled_later),
    );
    // A dict of a class of its own is a state too.
    let ordered = |key: &str, value: &[u8]| {
        [
            global("shop.models.Ranker"),
            b")\x81".to_vec(),
            global("collections.OrderedDict"),
            b")R".to_vec(),
            text(key),
            value.to_vec(),
            b"sb".to_vec(),
        ]
        .concat()
    };
    add(
        out,
        TECHNIQUE,
        "state-of-a-class.pkl",
        pickle(&ordered("__setstate__", &hook)),
    );
    let made = call(
        &global("collections.OrderedDict"),
        &[&list(&[&tuple(&[&text("__call__"), &hook])])],
    );
    add(
        out,
        TECHNIQUE,
        "state-of-pairs.pkl",
        pickle(
            &[
                global("shop.models.Ranker"),
                b")\x81".to_vec(),
                made,
                b"b".to_vec(),
            ]
            .concat(),
        ),
    );
}

/// Functions that are handed to what calls them.
fn handed(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "handed";
    // Copies one file over another.
    let function = global("uu.encode");
    let files = list(&[&text("a.txt"), &text("b.txt")]);
    let harmless = global("operator.add");
    let mut both = |name: &str, make: &dyn Fn(&[u8]) -> Vec<u8>| {
        add(
            out,
            TECHNIQUE,
            &format!("{name}.pkl"),
            pickle(&make(&function)),
        );
        twin(
            out,
            TECHNIQUE,
            &format!("{name}-harmless.pkl"),
            pickle(&make(&harmless)),
        );
    };
    both("accumulate", &|f| {
        call(&global("itertools.accumulate"), &[&files, f])
    });
    both("groupby", &|f| {
        call(&global("itertools.groupby"), &[&files, f])
    });
    both("nsmallest", &|f| {
        call(&global("heapq.nsmallest"), &[&int(1), &files, f])
    });
    both("merge", &|f| {
        call(&global("heapq.merge"), &[&files, &files, f])
    });
    both("iter-until", &|f| {
        call(&global("builtins.iter"), &[f, b"N"])
    });
    both("ref", &|f| {
        call(
            &global("weakref.ref"),
            &[&call(&global("argparse.Namespace"), &[]), f],
        )
    });
    both("partial-to-accumulate", &|f| {
        let partial = call(&global("functools.partial"), &[f, &text("a.txt")]);
        call(&global("itertools.accumulate"), &[&files, &partial])
    });
    both("default-of-key", &|f| {
        let dict = call(&global("collections.defaultdict"), &[f]);
        call(&global("operator.getitem"), &[&dict, &text("k")])
    });
    both("rebuild-of-tensor", &|f| {
        call(
            &global("torch._tensor._rebuild_from_type_v2"),
            &[
                f,
                &global("torch.Tensor"),
                &tuple(&[&text("a.txt"), &text("b.txt")]),
                b"N",
            ],
        )
    });
    both("key-of-maximum", &|f| {
        let max = call(&global("functools.partial"), &[&global("builtins.max")]);
        let state = tuple(&[
            &global("builtins.max"),
            &tuple(&[&files]),
            &dict(&[("key", f)]),
            b"N",
        ]);
        [max, state, b"b)R".to_vec()].concat()
    });
    both("bisect", &|f| {
        call(
            &global("bisect.bisect"),
            &[&files, &text("a"), &int(0), &int(1), f],
        )
    });
    // To keep a function is not to call it.
    for name in ["collections.defaultdict", "functools.partial", "copy.copy"] {
        twin(
            out,
            TECHNIQUE,
            &format!("kept-{name}.pkl"),
            pickle(&call(&global(name), &[&global("shop.models.make")])),
        );
    }
    // The 65th letter and those behind it make another name.
    let letters: Vec<Vec<u8>> = (0..64)
        .map(|_| text(""))
        .chain("_evil".chars().map(|c| text(&c.to_string())))
        .collect();
    let letters: Vec<&[u8]> = letters.iter().map(|c| &c[..]).collect();
    let joined = call(&global("builtins.str.join"), &[&text(""), &list(&letters)]);
    add(
        out,
        TECHNIQUE,
        "name-of-many-letters.pkl",
        pickle(&[text("numpy"), joined, b"\x93)R".to_vec()].concat()),
    );
}

/// Functions and methods of parts of packages that are vetted for their classes.
fn parts(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "vetted-part";
    let graph = "torch.ao.quantization.fx.graph_module";
    let code = text("x=__import__('os').getpid()");
    add(
        out,
        TECHNIQUE,
        "graph-of-text.pkl",
        pickle(
            &[
                call(&global(&format!("{graph}.Graph")), &[]),
                b"q\x000".to_vec(),
                format!("c{graph}\nGraph.create_node\n(h\x00").into_bytes(),
                text("placeholder"),
                code,
                b"tR0".to_vec(),
                format!("c{graph}\nGraphModule\n(}}h\x00tR").into_bytes(),
            ]
            .concat(),
        ),
    );
    let layer = dict(&[
        ("module", &text("os")),
        ("class_name", &text("function")),
        ("config", &text("getpid")),
    ]);
    let config = dict(&[("layers", &list(&[&layer]))]);
    let named = |module: &str, name: &str| format!("c{module}\n{name}\n").into_bytes();
    add(
        out,
        TECHNIQUE,
        "from-config.pkl",
        pickle(&call(
            &named("keras.src.models.sequential", "Sequential.from_config"),
            &[&config],
        )),
    );
    add(
        out,
        TECHNIQUE,
        "functional-from-config.pkl",
        pickle(&call(
            &named("keras.src.models.functional", "functional_from_config"),
            &[&named("keras.src.models.functional", "Functional"), &config],
        )),
    );
    for (module, name) in [
        ("scipy.stats", "bootstrap"),
        ("torch.nn.modules.module", "register_module_forward_hook"),
        ("numpy.core.arrayprint", "set_string_function"),
        ("numpy.core.arrayprint", "array2string"),
    ] {
        add(
            out,
            TECHNIQUE,
            &format!("handed-to-{name}.pkl"),
            pickle(&call(
                &named(module, name),
                &[&global("uu.encode"), &text("a.txt")],
            )),
        );
    }
    // Classes of such parts are written small too.
    for (module, name) in [
        ("scipy.sparse._csr", "csr_matrix"),
        ("scipy.stats._distn_infrastructure", "rv_frozen"),
        ("scipy.interpolate._interpolate", "interp1d"),
        ("scipy.spatial._ckdtree", "cKDTree"),
        ("datetime", "datetime"),
    ] {
        let state = dict(&[("_shape", &tuple(&[&int(3), &int(3)]))]);
        twin(
            out,
            TECHNIQUE,
            &format!("{name}.pkl"),
            pickle(&[named(module, name), b")\x81".to_vec(), state, b"b".to_vec()].concat()),
        );
        if module != "datetime" {
            twin(
                out,
                TECHNIQUE,
                &format!("{name}-2.pkl"),
                Pickle::new(2)
                    .raw(b"ccopy_reg\n_reconstructor\n(")
                    .raw(&named(module, name))
                    .raw(b"c__builtin__\nobject\nNtR}(U\x06_shapeK\x03ub")
                    .stop(),
            );
        }
    }
    twin(
        out,
        TECHNIQUE,
        "torchscript-list.pkl",
        pickle(&call(
            &global("torch.jit._pickle.restore_type_tag"),
            &[
                &call(
                    &global("torch.jit._pickle.build_intlist"),
                    &[&list(&[&int(1)])],
                ),
                &text("List[int]"),
            ],
        )),
    );
}

/// A constant text of a graph.
fn constant(name: &str, text: &str) -> Vec<u8> {
    let tensor = [b"\x08\x07".to_vec(), field(8, text.as_bytes())].concat();
    let value = field(2, &field(8, &tensor));
    [
        node(name, "Const"),
        field(5, &[field(1, b"value"), value].concat()),
    ]
    .concat()
}

fn with_inputs(name: &str, op: &str, inputs: &[&str]) -> Vec<u8> {
    let mut out = node(name, op);
    for input in inputs {
        out.extend(field(3, input.as_bytes()));
    }
    out
}

fn graph(nodes: &[Vec<u8>]) -> Vec<u8> {
    saved_model(
        &nodes
            .iter()
            .flat_map(|node| field(1, node))
            .collect::<Vec<u8>>(),
    )
}

fn function(name: &str, nodes: &[Vec<u8>]) -> Vec<u8> {
    let mut body = field(1, &field(1, name.as_bytes()));
    body.extend(nodes.iter().flat_map(|node| field(3, node)));
    let call = field(1, &node("call", "StatefulPartitionedCall"));
    saved_model(&[call, field(2, &field(1, &body))].concat())
}

/// Savers whose graph says itself what they write.
fn savers(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "saver-path";
    let key = "/home/user/.ssh/authorized_keys";
    let save = |inputs: &[&str]| with_inputs("save_1/SaveV2", "SaveV2", inputs);
    for (name, nodes) in [
        ("constant", vec![constant("path", key), save(&["path"])]),
        (
            "joined",
            vec![
                save(&["join:0"]),
                with_inputs("join", "StringJoin", &["a", "b"]),
                constant("a", "/home/user"),
                constant("b", "x"),
            ],
        ),
        (
            "relative",
            vec![constant("path", "weights/model.py"), save(&["path"])],
        ),
        (
            "default",
            vec![
                constant("in", "/etc/cron.d/x"),
                with_inputs("ask", "PlaceholderWithDefault", &["in"]),
                save(&["ask"]),
            ],
        ),
        (
            "decoded",
            vec![
                constant("in", "L2V0Yw"),
                with_inputs("text", "DecodeBase64", &["in"]),
                save(&["text"]),
            ],
        ),
    ] {
        let mut nodes = nodes;
        nodes.push(constant("text", "ssh-rsa AAAA x"));
        add(out, TECHNIQUE, &format!("saver-{name}.pb"), graph(&nodes));
    }
    add(
        out,
        TECHNIQUE,
        "saver-function.pb",
        function(
            "__inference_traced_save_7",
            &[constant("p", key), node("s", "SaveV2")],
        ),
    );
    // As TensorFlow 1 and 2 write them; the path of a vocabulary is that of the machine it was trained on.
    twin(
        out,
        TECHNIQUE,
        "saver-of-version-1.pb",
        graph(&[
            constant("save/filename/input", "model"),
            with_inputs(
                "save/filename",
                "PlaceholderWithDefault",
                &["save/filename/input"],
            ),
            with_inputs("save/Const", "PlaceholderWithDefault", &["save/filename"]),
            constant("save/StringJoin/inputs_1", "_temp_65c/part"),
            with_inputs(
                "save/StringJoin",
                "StringJoin",
                &["save/Const", "save/StringJoin/inputs_1"],
            ),
            with_inputs(
                "save/ShardedFilename",
                "ShardedFilename",
                &["save/StringJoin"],
            ),
            with_inputs("save/SaveV2", "SaveV2", &["save/ShardedFilename"]),
            with_inputs("save/RestoreV2", "RestoreV2", &["save/Const"]),
            constant("asset_path", "/home/me/vocabulary.txt"),
        ]),
    );
    twin(
        out,
        TECHNIQUE,
        "saver-of-version-2.pb",
        function(
            "__inference__traced_save_1234",
            &[
                with_inputs(
                    "StaticRegexFullMatch",
                    "StaticRegexFullMatch",
                    &["file_prefix"],
                ),
                constant("Const", ".part"),
                constant("Const_1", "_temp/part"),
                with_inputs(
                    "Select",
                    "Select",
                    &[
                        "StaticRegexFullMatch:output:0",
                        "Const:output:0",
                        "Const_1:output:0",
                    ],
                ),
                with_inputs(
                    "StringJoin",
                    "StringJoin",
                    &["file_prefix", "Select:output:0"],
                ),
                with_inputs(
                    "ShardedFilename",
                    "ShardedFilename",
                    &["StringJoin:output:0"],
                ),
                with_inputs("SaveV2", "SaveV2", &["ShardedFilename:filename:0"]),
            ],
        ),
    );
}

/// What stands behind all that a reader looks at.
fn behind(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "behind-limit";
    let block = |kinds: &[&str]| {
        let mut body = b"\x08\0\x10\0".to_vec();
        for kind in kinds {
            body.extend(field(4, &field(3, kind.as_bytes())));
        }
        field(1, &body)
    };
    add(
        out,
        TECHNIQUE,
        "many-blocks.pdmodel",
        [
            block(&["relu"]),
            block(&[]).repeat(10_001),
            block(&["py_func"]),
        ]
        .concat(),
    );
    let first = "<?xml version='1.0'?><net name='a'><layers>";
    let filler = "<layer id='1'/>\n".repeat(70_000);
    for (name, layer) in [
        ("late-library.xml", "<layer library='/tmp/x.so'/>"),
        ("late-spaces.xml", "<layer library = \"/tmp/x.so\"/>"),
    ] {
        add(
            out,
            TECHNIQUE,
            name,
            format!("{first}{filler}{layer}</layers></net>"),
        );
    }
    twin(
        out,
        TECHNIQUE,
        "many-layers.xml",
        format!("{first}{filler}</layers></net>"),
    );
    // Fields of a message may stand in any order, and more than a few before the first node.
    let versions = field(4, b"\x08\x01");
    add(
        out,
        TECHNIQUE,
        "node-behind-versions.pb",
        [versions.repeat(100), field(1, &node("w", "WriteFile"))].concat(),
    );
    let tags = "- !!python/tuple [1]\n".repeat(150);
    add(
        out,
        TECHNIQUE,
        "many-tags.yaml",
        format!("{tags}- !!python/object/apply:os.system ['echo x']\n"),
    );
    twin(out, TECHNIQUE, "many-harmless-tags.yaml", tags);
    let debug = |url: &str| {
        let list = field(2, &field(1, &field(2, url.as_bytes())));
        let attribute = field(5, &[field(1, b"debug_urls"), list].concat());
        let nodes = [node("d", "DebugNumericSummary"), attribute].concat();
        [field(1, &node("a", "NoOp")), field(1, &nodes)].concat()
    };
    add(out, TECHNIQUE, "debug-place.pb", debug("file:///tmp/x"));
    twin(out, TECHNIQUE, "debug-nowhere.pb", debug(""));
    let many = |last: &str| {
        let mut nodes = field(1, &node("a", "NoOp"));
        nodes.extend(b"\x0a\0".repeat(400_000));
        nodes.extend(field(1, &node("w", last)));
        nodes
    };
    add(out, TECHNIQUE, "many-nodes.pb", many("WriteFile"));
    twin(out, TECHNIQUE, "many-harmless-nodes.pb", many("NoOp"));
    let rds = |flags: u32| format!("A\n2\n262657\n131840\n{flags}\n254\n254\n254\n");
    for flags in [5, 4101, 16_901, 1029] {
        add(out, TECHNIQUE, &format!("promise-{flags}.rds"), rds(flags));
    }
    twin(
        out,
        TECHNIQUE,
        "numbers.rds",
        "A\n2\n262657\n131840\n13\n3\n5\n4101\n1029\n",
    );
    for op in [
        "CreateSummaryFileWriter",
        "DataServiceDatasetV2",
        "NumpyFunction",
        "SaveDatasetV2",
        "DebugIdentityV3",
        "TextLineReaderV2",
        "WriteRawProtoSummary",
        "MergeV2Checkpoints",
    ] {
        add(
            out,
            TECHNIQUE,
            &format!("flex-{op}.tflite"),
            super::formats::tflite(&format!("Flex{op}")),
        );
    }
    twin(
        out,
        TECHNIQUE,
        "flex-erf.tflite",
        super::formats::tflite("FlexErf"),
    );
    let named = "{\"class_name\":\"function\",\"module\":\"builtins\",\"config\":";
    add(
        out,
        TECHNIQUE,
        "function-of-functions.json",
        format!("{named}{named}{{\"module\":\"os\",\"class_name\":\"system\"}}}}}}"),
    );
    twin(
        out,
        TECHNIQUE,
        "function-of-itself.json",
        format!("{named}{{\"module\":\"builtins\",\"class_name\":\"function\"}}}}"),
    );
}
