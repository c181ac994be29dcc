"""A search of many trials needs no more memory than one of few."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

PROGRAM = """
import json, sys
sys.path.insert(0, {root!r})
from tests.support.colours import QUICK, quick_search

def resident():
    with open("/proc/self/statm") as facts:
        return int(facts.read().split()[1]) * 4096 / 1e6

sizes = []

def callbacks(trial_id, values):
    sizes.append(resident())
    return []

space = {{name: value for name, value in QUICK.items() if name != "learning_rate"}}
quick_search(
    sys.argv[1], max_trials=200, epochs=1, space={{**space, "epochs": 1}}, tuner="random",
    pruner="none", callbacks=callbacks,
)
print(json.dumps(sizes))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for the memory")
def test_two_hundred_trials_leave_nothing_behind(tmp_path):
    program = PROGRAM.format(root=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "run")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    sizes = json.loads(done.stdout.splitlines()[-1])
    assert len(sizes) == 200
    # The first trials still load libraries and fill caches.
    assert sizes[-1] - sizes[19] < 100
