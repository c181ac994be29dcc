"""A search in a process of its own, which a test may end at any moment.

The processes are forked from one that has imported the package already: what is to be interrupted
is a search, not an import. A search ends with the exit status that the command would give.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["attn_tuner.api", "tests.support.colours"])
# What a search can be made to wait in, until a signal comes: module and function or method.
STOPS = {
    "encoding": ("attn_tuner.text.token_store", "TokenStore.save"),
    "vectors": ("attn_tuner.tuning.encoded_texts", "train_vectors"),
    "export": ("attn_tuner.exporting.export", "write_card"),
}
GONE = 5.0  # Seconds in which what a search has started ends after it.


def begin(
    directory, data="colours", trials=4, stop=None, largest=None, workers=1, export="savedmodel"
):
    """A process that searches in the folder, and goes on where an earlier one stopped.

    Args:
        directory, data, trials, workers: of the search.
        export: format of what it exports; Keras' own is written in a tenth of the time.
        stop: key of `STOPS`, where it waits; `wait_at` waits for it.
        largest: bytes of a file at most, as if the disk were full behind them.
    """
    _flag(directory).unlink(missing_ok=True)
    asked = (str(directory), data, trials, stop, largest, workers, export)
    process = FORKS.Process(target=_search, args=asked)
    process.start()
    return process


def wait_at(directory, process, seconds=180):
    """Waits until the search has come to its stop."""
    until = time.monotonic() + seconds
    while not _flag(directory).exists():
        assert process.is_alive(), "the search has ended"
        assert time.monotonic() < until, "the search never came to its stop"
        time.sleep(0.02)


def end(process, number, again=False):
    """Sends a signal, and perhaps a second one, waits, and sees that no child is left."""
    os.kill(process.pid, number)
    if again:
        time.sleep(0.5)
        with contextlib.suppress(ProcessLookupError):  # The first one may have ended it.
            os.kill(process.pid, number)
    process.join(timeout=180)
    assert process.exitcode is not None, "the signal did not end it"
    until = time.monotonic() + GONE
    while left := children(process.pid):
        assert time.monotonic() < until, f"processes are left: {left}"
        time.sleep(0.05)
    return process.exitcode


def children(process: int) -> list[int]:
    """The processes that a search has started, also where it is gone."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if (
            any(word.endswith("attn_tuner/system/processes.py") for word in words)
            and str(process) in words
        ):
            found.append(int(path.parent.name))
    return found


def said_by(directory) -> Path:
    """The file that says why a search ended with an error."""
    return Path(f"{directory}.said")


def _flag(directory) -> Path:
    return Path(f"{directory}.stopped")


def _search(directory, data, trials, stop, largest, workers, export):
    from attn_tuner.errors import AttnTunerError
    from attn_tuner.system.signals import handle_signals
    from tests.support.colours import PLAIN, quick_search

    # A shell has what runs in the background ignore Ctrl-C, and that is handed down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if stop:
        _stop_in(*STOPS[stop], _flag(directory))
    if largest:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    given = {"max_trials": trials, "epochs": 6, "patience": 6, "tuner": "random", "space": PLAIN}
    given |= {"workers": workers, "export": export}
    given["data"] = None if data == "colours" else data
    with handle_signals(exits=True) as signals:
        try:
            quick_search(directory, processes=True, **given)
        except AttnTunerError as error:
            said_by(directory).write_text(f"{type(error).__name__}: {error}")
            raise SystemExit(1) from error
        signals.raise_if_received()


def _stop_in(module, name, flag):
    import importlib

    def wait(*_, **__):
        flag.touch()
        time.sleep(600)

    *owner, attribute = name.split(".")
    found = importlib.import_module(module)
    for each in owner:
        found = getattr(found, each)
    setattr(found, attribute, wait)
