"""Holds the options of a search, and checks them when the search goes on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from attn_tuner.errors import DataError, RunError
from attn_tuner.inputs.kinds import TEXT, require_text
from attn_tuner.metrics import OBJECTIVES
from attn_tuner.space.renamed import current_space
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import is_a, read_dataclass, read_object, reading
from attn_tuner.storage.layout import FORMAT, PLAN
from attn_tuner.tasks import Task, task_named

FAITHFUL = "faithful "  # Before the name of an objective that faithfulness adds to.
_LOST = (
    "Only this file says what was searched. Restore it from a copy; without one, search in another "
    "folder. The export in best/ works without it."
)
_ELSEWHERE = (
    "Use the settings that this search began with; or choose another folder, where warm_start= or "
    "--warm-start with this one tries its best values first."
)
# Settings that decide what a row counts, and which rows models learn from.
_DIVIDING = ("weight", "group", "time")
# Settings that decide how data are read, with their values if `Plan.asked` lacks them.
READING = {
    **dict.fromkeys(("text", "label", "features", "task", "quantiles", *_DIVIDING)),
    **dict.fromkeys(("validation", "test", "min_per_class", "corrections", "encoding", "header")),
    **{"drop_missing": False, "rare_classes": "drop", "seed": 0},
}

SEQUENCE = "sequence"  # The task of pairs of texts.


@dataclass(frozen=True)
class Plan:
    """The options of a search, all that the run folder keeps of its call.

    Args:
        source: name of the data.
        fingerprint: `TextDataset.fingerprint`, by which other data are told apart.
        classes: class names, by number.
        space: `SearchSpace.describe()`.
        tuner: name of the oracle.
        fidelity: what short trials get less of, one of `fidelity.FIDELITIES`.
        objective: name of the metric that is optimised.
        faithful: what a faithfulness of 1 adds to a trial's score; 0 leaves it out.
        max_trials: number of trials at most; None for no limit.
        max_time: seconds at most over all sittings; None for no limit.
        epochs: epochs of a trial at most.
        patience: evaluations without a better score before a trial stops.
        pruner: name of the pruner; of its class where that is not registered.
        keep: number of best trials whose weights stay on disk.
        ensemble: number of trials that the exported model averages at most.
        pretrain: share of the time for pretraining the best encoder without labels.
        repeats: further trainings of each of the best trials, with other seeds.
        teacher: whose answers one more trial learns from: "average", "self_training", "own" for
            one that the user gave, "" for none.
        coverage: of prediction sets or intervals that the exported model gives; None for none.
        known: share of rightly answered texts that the exported model counts as known; None where
            it does not tell texts of none of the classes.
        refit: whether what is exported is trained again, with the validation texts.
        task: name of a task of `tasks.TASKS`, or `SEQUENCE`; "" where it follows from the classes.
        limits: `dataclasses.asdict` of `tuning.constraints.Constraints`.
        seed: int, for the split, the values tried, the weights and the order of the data.
        asked: the options of `search` that were given, see `settings.asked.as_asked`; empty in
            folders of format 1.
        input: kind of input, a key of `inputs.kinds.KINDS`.
        label_column: name of the column of labels that was read; "" where they had none.
        format: version of the run folder, see `layout.FORMATS`.
    """

    source: str
    fingerprint: str
    classes: tuple[str, ...]
    space: dict = field(hash=False)
    tuner: str = "evolution"
    fidelity: str = "epochs"
    objective: str = "accuracy"
    faithful: float = 0.0
    max_trials: int | None = None
    max_time: float | None = None
    epochs: int = 10
    patience: int = 2
    pruner: str = "none"
    keep: int = 3
    ensemble: int = 1
    coverage: float | None = None
    known: float | None = None
    refit: bool = False
    pretrain: float = 0.0
    repeats: int = 0
    teacher: str = ""
    task: str = ""
    limits: dict = field(default_factory=dict, hash=False)
    seed: int = 0
    asked: dict = field(default_factory=dict, hash=False)
    input: str = TEXT.name
    label_column: str = ""
    format: int = FORMAT

    @property
    def kind(self) -> str:
        """What a model answers, as `metrics.kind_of` tells it of labels, or "text"."""
        return "text" if self.task == SEQUENCE else self.answers().kind

    @property
    def measures(self) -> dict[str, str]:
        """The objectives of the task by name, with "max" or "min"."""
        return self.answers().measures

    @property
    def several(self) -> bool:
        """Whether an answer has several numbers."""
        return self.task != SEQUENCE and self.answers().several

    def answers(self) -> Task:
        """The task, of a search whose inputs have labels."""
        return task_named(self.task, len(self.classes))

    @property
    def goal(self) -> str:
        """Name of a trial's score: the objective, or its sum with faithfulness."""
        return goal_of(self.objective, self.faithful)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns of text that the search was given by name; none where they were guessed."""
        asked = self.asked.get("text")
        if isinstance(asked, str):
            return (asked,)
        return tuple(asked) if isinstance(asked, list) and is_a(asked, list[str]) else ()

    @property
    def label_name(self) -> str:
        """The column of labels in tables like those of the search; "label" where none is known."""
        asked = self.asked.get("label")  # All that folders of former versions know.
        return self.label_column or (asked if isinstance(asked, str) else "label")

    def save(self, directory: str | Path) -> None:
        """Writes the plan into the run folder."""
        write_json(Path(directory) / PLAN, {**asdict(self), "format": FORMAT})

    @classmethod
    def load(cls, directory: str | Path) -> "Plan":
        """Reads the plan of a run folder.

        Raises:
            DamagedFile: the file is not a plan.
            RunError: a later version of attn-tuner wrote the folder.
        """
        path = Path(directory) / PLAN
        found = read_object(path, remedy=_LOST).get("format", 1)
        if is_a(found, int) and found > FORMAT:
            raise RunError(
                f"The run folder {directory} has format {found}, and this version of attn-tuner "
                f"reads formats up to {FORMAT}. Update attn-tuner."
            )
        plan = replace(read_dataclass(cls, path, _LOST), format=found)
        with reading(path, _LOST):
            if plan.objective not in OBJECTIVES:
                raise ValueError(f"its objective is {plan.objective[:40]!r}")
            if not all(is_a(each, dict) for each in plan.space.values()):
                raise ValueError("its space holds something that is no dimension")
        return replace(plan, space=current_space(plan.space))

    def check_data(
        self,
        source: str,
        fingerprint: str,
        directory: str | Path,
        asked: Mapping | None = None,
    ) -> None:
        """Raises RunError unless these are the data that this plan was made for.

        Args:
            source, fingerprint: of the data.
            directory: the run folder, for the message.
            asked: how the data were read, as in `Plan.asked`, for the message.
        """
        if fingerprint != self.fingerprint:
            changed = [
                f"{name}={self.asked.get(name, usual)!r}, not {asked.get(name, usual)!r}"
                for name, usual in READING.items()
                if self.asked and asked and self.asked.get(name) != asked.get(name)
            ]
            read = f" It was read with {'; '.join(changed)}." if changed else ""
            raise RunError(
                f"The run folder {directory} was made with other data: {self.source} "
                f"({self.fingerprint}), and this is {source} ({fingerprint}).{read} {_ELSEWHERE}"
            )

    def check_continues(self, before: "Plan", directory: str | Path) -> None:
        """Raises RunError unless this plan may go on in the folder where `before` ran."""
        where = f"The run folder {directory}"
        before.check_data(self.source, self.fingerprint, directory)
        if digest(self.space) != digest(before.space):
            changed = sorted(
                name
                for name in set(self.space) | set(before.space)
                if digest(self.space.get(name)) != digest(before.space.get(name))
            )
            raise RunError(
                f"{where} was made with another search space; it differs in "
                f"{', '.join(changed[:5])}{' and more' if len(changed) > 5 else ''}. {_ELSEWHERE}"
            )
        for name in _DIVIDING:
            old, new = before.asked.get(name), self.asked.get(name)
            if before.asked and old != new:
                raise RunError(f"{where} was made with {name} {old!r}, not {new!r}. {_ELSEWHERE}")
        for name in ("tuner", "fidelity", "objective", "faithful", "seed"):
            old, new = getattr(before, name), getattr(self, name)
            if old != new:
                raise RunError(f"{where} was made with {name} {old!r}, not {new!r}. {_ELSEWHERE}")


def require_labelled_texts(plan: Plan, what: str) -> None:
    """Raises DataError where a search was over pairs of texts or over series.

    Args:
        plan: of the search.
        what: str, subject of the sentence: "monitor()".
    """
    instead = "Give the folder of a search over texts with labels."
    if plan.task == SEQUENCE:
        raise DataError(
            f"{what} works for texts with labels, and this search has pairs of texts as input. "
            f"{instead}"
        )
    require_text(plan.input, what, instead)


def refuse_faithful(objective: str | None, why: str) -> None:
    """Raises DataError for an objective that counts how faithful attention is.

    Args:
        objective: as it was set.
        why: a sentence before what to do: "Faithfulness is measured on the words of texts."
    """
    if objective is not None and objective.startswith(FAITHFUL):
        raise DataError(f"{why} Give objective={objective.removeprefix(FAITHFUL)!r}.")


def goal_of(objective: str, faithful: float) -> str:
    """Names the score of a trial: the objective, or its sum with faithfulness."""
    return f"faithful_{objective}" if faithful else objective


def digest(value: object) -> str:
    """Returns 16 hex digits that stand for a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def trial_seed(seed: int, trial_id: str) -> int:
    """Returns the seed of one trial, the same whenever it is trained."""
    text = f"{seed}/{trial_id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little") >> 1
