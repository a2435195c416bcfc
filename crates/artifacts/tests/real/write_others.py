"""Objects of many libraries as their users keep them: python3 write_others.py FOLDER.

Each object is pickled under several protocols; one that cannot be made or pickled is named and left out. Each library
has a process of its own: some cannot be loaded beside each other.
"""

import datetime
import pathlib
import pickle
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(sys.argv[1])
MAKERS = {}


def maker(name):
    def add(function):
        MAKERS[name] = function
        return function
    return add


def data():
    import numpy as np
    random = np.random.RandomState(0)
    return random.rand(60, 4), random.randint(0, 2, 60), random.rand(60)


@maker("spacy")
def _():
    import spacy
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Acme"}])
    return {"nlp": nlp, "doc": nlp("Acme pays. It is good."), "vocab": nlp.vocab, "tokenizer": nlp.tokenizer, "strings": nlp.vocab.strings}


@maker("nltk")
def _():
    import nltk
    tagger = nltk.UnigramTagger([[("a", "DT"), ("dog", "NN")]], backoff=nltk.DefaultTagger("NN"))
    bayes = nltk.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")])
    return {
        "tagger": tagger, "bayes": bayes, "tree": nltk.Tree.fromstring("(S (NP a) (VP b))"),
        "stemmer": nltk.SnowballStemmer("english"), "freq": nltk.FreqDist("abc"), "grammar": nltk.CFG.fromstring("S -> 'a'"),
        "tokenizer": nltk.RegexpTokenizer(r"\w+"), "tweet": nltk.TweetTokenizer(), "porter": nltk.PorterStemmer(),
        "cond": nltk.ConditionalFreqDist([("a", 1)]), "perceptron": nltk.PerceptronTagger(load=False),
    }


@maker("gensim")
def _():
    from gensim.corpora import Dictionary
    from gensim.models import FastText, LdaModel, LsiModel, Phrases, TfidfModel, Word2Vec, Doc2Vec
    from gensim.models.doc2vec import TaggedDocument
    from gensim.similarities import MatrixSimilarity
    texts = [["a", "b", "c"], ["a", "d"], ["b", "c", "d"]] * 5
    dictionary = Dictionary(texts)
    corpus = [dictionary.doc2bow(text) for text in texts]
    return {
        "dictionary": dictionary, "w2v": Word2Vec(texts, vector_size=8, min_count=1), "ft": FastText(texts, vector_size=8, min_count=1),
        "lda": LdaModel(corpus, num_topics=2, id2word=dictionary), "lsi": LsiModel(corpus, id2word=dictionary),
        "tfidf": TfidfModel(corpus), "phrases": Phrases(texts), "sim": MatrixSimilarity(corpus),
        "d2v": Doc2Vec([TaggedDocument(t, [i]) for i, t in enumerate(texts)], vector_size=8, min_count=1),
        "kv": Word2Vec(texts, vector_size=8, min_count=1).wv,
    }


@maker("networkx")
def _():
    import networkx as nx
    return {"graph": nx.karate_club_graph(), "di": nx.DiGraph([(1, 2)]), "multi": nx.MultiGraph([(1, 2), (1, 2)]), "grid": nx.grid_2d_graph(3, 3)}


@maker("sympy")
def _():
    import sympy as sp
    x, y = sp.symbols("x y", positive=True)
    f = sp.Function("f")
    return {
        "expr": sp.sin(x) ** 2 + sp.exp(y) / 3, "matrix": sp.Matrix([[x, 1], [2, y]]), "poly": sp.Poly(x**2 + 1, x),
        "eq": sp.Eq(x, y), "set": sp.Interval(0, 1), "rational": sp.Rational(1, 3), "float": sp.Float("1.5"),
        "integral": sp.Integral(x**2, x), "piece": sp.Piecewise((x, x > 1), (y, True)), "deriv": sp.Derivative(f(x), x), "sub": sp.Symbol("x_{1}"),
        "dot": sp.Symbol("a.b"), "inf": sp.oo, "logic": sp.And(x > 1, y < 2),
    }


@maker("astropy")
def _():
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from astropy.modeling.models import Gaussian1D
    from astropy.table import Table
    from astropy.time import Time
    return {"quantity": [1, 2] * u.km / u.s, "unit": u.Unit("m / s"), "table": Table({"a": [1, 2]}), "time": Time("2020-01-01"), "model": Gaussian1D(), "coord": SkyCoord(1 * u.deg, 2 * u.deg)}


@maker("shapely")
def _():
    import shapely.geometry as g
    return {"point": g.Point(1, 2), "polygon": g.Polygon([(0, 0), (1, 0), (1, 1)]), "many": g.MultiPoint([(0, 0), (1, 1)]), "line": g.LineString([(0, 0), (1, 1)])}


@maker("tables")
def _():
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    import xarray as xr
    frame = pd.DataFrame({"a": [1, 2], "b": ["x/y", "z.csv"], "t": pd.date_range("2020", periods=2, tz="Europe/Berlin"), "c": pd.Categorical(["u", "v"])})
    return {
        "pandas": frame, "multi": frame.set_index(["a", "b"]), "group": frame.dtypes, "interval": pd.cut([1, 2, 3], 2), "offset": pd.offsets.MonthEnd(2),
        "period": pd.period_range("2020", periods=2, freq="M"), "sparse": pd.arrays.SparseArray([0, 0, 1]), "string": frame.b.astype("string"),
        "nullable": pd.array([1, None], dtype="Int64"), "timedelta": pd.to_timedelta([1, 2]), "stamp": pd.Timestamp("2020", tz="UTC"), "flags": frame.attrs,
        "polars": pl.DataFrame({"a": [1], "b": ["x/y.csv"]}), "pseries": pl.Series("s", [1, 2]), "lazy": pl.DataFrame({"a": [1]}).lazy(), "expr": pl.col("a") + 1,
        "arrow": pa.table({"a": [1, 2], "b": ["x", "y"]}), "schema": pa.schema([("a", pa.int64()), ("l", pa.list_(pa.string()))]), "array": pa.array(["a", None]),
        "xarray": xr.Dataset({"a": ("x", [1, 2])}), "dataarray": xr.DataArray([1.0, 2.0], dims="x"), "arrowdtype": pd.Series(["a"], dtype=pd.ArrowDtype(pa.string())),
    }


@maker("figures")
def _():
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(1, 3)
    axes[0].plot([1, 2], label="a")
    axes[0].legend()
    axes[1].imshow([[1, 2], [3, 4]])
    figure.colorbar(axes[1].images[0])
    axes[2].hist([1, 2, 2])
    axes[2].set_xscale("log")
    other, ax = plt.subplots(subplot_kw={"projection": "polar"})
    ax.scatter([1, 2], [3, 4])
    ax.annotate("x", (1, 2))
    three = plt.figure()
    three.add_subplot(projection="3d").plot_surface(*__import__("numpy").meshgrid([1, 2], [1, 2]), __import__("numpy").ones((2, 2)))
    return {"figure": figure, "polar": other, "three": three}


@maker("images")
def _():
    from PIL import Image
    return {"image": Image.new("RGB", (4, 4)), "palette": Image.new("P", (4, 4)), "grey": Image.new("L", (2, 2))}


@maker("survival")
def _():
    import lifelines
    import pandas as pd
    frame = pd.DataFrame({"T": [1, 2, 3, 4, 5, 6], "E": [1, 0, 1, 1, 0, 1], "x": [1.0, 0, 1, 0.5, 1, 0]})
    return {"cox": lifelines.CoxPHFitter(penalizer=0.1).fit(frame, "T", "E"), "km": lifelines.KaplanMeierFitter().fit(frame["T"], frame["E"]), "weibull": lifelines.WeibullFitter().fit(frame["T"], frame["E"])}


@maker("learners")
def _():
    import category_encoders as ce
    import hdbscan
    import hmmlearn.hmm
    import mlxtend.classifier
    import sklearn.linear_model as lm
    import umap
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline
    x, y, z = data()
    return {
        "imblearn": make_pipeline(SMOTE(k_neighbors=2), lm.LogisticRegression()).fit(x, y), "encoder": ce.TargetEncoder().fit(x, y), "ordinal": ce.OrdinalEncoder().fit(x),
        "hmm": hmmlearn.hmm.GaussianHMM(2).fit(x), "hdbscan": hdbscan.HDBSCAN(min_cluster_size=3).fit(x), "umap": umap.UMAP(n_neighbors=5).fit(x),
        "ensemble": mlxtend.classifier.EnsembleVoteClassifier([lm.LogisticRegression()]).fit(x, y),
    }


@maker("regressions")
def _():
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as smf
    x, y, z = data()
    frame = pd.DataFrame(x, columns=list("abcd")).assign(y=y, open=z, os=z)
    return {
        "ols": sm.OLS(z, x).fit(), "logit": sm.Logit(y, x).fit(disp=0), "glm": sm.GLM(z, x).fit(), "arima": sm.tsa.ARIMA(z, order=(1, 0, 0)).fit(),
        "formula": smf.ols("open ~ a + I(b ** 2) + C(y) + os", frame).fit(), "rlm": sm.RLM(z, x).fit(), "holt": sm.tsa.ExponentialSmoothing(z).fit(),
        "mixed": smf.mixedlm("open ~ a", frame, groups=frame["y"]).fit(), "pca": sm.multivariate.PCA(x),
    }


@maker("formulas")
def _():
    import formulaic
    import pandas as pd
    x, _, _ = data()
    frame = pd.DataFrame(x, columns=list("abcd"))
    return {"matrix": formulaic.model_matrix("a ~ b + C(c)", frame), "spec": formulaic.model_matrix("b + log(c)", frame).model_spec, "formula": formulaic.Formula("a ~ b")}


@maker("series")
def _():
    from sktime.forecasting.naive import NaiveForecaster
    import pandas as pd
    import pmdarima
    _, _, z = data()
    return {"naive": NaiveForecaster().fit(pd.Series(z)), "auto": pmdarima.auto_arima(z, max_p=1, max_q=1)}


@maker("studies")
def _():
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_categorical("c", [1, 2]), n_trials=5)
    return {"study": study, "sampler": optuna.samplers.TPESampler(), "trial": study.best_trial, "pruner": optuna.pruners.MedianPruner()}


@maker("times")
def _():
    import dateutil.relativedelta
    import dateutil.rrule
    import dateutil.tz
    import pendulum
    import pytz
    import zoneinfo
    return {
        "pytz": pytz.timezone("Europe/Berlin"), "aware": pytz.timezone("Asia/Tokyo").localize(datetime.datetime(2020, 1, 1)), "utc": pytz.utc, "fixed": pytz.FixedOffset(60),
        "dateutil": dateutil.tz.gettz("Europe/Berlin"), "offset": dateutil.tz.tzoffset("X", 60), "delta": dateutil.relativedelta.relativedelta(months=1), "local": dateutil.tz.tzlocal(),
        "zone": zoneinfo.ZoneInfo("Europe/Berlin"), "pendulum": pendulum.datetime(2020, 1, 1, tz="Europe/Paris"), "duration": pendulum.duration(days=1),
    }


@maker("settings")
def _():
    import attr
    import omegaconf
    import pydantic
    from ruamel.yaml import YAML
    return {
        "omegaconf": omegaconf.OmegaConf.create({"a": {"b": ["x/y.txt", "${a}"]}}), "ruamel": YAML().load("a: [1, x]\nb: {c: d}\n"), "url": pydantic.HttpUrl("https://example.org/x"),
        "factory": attr.Factory(list), "secret": pydantic.SecretStr("x"),
    }


@maker("torch")
def _():
    import torch
    import torchvision
    return {
        "resnet": torchvision.models.resnet18(weights=None), "transforms": torchvision.transforms.Compose([torchvision.transforms.Resize(4), torchvision.transforms.ToTensor()]),
        "dataset": torch.utils.data.TensorDataset(torch.ones(2)), "loader": torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(2))),
        "optimizer": torch.optim.Adam([torch.nn.Parameter(torch.ones(2))]), "normal": torch.distributions.Normal(0.0, 1.0), "lstm": torch.nn.LSTM(2, 2), "transformer": torch.nn.TransformerEncoderLayer(4, 2),
        "device": torch.device("cpu"), "dtype": torch.float16, "generator": torch.Generator().get_state(), "scheduler": torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], 0.1), 2),
        "sampler": torch.utils.data.RandomSampler([1, 2]), "size": torch.Size([1, 2]), "prune": torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 2)) and None,
    }


@maker("transformers")
def _():
    import transformers
    config = transformers.BertConfig(hidden_size=8, num_attention_heads=2, num_hidden_layers=1, intermediate_size=8, vocab_size=20)
    return {
        "config": config, "bert": transformers.BertModel(config), "generation": transformers.GenerationConfig(), "output": transformers.modeling_outputs.BaseModelOutput(),
        "state": transformers.TrainerState(), "interval": transformers.IntervalStrategy.EPOCH, "scheduler": transformers.SchedulerType.LINEAR,
        "vit": transformers.ViTImageProcessor(), "strategy": transformers.trainer_utils.HubStrategy.END,
    }


@maker("keras")
def _():
    import keras
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dropout(0.1)])
    model.compile("adam", "mse")
    x, _, _ = data()
    history = model.fit(x, x[:, :2], verbose=0)
    return {"model": model, "history": history.history, "layer": keras.layers.Dense(2), "optimizer": keras.optimizers.Adam(), "loss": keras.losses.MeanSquaredError()}


@maker("explanations")
def _():
    import shap
    import sklearn.ensemble
    x, y, _ = data()
    forest = sklearn.ensemble.RandomForestClassifier(5).fit(x, y)
    explainer = shap.TreeExplainer(forest)
    return {"explanation": explainer(x[:3]), "values": explainer.shap_values(x[:3])}


@maker("tokens")
def _():
    import tokenizers
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return {"tokenizer": tokenizer, "added": tokenizers.AddedToken("<x>"), "model": tokenizers.models.WordPiece(), "pre": tokenizers.pre_tokenizers.ByteLevel(), "norm": tokenizers.normalizers.NFC()}


@maker("scikits")
def _():
    import skimage.transform
    import skimage.feature
    return {"affine": skimage.transform.AffineTransform(scale=2), "orb": skimage.feature.ORB()}


def write(name):
    try:
        made = MAKERS[name]()
    except Exception as error:
        print("left out:", name, type(error).__name__, str(error)[:200])
        return
    count = 0
    for key, value in made.items():
        for protocol in (0, 2, 4, 5):
            try:
                content = pickle.dumps(value, protocol)
            except Exception as error:
                print("not pickled:", name, key, protocol, str(error)[:100])
                continue
            (FOLDER / f"{name}-{key}-{protocol}.pkl").write_bytes(content)
            count += 1
    print("written:", name, count)


if len(sys.argv) > 2:
    write(sys.argv[2])
else:
    for name in MAKERS:
        subprocess.run([sys.executable, __file__, FOLDER, name], check=False)
