"""What the linear baseline costs, and what it reaches on texts that it has not learnt from.

    ATTN_TUNER_DATA=... python benchmarks/linear.py run --code NAME [--data clinc150 ...]
    python benchmarks/linear.py table

The linear model chooses its penalty and its rows without a time limit, on the training texts that a
search would learn from, and is measured on the validation texts that the search would hold out of
`train.csv`; no test part is read. NAME says which code was measured. Seconds are of the processor,
of one thread. Rows are kept in `linear.jsonl`; what is there is not measured again.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # As a search sets them.

from data_sets import DATA_SETS, source
from results import add_row, conditions, measured_rows, table_of, write_section

from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.text import load
from attn_tuner.tuning.encoded_data import EncodedData

DATA = ("clinc150", "ag_news", "trec", "offensive")
ROWS = Path(__file__).with_name("linear.jsonl")
TITLE = "The linear baseline"
FOUND = """\
Before, every fit began from zero and three folds compared words with their parts. After, fits over
many classes start from the weights of another penalty of the same fold, the last one from those of
a fold, and one fold decides on parts of words where the difference is clear. Measured at loads of
4.6 to 6.3. The choice was the same but for C of CLINC150: 16 before, 64 after. Of that set 5.8 s
were the last fit, 28 s the comparison of parts."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--code", default="")
    parser.add_argument("--data", nargs="+", default=DATA)
    arguments = parser.parse_args()
    rows = measured_rows(ROWS)
    if arguments.what == "table":
        return write_section(TITLE, table(rows))
    done = {(row["data"], row["code"]) for row in rows}
    for name in arguments.data:
        if (name, arguments.code) not in done:
            row = {"data": name, "code": arguments.code, **measured(name), **conditions()}
            add_row(ROWS, row)
            print(row, flush=True)


def measured(name: str) -> dict:
    """Fits the linear baseline of a set; returns what it cost and reached."""
    path = source(name)["data"]
    with tempfile.TemporaryDirectory() as folder:
        stored = EncodedData.prepare(load(path, text="text", label="label"), folder + "/data")
        training, validation = stored.stores["train"], stored.stores["validation"]
        classes = int(training.labels.max()) + 1
        began = time.process_time()
        found = linear_baseline(training, {"validation": validation}, classes)
        seconds = time.process_time() - began
    return {
        "classes": classes,
        "texts": len(training),
        "validation": len(validation),
        "seconds": round(seconds, 2),
        "facts": found.facts,
        "accuracy": round(found.validation["accuracy"], 4),
        "log_loss": round(found.validation["log_loss"], 4),
    }


def table(rows: list[dict]) -> str:
    """Returns the section: a row for each set, the codes beside each other."""
    codes = list(dict.fromkeys(row["code"] for row in rows))
    found = {(row["data"], row["code"]): row for row in rows}
    columns = ["classes", "texts, validation"]
    for what in ("processor seconds", "accuracy", "log loss"):
        columns += [f"{what}, {code}" for code in codes]
    lines = []
    for name in dict.fromkeys(row["data"] for row in rows):
        own = [found[name, code] for code in codes]
        cells = [str(own[0]["classes"]), f"{own[0]['texts']:,}, {own[0]['validation']:,}"]
        cells += [f"{row['seconds']:.1f}" for row in own]
        cells += [f"{row['accuracy']:.4f}" for row in own]
        cells += [f"{row['log_loss']:.3f}" for row in own]
        lines.append(f"| {DATA_SETS[name].title} | {' | '.join(cells)} |")
    return "\n".join(
        [
            "`benchmarks/linear.py`: processor seconds of the linear baseline without a time "
            "limit, and what it reaches on the validation texts of a search; no test part is read.",
            "",
            table_of(columns, lines),
            "",
            FOUND,
        ]
    )


if __name__ == "__main__":
    main()
