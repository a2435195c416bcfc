//! What a stranger found missed or told wrong, by how it works: notes in XML, lists of plugins, layers in Python, references
//! of a document to itself, models written as text, types of columns, objects that are made without a call.

use super::Sample;
use super::combinations::{call, dict, global, list, object, pickle, text, tuple};
use super::pickles::base64;

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    documents(&mut out);
    configurations(&mut out);
    models(&mut out);
    columns(&mut out);
    objects(&mut out);
    calls(&mut out);
    annotations(&mut out);
    out
}

fn documents(out: &mut Vec<Sample>) {
    let entity = "<!ENTITY x SYSTEM \"file:///etc/passwd\">";
    let pmml = |before: &str, inside: &str| {
        format!("<?xml version=\"1.0\"?>{before}<PMML version=\"4.4\"><Header><Annotation>{inside}</Annotation></Header></PMML>").into_bytes()
    };
    for (name, before, inside) in [
        (
            "comment",
            "<!-- <!DOCTYPE x SYSTEM \"a\"> -->".to_owned(),
            String::new(),
        ),
        ("section", String::new(), format!("<![CDATA[{entity}]]>")),
        (
            "entity-in-comment",
            format!("<!--{entity}-->"),
            "x".to_owned(),
        ),
    ] {
        let name = format!("note-{name}.pmml");
        out.push(Sample::twin("xml-notes", name, pmml(&before, &inside)));
    }
    for (name, before) in [
        ("behind", format!("<!-- a --><!DOCTYPE x [{entity}]>")),
        (
            "between",
            format!("<!-- a --><!DOCTYPE x [<!-- b -->{entity}<!-- c -->]><!-- d -->"),
        ),
        (
            "instruction",
            format!("<?a <!-- ?><!DOCTYPE x [{entity}]><?a --> ?>"),
        ),
        (
            "value",
            format!("<!DOCTYPE x [<!ENTITY a '<!--'>{entity}<!ENTITY b '-->'>]>"),
        ),
    ] {
        let name = format!("note-{name}-hostile.pmml");
        out.push(Sample::attack("xml-notes", name, pmml(&before, "&x;")));
    }
    let plugins = |place: &str| {
        format!("<ie><plugins><plugin name=\"CPU\" location=\"{place}\"></plugin></plugins></ie>")
            .into_bytes()
    };
    for (at, place) in ["./libx.so", "/tmp/libx.so", "../x.dll", "a/openvino_x.so"]
        .iter()
        .enumerate()
    {
        out.push(Sample::attack(
            "plugin-list",
            format!("{at}/plugins.xml"),
            plugins(place),
        ));
    }
    for (at, place) in [
        "libopenvino_intel_cpu_plugin.so",
        "openvino_intel_gpu_plugin.dll",
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::twin(
            "plugin-list",
            format!("own-{at}/plugins.xml"),
            plugins(place),
        ));
    }
}

fn configurations(out: &mut Vec<Sample>) {
    for (at, attack) in [
        "fn: os.system\nmodel:\n  _target_: ${fn}\n  command: echo x\n",
        "a:\n  b: subprocess\nmodel:\n  _target_: ${a.b}.call\n  args: [echo, x]\n",
        "a: b\nb: system\nmodel:\n  _target_: os.${${a}}\n",
        "model:\n  fn: os.system\n  _target_: ${.fn}\n",
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::attack(
            "config-reference",
            format!("{at}/config.yaml"),
            attack.as_bytes().to_vec(),
        ));
    }
    for (at, plain) in [
        "fn: torch.nn.Linear\nmodel:\n  _target_: ${fn}\n",
        "size: 4\nmodel:\n  _target_: torch.nn.Linear\n  in_features: ${size}\n",
        "model:\n  _target_: ${elsewhere}\n",
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::twin(
            "config-reference",
            format!("plain-{at}/config.yaml"),
            plain.as_bytes().to_vec(),
        ));
    }
    let adapter = |module: &str| {
        format!(r#"{{"peft_type": "LORA", "r": 8, "megatron_config": {{"x": 1}}, "megatron_core": "{module}"}}"#).into_bytes()
    };
    out.push(Sample::attack(
        "adapter-module",
        "other/adapter_config.json",
        adapter("shop.core"),
    ));
    out.push(Sample::twin(
        "adapter-module",
        "own/adapter_config.json",
        adapter("megatron.core"),
    ));
    let network = |layer: &str| {
        format!("name: \"n\"\nlayer {{\n  name: \"d\"\n  type: \"Python\"\n  top: \"d\"\n  {layer}\n}}\n").into_bytes()
    };
    out.push(Sample::attack(
        "caffe",
        "layer/deploy.prototxt",
        network("python_param { module: \"layers\" layer: \"L\" }"),
    ));
    out.push(Sample::attack(
        "caffe",
        "system/deploy.prototxt",
        network("python_param < module: 'o' 's' layer: 'system' >"),
    ));
    out.push(Sample::twin(
        "caffe",
        "plain/deploy.prototxt",
        network("convolution_param { num_output: 64 }"),
    ));
    out.push(Sample::twin(
        "caffe",
        "note/deploy.prototxt",
        network("# python_param { module: \"layers\" }"),
    ));
}

fn models(out: &mut Vec<Sample>) {
    let json = |place: &str| {
        format!(r#"{{"irVersion": "8", "graph": {{"node": [{{"opType": "Add"}}], "name": "g", "initializer": [{{"dims": ["4"], "dataType": 1, "name": "w", "dataLocation": "EXTERNAL", "externalData": [{{"key": "location", "value": "{place}"}}]}}]}}}}"#).into_bytes()
    };
    let written = |place: &str| {
        format!("ir_version: 8\ngraph {{\n  node {{ op_type: \"Add\" }}\n  name: \"g\"\n  initializer {{\n    dims: 4 data_type: 1 name: \"w\"\n    external_data {{ key: \"location\" value: \"{place}\" }}\n    data_location: EXTERNAL\n  }}\n}}\n").into_bytes()
    };
    for (at, place) in ["../../../etc/passwd", "/etc/passwd", "file:///etc/passwd"]
        .iter()
        .enumerate()
    {
        out.push(Sample::attack(
            "onnx-as-text",
            format!("{at}.onnx.json"),
            json(place),
        ));
        for end in ["textproto", "pbtxt", "prototxt"] {
            out.push(Sample::attack(
                "onnx-as-text",
                format!("{at}.{end}"),
                written(place),
            ));
        }
    }
    out.push(Sample::twin(
        "onnx-as-text",
        "plain.onnx.json",
        json("w.bin"),
    ));
    out.push(Sample::twin(
        "onnx-as-text",
        "plain.textproto",
        written("w.bin"),
    ));
}

fn columns(out: &mut Vec<Sample>) {
    let file = |inner: &[u8]| {
        let head = b"\xff\xff\xff\xff\x28\x01\0\0\x17\0\0\0arrow.py_extension_type\0\x18\0\0\0ARROW:extension:metadata\x30\0\0\0";
        let value = base64(&[&head[..], inner, &[0; 40]].concat());
        let mut footer = b"\x15\x04\x19\x1c\x18\x0cARROW:schema\x18".to_vec();
        footer.extend([value.len() as u8 | 0x80, (value.len() >> 7) as u8]);
        footer.extend(value.as_bytes());
        footer.extend(b"\0\0");
        let len = u32::try_from(footer.len()).unwrap().to_le_bytes();
        [b"PAR1\x15\x04\x15\x10", &footer[..], &len, b"PAR1"].concat()
    };
    let attack = pickle(&call(&global("posix.system"), &[&text("echo x")]));
    out.push(Sample::attack(
        "column-types",
        "call.parquet",
        file(&attack),
    ));
    let own = pickle(&call(&global("shop.types.Uuid"), &[]));
    out.push(Sample::twin("column-types", "own.parquet", file(&own)));
}

fn objects(out: &mut Vec<Sample>) {
    let state = dict(&[("name", &text("x")), ("default", b"N")]);
    for class in [
        "click.core.Option",
        "click.core.Command",
        "importlib.metadata.EntryPoint",
        "_frozen_importlib.ModuleSpec",
        "doctest.Example",
        "mimetypes.MimeTypes",
        "urllib.robotparser.RobotFileParser",
    ] {
        let name = format!("made-{class}.pkl");
        out.push(Sample::twin(
            "inert-objects",
            name,
            pickle(&object(class, &state)),
        ));
        // The same when the class is called.
        let name = format!("called-{class}.pkl");
        out.push(Sample::attack(
            "inert-objects",
            name,
            pickle(&call(&global(class), &[&text("x")])),
        ));
    }
    for class in [
        "dbm.dumb._Database",
        "tempfile._TemporaryFileCloser",
        "subprocess.Popen",
        "code.InteractiveConsole",
    ] {
        let name = format!("made-{class}-hostile.pkl");
        let state = dict(&[
            ("_dirfile", &text("/tmp/x")),
            ("_modified", b"\x88"),
            ("delete", b"\x88"),
        ]);
        out.push(Sample::attack(
            "inert-objects",
            name,
            pickle(&object(class, &state)),
        ));
    }
    let code = text("os.system(\"rm -rf /\")");
    for class in [
        "logging.LogRecord",
        "traceback.FrameSummary",
        "email.message.Message",
    ] {
        let state = dict(&[("msg", &code), ("args", b"N")]);
        let name = format!("text-{class}.pkl");
        out.push(Sample::twin(
            "inert-objects",
            name,
            pickle(&object(class, &state)),
        ));
    }
    let state = dict(&[("rule", &code)]);
    let own = pickle(&object("shop.rules.Rule", &state));
    out.push(Sample::attack("inert-objects", "text-own.pkl", own));
}

fn calls(out: &mut Vec<Sample>) {
    let instance = |class: &str, given: &[(&str, &[u8])]| {
        pickle(&call(
            &global("fsspec.spec.make_instance"),
            &[&global(class), &tuple(&[]), &dict(given)],
        ))
    };
    let dirs = "fsspec.implementations.dirfs.DirFileSystem";
    let (path, local, remote) = (text("/tmp"), text("file"), text("sftp"));
    for (name, body) in [
        (
            "local",
            instance("fsspec.implementations.local.LocalFileSystem", &[]),
        ),
        (
            "memory",
            instance("fsspec.implementations.memory.MemoryFileSystem", &[]),
        ),
        (
            "dirs",
            instance(dirs, &[("path", &path), ("target_protocol", &local)]),
        ),
        (
            "arrow",
            pickle(&call(
                &global("pyarrow._fs.FileSystem._from_uri"),
                &[&text("file:///_")],
            )),
        ),
    ] {
        out.push(Sample::twin("file-systems", format!("{name}.pkl"), body));
    }
    for (name, body) in [
        (
            "http",
            instance("fsspec.implementations.http.HTTPFileSystem", &[]),
        ),
        (
            "remote-dirs",
            instance(dirs, &[("path", &path), ("target_protocol", &remote)]),
        ),
        ("function", instance("os.system", &[])),
        (
            "arrow-remote",
            pickle(&call(
                &global("pyarrow._fs.FileSystem._from_uri"),
                &[&text("s3://a/b")],
            )),
        ),
    ] {
        out.push(Sample::attack(
            "file-systems",
            format!("{name}-hostile.pkl"),
            body,
        ));
    }
    let made = call(
        &global("fsspec.spec.make_instance"),
        &[
            &global("fsspec.implementations.local.LocalFileSystem"),
            &tuple(&[]),
            &dict(&[]),
        ],
    );
    let method = call(&global("builtins.getattr"), &[&made, &text("rm")]);
    let body = pickle(&call(&method, &[&text("/tmp/x")]));
    out.push(Sample::attack("file-systems", "method-hostile.pkl", body));
    for (name, line) in [
        ("import", "import antigravity"),
        ("from", "from shop import tasks"),
        ("lines", "import shop\nshop.f.x = 1"),
    ] {
        let body = call(&global("gin.parse_config"), &[&text(line)]);
        out.push(Sample::attack(
            "import-line",
            format!("{name}.pkl"),
            pickle(&body),
        ));
        let body = call(&global("gin.parse_config"), &[&list(&[&text(line)])]);
        out.push(Sample::attack(
            "import-line",
            format!("{name}-in-list.pkl"),
            pickle(&body),
        ));
    }
    for (name, line) in [
        ("words", "imports of goods"),
        ("sentence", "import goods from abroad"),
        ("setting", "f.x = 1"),
    ] {
        let body = call(&global("gin.parse_config"), &[&text(line)]);
        out.push(Sample::twin(
            "import-line",
            format!("{name}.pkl"),
            pickle(&body),
        ));
    }
    let hover = text("x=%{x}<br>y=%{y}<extra></extra>");
    let figure = dict(&[(
        "data",
        &list(&[&dict(&[
            ("hovertemplate", &hover),
            ("type", &text("scatter")),
        ])]),
    )]);
    let body = call(&global("plotly.graph_objs._figure.Figure"), &[&figure]);
    out.push(Sample::twin("inert-objects", "figure.pkl", pickle(&body)));
    for name in [
        "numpy.errstate",
        "contextlib.suppress",
        "contextlib.nullcontext",
    ] {
        out.push(Sample::twin(
            "inert-objects",
            format!("{name}.pkl"),
            pickle(&call(&global(name), &[])),
        ));
    }
    out.push(Sample::twin(
        "inert-objects",
        "zipfile.Path.pkl",
        pickle(&global("zipfile.Path")),
    ));
    let path = call(
        &global("importlib.metadata.PackagePath"),
        &[&text("a"), &text("b")],
    );
    out.push(Sample::twin(
        "inert-objects",
        "importlib.metadata.PackagePath.pkl",
        pickle(&path),
    ));
    let term = call(
        &global("email._header_value_parser.ValueTerminal"),
        &[&text("exec(x)"), &text("vtext")],
    );
    out.push(Sample::twin(
        "inert-objects",
        "email-term.pkl",
        pickle(&term),
    ));
}

fn annotations(out: &mut Vec<Sample>) {
    for (name, of) in [
        (
            "class",
            "class X:\n    a: \"__import__('shutil').rmtree('/tmp/x', True)\"\ntyping.get_type_hints(X)\n",
        ),
        (
            "function",
            "def f(a: \"__import__('shutil').rmtree('/tmp/x')\") -> int: ...\ntyping.get_type_hints(f)\n",
        ),
        (
            "in-list",
            "class X:\n    a: typing.List[\"__import__('os').remove('x') or int\"]\ntyping.get_type_hints(X)\n",
        ),
    ] {
        let name = format!("annotation-{name}/modeling_x.py");
        out.push(Sample::attack(
            "annotations",
            name,
            format!("import typing\n{of}").into_bytes(),
        ));
    }
    let plain = "import typing\nclass X:\n    a: \"typing.List[Node]\"\n    def f(self, b: 'Node | None') -> \"X\": ...\ntyping.get_type_hints(X)\n";
    out.push(Sample::twin(
        "annotations",
        "annotation-plain/modeling_x.py",
        plain.as_bytes().to_vec(),
    ));
}
