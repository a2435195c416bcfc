"""More harmless files, in other shapes than those of write.py: python3 write_more.py FOLDER.

Checkpoints of trainers, pipelines with functions, tables, graphs with branches, tokenizers, weights by other routes.
"""

import collections
import enum
import functools
import gzip
import io
import lzma
import operator
import os
import pathlib
import pickle
import sys
import tarfile
import zipfile

FOLDER = pathlib.Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)


def path(name):
    return str(FOLDER / name)


def pickled(name, value, protocols=(0, 1, 3, 5)):
    for protocol in protocols:
        with open(path(f"{name}-{protocol}.pkl"), "wb") as file:
            pickle.dump(value, file, protocol)


def containers():
    nested = {"a": [{"b": (i, str(i), i * 0.5)} for i in range(2000)]}
    pickled("nested", nested)
    pickled("long", ["line %d\nos.system" % i for i in range(40000)], (0, 2))
    with open(path("several.pkl"), "wb") as file:
        for i in range(5):
            pickle.dump({"batch": i}, file)
    with lzma.open(path("nested.pkl.xz"), "wb") as file:
        pickle.dump(nested, file)
    with gzip.open(path("several.pkl.gz"), "wb") as file:
        file.write(pathlib.Path(path("several.pkl")).read_bytes())
    with zipfile.ZipFile(path("zip64.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("weights.pkl", "w", force_zip64=True) as member:
            pickle.dump(nested, member)
        archive.comment = b"made by a test"
    with tarfile.open(path("long-names.tar"), "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("folder/" * 30 + "ünïcode.pkl")
        body = pickle.dumps(nested)
        info.size = len(body)
        archive.addfile(info, io.BytesIO(body))


def arrays():
    import numpy as np
    rng = np.random.default_rng(3)
    record = np.zeros(3, dtype=[("id", "<i4"), ("name", "<U5"), ("xy", "<f4", (2,)), ("at", "<M8[s]")])
    np.save(path("record.npy"), record)
    np.save(path("fortran.npy"), np.asfortranarray(rng.normal(size=(7, 9))))
    np.save(path("zero-d.npy"), np.array(3))
    np.savez(path("mixed.npz"), record=record, empty=np.zeros((0, 4)), words=np.array(["os.system", "eval"]))
    np.savez_compressed(path("packed.npz"), big=np.zeros((300, 300)), bits=np.packbits(np.ones(64, "u1")))
    pickled("numpy-mixed", {"record": record, "generator": rng, "legacy": np.random.RandomState(1), "masked": np.ma.array([1, 2], mask=[0, 1]),
                            "scalar": np.float32(1), "date": np.datetime64("2024-01-01"), "ufunc": np.add, "poly": np.poly1d([1, 2]), "big": np.arange(6, dtype=">i4")})


def estimators():
    import joblib
    import numpy as np
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, StackingClassifier, VotingRegressor
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
    from sklearn.metrics import make_scorer, mean_squared_error
    from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, PowerTransformer
    from sklearn.tree import DecisionTreeClassifier
    rng = np.random.default_rng(7)
    x = rng.uniform(0.5, 2, size=(80, 4))
    y = (x[:, 0] > 1).astype(int)
    models = {
        "stack": StackingClassifier([("t", DecisionTreeClassifier()), ("s", SGDClassifier())], LogisticRegression()).fit(x, y),
        "calibrated": CalibratedClassifierCV(DecisionTreeClassifier(max_depth=2), cv=2).fit(x, y),
        "hist": HistGradientBoostingClassifier(max_iter=5, early_stopping=True).fit(x, y),
        "process": GaussianProcessRegressor(kernels.RBF() * 2 + kernels.WhiteKernel()).fit(x, x[:, 1]),
        "target": TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp).fit(x, x[:, 1]),
        "vote": VotingRegressor([("k", KNeighborsRegressor(2)), ("r", Ridge())]).fit(x, x[:, 1]),
        "search": RandomizedSearchCV(Ridge(), {"alpha": [1, 2]}, n_iter=2, cv=2, scoring=make_scorer(mean_squared_error, greater_is_better=False)).fit(x, x[:, 1]),
        "columns": ColumnTransformer([("p", PowerTransformer(), slice(0, 2)), ("f", FunctionTransformer(np.sqrt), [2]), ("b", KBinsDiscretizer(3), [3])], remainder="passthrough").fit(x),
        "text": Pipeline([("u", FeatureUnion([("w", TfidfVectorizer(tokenizer=str.split, token_pattern=None)), ("c", TfidfVectorizer(analyzer="char"))])), ("m", LogisticRegression())]).fit(["eval this", "exec that"], [0, 1]),
        "forest": IsolationForest(n_estimators=4).fit(x),
        "folds": StratifiedKFold(3, shuffle=True, random_state=np.random.RandomState(2)),
    }
    for name, model in models.items():
        pickled(f"more-{name}", model, (2, 5))
        joblib.dump(model, path(f"more-{name}.joblib"), compress=("lzma", 2))
    joblib.dump([models["hist"], {"x": x, "y": np.asfortranarray(x)}, [np.array(["a", 1], object)] * 2], path("more-list.joblib"))


def tables():
    import pandas as pd
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"]), "d": pd.to_datetime(["2024-01-01", None]), "e": pd.array([1, None], dtype="Int64")})
    pickled("frame", frame, (2, 4, 5))
    frame.to_pickle(path("frame.pkl.gz"))
    frame.set_index(["a", "b"]).to_pickle(path("multi.pkl"))
    pickled("times", {"s": pd.date_range("2024", periods=3, tz="Europe/Paris").to_series(), "p": pd.period_range("2024-01", periods=2, freq="M"), "i": pd.interval_range(0, 3), "t": pd.Timedelta("1D"), "sparse": pd.arrays.SparseArray([0, 0, 1])}, (2, 5))
    try:
        import polars
        pickled("polars", polars.DataFrame({"a": [1, 2], "b": ["x", "y"]}), (2, 5))
    except ImportError as error:
        print("polars:", error)
    try:
        import pyarrow
        pickled("arrow", pyarrow.table({"a": [1, 2], "b": ["x", None]}), (4, 5))
    except ImportError as error:
        print("pyarrow:", error)


def boosters():
    import numpy as np
    x = np.random.default_rng(5).normal(size=(60, 3))
    y = (x[:, 0] > 0).astype(int)
    try:
        import xgboost
        model = xgboost.XGBClassifier(n_estimators=3, max_depth=2, enable_categorical=False).fit(x, y)
        pickled("xgb-more", model, (2, 5))
        for end in ["json", "ubj"]:
            model.save_model(path(f"xgb-more.{end}"))
        pickled("xgb-rank", xgboost.XGBRanker(n_estimators=2).fit(x, y, group=[30, 30]), (4,))
    except ImportError as error:
        print("xgboost:", error)
    try:
        import lightgbm
        model = lightgbm.LGBMRegressor(n_estimators=3, min_child_samples=2, verbose=-1).fit(x, x[:, 1])
        pickled("lgbm-more", model, (2, 5))
        model.booster_.save_model(path("lgbm-more.txt"))
        pickled("lgbm-booster", model.booster_, (4,))
    except ImportError as error:
        print("lightgbm:", error)


def graphs():
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    float_value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    branch = lambda name, value: helper.make_graph([helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array([value], "f4")))], name, [], [float_value(name, [1])])
    graph = helper.make_graph([helper.make_node("If", ["c"], ["y"], then_branch=branch("t", 1), else_branch=branch("e", 2))], "g", [helper.make_tensor_value_info("c", TensorProto.BOOL, [])], [float_value("y", [1])])
    onnx.save(helper.make_model(graph), path("branches.onnx"))
    function = helper.make_function("own.domain", "Twice", ["x"], ["y"], [helper.make_node("Add", ["x", "x"], ["y"])], [helper.make_opsetid("", 17)])
    graph = helper.make_graph([helper.make_node("Twice", ["x"], ["y"], domain="own.domain")], "g", [float_value("x", [1])], [float_value("y", [1])])
    onnx.save(helper.make_model(graph, functions=[function], opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("own.domain", 1)]), path("function.onnx"))
    weights = [numpy_helper.from_array(np.ones((64, 64), "f4"), f"w{i}") for i in range(3)]
    graph = helper.make_graph([helper.make_node("Sum", ["w0", "w1", "w2"], ["y"])], "g", [], [float_value("y", [64, 64])], weights)
    os.makedirs(path("external"), exist_ok=True)
    onnx.save(helper.make_model(graph), path("external/many.onnx"), save_as_external_data=True, all_tensors_to_one_file=False, size_threshold=0)


def torch_more():
    import torch
    import torch.nn as nn

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
            self.norm = nn.LayerNorm(8)

        def forward(self, x):
            return self.norm(self.attend(x, x, x)[0])

    model = Attention()
    torch.save(collections.OrderedDict((k, v.half()) for k, v in model.state_dict().items()), path("half.bin"))
    torch.save({"state": model.state_dict(), "args": __import__("argparse").Namespace(lr=1e-3, out="/tmp/run"), "history": collections.defaultdict(list, loss=[1.0])}, path("trainer.pth"))
    torch.save(nn.Sequential(nn.LSTM(4, 3, 2), nn.Flatten(), nn.GELU(approximate="tanh")), path("whole.pt"))
    sgd = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    model(torch.ones(1, 3, 8)).sum().backward()
    sgd.step()
    torch.save({"optimizer": sgd, "scheduler": torch.optim.lr_scheduler.LambdaLR(sgd, functools.partial(pow, 0.9)).state_dict()}, path("optimizer.pt"))
    torch.save([torch.ones(2, requires_grad=True), torch.nn.utils.rnn.pack_sequence([torch.ones(3)]), torch.ones(2, 2).to_sparse_csr()], path("odd.pt"))
    torch.jit.script(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())).save(path("conv.torchscript"))
    buffer = io.BytesIO()
    torch.save(torch.arange(6).reshape(2, 3), buffer)
    pickled("torch-bytes", {"weights": buffer.getvalue(), "getter": operator.itemgetter(1)}, (2, 5))
    quantized = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4)), {nn.Linear}, dtype=torch.qint8)
    torch.save(quantized.state_dict(), path("quantized.pt"))


def lightning():
    import torch
    import lightning as pl

    class Line(pl.LightningModule):
        def __init__(self, width=2):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 1)

        def training_step(self, batch, _):
            return self.layer(batch[0]).sum()

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters())

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 2)))
    trainer = pl.Trainer(max_epochs=1, logger=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=path("lightning"), accelerator="cpu")
    trainer.fit(Line(), data)
    trainer.save_checkpoint(path("line.ckpt"))


def transformers():
    import torch
    from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, TrainingArguments
    tiny = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=20)
    BertModel(BertConfig(**tiny)).save_pretrained(path("bert"))
    model = GPT2LMHeadModel(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=20, n_positions=8))
    model.save_pretrained(path("gpt2"), max_shard_size="10KB")
    torch.save(model.state_dict(), path("pytorch_model.bin"))
    try:
        torch.save(TrainingArguments(output_dir=path("run"), report_to=[]), path("training_args.bin"))
    except Exception as error:
        print("training arguments:", error)
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "os": 1, "system": 2}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    fast.chat_template = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}"
    fast.save_pretrained(path("tokenizer"))
    pickled("tokenizer", tokenizer, (2, 5))
    pickled("fast", fast, (2, 5))


def jax_more():
    import jax
    import jax.numpy as jnp
    import optax
    from flax import serialization, traverse_util
    parameters = {"dense": {"kernel": jnp.ones((2, 3), jnp.bfloat16), "bias": jnp.zeros(3)}, "steps": [1, 2]}
    state = optax.adamw(1e-3).init(parameters["dense"])
    with open(path("more.msgpack"), "wb") as file:
        file.write(serialization.msgpack_serialize(jax.tree_util.tree_map(__import__("numpy").asarray, parameters)))
    pickled("optax", {"state": state, "flat": traverse_util.flatten_dict(parameters["dense"]), "key": jax.random.PRNGKey(0)}, (2, 5))


def keras_more():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    @keras.saving.register_keras_serializable("shop")
    class Scale(keras.layers.Layer):
        def call(self, x):
            return x * 2.0

    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    joined = keras.layers.Concatenate()([a, keras.layers.Multiply()([a, b])])
    two = keras.Model([a, b], [keras.layers.Dense(1, name="x")(joined), keras.layers.Dense(2, activation="softmax", name="y")(joined)])
    two.compile(keras.optimizers.SGD(0.1), loss={"x": "mse", "y": keras.losses.CategoricalCrossentropy(label_smoothing=0.1)})
    two.save(path("two.keras"))
    two.save(path("two.h5"))
    own = keras.Sequential([keras.Input((2,)), Scale(), keras.layers.Normalization(mean=[0, 0], variance=[1, 1])])
    own.save(path("own-layer.keras"))
    own.save(path("own-layer.h5"))
    keras.Sequential([keras.Input((4, 4, 1)), keras.layers.SeparableConv2D(2, 2), keras.layers.Flatten()]).save(path("separable.keras"))


def tensorflow_more():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf
    with open(path("words.txt"), "w") as file:
        file.write("a\nb\n")

    class Words(tf.Module):
        def __init__(self):
            self.table = tf.lookup.StaticVocabularyTable(tf.lookup.TextFileInitializer(path("words.txt"), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), 1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, x):
            return self.table.lookup(x)

    class Loop(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
        def __call__(self, n):
            total = 0
            while n > 0:
                total += n
                n -= 1
            return total

    for name, module in [("words", Words()), ("loop", Loop())]:
        tf.saved_model.save(module, path(name))
    converter = tf.lite.TFLiteConverter.from_saved_model(path("loop"))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    with open(path("loop.tflite"), "wb") as file:
        file.write(converter.convert())


def gguf_more():
    import numpy as np
    import gguf
    out = gguf.GGUFWriter(path("quantized.gguf"), "qwen2")
    out.add_quantization_version(2)
    out.add_array("tokenizer.ggml.merges", ["a b", "ab c"])
    out.add_key_value("general.tags", ["chat", "code"], gguf.GGUFValueType.ARRAY, sub_type=gguf.GGUFValueType.STRING)
    out.add_chat_template([{"name": "default", "template": "{{ messages[0].content }}"}, {"name": "tool_use", "template": "{{ tools | tojson }}"}])
    out.add_tensor("blk.0.ffn.weight", gguf.quantize(np.ones((4, 64), "f4"), gguf.GGMLQuantizationType.Q8_0), raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


for write in [containers, arrays, estimators, tables, boosters, graphs, torch_more, lightning, transformers, jax_more, keras_more, tensorflow_more, gguf_more]:
    try:
        write()
        print("written:", write.__name__)
    except ImportError as error:
        print("not installed:", write.__name__, error)
    except Exception as error:
        print("failed:", write.__name__, type(error).__name__, error)
