"""Records full learning curves of a search's own trials, for `benchmarks/pruning.py`.

    ATTN_TUNER_DATA=DATA python benchmarks/curves/searched.py trec 40 6 FILE.json

DATA holds `trec/train.csv`, `chn_hotel/train.csv` and `clinc150/train.csv`. The search is the
standard one, but nothing ends a trial early: each runs the same number of epochs, its learning rate
falling to their end, and is validated after each quarter of an epoch.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import attn_tuner
from attn_tuner.tuning import tuner as runner
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.pruning import make_pruner

SLICES = 4  # Evaluations of an epoch wherever there is a pruner.


def main(name, trials, epochs, path):
    source = Path(os.environ["ATTN_TUNER_DATA"], name, "train.csv")
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(runner, "make_pruner", return_value=make_pruner("none")),
    ):
        result = attn_tuner.search(
            source,
            max_trials=int(trials),
            epochs=int(epochs),
            patience=int(epochs),
            space={"epochs": int(epochs)},
            ensemble=1,
            directory=Path(folder) / "run",
        )
        labels = np.load(Path(folder) / "run" / "data" / "validation" / "labels.npy")
        chance = scale_of(labels, "accuracy").chance
        records = [each for each in result.run.records if each.status == "completed"]
    whole = [each for each in records if len(each.history) == int(epochs) * SLICES]
    rows = ",\n  ".join(
        json.dumps(
            {
                "values": each.values,
                "seconds": round(each.seconds, 1),
                **{
                    name: [round(point[name], 4) for point in each.history]
                    for name in ("accuracy", "log_loss")
                },
            }
        )
        for each in whole
    )
    facts = {"corpus": f"{name}, searched", "epochs": int(epochs), "slices": SLICES}
    head = json.dumps({**facts, "chance": round(chance, 4)})
    Path(path).write_text(f'{head[:-1]}, "trials": [\n  {rows}\n]}}\n')
    print(f"{len(whole)} of {len(records)} curves are whole.")


if __name__ == "__main__":
    main(*sys.argv[1:])
