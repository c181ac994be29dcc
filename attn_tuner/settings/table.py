"""The settings of a search: one table for `search`, the command, TOML files and the plan.

A new setting is a row here and a parameter of `attn_tuner.search`; a test compares the two. The
command's option, the key in `--config` files and the repeated command follow from the row. This
module is light: `attn-tuner search --help` reads it.
"""

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attn_tuner.errors import BudgetError
from attn_tuner.settings import search_checks as checked
from attn_tuner.settings.checks import Check, anything, count, flag, number

LARGEST_SEED = 2**31 - 1  # The largest that Python, NumPy, Keras and Optuna all take.
GROUPS = ("Data", "Budget", "Model", "Search", "After the search", "Where to run")


@dataclass(frozen=True)
class Setting:
    """One setting of a search.

    Args:
        name: the argument of `search`, and the key in a TOML file.
        group: one of `GROUPS`.
        help: one or two short sentences.
        check: returns the plain value, or raises an `AttnTunerError` that says what would do.
        type: of the value on the command line: str, int, float or bool.
        default: of `search`.
        also: further types whose values the command line can say, `(float,)` for "0.2".
        several: the command takes the option more than once, and gives a list.
        option: on the command line; made from the name if empty.
        metavar: what stands for the value in `--help`.
        only_python: True for objects, which neither a command nor a file can hold.
        repeated: False leaves the setting out where a search is repeated.
    """

    name: str
    group: str
    help: str
    check: Check = anything
    type: builtins.type = str
    default: Any = None
    also: tuple[builtins.type, ...] = ()
    several: bool = False
    option: str = ""
    metavar: str | None = None
    only_python: bool = False
    repeated: bool = True

    def __post_init__(self) -> None:
        if not self.option:
            object.__setattr__(self, "option", f"--{self.name.replace('_', '-')}")

    @property
    def opposite(self) -> str:
        """The option that says False: `--no-refit`."""
        return f"--no-{self.option.removeprefix('--')}"


DATA = Setting(
    "data",
    "Data",
    "A file (.csv, .jsonl, .parquet, .xlsx, ...), a pattern of files, a folder, a URL, - for "
    "standard input, a TFDS name, or 'demo'. Series: a .ts file, 'sensor-demo'. Pairs of texts: "
    "'dates-demo', 'orders-demo'.",
)

SETTINGS = (
    Setting(
        "text",
        "Data",
        "Column of the texts; several are joined. Guessed if not given.",
        checked.columns,
        several=True,
        metavar="COLUMN",
    ),
    Setting(
        "label",
        "Data",
        "Column of the labels, or several columns of 0 and 1. Guessed if not given.",
        checked.columns,
        several=True,
        metavar="COLUMN",
    ),
    Setting(
        "task",
        "Data",
        "multilabel (several labels per text), regression (a number), forecast (several numbers, "
        "of series), quantiles (those of each number, of series) or sequence (pairs of texts). The "
        "first three are guessed if not given.",
        checked.task,
    ),
    Setting(
        "features",
        "Data",
        "Column that the model reads beside the text, of numbers or of categories. May be given "
        "several times.",
        checked.features,
        several=True,
        metavar="COLUMN",
    ),
    Setting(
        "weight",
        "Data",
        "Column of sample weights, for training and the linear baseline; scores do not use it.",
        checked.column,
        metavar="COLUMN",
    ),
    Setting(
        "group",
        "Data",
        "Column of groups, such as patients: no group is in two parts.",
        checked.column,
        metavar="COLUMN",
    ),
    Setting(
        "time",
        "Data",
        "Column of times: the latest texts are held out.",
        checked.column,
        metavar="COLUMN",
    ),
    Setting(
        "validation",
        "Data",
        "Data to compare trials on, or the fraction to hold out: 0.2.",
        checked.part,
        also=(float,),
    ),
    Setting(
        "test",
        "Data",
        "Data for the one final measurement, or the fraction to hold out: 0.2.",
        checked.part,
        also=(float,),
    ),
    Setting(
        "unlabelled",
        "Data",
        "Texts without labels, to learn words from: a .txt with one text per line, or a table.",
        checked.texts,
    ),
    Setting(
        "drop_missing",
        "Data",
        "Leave out rows without text or label. Without it they are an error.",
        flag,
        bool,
        False,
    ),
    Setting(
        "min_per_class",
        "Data",
        "Training texts that a class should have; rare_classes says what happens to smaller ones.",
        count(1, optional=True),
        int,
    ),
    Setting(
        "rare_classes",
        "Data",
        "What happens to classes below min_per_class: drop leaves them out, other makes them one.",
        checked.rare_classes,
        default="drop",
        metavar="NAME",
    ),
    Setting(
        "corrections",
        "Data",
        "Table of corrected labels: the one that attn-tuner check --fix writes, filled in.",
        checked.corrections,
        metavar="FILE",
    ),
    Setting(
        "encoding",
        "Data",
        "Encoding of text files, such as cp1252. Recognised if not given.",
        checked.encoding,
        metavar="NAME",
    ),
    Setting(
        "header",
        "Data",
        "Whether the first line of a .csv or .xlsx names the columns. Recognised if not given.",
        checked.optional_flag,
        bool,
    ),
    Setting(
        "word_index",
        "Data",
        "Mapping of word to id, for texts given as ids, as keras.datasets has it.",
        checked.word_index,
        only_python=True,
    ),
    Setting(
        "max_time",
        "Budget",
        "Time for everything, export included: 90s, 20m, 2h, '5 minutes'. 20m if neither this "
        "nor max_trials is set.",
        checked.duration,
        also=(int, float),
        metavar="TIME",
    ),
    Setting(
        "max_trials",
        "Budget",
        "Number of trials at most.",
        count(1, optional=True, error=BudgetError),
        int,
    ),
    Setting("epochs", "Budget", "Epochs of a trial at most.", count(1), int, 10),
    Setting(
        "patience",
        "Budget",
        "Evaluations without a better score after which a trial ends.",
        count(1),
        int,
        2,
    ),
    Setting(
        "space",
        "Model",
        "TOML file that fixes, narrows or extends what is searched.",
        metavar="FILE",
    ),
    Setting(
        "split",
        "Model",
        "How pairs of texts are split into tokens: character, word or subword. Guessed if not "
        "given.",
        checked.split,
        metavar="NAME",
    ),
    Setting(
        "quantiles",
        "Model",
        "Quantiles of each number that are forecast, of series: rising, between 0 and 1, 0.5 among "
        "them. 0.1, 0.5 and 0.9 if not given.",
        checked.quantiles,
        float,
        several=True,
        metavar="LEVEL",
    ),
    Setting(
        "hypermodel",
        "Model",
        "A keras_tuner.HyperModel to search in place of ours, or a function of the vocabulary's "
        "size and the number of classes that makes one. Only in Python.",
        checked.hypermodel,
        only_python=True,
    ),
    Setting(
        "vectors",
        "Model",
        "Word vectors: a file of GloVe, word2vec, fastText's .vec or .safetensors, or a folder of "
        "model2vec. Learnt from the texts if not given.",
        checked.vectors,
        metavar="FILE",
    ),
    Setting(
        "max_parameters",
        "Model",
        "Weights of a model at most. Larger models are not trained.",
        count(1, optional=True, most=10**15),
        int,
    ),
    Setting(
        "max_latency_ms",
        "Model",
        "Milliseconds for one text at most, the median of 50 on this machine.",
        number(0, above=True, optional=True),
        float,
    ),
    Setting(
        "max_size_mb",
        "Model",
        "Megabytes of the exported model at most.",
        number(0, above=True, optional=True),
        float,
    ),
    Setting(
        "objective",
        "Search",
        "Measure that decides. Classes: accuracy, f1_macro, auc, log_loss. Several labels: "
        "f1_micro, f1_macro, subset_accuracy, auc, log_loss. Numbers: rmse, mae, r2. Several "
        "numbers: mae, rmse, smape, pinball. Pairs: exact_match, token_accuracy, chrf, bleu, "
        "rouge1, rouge2, rougeL. "
        "'faithful accuracy' also counts whether attention rests on the words that decide.",
        checked.objective,
        metavar="NAME",
    ),
    Setting(
        "faithful",
        "Search",
        "What a faithfulness of 1 adds to the score. 0.1 with a 'faithful ...' objective.",
        number(0, optional=True),
        float,
    ),
    Setting(
        "tuner",
        "Search",
        "Oracle that proposes values; `attn-tuner list oracles` has all.",
        checked.tuner,
        default="evolution",
        metavar="NAME",
    ),
    Setting(
        "fidelity",
        "Search",
        "What hyperband's short trials have less of: epochs, texts or length.",
        checked.fidelity,
        default="epochs",
        metavar="NAME",
    ),
    Setting(
        "pruner",
        "Search",
        "Rule that stops hopeless trials early: none, median, percentile, asha, wilcoxon, "
        "extrapolation. In Python also a pruner with options of its own.",
        checked.pruner,
        default="median",
        metavar="NAME",
    ),
    Setting(
        "warm_start",
        "Search",
        "Folder of an earlier search, whose best values are tried first. May be given several "
        "times.",
        checked.folders,
        default=(),
        several=True,
        metavar="RUN",
    ),
    Setting(
        "seed",
        "Search",
        "Seed of the split, the values tried, the weights and the order of the texts.",
        count(0, most=LARGEST_SEED),
        int,
        0,
    ),
    Setting(
        "ensemble",
        "After the search",
        "Trials that the exported model averages at most. 5 if not given; 1 with faithfulness or "
        "a limit.",
        count(1, optional=True),
        int,
    ),
    Setting(
        "coverage",
        "After the search",
        "Share of texts whose prediction set holds their class, or whose interval holds their "
        "number: 0.9 adds such sets or intervals to the exported model.",
        number(0, above=True, below=1, optional=True),
        float,
    ),
    Setting(
        "known",
        "After the search",
        "Share of rightly answered texts that count as known: 0.98 lets the exported model say "
        "that other texts are probably none of the classes.",
        number(0, above=True, below=1, optional=True),
        float,
    ),
    Setting(
        "refit",
        "After the search",
        "Train what is exported again, on training and validation texts together, if time allows. "
        "With max_time and fewer than 2,000 validation texts if not given.",
        checked.optional_flag,
        bool,
    ),
    Setting(
        "teacher",
        "After the search",
        "Whose answers one more trial learns from: average, self_training, or a table with texts "
        "and a column of probabilities for each class. In Python also a function or a fitted "
        "classifier.",
        checked.teacher,
        metavar="NAME",
    ),
    Setting(
        "pretrain",
        "After the search",
        "Share of the time in which the best encoder learns from texts without labels: 0.3.",
        checked.share_of_time,
        float,
        0.0,
    ),
    Setting(
        "repeats",
        "After the search",
        "Trainings of each of the three best trials with new seeds, if time allows.",
        count(0),
        int,
        0,
    ),
    Setting(
        "keep",
        "After the search",
        "Trials whose weights stay on disk. Twice the ensemble if that is more.",
        count(1),
        int,
        3,
    ),
    Setting(
        "directory",
        "Where to run",
        "Run folder; a search that is there continues. runs/<name of the data> if not given.",
        checked.directory,
        option="--out",
        metavar="FOLDER",
    ),
    Setting(
        "workers",
        "Where to run",
        "Trials at once, each in a process of its own: a number, or auto for as many as this "
        "machine's cores and memory allow. 1 gives the same result twice.",
        checked.workers,
        default="auto",
        also=(int,),
    ),
    Setting(
        "launcher",
        "Where to run",
        "What starts the workers; `attn-tuner list launchers` has all. ray with a cluster, else "
        "processes.",
        checked.launcher,
        metavar="NAME",
    ),
    Setting(
        "cluster",
        "Where to run",
        "Address of a Ray cluster to run on; auto for the one running here. Needs the extra 'ray'.",
        checked.cluster,
        metavar="ADDRESS",
    ),
    Setting(
        "cpus_per_trial",
        "Where to run",
        "CPUs that Ray reserves for each trial.",
        number(0, above=True),
        float,
        1.0,
    ),
    Setting(
        "gpus_per_trial",
        "Where to run",
        "GPUs that Ray reserves for each trial; fractions are allowed.",
        number(0),
        float,
        0.0,
    ),
    Setting(
        "progress",
        "Where to run",
        "Show progress while it runs.",
        flag,
        bool,
        True,
        repeated=False,
    ),
    Setting(
        "callbacks",
        "Where to run",
        "Keras callbacks, copied for every trial, or a function of a trial's number and values "
        "that makes them. Only in Python.",
        checked.callbacks,
        default=(),
        only_python=True,
    ),
)

BY_NAME: Mapping[str, Setting] = {each.name: each for each in SETTINGS}


def check_options(given: Mapping) -> dict:
    """Returns every setting as a plain Python value; nothing is read of the data or written.

    Args:
        given: setting by name. `data` is left as it is.

    Raises:
        AttnTunerError: for the first value that cannot be meant; says what would do.
    """
    plain = {
        name: value if name == DATA.name else BY_NAME[name].check(name, value)
        for name, value in given.items()
    }
    checked.check_together(plain)
    return plain
