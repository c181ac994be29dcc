"""Names every file of a run folder, and says who writes it, who reads it and what its loss means.

All other modules import the names from here. `docs/run_folder.md` is made from `RUN_FOLDER` by
`docs/write_run_folder.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

# What each version of the format changed. The last one is written into every plan.
FORMATS = {
    1: "The format of 0.1. Its plans hold no `format`.",
    2: "`plan.json` holds `format`. The `measures` of a record are called `metrics`.",
}
FORMAT = max(FORMATS)

PLAN = "plan.json"
LOCK = "search.lock"
STOP = "stop.json"
RUN_LOG = "run.log"
CLOCK = "clock.json"
LIVE = "live.json"
BASELINES = "baselines.json"
LINEAR = "linear.npz"
MINIROCKET = "minirocket.npz"
FOLD_ANSWERS = "folds.npz"
OUTCOME = "outcome.json"
PROBABILITIES = "validation.npy"
REPORT = "report.html"
# KerasTuner's and Optuna's.
ORACLE = "oracle.json"
ORACLE_JOURNAL = "oracle.journal"
OPTUNA_JOURNAL = "optuna.journal"
TUNER = "tuner0.json"
# data/
DATA = "data"
VECTORIZER = "vectorizer.json"
SCALER = "scaler.json"
STORE_FACTS = "facts.json"
VALIDATION_TEXTS = "validation.jsonl"
VALIDATION_LABELS = "validation_labels.npy"
PAIR_VOCABULARIES = "vocabularies.json"
PAIR_IDS = "pairs.npz"
# trial_ID/
TRIAL_PREFIX = "trial_"  # KerasTuner's.
RECORD = "record.json"
TRIAL = "trial.json"
WEIGHTS = "checkpoint.weights.h5"  # The name under which stock KerasTuner looks for them.
# trial_ID/resume-N/
RESUME_PREFIX = "resume-"
PROGRESS = "progress.json"
STATE = "state.weights.h5"
RANDOM = "random.npz"
BEST = "best.npz"
# model/ and best/
BUNDLE = "model"
BUNDLE_MODEL = "model.keras"
BUNDLE_FACTS = "bundle.json"
EXPORT = "best"
CARD = "card.json"
CARD_PAGE = "README.md"
SAVED_MODEL = "saved_model.pb"
VARIABLES = "variables"
FINGERPRINT = "fingerprint.pb"
EXTRAS = "assets.extra"  # Files that belong to a SavedModel and that TensorFlow does not read.
CLASSES = "classes.txt"
TRANSLATOR = "translator.json"
UPDATES = "updates"
DISTILLED = "distilled"
LEARNT_FROM = "learnt_from"  # Key of the facts in the outcome and in the model card.


def trial_dir(run: str | Path, trial_id: str) -> Path:
    """Returns the folder of a trial in a run folder."""
    return Path(run) / f"{TRIAL_PREFIX}{trial_id}"


def trial_id_of(folder: str | Path) -> str:
    """Returns the trial that a folder is named after."""
    return Path(folder).name.removeprefix(TRIAL_PREFIX)


def trial_dirs(run: str | Path) -> list[Path]:
    """Returns the folders of all trials that have begun, in the order of their names."""
    return sorted(Path(run).glob(f"{TRIAL_PREFIX}*"))


def in_trials(run: str | Path, name: str) -> list[Path]:
    """Returns all files of one name in the folders of the trials: `in_trials(run, RECORD)`."""
    return sorted(Path(run).glob(f"{TRIAL_PREFIX}*/{name}"))


def resume_point(trial_dir: str | Path, number: int) -> Path:
    """Returns the folder of a numbered resume point of a trial."""
    return Path(trial_dir) / f"{RESUME_PREFIX}{number}"


def resume_numbers(trial_dir: str | Path) -> list[int]:
    """Returns the numbers of a trial's resume points."""
    found = Path(trial_dir).glob(f"{RESUME_PREFIX}*")
    names = (path.name.removeprefix(RESUME_PREFIX) for path in found)
    return [int(name) for name in names if name.isascii() and name.isdigit()]


def linear_answers(part: str) -> str:
    """Names the linear baseline's answers to a part of the data: `linear_validation.npy`."""
    return f"linear_{part}.npy"


def minirocket_answers(part: str) -> str:
    """Names MiniRocket's answers to a part of the data: `minirocket_validation.npy`."""
    return f"minirocket_{part}.npy"


def vectors_file(key: str) -> str:
    """Names the file of word vectors; the key stands for the texts and all settings, or is `*`."""
    return f"vectors-{key}.npy"


def store_array(name: str) -> str:
    """Names an array of an encoded part: `ids`, `offsets`, `labels`, `weights` and so on."""
    return f"{name}.npy"


@dataclass(frozen=True)
class Entry:
    """One file or folder. What is empty is as in the folder around it.

    Args:
        name: file name, or a pattern with what varies in capitals.
        holds: what is in it.
        writers: modules of this package, or the library, that write it; separated by commas.
        readers: modules that read it; "you" for what is meant for people.
        again: of what is derived: how it is made again after a loss.
        lost: of state: what its loss means.
        inside: what a folder holds.
    """

    name: str
    holds: str
    writers: str = ""
    readers: str = ""
    again: str = ""
    lost: str = ""
    inside: tuple["Entry", ...] = ()

    @property
    def derived(self) -> bool:
        """Whether it can be made again."""
        return bool(self.again)

    def walk(self, above: str = "") -> Iterator[tuple[str, "Entry"]]:
        """Yields all that is inside with its path, a folder before what it holds."""
        for entry in self.inside:
            entry = entry._filled_from(self)
            path = f"{above}{entry.name}{'/' if entry.inside else ''}"
            yield path, entry
            yield from entry.walk(path)

    def _filled_from(self, folder: "Entry") -> "Entry":
        fate = {"again": self.again, "lost": self.lost}
        if not any(fate.values()):
            fate = {"again": folder.again, "lost": folder.lost}
        writers, readers = self.writers or folder.writers, self.readers or folder.readers
        return replace(self, writers=writers, readers=readers, **fate)


_NEXT = "The next call of the search on this folder"
_NO_ORACLE = "The search cannot go on; put back a copy. Its results can still be read."


_DATA = Entry(
    DATA,
    "the texts as numbers",
    "tuning.encoded_data",
    "tuning.encoded_data, baselines.background",
    again=f"{_NEXT} encodes the texts again.",
    inside=(
        Entry(VECTORIZER, "vocabulary, and how texts are split", "text.token_store"),
        Entry(SCALER, "in its place for series: mean and deviation by feature", "series.store"),
        Entry(STORE_FACTS, "which texts it was made of", "text.token_store", "text.token_store"),
        Entry(
            "PART",
            "the texts of a part as ids: `train`, `validation`, `test` and `unlabelled`",
            "text.token_store",
            "text.token_store",
            inside=(
                Entry(STORE_FACTS, "vocabulary size, mean token length"),
                Entry(store_array("ids"), "int32 `(tokens,)`, the texts one behind the other"),
                Entry(store_array("values"), "for series, float32 `(steps, features)`"),
                Entry(store_array("offsets"), "int64 `(texts + 1,)`, where each text begins"),
                Entry(store_array("labels"), "the label of each text"),
                Entry(store_array("weights"), "its weight in training, only if texts have weights"),
                Entry(store_array("groups"), "the number of its group, only if texts have groups"),
                Entry(store_array("times"), "its time, only if texts have times"),
                Entry(store_array("parts"), "for each unknown token the id that says its parts"),
                Entry(store_array("columns"), "float32 `(texts, columns)`, of columns beside them"),
            ),
        ),
        Entry(
            VALIDATION_TEXTS,
            "the first validation texts in clear, with their labels",
            readers="storage.validation_data",
            again=f"{_NEXT} writes it again.",
        ),
        Entry(
            VALIDATION_LABELS,
            "the labels of all validation texts",
            readers="storage.validation_data",
            again=f"{_NEXT} writes it again.",
        ),
        Entry(
            PAIR_VOCABULARIES,
            "of pairs of texts: the vocabularies of both sides",
            "sequence_search.encoded_pairs",
            "sequence_search.encoded_pairs",
        ),
        Entry(
            PAIR_IDS,
            "of pairs of texts: the ids of all parts and sides",
            "sequence_search.encoded_pairs",
            "sequence_search.encoded_pairs",
        ),
        Entry(
            vectors_file("KEY"),
            "word vectors, of embeddings or of regions, `(words, width)`",
            "text.word_vectors.cache",
            "text.word_vectors.cache",
            again=f"{_NEXT} learns them again.",
        ),
    ),
)

_TRIAL = Entry(
    f"{TRIAL_PREFIX}ID",
    "one trial; `ID` is KerasTuner's number of it, with `-pretrained` or `-distilled` behind",
    "storage.checkpoints",
    "storage.run",
    lost="The trial does not count any more.",
    inside=(
        Entry(
            RECORD,
            "how it ended: status, values, score, metrics, history",
            "tuning.tuner",
            "storage.trial_record",
        ),
        Entry(
            TRIAL,
            "the trial as KerasTuner knows it",
            "KerasTuner",
            "tuning.oracles.persistence.state_files",
            lost=_NO_ORACLE,
        ),
        Entry(
            WEIGHTS,
            "weights at the best evaluation; only of the `keep` best trials",
            readers="finalizing.candidates, KerasTuner",
            lost="The score stays, but the model cannot be exported.",
        ),
        Entry(
            PROBABILITIES,
            "answers to the validation texts, `(texts, classes)`",
            readers="finalizing.candidates, storage.validation_data",
            again="The model answers again where it may be exported.",
        ),
        Entry(
            f"{RESUME_PREFIX}N",
            "where training can go on; `N` counts up, and only the last is kept",
            readers="storage.checkpoints",
            lost="The trial is trained from its beginning.",
            inside=(
                Entry(PROGRESS, "epoch, batch, history, seconds"),
                Entry(STATE, "weights and optimizer"),
                Entry(RANDOM, "states of random generators and of metrics"),
                Entry(BEST, "weights and validation answers of the best evaluation"),
            ),
        ),
    ),
)

_BUNDLE = Entry(
    BUNDLE,
    "the exported model as a bundle, which `Bundle.load` reads",
    "exporting.bundle_files",
    "exporting.bundle_files",
    again=f"{_NEXT} exports the model again.",
    inside=(
        Entry(BUNDLE_MODEL, "the model, of ids"),
        Entry(
            BUNDLE_FACTS, "vectorizer, class names, how a text is truncated, digest of the model"
        ),
        Entry(
            TRANSLATOR,
            "of pairs of texts, instead: vocabularies, width of the beam, length penalty",
            "sequence_search.finalize",
            "sequence_search.result",
        ),
    ),
)

_EXPORT = Entry(
    EXPORT,
    "the exported model as a SavedModel of strings",
    "TensorFlow",
    "you",
    again=f"{_NEXT} exports the model again.",
    inside=(
        Entry(
            CARD,
            "model card: data, scores, limits, digests of the files",
            "exporting.model_card",
            "exporting.artefact_folder",
        ),
        Entry(CARD_PAGE, "the same as a page, with code that uses it", "exporting.model_card"),
        Entry(SAVED_MODEL, "the graph"),
        Entry(VARIABLES, "the weights"),
        Entry(FINGERPRINT, "TensorFlow's digest of the graph"),
        Entry(
            EXTRAS,
            "what TensorFlow passes by",
            "exporting.formats.savedmodel",
            inside=(Entry(CLASSES, "class names, one a line"),),
        ),
    ),
)

RUN_FOLDER = Entry(
    "RUN",
    "one search",
    inside=(
        Entry(
            PLAN,
            "format version, every option of the search, the data's fingerprint, the whole space",
            "storage.plan",
            "storage.run, storage.run_folder",
            lost="Nothing else says what was searched. What was exported works without it.",
        ),
        Entry(
            LOCK,
            "process and host of the search that runs here",
            "storage.lock",
            "storage.lock",
            again="Each search writes it, and removes it at its end.",
        ),
        Entry(
            STOP,
            "which search is asked to end; there until it has ended",
            "storage.stop_request",
            "storage.stop_request",
            again="The page of `attn-tuner serve` asks again.",
        ),
        Entry(
            LIVE,
            "the trials that run: their values, and their learning curves so far",
            "monitoring.live_trials",
            "monitoring.live_trials",
            again="The next evaluation writes it again.",
        ),
        Entry(
            RUN_LOG,
            f"what happened when, a line per event; `{RUN_LOG}.1` is the part before",
            "monitoring.run_log",
            "you",
            lost="Nothing is read back from it.",
        ),
        Entry(
            CLOCK,
            "seconds spent over all sittings, and what each kind of step has cost",
            "tuning.budget",
            "tuning.budget, monitoring.status, serving.search_page",
            lost="The time spent is taken to be that at the end of the last trial.",
        ),
        Entry(
            ORACLE,
            "state of the oracle: trials begun and ended, values tried",
            "KerasTuner, tuning.oracles.persistence.durable",
            "tuning.oracles.persistence.state_files",
            lost=_NO_ORACLE,
        ),
        Entry(
            ORACLE_JOURNAL,
            f"trials begun since `{ORACLE}` was written; there while workers run and after a kill",
            "tuning.oracles.persistence.journal",
            "tuning.oracles.persistence.journal",
            lost="The trials that only it names are drawn again.",
        ),
        Entry(
            OPTUNA_JOURNAL,
            "the Optuna study, for oracles by Optuna",
            "Optuna",
            "tuning.oracles.optuna.study",
            again=f"{_NEXT} makes it of the trials.",
        ),
        Entry(TUNER, "`{}`", "KerasTuner", "KerasTuner", again=f"{_NEXT} writes it again."),
        Entry(
            BASELINES,
            "majority class and linear model: metrics and seconds",
            "baselines.background",
            "storage.run",
            again=f"{_NEXT} measures the baselines again.",
        ),
        Entry(
            LINEAR,
            "coefficients of the linear model; empty where nothing was learnt",
            "baselines.background",
            "finalizing.candidates",
            again=f"{_NEXT} measures the baselines again.",
        ),
        Entry(
            linear_answers("PART"),
            "the linear model's answers to the `validation` and the `test` part",
            "baselines.background",
            "finalizing.averages, storage.validation_data",
            again=f"{_NEXT} measures the baselines again.",
        ),
        Entry(
            MINIROCKET,
            "of series: convolutions and coefficients of MiniRocket and ridge",
            "baselines.background",
            "finalizing.candidates",
            again=f"{_NEXT} measures the baselines again.",
        ),
        Entry(
            minirocket_answers("PART"),
            "of series: MiniRocket's answers to the `validation` and the `test` part",
            "baselines.background",
            "finalizing.averages",
            again=f"{_NEXT} measures the baselines again.",
        ),
        Entry(
            FOLD_ANSWERS,
            "of few series: answers of the best trials and of MiniRocket, cross-validated",
            "finalizing.cross_validation",
            "finalizing.averages",
            again="The validation part chooses the weights of the average instead.",
        ),
        Entry(
            OUTCOME,
            "winner or members of the average, their metrics on validation and test part",
            "finalizing.finalize",
            "storage.run",
            again=f"{_NEXT} measures and exports the model again.",
        ),
        Entry(
            PROBABILITIES,
            "the exported model's answers to the validation texts",
            "finalizing.final_model",
            "storage.validation_data",
            again=f"{_NEXT} measures and exports the model again.",
        ),
        Entry(
            REPORT,
            "the report, one page",
            "reporting.report",
            "you",
            again="`attn-tuner report RUN` writes it.",
        ),
        _DATA,
        _TRIAL,
        _BUNDLE,
        _EXPORT,
        Entry(
            UPDATES,
            "what `attn-tuner update RUN` made",
            "updating.update",
            "you",
            lost="The search is as it was; `attn-tuner update` with the same rows makes it again.",
            inside=(Entry("NUMBER", "a run folder, of the members of that export and their data"),),
        ),
        Entry(
            DISTILLED,
            "what `attn-tuner distil RUN` made",
            "distilling.distil",
            "you",
            lost="The search is as it was; `attn-tuner distil` makes it again.",
            inside=(Entry("NUMBER", "a run folder, of one trial and the data of the search"),),
        ),
    ),
)
