//! Names that are passed because of what stands beside them: helpers of a vetted package that run the text they get,
//! names that a helper imports, and enumerations that write into other modules. Beside them small things of other
//! formats that are passed because they look like what is known.

use super::Sample;
use super::archives::{member, zip};
use super::combinations::{call, dict, global, list, named, object, pickle, text, tuple};
use super::frameworks::{gguf, npy};

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    helpers(&mut out);
    imports(&mut out);
    enumerations(&mut out);
    small(&mut out);
    out
}

/// Helpers are vetted with their package, and not for text that is code.
fn helpers(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "vetted-with-others";
    let code = "import os\nos.system('echo x')";
    for (name, body) in [
        (
            "attrs-method",
            call(
                &global("attr._make._make_method"),
                &[&text("f"), &text("x = 1"), &text("x"), &dict(&[])],
            ),
        ),
        (
            "attrs-tuple-class",
            call(
                &global("attr._make._make_attr_tuple_class"),
                &[&text("X(tuple): pass\nprint('x')\nclass Y"), &list(&[])],
            ),
        ),
        (
            "attrs-other",
            call(&global("attr._make._make_other"), &[&text(code)]),
        ),
        (
            "attrs-import",
            call(
                &global("attr._make._create_other"),
                &[&text("import antigravity")],
            ),
        ),
        (
            "networkx",
            call(
                &global("networkx.classes.graph._rebuild_other"),
                &[&text(code)],
            ),
        ),
        (
            "omegaconf",
            call(
                &global("omegaconf.base._new_other"),
                &[&text("/etc/passwd")],
            ),
        ),
        (
            "dask",
            call(
                &global("dask.array.core._reconstruct_other"),
                &[&tuple(&[&text("eval('1')")])],
            ),
        ),
    ] {
        out.push(Sample::attack(
            TECHNIQUE,
            format!("{name}.pkl"),
            pickle(&body),
        ));
    }
    // An attribute as attrs writes it, and helpers with data.
    let attribute = object(
        "attr._make.Attribute",
        &tuple(&[&text("x"), b"N", b"N", b"\x88", b"\x88"]),
    );
    for (name, body) in [
        ("attrs-attribute-plain", attribute),
        (
            "attrs-other-plain",
            call(
                &global("attr._make._make_other"),
                &[&text("name"), b"K\x01"],
            ),
        ),
        (
            "networkx-plain",
            call(
                &global("networkx.classes.graph._rebuild_other"),
                &[&dict(&[("weight", b"K\x01")])],
            ),
        ),
        (
            "torch-plain",
            call(
                &global("torch._utils._rebuild_other"),
                &[&text("cuda:0"), &text("torch.float32")],
            ),
        ),
    ] {
        out.push(Sample::twin(
            TECHNIQUE,
            format!("{name}.pkl"),
            pickle(&body),
        ));
    }
}

/// A helper imports a module whose name it is given.
fn imports(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "imported-by-helper";
    let ufunc = |package: &str, module: &str, name: &str| {
        pickle(&call(
            &named(package, "_ufunc_reconstruct"),
            &[&text(module), &text(name)],
        ))
    };
    let fields = list(&[&text("a")]);
    let tuple_of = |name: &str, module: &str| {
        call(
            &global("dill._dill._create_namedtuple"),
            &[&text(name), &fields, &text(module)],
        )
    };
    let system = call(
        &named("numpy.core", "_ufunc_reconstruct"),
        &[&text("os"), &text("system")],
    );
    for (name, body) in [
        ("ufunc", ufunc("numpy.core", "antigravity", "fly")),
        ("ufunc-new", ufunc("numpy._core", "unittest.__main__", "x")),
        ("ufunc-called", pickle(&call(&system, &[&text("echo x")]))),
        ("namedtuple", pickle(&tuple_of("fly", "antigravity"))),
        (
            "namedtuple-called",
            pickle(&call(&tuple_of("system", "os"), &[&text("echo x")])),
        ),
        (
            "attribute",
            pickle(&call(
                &call(
                    &global("dill._dill._get_attr"),
                    &[
                        &call(&global("dill._dill._import_module"), &[&text("os")]),
                        &text("system"),
                    ],
                ),
                &[&text("echo x")],
            )),
        ),
    ] {
        out.push(Sample::attack(TECHNIQUE, format!("{name}.pkl"), body));
    }
    for (name, body) in [
        (
            "ufunc-plain",
            ufunc("numpy.core", "numpy.core._multiarray_umath", "add"),
        ),
        (
            "ufunc-new-plain",
            ufunc("numpy._core", "numpy._core._multiarray_umath", "multiply"),
        ),
        (
            "ufunc-scipy",
            ufunc("numpy._core", "scipy.special._ufuncs", "expit"),
        ),
        (
            "namedtuple-plain",
            pickle(&call(&tuple_of("Point", "shapes.points"), &[b"K\x01"])),
        ),
    ] {
        out.push(Sample::twin(TECHNIQUE, format!("{name}.pkl"), body));
    }
}

/// Enumerations that put their members into a module.
fn enumerations(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "module-overwritten";
    let filter = named("builtins", "str.isidentifier");
    let source = call(&global("types.SimpleNamespace"), &[]);
    let given: [&[u8]; 4] = [&text("V"), &text("ssl"), &filter, &source];
    let class = global("enum.IntEnum");
    for (name, body) in [
        ("convert", call(&named("enum", "IntEnum._convert_"), &given)),
        (
            "convert-of-module",
            call(&named("re", "RegexFlag._convert_"), &given),
        ),
        (
            "convert-by-attribute",
            call(
                &call(&global("builtins.getattr"), &[&class, &text("_convert_")]),
                &given,
            ),
        ),
        (
            "convert-old",
            call(
                &global("enum._old_convert_"),
                &[&class, &text("V"), &text("builtins"), &filter, &source],
            ),
        ),
        (
            "global",
            call(
                &global("enum.global_enum"),
                &[&call(&class, &[&text("X"), &text("getcwd")])],
            ),
        ),
    ] {
        out.push(Sample::attack(
            TECHNIQUE,
            format!("{name}.pkl"),
            pickle(&body),
        ));
    }
    for (name, body) in [
        // As pickle writes members: by value, by name, and joined ones.
        ("member", call(&global("http.HTTPStatus"), &[b"K\xc8"])),
        ("flags", call(&global("re.RegexFlag"), &[b"K\x02"])),
        (
            "by-name",
            call(
                &global("builtins.getattr"),
                &[&global("re.RegexFlag"), &text("IGNORECASE")],
            ),
        ),
        (
            "by-words",
            call(&class, &[&text("Colour"), &text("RED GREEN")]),
        ),
    ] {
        out.push(Sample::twin(
            TECHNIQUE,
            format!("{name}-plain.pkl"),
            pickle(&body),
        ));
    }
}

/// The same thing written in another way.
fn small(out: &mut Vec<Sample>) {
    const TECHNIQUE: &str = "written-otherwise";
    let asked = |line: &str| format!("numpy\n{line}\n").into_bytes();
    for (at, line) in [
        "-ihttp://packages.example.org/simple",
        "-fhttp://packages.example.org/",
        "-rhttp://packages.example.org/r.txt",
        "-chttp://packages.example.org/c.txt",
        "-egit+http://packages.example.org/a.git#egg=a",
        "x @ https://[::1]/x.whl",
        "x @ https://[2001:db8::1]:8443/x.whl",
    ]
    .into_iter()
    .enumerate()
    {
        out.push(Sample::attack(
            TECHNIQUE,
            format!("asked-{at}/requirements.txt"),
            asked(line),
        ));
    }
    for (at, line) in [
        "-ihttps://pypi.org/simple",
        "-rhttp-tools.txt",
        "-i http://localhost:3141/root/pypi/+simple/",
    ]
    .into_iter()
    .enumerate()
    {
        out.push(Sample::twin(
            TECHNIQUE,
            format!("asked-plain-{at}/requirements.txt"),
            asked(line),
        ));
    }

    for module in ["__builtin__", "builtins"] {
        let opened = call(&named(module, "file"), &[&text("a"), &text("w")]);
        let made = call(&named(module, "set"), &[&list(&[&text("a")])]);
        out.push(Sample::attack(
            TECHNIQUE,
            format!("file-{module}.pkl"),
            pickle(&opened),
        ));
        out.push(Sample::twin(
            TECHNIQUE,
            format!("set-{module}.pkl"),
            pickle(&made),
        ));
    }
    let index = call(
        &global("pandas.core.indexes.timedeltas._new_TimedeltaIndex"),
        &[
            &global("pandas.core.indexes.timedeltas.TimedeltaIndex"),
            &dict(&[("name", b"N")]),
        ],
    );
    out.push(Sample::twin(TECHNIQUE, "timedeltas.pkl", pickle(&index)));

    let array = npy("'<f4'", "(1,)", &[0; 4]);
    let arrays = |names: &[&str]| {
        let members: Vec<_> = names.iter().map(|n| member(n, array.clone())).collect();
        zip(&members)
    };
    out.push(Sample::attack(
        TECHNIQUE,
        "twice.npz",
        arrays(&["m.npy", "M.npy", "m.npy"]),
    ));
    out.push(Sample::twin(
        TECHNIQUE,
        "capitals.npz",
        arrays(&["m.npy", "M.npy", "s.npy", "S.npy"]),
    ));

    let loads = |given: &str| {
        format!(
            "from transformers import AutoModel\nmodel = AutoModel.from_pretrained('a/b'{given})\n"
        )
    };
    for (name, code) in [
        ("trusted", loads(", trust_remote_code=True")),
        (
            "trusted-by-name",
            format!("TRUST = True\n{}", loads(", trust_remote_code=TRUST")),
        ),
    ] {
        out.push(Sample::attack(
            TECHNIQUE,
            format!("{name}/modeling_net.py"),
            code.into_bytes(),
        ));
    }
    for (name, code) in [
        ("untrusted", loads(", trust_remote_code=False")),
        ("unsaid", loads("")),
        (
            "in-a-function",
            "def load(name):\n    return AutoModel.from_pretrained(name, trust_remote_code=True)\n"
                .to_owned(),
        ),
    ] {
        out.push(Sample::twin(
            TECHNIQUE,
            format!("{name}/modeling_net.py"),
            code.into_bytes(),
        ));
    }

    // No tensor, and something behind the metadata.
    let metadata = gguf("general.architecture", "llama");
    let with = |more: &[u8]| [&metadata[..], more].concat();
    let attack = pickle(&call(&global("os.system"), &[&text("echo x")]));
    for (name, file) in [
        ("pickle.gguf", with(&attack)),
        ("script.gguf", with(b"#!/bin/sh\necho x\n")),
        ("hole.gguf", with_hole(&attack)),
    ] {
        out.push(Sample::attack(TECHNIQUE, name, file));
    }
    for (name, file) in [
        ("padded.gguf", with(&[0; 64])),
        ("hole-plain.gguf", with_hole(&[0; 32])),
        ("hole-weights.gguf", with_hole(&[0x3e, 0x91, 0x80, 0x07])),
    ] {
        out.push(Sample::twin(TECHNIQUE, name, file));
    }
}

/// One tensor of bytes that stands far behind the metadata.
fn with_hole(hole: &[u8]) -> Vec<u8> {
    let mut out = b"GGUF\x03\0\0\0".to_vec();
    out.extend(1u64.to_le_bytes());
    out.extend(0u64.to_le_bytes());
    out.extend(1u64.to_le_bytes());
    out.extend(b"w");
    out.extend(1u32.to_le_bytes());
    out.extend(32u64.to_le_bytes());
    out.extend(24u32.to_le_bytes());
    out.extend(4096u64.to_le_bytes());
    out.resize(out.len().next_multiple_of(32), 0);
    let data = out.len();
    out.extend([0; 32]);
    out.extend(hole);
    out.resize(data + 4096, 0);
    out.extend([1; 32]);
    out
}
