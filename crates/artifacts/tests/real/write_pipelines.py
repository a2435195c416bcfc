"""Writes harmless models as people keep them, put together of many parts: python3 write_pipelines.py FOLDER.

Third of its kind: `write.py` has every estimator by itself, `write_more.py` other parts of the libraries. A group whose
library is missing is named and left out.
"""

import collections
import functools
import io
import os
import pathlib
import pickle
import sys
import warnings

FOLDER = pathlib.Path(sys.argv[1])
FOLDER.mkdir(parents=True, exist_ok=True)
WRITERS = []
warnings.filterwarnings("ignore")


def writer(function):
    WRITERS.append(function)
    return function


def path(name):
    return str(FOLDER / name)


def kept(name, value, protocols=(2, 3, 4, 5)):
    """As programs keep it: pickled at each protocol, and by joblib plain and compressed."""
    for protocol in protocols:
        with open(path(f"{name}-{protocol}.pkl"), "wb") as file:
            pickle.dump(value, file, protocol)
    try:
        import joblib
        joblib.dump(value, path(f"{name}.joblib"))
        joblib.dump(value, path(f"{name}-3.joblib"), compress=3, protocol=2)
    except ImportError:
        pass


def numbers():
    import numpy as np
    rng = np.random.default_rng(11)
    x = rng.uniform(0.1, 3, size=(90, 6))
    return x, (x[:, 0] + x[:, 1] > 3).astype(int), x[:, 2] * 2 + x[:, 3]


def each(models):
    """Fits and keeps what can be: versions differ in what they have."""
    for name, make in models.items():
        try:
            kept(name, make())
        except Exception as error:
            print("  not written:", name, type(error).__name__, str(error)[:100])


@writer
def columns():
    import numpy as np
    import pandas as pd
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.decomposition import PCA, TruncatedSVD
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
    from sklearn.feature_extraction import DictVectorizer, FeatureHasher
    from sklearn.feature_selection import SelectFromModel, SelectKBest, VarianceThreshold, chi2, f_classif, mutual_info_classif
    from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
    from sklearn.linear_model import Lasso, LogisticRegression
    from sklearn.pipeline import Pipeline, make_pipeline, make_union
    from sklearn.preprocessing import (FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PolynomialFeatures,
                                       QuantileTransformer, RobustScaler, SplineTransformer, StandardScaler)
    x, y, z = numbers()
    frame = pd.DataFrame(x, columns=list("abcdef"))
    frame["city"] = np.where(y, "Graz", "Wien")
    frame["note"] = np.where(y, "good and cheap", "too far away")
    frame.loc[3, "a"] = np.nan
    prepare = ColumnTransformer([
        ("n", Pipeline([("i", SimpleImputer(strategy="median")), ("s", StandardScaler())]), make_column_selector(dtype_include=np.number)),
        ("c", Pipeline([("i", SimpleImputer(strategy="most_frequent")), ("o", OneHotEncoder(handle_unknown="ignore", sparse_output=False))]), ["city"]),
        ("drop", "drop", ["note"]),
    ])
    each({
        "columns-logit": lambda: Pipeline([("p", prepare), ("m", LogisticRegression(max_iter=500))]).fit(frame, y),
        "columns-boost": lambda: Pipeline([("p", prepare), ("f", SelectKBest(mutual_info_classif, k=3)), ("m", GradientBoostingClassifier(n_estimators=5))]).fit(frame, y),
        "columns-pandas": lambda: prepare.set_output(transform="pandas").fit(frame),
        "union": lambda: make_union(PCA(2), SelectKBest(f_classif, k=2), TruncatedSVD(2)).fit(x, y),
        "chain": lambda: make_pipeline(RobustScaler(), PolynomialFeatures(2), SelectFromModel(Lasso(0.01)), RandomForestRegressor(4)).fit(x, z),
        "spline": lambda: make_pipeline(SplineTransformer(4), QuantileTransformer(n_quantiles=10, output_distribution="normal"), Lasso()).fit(x, z),
        "ordinal": lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(frame[["city", "note"]]),
        "missing": lambda: make_union(KNNImputer(), MissingIndicator(features="all")).fit(x),
        "hashed": lambda: make_pipeline(FeatureHasher(16, input_type="string"), VarianceThreshold()).fit([["a", "b"], ["c"]] * 9),
        "dicts": lambda: make_pipeline(DictVectorizer(), SelectKBest(chi2, k=1)).fit([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}] * 9, [0, 1] * 9),
        "functions": lambda: make_pipeline(FunctionTransformer(np.log1p, np.expm1, check_inverse=False), FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 1}), MinMaxScaler()).fit(x),
    })


@writer
def words():
    from sklearn.decomposition import NMF, LatentDirichletAllocation, TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.naive_bayes import ComplementNB, MultinomialNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer
    from sklearn.svm import LinearSVC
    texts = ["eval the model", "import the data", "os and system", "open a file", "the exec met", "run a subprocess"] * 4
    labels = [0, 1, 2] * 8
    each({
        "words-bayes": lambda: make_pipeline(CountVectorizer(ngram_range=(1, 2)), TfidfTransformer(), MultinomialNB()).fit(texts, labels),
        "words-svm": lambda: make_pipeline(TfidfVectorizer(stop_words="english", sublinear_tf=True), LinearSVC()).fit(texts, labels),
        "words-topics": lambda: make_pipeline(CountVectorizer(), LatentDirichletAllocation(2, max_iter=2)).fit(texts),
        "words-parts": lambda: make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3)), NMF(2)).fit(texts),
        "words-hashed": lambda: make_pipeline(HashingVectorizer(n_features=64), SGDClassifier(loss="log_loss")).fit(texts, labels),
        "words-meaning": lambda: make_pipeline(TfidfVectorizer(), TruncatedSVD(2), Normalizer(copy=False)).fit(texts),
        "words-rest": lambda: make_pipeline(TfidfVectorizer(preprocessor=str.lower), OneVsRestClassifier(ComplementNB())).fit(texts, labels),
    })


@writer
def composed():
    import numpy as np
    from scipy.stats import loguniform, randint
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401, lets the next import work
    from sklearn import (calibration, cluster, covariance, ensemble, gaussian_process, linear_model, mixture, model_selection, multioutput, neighbors,
                         neural_network, semi_supervised, svm, tree)
    from sklearn.gaussian_process import kernels
    from sklearn.metrics import f1_score, make_scorer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    x, y, z = numbers()
    stump = tree.DecisionTreeClassifier(max_depth=2)
    logit = linear_model.LogisticRegression
    each({
        "grid": lambda: model_selection.GridSearchCV(make_pipeline(StandardScaler(), svm.SVC()), {"svc__C": [0.1, 1], "svc__kernel": ["rbf", "linear"]}, cv=model_selection.StratifiedKFold(2), scoring={"f": make_scorer(f1_score, average="macro"), "a": "accuracy"}, refit="a").fit(x, y),
        "random": lambda: model_selection.RandomizedSearchCV(ensemble.RandomForestClassifier(), {"n_estimators": randint(2, 5), "min_samples_split": [2, 4]}, n_iter=2, cv=2, random_state=3).fit(x, y),
        "random-log": lambda: model_selection.RandomizedSearchCV(linear_model.Ridge(), {"alpha": loguniform(1e-3, 1)}, n_iter=2, cv=model_selection.RepeatedKFold(n_splits=2, n_repeats=2)).fit(x, z),
        "halving": lambda: model_selection.HalvingGridSearchCV(stump, {"max_depth": [1, 2]}, cv=2, min_resources=40).fit(x, y),
        "isotonic": lambda: calibration.CalibratedClassifierCV(svm.LinearSVC(), method="isotonic", cv=2).fit(x, y),
        "sigmoid": lambda: calibration.CalibratedClassifierCV(ensemble.RandomForestClassifier(3), method="sigmoid", cv=model_selection.ShuffleSplit(2)).fit(x, y),
        "stacking": lambda: ensemble.StackingRegressor([("r", linear_model.RidgeCV()), ("h", ensemble.HistGradientBoostingRegressor(max_iter=3)), ("k", neighbors.KNeighborsRegressor())], final_estimator=linear_model.HuberRegressor(), passthrough=True).fit(x, z),
        "voting": lambda: ensemble.VotingClassifier([("a", logit()), ("b", ensemble.ExtraTreesClassifier(3)), ("c", neural_network.MLPClassifier(hidden_layer_sizes=(4,), max_iter=20))], voting="soft", weights=[1, 2, 1]).fit(x, y),
        "ada": lambda: ensemble.AdaBoostClassifier(stump, n_estimators=3).fit(x, y),
        "bagging": lambda: ensemble.BaggingRegressor(tree.ExtraTreeRegressor(), 3, oob_score=False).fit(x, z),
        "boosting-custom": lambda: ensemble.GradientBoostingRegressor(n_estimators=3, loss="quantile", init=linear_model.LinearRegression()).fit(x, z),
        "isolation": lambda: make_pipeline(StandardScaler(), ensemble.IsolationForest(n_estimators=5, contamination=0.1)).fit(x),
        "outliers": lambda: {"envelope": covariance.EllipticEnvelope().fit(x), "factor": neighbors.LocalOutlierFactor(novelty=True).fit(x), "svm": svm.OneClassSVM().fit(x)},
        "chain-of-classes": lambda: multioutput.ClassifierChain(logit()).fit(x, np.c_[y, 1 - y]),
        "outputs": lambda: multioutput.MultiOutputRegressor(ensemble.GradientBoostingRegressor(n_estimators=2)).fit(x, np.c_[z, -z]),
        "self-training": lambda: semi_supervised.SelfTrainingClassifier(logit()).fit(x, np.where(np.arange(90) < 60, y, -1)),
        "gaussian": lambda: gaussian_process.GaussianProcessClassifier(kernels.ConstantKernel() * kernels.Matern() + kernels.ExpSineSquared() * kernels.DotProduct() + kernels.Exponentiation(kernels.RationalQuadratic(), 2) + kernels.WhiteKernel()).fit(x[:20], y[:20]),
        "neighbours": lambda: {"kd": neighbors.KDTree(x), "ball": neighbors.BallTree(x, metric="haversine") if x.shape[1] == 2 else neighbors.BallTree(x), "density": neighbors.KernelDensity().fit(x), "classes": neighbors.KNeighborsClassifier(metric="manhattan", algorithm="ball_tree").fit(x, y)},
        "clusters": lambda: [cluster.KMeans(2, n_init=2).fit(x), cluster.DBSCAN().fit(x), cluster.Birch(n_clusters=2).fit(x), cluster.AgglomerativeClustering(2).fit(x), mixture.BayesianGaussianMixture(n_components=2).fit(x), cluster.SpectralClustering(2).fit(x)],
        "regressors": lambda: [linear_model.ElasticNetCV(cv=2).fit(x, z), linear_model.RANSACRegressor().fit(x, z), linear_model.PoissonRegressor().fit(x, z), linear_model.QuantileRegressor().fit(x, z), linear_model.BayesianRidge().fit(x, z), linear_model.TheilSenRegressor().fit(x, z)],
        "own-function-kernel": lambda: svm.SVC(kernel=linear).fit(x, y),
        "splits": lambda: [model_selection.TimeSeriesSplit(3), model_selection.GroupKFold(2), model_selection.LeaveOneOut(), model_selection.KFold(3, shuffle=True, random_state=np.random.RandomState(1))],
    })


def linear(a, b):
    """A function of the program: what the file names of it is in no library."""
    return a @ b.T


@writer
def frames():
    import numpy as np
    import pandas as pd
    days = pd.date_range("2024-01-01", periods=6, freq="D")
    frame = pd.DataFrame({"n": np.arange(6.0), "s": pd.array(["a", None] * 3, dtype="string"), "b": pd.array([True, None] * 3, dtype="boolean"), "o": [{"a": 1}, [2], None, "x", 1.5, (1,)]}, index=days)
    kept("frame", frame, (2, 4, 5))
    kept("grouped", frame.groupby("b").agg({"n": ["sum", "mean"]}), (2, 5))
    kept("pivot", frame.pivot_table(values="n", index="s", aggfunc="sum"), (2, 5))
    kept("rolling", {"r": frame["n"].rolling(2).mean(), "ewm": frame["n"].ewm(span=2).mean(), "q": pd.qcut(frame["n"], 2), "cut": pd.cut(frame["n"], [0, 2, 9])}, (2, 5))
    kept("scalars", [pd.Timestamp.now(), pd.Timedelta("1h"), pd.Period("2024Q1"), pd.Interval(0, 1), pd.offsets.MonthEnd(2), pd.CategoricalDtype(["a"], ordered=True), pd.DatetimeTZDtype("ns", "UTC")], (2, 5))
    frame.drop(columns="o").to_pickle(path("frame.pkl.zip"))
    for ending in ("gz", "xz", "bz2"):
        frame.to_pickle(path(f"frame.pkl.{ending}"))


@writer
def boosted():
    import numpy as np
    x, y, z = numbers()
    try:
        import xgboost as xgb
        data = xgb.DMatrix(x, label=y, feature_names=list("abcdef"))
        booster = xgb.train({"objective": "binary:logistic", "max_depth": 2}, data, 3)
        for end in ("json", "ubj"):
            booster.save_model(path(f"booster.{end}"))
        pathlib.Path(path("booster-raw.bin")).write_bytes(booster.save_raw("ubj"))
        each({
            "xgb-booster": lambda: booster,
            "xgb-classes": lambda: xgb.XGBClassifier(n_estimators=3, early_stopping_rounds=2, eval_metric="auc").fit(x, y, eval_set=[(x, y)], verbose=False),
            "xgb-regress": lambda: xgb.XGBRegressor(n_estimators=3, booster="dart", callbacks=None).fit(x, z),
            "xgb-linear": lambda: xgb.XGBRegressor(n_estimators=3, booster="gblinear").fit(x, z),
            "xgb-forest": lambda: xgb.XGBRFClassifier(n_estimators=3).fit(x, y),
            "xgb-schedule": lambda: xgb.XGBClassifier(n_estimators=2, callbacks=[xgb.callback.EarlyStopping(2)]).fit(x, y, eval_set=[(x, y)], verbose=False),
        })
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.model_selection import GridSearchCV
        each({
            "xgb-pipeline": lambda: make_pipeline(StandardScaler(), xgb.XGBClassifier(n_estimators=2)).fit(x, y),
            "xgb-grid": lambda: GridSearchCV(xgb.XGBRegressor(n_estimators=2), {"max_depth": [1, 2]}, cv=2).fit(x, z),
        })
    except ImportError as error:
        print("  xgboost:", error)
    try:
        import lightgbm as lgb
        data = lgb.Dataset(x, label=y)
        booster = lgb.train({"objective": "binary", "verbose": -1, "min_data_in_leaf": 5}, data, 3)
        booster.save_model(path("booster-lgb.txt"))
        each({
            "lgb-booster": lambda: booster,
            "lgb-classes": lambda: lgb.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, y, eval_set=[(x, y)], callbacks=[lgb.early_stopping(2, verbose=False)]),
            "lgb-rank": lambda: lgb.LGBMRanker(n_estimators=2, verbose=-1).fit(x, y, group=[45, 45]),
            "lgb-dart": lambda: lgb.LGBMRegressor(boosting_type="dart", n_estimators=2, verbose=-1).fit(x, z),
        })
        pathlib.Path(path("lgb.json")).write_text(__import__("json").dumps(booster.dump_model()))
    except ImportError as error:
        print("  lightgbm:", error)


@writer
def converted():
    import onnx
    from skl2onnx import to_onnx
    from sklearn import compose, ensemble, feature_extraction, linear_model, neural_network, pipeline, preprocessing, svm
    x, y, z = numbers()
    x = x.astype("f4")
    for name, model in {
        "logit": pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()).fit(x, y),
        "boost": ensemble.GradientBoostingRegressor(n_estimators=3).fit(x, z),
        "hist": ensemble.HistGradientBoostingClassifier(max_iter=3).fit(x, y),
        "svm": svm.SVC(probability=True).fit(x, y),
        "net": neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=30).fit(x, z),
        "columns": pipeline.make_pipeline(compose.ColumnTransformer([("a", preprocessing.MinMaxScaler(), [0, 1]), ("b", "passthrough", [2])]), linear_model.Ridge()).fit(x, z),
    }.items():
        try:
            onnx.save(to_onnx(model, x[:1], options={"zipmap": False} if name in ("logit", "svm") else None), path(f"converted-{name}.onnx"))
        except Exception as error:
            print("  not converted:", name, str(error)[:100])


@writer
def torch_kept():
    import torch
    import torch.nn as nn

    net = nn.Sequential(collections.OrderedDict(embed=nn.Embedding(20, 8), encode=nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1), out=nn.Linear(8, 2)))
    optimizers = {
        "adam": torch.optim.Adam(net.parameters(), amsgrad=True), "adagrad": torch.optim.Adagrad(net.parameters()), "rmsprop": torch.optim.RMSprop(net.parameters()),
        "lbfgs": torch.optim.LBFGS(net.parameters()), "groups": torch.optim.AdamW([{"params": net[0].parameters(), "lr": 1e-3}, {"params": net[2].parameters()}]),
    }
    for name, optimizer in optimizers.items():
        def closure(optimizer=optimizer):
            optimizer.zero_grad()
            loss = net(torch.ones(1, 3, dtype=torch.long)).sum()
            loss.backward()
            return loss
        optimizer.step(closure)
        torch.save(optimizer.state_dict(), path(f"optimizer-{name}.pt"))
        torch.save(optimizer, path(f"optimizer-whole-{name}.pt"))
        torch.save(optimizer.state_dict(), path(f"optimizer-{name}-legacy.pt"), _use_new_zipfile_serialization=False)
    torch.save(net.state_dict(), path("net-state.pth"))
    torch.save(net, path("net.pth"))
    torch.save(net, path("net-4.pth"), pickle_protocol=4)
    torch.save({"state_dict": net.state_dict(), "epoch": 2, "best": 0.9, "args": {"lr": 0.1, "path": "/data/train"}, "rng": (torch.get_rng_state(), [torch.get_rng_state()])}, path("resume.ckpt"))
    ema = torch.optim.swa_utils.AveragedModel(nn.Linear(2, 2))
    torch.save(ema.state_dict(), path("ema.pt"))
    torch.save({"scaler": torch.amp.GradScaler("cpu", enabled=False).state_dict(), "schedule": torch.optim.lr_scheduler.OneCycleLR(optimizers["adam"], 0.1, total_steps=5).state_dict(), "cosine": torch.optim.lr_scheduler.CosineAnnealingLR(optimizers["adam"], 5).state_dict()}, path("schedules.pt"))
    torch.save([getattr(torch, kind)(2) if False else torch.zeros(2, dtype=getattr(torch, kind)) for kind in ("float64", "float16", "bfloat16", "int16", "uint8", "bool", "complex64", "float8_e4m3fn", "float8_e5m2") if hasattr(torch, kind)], path("kinds.pt"))
    torch.save({"nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]), "csr": torch.eye(3).to_sparse_csr(), "coo": torch.eye(3).to_sparse()}, path("layouts.pt"))
    torch.save(torch.utils.data.TensorDataset(torch.ones(3, 2), torch.zeros(3)), path("dataset.pt"))
    torch.save(torch.distributions.Normal(0.0, 1.0), path("distribution.pt"))
    torch.save(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)).state_dict(), path("norm.pt"))
    each_jit = {"script": torch.jit.script, "freeze": lambda m: torch.jit.freeze(torch.jit.script(m.eval()))}
    conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2), nn.Softmax(1))
    for name, make in each_jit.items():
        try:
            make(conv).save(path(f"conv-{name}.pt"))
        except Exception as error:
            print("  not scripted:", name, str(error)[:100])
    torch.jit.trace(conv.eval(), torch.ones(1, 1, 8, 8)).save(path("conv-trace.pt"))
    try:
        torch.export.save(torch.export.export(conv.eval(), (torch.ones(1, 1, 8, 8),)), path("conv.pt2"))
        batch = torch.export.Dim("batch")
        torch.export.save(torch.export.export(conv, (torch.ones(2, 1, 8, 8),), dynamic_shapes=({0: batch},)), path("conv-dynamic.pt2"))
    except Exception as error:
        print("  not exported:", str(error)[:100])
    for protocol in (2, 4):
        buffer = io.BytesIO()
        torch.save(conv.state_dict(), buffer, pickle_protocol=protocol)
        pathlib.Path(path(f"conv-state-{protocol}.bin")).write_bytes(buffer.getvalue())
    each({"torch-pickled": lambda: {"tensor": torch.ones(2, 2), "net": conv, "size": torch.Size([1]), "type": torch.float16, "device": torch.device("cpu")}})


@writer
def keras_kept():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    layers = keras.layers
    words = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(10, 4), layers.Bidirectional(layers.LSTM(3)), layers.Dropout(0.1), layers.Dense(1, activation="sigmoid", kernel_regularizer="l2")])
    words.compile("adam", "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    picture = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.RandomFlip(), layers.Conv2D(2, 3, activation="relu"), layers.MaxPooling2D(), layers.BatchNormalization(), layers.GlobalAveragePooling2D(), layers.Dense(3, activation=keras.activations.gelu)])
    picture.compile(keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.1, 10)), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    entry = keras.Input((6, 4))
    attended = layers.MultiHeadAttention(2, 2)(entry, entry)
    attended = layers.LayerNormalization()(layers.Add()([attended, entry]))
    transformer = keras.Model(entry, layers.TimeDistributed(layers.Dense(2))(attended))
    for name, model in {"words": words, "picture": picture, "transformer": transformer}.items():
        for end in ("keras", "h5", "weights.h5"):
            try:
                model.save_weights(path(f"{name}.{end}")) if end.startswith("weights") else model.save(path(f"{name}.{end}"))
            except Exception as error:
                print("  not saved:", name, end, str(error)[:100])
        pathlib.Path(path(f"{name}.json")).write_text(model.to_json())
        try:
            model.export(path(f"{name}-saved"), verbose=False)
        except Exception as error:
            print("  not exported:", name, str(error)[:100])


@writer
def other_picklers():
    import cloudpickle
    import dill
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    x, y, _ = numbers()
    model = LogisticRegression().fit(x, y)
    for module in (cloudpickle, dill):
        for name, value in {"model": model, "partial": functools.partial(np.add, 1), "mixed": {"model": model, "array": x, "names": ["a"], "set": {1}}}.items():
            with open(path(f"{module.__name__}-{name}.pkl"), "wb") as file:
                module.dump(value, file)


@writer
def others():
    import numpy as np
    try:
        import msgpack
        pathlib.Path(path("plain.msgpack")).write_bytes(msgpack.packb({"a": [1, 2.0, None], "b": b"xyz"}))
    except ImportError as error:
        print("  msgpack:", error)
    try:
        from flax import serialization
        pathlib.Path(path("flax.msgpack")).write_bytes(serialization.msgpack_serialize({"dense": {"kernel": np.ones((2, 3), "f4"), "bias": np.zeros(3)}}))
    except ImportError as error:
        print("  flax:", error)
    try:
        import h5py
        with h5py.File(path("data.h5"), "w") as file:
            file.create_dataset("a/b/c", data=np.arange(100).reshape(10, 10), chunks=(5, 5), compression="gzip", shuffle=True)
            file["a"].attrs["text"] = "os.system"
            file["soft"] = h5py.SoftLink("/a/b")
            file.create_dataset("words", data=["x", "yz"], dtype=h5py.string_dtype())
            file["ref"] = np.array([file["a"].ref], dtype=h5py.ref_dtype)
    except ImportError as error:
        print("  h5py:", error)
    try:
        import sentencepiece as spm
        sentences = ["the model is loaded", "a file is opened", "weights are numbers", "tokens of a sentence"] * 30
        spm.SentencePieceTrainer.train(sentence_iterator=iter(sentences), model_prefix=path("pieces"), vocab_size=40, hard_vocab_limit=False, minloglevel=2)
        kept("pieces", spm.SentencePieceProcessor(model_file=path("pieces.model")))
    except Exception as error:
        print("  sentencepiece:", str(error)[:100])
    try:
        import tokenizers
        for name, model in {"bpe": tokenizers.models.BPE(), "unigram": tokenizers.models.Unigram(), "wordpiece": tokenizers.models.WordPiece({"[UNK]": 0}, unk_token="[UNK]")}.items():
            tokenizer = tokenizers.Tokenizer(model)
            tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
            tokenizer.save(path(f"tokenizer-{name}.json"))
            kept(f"tokenizer-{name}", tokenizer, (2, 5))
    except ImportError as error:
        print("  tokenizers:", error)
    try:
        import skops.io
        from sklearn import ensemble, feature_extraction, linear_model, pipeline
        x, y, z = numbers()
        for name, model in {"forest": ensemble.RandomForestClassifier(3).fit(x, y), "words": pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression()).fit(["one two", "three four"], [0, 1]), "boost": ensemble.GradientBoostingRegressor(n_estimators=2).fit(x, z), "hist": ensemble.HistGradientBoostingRegressor(max_iter=2).fit(x, z)}.items():
            skops.io.dump(model, path(f"{name}.skops"))
    except ImportError as error:
        print("  skops:", error)


for write in WRITERS:
    try:
        write()
        print("written:", write.__name__)
    except ImportError as error:
        print("not installed:", write.__name__, error)
    except Exception as error:
        print("failed:", write.__name__, type(error).__name__, str(error)[:200])
