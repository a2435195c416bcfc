"""Writes harmless files with the libraries that are installed: python3 write.py FOLDER.

One function per library; a library that is missing is named and left out. `cargo xtask bench artifacts
--benign FOLDER` checks that none of the files is called malicious.
"""

import collections
import datetime
import decimal
import fractions
import functools
import gzip
import json
import os
import pathlib
import pickle
import sys
import tarfile
import uuid
import zipfile

FOLDER = pathlib.Path(sys.argv[1])
WRITERS = []


def writer(function):
    WRITERS.append(function)
    return function


def path(name):
    return str(FOLDER / name)


def pickled(name, value, protocols=(0, 2, 4, 5)):
    for protocol in protocols:
        with open(path(f"{name}-{protocol}.pkl"), "wb") as file:
            pickle.dump(value, file, protocol)


Point = collections.namedtuple("Point", "x y")


class Ranker:
    def __init__(self):
        self.weights = [1.0, 2.0]
        self.command = "python train.py"


@writer
def python():
    pickled("python", {
        "ordered": collections.OrderedDict(a=1), "counter": collections.Counter("abc"),
        "deque": collections.deque([1, 2], 5), "default": collections.defaultdict(list, a=[1]),
        "chain": collections.ChainMap({}, {"a": 1}), "point": Point(1, 2), "ranker": Ranker(),
        "time": datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), "delta": datetime.timedelta(1),
        "decimal": decimal.Decimal("1.5"), "fraction": fractions.Fraction(1, 3), "id": uuid.UUID(int=5),
        "path": pathlib.PurePosixPath("/etc/passwd"), "partial": functools.partial(int, base=2),
        "set": {1, 2}, "frozen": frozenset([3]), "bytes": bytearray(b"abc"), "complex": 1j, "range": range(3),
        "exception": ValueError("x"), "text": "import os; os.system('echo x')", "long": 1 << 100,
        "function": len, "type": int, "slice": slice(1, 2),
    })
    try:
        import zoneinfo
        pickled("zoneinfo", datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")))
    except Exception as error:
        print("zoneinfo:", error)
    with gzip.open(path("python.pkl.gz"), "wb") as file:
        pickle.dump([1, 2], file)
    with tarfile.open(path("weights.tar.gz"), "w:gz") as archive:
        archive.add(path("python-4.pkl"), "weights.pkl")
    with zipfile.ZipFile(path("weights.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path("python-4.pkl"), "weights.pkl")


@writer
def numpy():
    import numpy as np
    rng = np.random.default_rng(1)
    np.save(path("floats.npy"), rng.normal(size=(20, 3)))
    np.save(path("names.npy"), np.array(["a", "bc"]))
    np.save(path("objects.npy"), np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(path("records.npy"), np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]))
    np.save(path("fortran.npy"), np.asfortranarray(rng.normal(size=(3, 4))))
    np.save(path("times.npy"), np.array(["2024-01-01"], dtype="datetime64[D]"))
    np.savez(path("plain.npz"), a=np.arange(5), b=np.ones(3, "f2"))
    np.savez_compressed(path("packed.npz"), a=np.arange(5000), text=np.array("x"))
    pickled("numpy", {
        "array": np.arange(4.0), "scalar": np.float32(1), "int": np.int64(3), "bool": np.bool_(True),
        "state": np.random.RandomState(1), "generator": rng, "dtype": np.dtype("f4"), "ufunc": np.log1p,
        "masked": np.ma.array([1, 2], mask=[0, 1]), "time": np.datetime64("2024-01-01"), "object": np.array([None, "a"], object),
        "matrix": np.matrix([[1]]), "recarray": np.rec.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
        "poly": np.polynomial.Polynomial([1, 2]), "seed": np.random.SeedSequence(5), "vectorize": np.poly1d([1, 2]),
    })


@writer
def pandas():
    import pandas as pd
    frame = pd.DataFrame({
        "a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2024-01-01", "2024-02-01"], utc=True),
        "d": pd.Categorical(["u", "v"]), "e": pd.array([1, None], dtype="Int64"), "f": [1.5, 2.5],
    })
    frame["g"] = pd.period_range("2024-01", periods=2, freq="M")
    frame["h"] = pd.to_timedelta([1, 2], unit="h")
    frame["i"] = pd.arrays.IntervalArray.from_breaks([0, 1, 2])
    frame["j"] = pd.arrays.SparseArray([0.0, 1.0])
    frame.to_pickle(path("frame.pkl"))
    frame.to_pickle(path("frame.pkl.bz2"))
    frame.to_pickle(path("frame.pkl.zip"))
    frame.to_pickle(path("frame.pkl.xz"))
    pickled("pandas", {"frame": frame, "multi": frame.set_index(["a", "b"]).index, "stamp": pd.Timestamp("2024-01-01", tz="Europe/Vienna"),
                       "nat": pd.NaT, "na": pd.NA, "offset": pd.offsets.BusinessDay(2), "series": frame["a"]})


@writer
def sklearn():
    import warnings
    warnings.filterwarnings("ignore")
    import joblib
    import numpy as np
    from sklearn.base import is_classifier, is_regressor
    from sklearn.utils import all_estimators
    rng = np.random.default_rng(1)
    data = rng.uniform(0.1, 1, size=(60, 5))
    classes = (data[:, 0] > 0.5).astype(int)
    count = 0
    for name, kind in all_estimators():
        try:
            model = kind()
            model.fit(data, classes if is_classifier(model) or not is_regressor(model) else data[:, 1])
        except Exception:
            continue
        try:
            with open(path(f"sklearn-{name}.pkl"), "wb") as file:
                pickle.dump(model, file, count % 6)
            joblib.dump(model, path(f"sklearn-{name}.joblib"), compress=count % 4)
            count += 1
        except Exception as error:
            print("not pickled:", name, error)
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
    forest = RandomForestClassifier(5).fit(data, classes)
    joblib.dump(GridSearchCV(RandomForestClassifier(), {"n_estimators": [2, 3]}, cv=2, n_jobs=1).fit(data, classes), path("grid.joblib"))
    joblib.dump(make_pipeline(StandardScaler(), FunctionTransformer(np.log1p), forest), path("pipeline.joblib"))
    joblib.dump(FeatureUnion([("a", CountVectorizer()), ("b", TfidfVectorizer())]).fit(["a text", "os system"]), path("texts.joblib"))
    joblib.dump(HashingVectorizer(), path("hashing.joblib"))
    joblib.dump(ColumnTransformer([("s", StandardScaler(), [0]), ("o", OneHotEncoder(), [1])]).fit(data), path("columns.joblib"))
    for compressor in ["zlib", "gzip", "bz2", "xz", "lzma", "lz4"]:
        try:
            joblib.dump(forest, path(f"forest-{compressor}.joblib"), compress=(compressor, 3))
        except Exception as error:
            print("joblib", compressor, error)
    joblib.dump({"objects": np.array(["a", None], object), "floats": np.arange(9.0), "more": np.ones((3, 3), "f4", order="F")}, path("arrays.joblib"))


@writer
def scipy():
    import scipy.interpolate as si
    import scipy.sparse as ss
    import scipy.spatial as sp
    import scipy.stats as st
    import numpy as np
    pickled("scipy", {"csr": ss.csr_matrix(np.eye(3)), "coo": ss.coo_array(np.eye(3)), "tree": sp.KDTree(np.eye(3)), "ctree": sp.cKDTree(np.eye(3)),
                      "norm": st.norm(0, 1), "spline": si.UnivariateSpline(range(9), range(9)), "interp": si.interp1d([1, 2, 3], [1, 2, 3]),
                      "rotation": sp.transform.Rotation.identity()}, (2, 4, 5))
    ss.save_npz(path("sparse.npz"), ss.csr_matrix(np.eye(3)))


@writer
def xgboost():
    import numpy as np
    import xgboost as xgb
    data = np.random.default_rng(1).normal(size=(40, 4))
    model = xgb.XGBClassifier(n_estimators=3).fit(data, data[:, 0] > 0)
    pickled("xgboost", model, (2, 4, 5))
    pickled("xgboost-booster", model.get_booster(), (4,))
    for end in ["json", "ubj", "deprecated"]:
        try:
            model.save_model(path(f"xgboost.{end}"))
        except Exception as error:
            print("xgboost", end, error)


@writer
def lightgbm():
    import lightgbm as lgb
    import numpy as np
    data = np.random.default_rng(1).normal(size=(80, 4))
    model = lgb.LGBMClassifier(n_estimators=3, verbose=-1).fit(data, data[:, 0] > 0)
    pickled("lightgbm", model, (2, 4, 5))
    model.booster_.save_model(path("lightgbm.txt"))
    pickled("lightgbm-booster", model.booster_, (4,))


@writer
def catboost():
    import catboost as cb
    import numpy as np
    data = np.random.default_rng(1).normal(size=(40, 4))
    model = cb.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(data, data[:, 0] > 0)
    pickled("catboost", model, (2, 4))
    for kind in ["cbm", "json", "onnx", "pmml", "coreml"]:
        try:
            model.save_model(path(f"catboost.{'mlmodel' if kind == 'coreml' else kind}"), format=kind)
        except Exception as error:
            print("catboost", kind, error)


@writer
def statsmodels():
    import numpy as np
    import statsmodels.api as sm
    data = np.random.default_rng(1).normal(size=(40, 3))
    pickled("statsmodels", sm.OLS(data[:, 0], data[:, 1:]).fit(), (2, 4))
    pickled("statsmodels-logit", sm.Logit((data[:, 0] > 0).astype(int), data[:, 1:]).fit(disp=0), (4,))


@writer
def onnx():
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    weight = numpy_helper.from_array(np.ones((4, 400), "f4"), "w")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 400])], [weight])
    model = helper.make_model(graph, producer_name="writer")
    helper.set_model_props(model, {"license": "MIT", "names": "{0: 'cat'}"})
    onnx.save(model, path("plain.onnx"))
    onnx.save(model, path("external.onnx"), save_as_external_data=True, location="external.onnx.data", size_threshold=0)
    try:
        from skl2onnx import to_onnx
        from sklearn.ensemble import RandomForestClassifier
        data = np.random.default_rng(1).normal(size=(40, 4)).astype("f4")
        onnx.save(to_onnx(RandomForestClassifier(3).fit(data, data[:, 0] > 0), data[:1]), path("forest.onnx"))
    except Exception as error:
        print("skl2onnx:", error)


@writer
def safetensors():
    import numpy as np
    from safetensors.numpy import save_file
    save_file({"a": np.ones((2, 3), "f4"), "b": np.zeros(5, "i8"), "empty": np.zeros(0, "f4")}, path("plain.safetensors"), metadata={"format": "np", "license": "mit"})


@writer
def gguf():
    import numpy as np
    import gguf
    for endian in [gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG]:
        out = gguf.GGUFWriter(path(f"plain-{endian.name.lower()}.gguf"), "llama", endianess=endian)
        out.add_name("tiny")
        out.add_license("mit")
        out.add_context_length(64)
        out.add_token_list(["<s>", "a", "os.system"])
        out.add_token_scores([0.0, 1.0, 2.0])
        out.add_chat_template("{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}")
        out.add_tensor("token_embd.weight", np.ones((4, 32), "f4"))
        out.add_tensor("output.weight", np.ones((4, 32), "f2"))
        out.write_header_to_file()
        out.write_kv_data_to_file()
        out.write_tensors_to_file()
        out.close()


@writer
def skops():
    import numpy as np
    import skops.io as sio
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    from sklearn.svm import SVC
    data = np.random.default_rng(1).normal(size=(40, 4))
    for name, model in [("svc", SVC()), ("forest", RandomForestClassifier(3)), ("pipeline", make_pipeline(StandardScaler(), FunctionTransformer(np.sqrt), SVC()))]:
        try:
            sio.dump(model.fit(np.abs(data), data[:, 0] > 0), path(f"{name}.skops"))
        except Exception as error:
            print("skops", name, error)


@writer
def cloudpickle():
    import cloudpickle
    import dill
    scale = 3
    for module in [cloudpickle, dill]:
        with open(path(f"{module.__name__}-function.pkl"), "wb") as file:
            module.dump(lambda x: x * scale, file)
        with open(path(f"{module.__name__}-data.pkl"), "wb") as file:
            module.dump({"a": [1, 2], "b": Point(1, 2)}, file)


@writer
def torch():
    import torch
    import torch.nn as nn
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 2))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    torch.save(model.state_dict(), path("state.pt"))
    torch.save(model.state_dict(), path("state-legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(model, path("model.pt"))
    torch.save(model, path("model-legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "rng": torch.get_rng_state(),
                "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 3).state_dict()}, path("checkpoint.ckpt"))
    torch.save({"sparse": torch.eye(3).to_sparse(), "half": torch.ones(2, dtype=torch.bfloat16), "int": torch.ones(2, dtype=torch.int8),
                "view": torch.ones(4, 4)[1:, ::2], "expanded": torch.ones(1, 3).expand(5, 3), "parameter": nn.Parameter(torch.ones(2)),
                "empty": torch.empty(0), "scalar": torch.tensor(3.0), "size": torch.Size([1, 2]), "device": torch.device("cpu"),
                "dtype": torch.float16, "bool": torch.tensor([True]), "complex": torch.ones(2, dtype=torch.complex64),
                "quantized": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "generator": torch.Generator().get_state()}, path("tensors.pt"))
    try:
        torch.jit.script(model).save(path("script.pt"))
        torch.jit.trace(model.eval(), torch.ones(2, 4)).save(path("trace.pt"))
    except Exception as error:
        print("torch.jit:", error)
    try:
        torch.export.save(torch.export.export(model.eval(), (torch.ones(2, 4),)), path("exported.pt2"))
    except Exception as error:
        print("torch.export:", error)
    pickled("torch", {"tensor": torch.ones(3), "module": model}, (2, 4))
    try:
        from safetensors.torch import save_file
        save_file(model.state_dict(), path("torch.safetensors"))
    except Exception as error:
        print("safetensors.torch:", error)


@writer
def keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    inputs = keras.Input((8,))
    x = keras.layers.Dense(4, activation="relu", kernel_regularizer="l2")(inputs)
    x = keras.layers.Dropout(0.1)(keras.layers.BatchNormalization()(x))
    functional = keras.Model(inputs, keras.layers.Dense(1)(x))
    functional.compile("adam", "mse", metrics=["mae"])
    images = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    words = keras.Sequential([keras.Input((5,)), keras.layers.Embedding(10, 4), keras.layers.Bidirectional(keras.layers.LSTM(3)), keras.layers.Dense(1, activation="sigmoid")])
    for name, model in [("functional", functional), ("images", images), ("words", words)]:
        model.save(path(f"{name}.keras"))
        model.save(path(f"{name}.h5"))
        model.save_weights(path(f"{name}.weights.h5"))
        with open(path(f"{name}-keras.json"), "w") as file:
            file.write(model.to_json())
    try:
        lookup = keras.layers.TextVectorization(vocabulary=["a", "os", "system"])
        text = keras.Sequential([keras.Input((1,), dtype="string"), lookup, keras.layers.Embedding(10, 4)])
        text.save(path("text.keras"))
    except Exception as error:
        print("keras text:", error)
    custom = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda value: value * 2)])
    custom.save(path("lambda.keras"))


@writer
def tensorflow():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    class Module(tf.Module):
        def __init__(self):
            self.weight = tf.Variable(tf.ones([4, 3]))

        @tf.function(input_signature=[tf.TensorSpec([None, 4])])
        def __call__(self, x):
            return tf.nn.relu(x @ self.weight)

    module = Module()
    tf.saved_model.save(module, path("saved"))
    os.rename(path("saved/saved_model.pb"), path("saved_model.pb"))
    os.rename(path("saved/fingerprint.pb"), path("fingerprint.pb"))
    tf.train.Checkpoint(m=module).write(path("checkpoint"))
    graph = module.__call__.get_concrete_function().graph.as_graph_def()
    with open(path("graph.pb"), "wb") as file:
        file.write(graph.SerializeToString())
    tf.io.write_graph(graph, str(FOLDER), "graph.pbtxt")
    converter = tf.lite.TFLiteConverter.from_concrete_functions([module.__call__.get_concrete_function()], module)
    with open(path("plain.tflite"), "wb") as file:
        file.write(converter.convert())
    import keras
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model.export(path("exported"))
    os.rename(path("exported/saved_model.pb"), path("exported_saved_model.pb"))
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0)

    class Lookup(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, x):
            return self.table.lookup(x)

    lookup = Lookup()
    lookup.table = table
    tf.saved_model.save(lookup, path("lookup"))
    os.rename(path("lookup/saved_model.pb"), path("lookup_saved_model.pb"))


@writer
def flax():
    import flax.serialization
    import jax.numpy as jnp
    import numpy as np
    values = {"params": {"dense": {"kernel": jnp.ones((2, 3)), "bias": np.zeros(3, "f4")}}, "step": 3}
    with open(path("flax.msgpack"), "wb") as file:
        file.write(flax.serialization.to_bytes(values))
    pickled("jax", {"a": jnp.ones(3)}, (2, 4))


@writer
def paddle():
    import paddle
    layer = paddle.nn.Linear(4, 2)
    paddle.save(layer.state_dict(), path("linear.pdparams"))
    optimizer = paddle.optimizer.Adam(parameters=layer.parameters())
    paddle.save(optimizer.state_dict(), path("linear.pdopt"))
    paddle.jit.save(layer, path("paddle"), input_spec=[paddle.static.InputSpec([None, 4], "float32")])


@writer
def openvino():
    import numpy as np
    import openvino as ov
    from openvino import opset13 as ops
    x = ops.parameter([1, 4], np.float32)
    ov.save_model(ov.Model([ops.matmul(x, ops.constant(np.ones((4, 2), "f4")), False, False)], [x], "m"), path("openvino.xml"))


@writer
def configuration():
    documents = {
        "config.json": {"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 32, "_attn_implementation": "sdpa"},
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"},
        "model.safetensors.index.json": {"metadata": {"total_size": 1}, "weight_map": {"a": "model-00001-of-00002.safetensors"}},
        "modules.json": [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}],
    }
    for name, document in documents.items():
        with open(path(name), "w") as file:
            json.dump(document, file)


FOLDER.mkdir(parents=True, exist_ok=True)
for write in WRITERS:
    try:
        write()
        print("written:", write.__name__)
    except ImportError as error:
        print("not installed:", write.__name__, error)
    except Exception as error:
        print("failed:", write.__name__, type(error).__name__, error)
