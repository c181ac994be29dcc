"""Notes what an oracle has begun since its file was last written, a line for each trial.

KerasTuner's file of an oracle names every trial, so that writing it takes longer with each. Many
workers end trials faster than that. Their driver writes it now and then, and until it does, this
journal and the files of the trials tell the rest.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from attn_tuner.storage.atomic_files import writing
from attn_tuner.storage.checked_files import check_kinds, reading
from attn_tuner.storage.layout import ORACLE_JOURNAL

# What grows with the trials, and follows from them or from the other lines.
_FOLLOWS = (
    "ongoing_trials",
    "hyperparameters",
    "start_order",
    "end_order",
    "run_times",
    "retry_queue",
    "tried_so_far",
    "id_to_hash",
    "display",
    "starts",
)


class Journal:
    """Keeps lines of JSON in a run folder, each on the disk before `add` returns.

    Args:
        folder: path of the run folder.
    """

    def __init__(self, folder: str | os.PathLike):
        self.path = Path(folder) / ORACLE_JOURNAL

    def add(self, line: dict) -> None:
        """Adds a line."""
        with writing(self.path), self.path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[dict]:
        """Reads all lines; one that a kill left unfinished was of a trial that nobody was given."""
        if not self.path.exists():
            return []
        with reading(self.path, "Put back a copy, or search in another folder."):
            *whole, _ = self.path.read_bytes().split(b"\n")
            lines = [json.loads(line) for line in whole]
            for line in lines:
                check_kinds(line, {"trial": str, "starts": int})
            return lines

    def clear(self) -> None:
        """Removes the file."""
        self.path.unlink(missing_ok=True)


def begun(trial_id: str, starts: int, state: dict) -> dict:
    """Makes the line of a trial that the oracle, now in `state`, has just handed out.

    Args:
        trial_id: KerasTuner's.
        starts: how often it has begun without making progress.
        state: of the oracle, as `get_state` has it.
    """
    own = {key: value for key, value in state.items() if key not in _FOLLOWS}
    return {"trial": trial_id, "starts": starts, "hash": state["id_to_hash"][trial_id], "own": own}


def replayed(state: dict, lines: Iterable[dict], known: Iterable[str]) -> dict:
    """Returns the state of an oracle after all lines. Those that it holds already change nothing.

    Args:
        state: from the oracle's file; left as it is.
        lines: of its journal.
        known: ids of the trials that have a file.
    """
    started = dict.fromkeys(state["start_order"])
    ended, known = set(state["end_order"]), set(known)
    running, hashes = dict(state["ongoing_trials"]), dict(state["id_to_hash"])
    starts, own = dict(state.get("starts", {})), {}
    for line in lines:
        name = line["trial"]
        if name in ended or name not in known:
            continue
        starts[name] = line["starts"]
        if name not in started and "own" in line:
            started[name] = None
            running[f"began {name}"] = name
            hashes[name] = line["hash"]
            own = line["own"]
    return {
        **state,
        **own,
        "start_order": list(started),
        "ongoing_trials": running,
        "id_to_hash": hashes,
        "tried_so_far": list({*state["tried_so_far"], *hashes.values()} - {None}),
        "starts": starts,
    }
