"""Journals the trials that an oracle has begun since its file was last written.

KerasTuner's file of an oracle names every trial, so that writing it takes longer with each. Many
workers end trials faster than it can be written. Their driver writes it once a second; this journal
and the files of the trials hold what is newer.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from attn_tuner.storage.atomic_files import writing
from attn_tuner.storage.checked_files import check_kinds, reading
from attn_tuner.storage.layout import ORACLE_JOURNAL

# Entries of the state that grow with the trials and can be derived from them or from the lines.
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
    """An append-only file of JSON lines in a run folder; `add` returns once a line is on disk.

    Args:
        folder: path of the run folder.
    """

    def __init__(self, folder: str | os.PathLike):
        self.path = Path(folder) / ORACLE_JOURNAL

    def add(self, line: dict) -> None:
        """Appends a line."""
        with writing(self.path), self.path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[dict]:
        """Reads all lines. An incomplete last line belongs to a trial that was never handed out."""
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
    """Makes the line of a trial that the oracle has just handed out.

    Args:
        trial_id: str, KerasTuner's ID of the trial.
        starts: int, number of starts without progress.
        state: state of the oracle, from `get_state`.
    """
    own = {key: value for key, value in state.items() if key not in _FOLLOWS}
    return {"trial": trial_id, "starts": starts, "hash": state["id_to_hash"][trial_id], "own": own}


def replayed(state: dict, lines: Iterable[dict], known: Iterable[str]) -> dict:
    """Applies the lines of a journal to the state of an oracle; known ones change nothing.

    Args:
        state: the state in the oracle's file, which is not modified.
        lines: the lines of its journal.
        known: IDs of the trials that have a file.

    Returns:
        The new state.
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
