"""A search in a process of its own, which a test may end at any moment.

The processes are forked from one that has imported the package already: what is to be interrupted
is a search, not an import.
"""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["attn_tuner.api", "test_search"])


def begin(directory, data="colours", trials=4):
    """A process that searches in the folder, and goes on where an earlier one stopped."""
    process = FORKS.Process(target=_search, args=(str(directory), data, trials))
    process.start()
    return process


def _search(directory, data, trials):
    from test_search import quick_search

    given = {"max_trials": trials, "epochs": 6, "patience": 6, "tuner": "random", "data": data}
    quick_search(directory, **given)
