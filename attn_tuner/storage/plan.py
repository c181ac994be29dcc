"""What a search is to do, as data: written to the run folder, compared when it goes on."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.metrics import OBJECTIVES
from attn_tuner.space.renamed import current_space
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import is_a, read_dataclass, reading

PLAN = "plan.json"
FAITHFUL = "faithful "  # Before the name of an objective that faithfulness adds to.
_LOST = (
    "Nothing else says what was searched. Put back a copy; without one, search in another folder. "
    "What was exported to best/ works without it."
)
_ELSEWHERE = "Take another folder, or call it with what it began with."


@dataclass(frozen=True)
class Plan:
    """A search, apart from its data.

    Args:
        source: what the data is called.
        fingerprint: of the data, `TextDataset.fingerprint`.
        classes: class names, by number.
        space: `SearchSpace.describe()`.
        tuner: name of the oracle.
        fidelity: what the rungs of the oracle give of, `fidelity.FIDELITIES`.
        objective: key of `measures.measure`.
        faithful: what a faithfulness of 1 adds to a trial's score; 0 for none of it.
        max_trials: trials at most; None for no limit but the time.
        max_time: seconds at most over all sittings; None for no limit but the trials.
        epochs: passes over the data a trial may take.
        patience: evaluations without a better score before a trial stops.
        pruner: name of the rule that stops hopeless trials.
        keep: trials whose weights stay on disk.
        ensemble: trials that the exported model may average at most.
        pretrain: share of the time in which the best encoder learns from texts without labels.
        repeats: further trainings of each of the best trials, with fresh seeds.
        refit: whether the winner is trained again with the validation texts.
        task: name of what a model answers; "" where that follows from the classes.
        limits: what a model may cost at most, `dataclasses.asdict` of `limits_check.Constraints`.
        seed: of the split, the values, the weights and the order of the data.
        asked: the options of `search` that were given, as `settings.asked` writes them; empty in
            folders of earlier versions.
    """

    source: str
    fingerprint: str
    classes: tuple[str, ...]
    space: dict = field(hash=False)
    tuner: str = "tpe"
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
    refit: bool = False
    pretrain: float = 0.0
    repeats: int = 0
    task: str = ""
    limits: dict = field(default_factory=dict, hash=False)
    seed: int = 0
    asked: dict = field(default_factory=dict, hash=False)

    @property
    def kind(self) -> str:
        """Key of `measures.MEASURES`."""
        return {"multilabel": "labels", "regression": "number"}.get(self.task, "class")

    @property
    def goal(self) -> str:
        """What a trial's score is: the objective, or what it comes to with faithfulness."""
        return goal_of(self.objective, self.faithful)

    def save(self, directory):
        write_json(Path(directory) / PLAN, asdict(self))

    @classmethod
    def load(cls, directory) -> "Plan":
        path = Path(directory) / PLAN
        plan = read_dataclass(cls, path, _LOST)
        with reading(path, _LOST):
            if plan.objective not in OBJECTIVES:
                raise ValueError(f"its objective is {plan.objective[:40]!r}")
            if not all(is_a(each, dict) for each in plan.space.values()):
                raise ValueError("its space holds something that is no dimension")
        return replace(plan, space=current_space(plan.space))

    def check_data(self, source: str, fingerprint: str, directory):
        """Raises RunError unless these are the data that this plan was made for."""
        if fingerprint != self.fingerprint:
            raise RunError(
                f"The run folder {directory} was made with other data: {self.source} "
                f"({self.fingerprint}), and this is {source} ({fingerprint}). {_ELSEWHERE}"
            )

    def check_continues(self, before: "Plan", directory):
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
        for name in ("tuner", "fidelity", "objective", "faithful", "seed"):
            old, new = getattr(before, name), getattr(self, name)
            if old != new:
                raise RunError(f"{where} was made with {name} {old!r}, not {new!r}. {_ELSEWHERE}")


def goal_of(objective: str, faithful: float) -> str:
    """The measure that is a trial's score: the objective, or its sum with faithfulness."""
    return f"faithful_{objective}" if faithful else objective


def digest(value) -> str:
    """16 hex digits that stand for a JSON value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def trial_seed(seed: int, trial_id: str) -> int:
    """The seed of one trial: the same for the same search and trial, and unlike the next one's."""
    text = f"{seed}/{trial_id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little") >> 1
