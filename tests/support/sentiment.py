"""A small model whose attention is known, and run folders like those that a search leaves."""

import json

import numpy as np

WORDS = ["", "[UNK]", "not", "good", "bad", "film", "the", "was", "very", "a", "hotel"]


def sentiment_model(classes=2, max_length=64, truncation="head", hops=1):
    """Attention that looks for "good" and "bad", and an answer that follows what it sees."""
    import keras

    from attn_tuner.attention import FeedForwardHead
    from attn_tuner.layers.token_limits import TextMask, TokenLimits

    ids = keras.Input((None,), dtype="int32", name="ids")
    limited = TokenLimits(len(WORDS), max_length, truncation, name="limits")(ids)
    mask = TextMask(name="mask")(limited)
    embedded = keras.layers.Embedding(len(WORDS), 2, name="embedding")(limited)
    head = FeedForwardHead(hops=hops, name="head")
    context = head(embedded, mask=mask)
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    answer = keras.layers.Dense(units, activation=activation, name="probabilities")(context)
    model = keras.Model(ids, answer)
    table = np.zeros((len(WORDS), 2), "float32")
    table[WORDS.index("good")] = [1.0, 1.0]
    table[WORDS.index("bad")] = [-1.0, 1.0]
    model.get_layer("embedding").set_weights([table])
    kernels = [np.zeros(weight.shape, "float32") for weight in head.score.get_weights()]
    kernels[0][1] = 4.0  # The second feature says that a word judges.
    head.score.set_weights(kernels)
    kernel, bias = model.get_layer("probabilities").get_weights()
    kernel[:] = 0.0
    kernel[0::2, -1] = 8.0
    model.get_layer("probabilities").set_weights([kernel, bias])
    return model


def make_bundle(classes=("bad", "good"), max_length=64, truncation="head", hops=1, card=()):
    """A bundle that knows "good" from "bad"."""
    from attn_tuner.exporting import Bundle
    from attn_tuner.text import Vectorizer

    model = sentiment_model(len(classes), max_length, truncation, hops)
    return Bundle(Vectorizer(WORDS), model, classes, max_length, truncation, card=dict(card))


def doubts(classes=2):
    """The sets and known texts of a bundle: an answer of a half is of both classes and unknown."""
    from attn_tuner.exporting.conformal import Conformal
    from attn_tuner.exporting.known_texts import KnownTexts

    return {"conformal": Conformal(0.9, (0.2,) * classes), "known": KnownTexts(0.98, 0.6)}


def make_texts(count, seed=0):
    """Texts that say good or bad, some of them both, with labels."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for index in range(count):
        label = index % 2
        filler = random.choice(["the", "film", "was", "very", "a", "hotel"], random.integers(2, 12))
        said = ["bad", "good"][label]
        if random.random() < 0.1:
            said += " " + ["good", "bad"][label]
        words = [*filler, said]
        random.shuffle(words)
        texts.append(" ".join(words))
        labels.append(label)
    return texts, np.array(labels)


def make_comparable_run(directory, classes=("bad", "good")):
    """Writes a run folder with what new texts are compared with: 200 validation texts."""
    from attn_tuner.storage.checkpoints import save_probabilities
    from attn_tuner.text import Split, TokenStore, Vectorizer

    run = make_run(directory, classes=classes, trials=2, texts=200)
    texts, labels = make_texts(200)
    store = TokenStore.encode(Split(texts, labels), Vectorizer(WORDS))
    store.save(run / "data" / "validation")
    save_probabilities(make_bundle(classes).predict(texts), run)
    return run


def make_run(
    directory,
    classes=("bad", "good"),
    trials=16,
    texts=120,
    finished=True,
    source="reviews.csv",
    attack="",
    doubt=False,
):
    """Writes a run folder; `attack` is put into every text, `doubt` adds sets and known texts."""
    from attn_tuner.storage.checkpoints import save_probabilities
    from attn_tuner.storage.plan import Plan
    from attn_tuner.storage.trial_record import TrialRecord

    random = np.random.default_rng(1)
    heads = ("additive", "mean", "gated", "max", "last", "pooling", "additive", "structured")
    space = {
        "encoder": {"kind": "part", "when": [], "values": ["bigru", "gru", "none"]},
        "head": {"kind": "part", "when": [], "values": sorted(set(heads))},
        "head.additive.units": {"kind": "int", "when": [["head", "additive"]], "low": 1, "high": 9},
        "learning_rate": {"kind": "float", "when": [], "low": 3e-4, "high": 1e-2, "log": True},
        "embedding_dim": {"kind": "int", "when": [], "low": 32, "high": 128, "step": 32},
        "truncation": {"kind": "choice", "when": [], "values": ["head", "tail", "ends"]},
        "batch_size": {"kind": "choice", "when": [], "values": [32]},
    }
    written, labels = make_texts(texts)
    written = [f"{text} {attack}".strip() for text in written]
    (directory / "data").mkdir(parents=True, exist_ok=True)
    plan = Plan(source, "0123456789abcdef", tuple(classes), space, max_time=60.0, max_trials=trials)
    plan.save(directory)
    with open(directory / "data" / "validation.jsonl", "w", encoding="utf-8") as file:
        for text, label in zip(written, labels, strict=True):
            file.write(
                json.dumps({"text": text, "label": classes[label]}, ensure_ascii=False) + "\n"
            )
    np.save(directory / "data" / "validation_labels.npy", labels)
    encode(directory / "data", *make_texts(40, seed=5))
    best, best_score = None, -1.0
    for index in range(trials):
        head = heads[index % len(heads)]
        place = directory / f"trial_{index:02d}"
        place.mkdir()
        if index == 5:
            TrialRecord(
                f"{index:02d}", "failed", {"encoder": "gru", "head": head}, stopped="ValueError: no"
            ).save(place)
            continue
        skill = 0.75 + 0.2 * (head not in ("mean", "max", "last")) * random.random()
        probabilities = answers(labels, skill, len(classes), random)
        score = float((probabilities.argmax(axis=1) == labels).mean())
        save_probabilities(probabilities.astype("float32"), place)
        values = {
            "encoder": str(random.choice(["bigru", "gru", "none"])),
            "head": head,
            "learning_rate": float(10 ** random.uniform(-3.5, -2)),
            "embedding_dim": int(random.choice([32, 64, 128])),
            "truncation": str(random.choice(["head", "tail", "ends"])),
            "batch_size": 32,
        }
        if head == "pooling":
            values |= {"head.pooling.score": "gated", "head.pooling.normalizer": "softmax"}
        history = [
            {"epochs": 0.5 * step, "seconds": step, "loss": 1 / step, "accuracy": share * score}
            for step, share in ((1, 0.7), (2, 0.9), (3, 1.0))
        ]
        measures = {"accuracy": score, "f1_macro": score, "auc": score, "log_loss": 0.4}
        TrialRecord(
            trial_id=f"{index:02d}",
            status="pruned" if index % 5 == 4 else "completed",
            values=values,
            score=score,
            metrics={**measures, "epochs": 1.5, "seconds": 3},
            history=history,
            stopped="no better for 2 epochs",
            seconds=3.0,
            parameters=20_000,
            ended=10.0 * (index + 1),
        ).save(place)
        if score > best_score:
            best, best_score = f"{index:02d}", score
    linear = {"accuracy": 0.8, "f1_macro": 0.8, "auc": 0.85, "log_loss": 0.5}
    baselines = [
        {"name": "majority class", "facts": "", "validation": linear | {"accuracy": 0.5}}
        | {"test": linear | {"accuracy": 0.5}, "seconds": 0.0},
        {"name": "linear", "facts": "", "validation": linear, "test": linear, "seconds": 1.0},
    ]
    (directory / "baselines.json").write_text(json.dumps(baselines))
    if finished:
        bundle = make_bundle(classes, card={"data": {"train": 400, "validation": texts}})
        if doubt:
            bundle = bundle.with_model(bundle.model, **doubts(len(classes)))
        bundle.save(directory / "model")
        outcome = {
            "winner": best,
            "test": linear | {"accuracy": 0.92},
            "test_texts": 400,
            "export": str(directory / "best"),
            "difference": 1e-7,
            "seconds": 60.0,
            "remarks": [],
        }
        if doubt:
            rows = [{"class": name, "covered": 0.9, "texts": 200} for name in classes]
            measured = {"texts": 400, "covered": 0.9, "size": 1.2, "single": 0.8, "classes": rows}
            told = {"texts": 400, "known": 0.95, "right": 0.92, "kept": 0.98}
            outcome["conformal"] = {**bundle.conformal.as_dict(), "test": measured}
            outcome["known"] = {**bundle.known.as_dict(), "test": told}
        (directory / "outcome.json").write_text(json.dumps(outcome))
    return directory


def change_plan(run, **changes):
    """Changes fields of the plan of a run folder."""
    path = run / "plan.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return run


def encode(folder, texts, labels):
    """Writes training texts as a search keeps them: the vocabulary, and their ids."""
    from attn_tuner.text import Split, TokenStore, Vectorizer

    vectorizer = Vectorizer(WORDS)
    TokenStore.encode(Split(texts, labels), vectorizer).save(folder / "train")
    (folder / "vectorizer.json").write_text(json.dumps(vectorizer.get_config()))


def answers(labels, skill, classes, random):
    """Probabilities that are right for a share `skill` of the labels."""
    right = random.random(len(labels)) < skill
    given = np.where(right, labels, (labels + 1) % classes)
    confidence = random.uniform(1 / classes + 0.05, 1.0, len(labels))
    rest = (1 - confidence) / (classes - 1)
    table = np.repeat(rest[:, None], classes, axis=1)
    table[np.arange(len(labels)), given] = confidence
    return table
