import json

from tester import seed
from vendor import FILES, as_pickle, as_safetensors, lock, models, unreviewed, weights


@seed
def make(t):
    (t.data / "models.lock.json").write_text(json.dumps(lock(t), indent=2))
    new = weights(t, "unreviewed")
    for name, _, now in models(t) + [(unreviewed(t), None, (as_pickle(new), as_safetensors(new)))]:
        folder = t.data / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, raw in zip(FILES, now):
            (folder / file).write_bytes(raw)
